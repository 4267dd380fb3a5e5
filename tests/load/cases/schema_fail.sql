-- == config
-- {"materialized": "incremental", "on_schema_change": "fail"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 5::bigint as id, 7 as more
-- == error
-- the columns of the query are not those of main.landed: more INTEGER is new; note is gone; id was INTEGER and is now BIGINT
-- on_schema_change is 'fail'; change the query back, choose another on_schema_change, or rebuild with --full-refresh
