-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "check", "check_cols": ["noote"]}
-- == before
create table landed as select id, note, 'old' || id as dbt_scd_id, timestamp '2024-01-01' as dbt_updated_at, timestamp '2024-01-01' as dbt_valid_from, null::timestamp as dbt_valid_to from (values (1, 'one'), (2, 'two'), (3, 'three')) as t(id, note);
-- == incoming
select 1 as id, 'x' as note
-- == error
-- check_cols names the column 'noote', which the query does not give; it gives id, note
-- did you mean 'note'?
