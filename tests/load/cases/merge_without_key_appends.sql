-- == config
-- {"materialized": "incremental", "incremental_strategy": "merge"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 1 as id, 'x' as note
-- == statements
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
insert into "main"."landed" ("id", "note") select "id", "note" from (
select 1 as id, 'x' as note
);
-- == rows
-- id | note
-- 1 | one
-- 1 | x
-- 2 | two
-- NULL | none
-- == batch
-- 1 | x
-- == history
-- 1 | one
-- 2 | two
-- NULL | none
