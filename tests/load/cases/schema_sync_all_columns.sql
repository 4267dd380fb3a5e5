-- == config
-- {"materialized": "incremental", "on_schema_change": "sync_all_columns", "unique_key": ["id"], "incremental_strategy": "merge"}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select 2::bigint as id, 7 as more
-- == statements
create or replace temp table temp."batchsql_stage" as
select 2::bigint as id, 7 as more;
alter table "main"."landed" add column "more" INTEGER;
alter table "main"."landed" drop column "note";
alter table "main"."landed" alter column "id" type BIGINT;
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
delete from "main"."landed" as target where exists (select 1 from temp."batchsql_stage" as staged where target."id" = staged."id");
insert into "main"."landed" ("id", "more") select "id", "more" from temp."batchsql_stage";
-- == rows
-- id | more
-- 1 | NULL
-- 2 | 7
-- NULL | NULL
-- == batch
-- 2 | 7
-- == history
-- 1 | NULL
-- NULL | NULL
