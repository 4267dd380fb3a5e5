-- == config
-- {"materialized": "incremental", "on_schema_change": "ignore"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 5 as id, 'x' as note, 7 as more
-- == statements
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
insert into "main"."landed" ("id", "note") select "id", "note" from (
select 5 as id, 'x' as note, 7 as more
);
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
