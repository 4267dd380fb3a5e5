-- == config
-- {"materialized": "incremental", "incremental_strategy": "merge", "unique_key": ["day", "at"]}
-- == before
create table landed as from (values (1, 'x', 1), (1, 'y', 1), (1, null, 1)) as t(day, "at", n);
-- == incoming
from (values (1, 'y', 2), (2, 'x', 2), (1, null, 2)) as t(day, "at", n)
-- == statements
create or replace temp table temp."batchsql_stage" as
from (values (1, 'y', 2), (2, 'x', 2), (1, null, 2)) as t(day, "at", n);
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
delete from "main"."landed" as target where exists (select 1 from temp."batchsql_stage" as staged where target."day" = staged."day" and target."at" = staged."at");
insert into "main"."landed" ("day", "at", "n") select "day", "at", "n" from temp."batchsql_stage";
-- == rows
-- day | at | n
-- 1 | x | 1
-- 1 | y | 2
-- 1 | NULL | 1
-- 1 | NULL | 2
-- 2 | x | 2
-- == batch
-- 1 | y | 2
-- 1 | NULL | 2
-- 2 | x | 2
-- == history
-- 1 | x | 1
-- 1 | NULL | 1
