-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "timestamp", "updated_at": "n"}
-- == incoming
select 1 as id, 5 as n, date '2024-01-01' as n_at
-- == error
-- updated_at 'n' has the type INTEGER; a timestamp is needed
-- cast it in the query
