-- == config
-- {"materialized": "incremental", "on_schema_change": "ignore"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 5 as id, 7 as more
-- == error
-- the query no longer gives note, which main.landed has
-- give the column (`null as ...` will do), set on_schema_change to append_new_columns or sync_all_columns, or rebuild with --full-refresh
