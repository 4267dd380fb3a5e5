-- == config
-- {"materialized": "incremental", "on_schema_change": "fail"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 'x' as NOTE, 5 as ID
-- == rows
-- id | note
-- 1 | one
-- 2 | two
-- 5 | x
-- NULL | none
-- == batch
-- 5 | x
-- == history
-- 1 | one
-- 2 | two
-- NULL | none
