-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "check", "check_cols": ["all"]}
-- == incoming
select 1 as id, 'x' as dbt_valid_to
-- == error
-- the snapshot's query gives dbt_valid_to, a name the snapshot itself needs
-- rename the column in the query
