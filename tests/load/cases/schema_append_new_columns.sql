-- == config
-- {"materialized": "incremental", "on_schema_change": "append_new_columns"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 5 as id, 7 as more, 'x' as "order"
-- == statements
alter table "main"."landed" add column "more" INTEGER;
alter table "main"."landed" add column "order" VARCHAR;
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
insert into "main"."landed" ("id", "more", "order") select "id", "more", "order" from (
select 5 as id, 7 as more, 'x' as "order"
);
-- == rows
-- id | note | more | order
-- 1 | one | NULL | NULL
-- 2 | two | NULL | NULL
-- 5 | NULL | 7 | x
-- NULL | none | NULL | NULL
-- == batch
-- 5 | NULL | 7 | x
-- == history
-- 1 | one | NULL | NULL
-- 2 | two | NULL | NULL
-- NULL | none | NULL | NULL
