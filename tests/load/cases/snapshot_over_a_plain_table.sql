-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "check", "check_cols": ["all"]}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 1 as id, 'x' as note
-- == error
-- main.landed is a table, but no snapshot: it has no dbt_scd_id, dbt_updated_at, dbt_valid_from, dbt_valid_to
-- move it away, or give the snapshot another name
