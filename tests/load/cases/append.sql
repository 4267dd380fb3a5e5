-- == config
-- {"materialized": "incremental", "incremental_strategy": "append"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 'one' as note, 1 as id -- ends in a comment
-- == statements
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
insert into "main"."landed" ("note", "id") select "note", "id" from (
select 'one' as note, 1 as id -- ends in a comment
);
-- == rows
-- id | note
-- 1 | one
-- 1 | one
-- 2 | two
-- NULL | none
-- == batch
-- 1 | one
-- == history
-- 1 | one
-- 2 | two
-- NULL | none
