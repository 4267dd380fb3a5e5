-- == config
-- {"materialized": "incremental", "incremental_strategy": "merge", "unique_key": ["idd"]}
-- == incoming
select 1 as id, 'x' as note
-- == error
-- unique_key names the column 'idd', which the query does not give; it gives id, note
-- did you mean 'id'?
