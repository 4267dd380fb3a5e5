-- == config
-- {"materialized": "incremental", "incremental_strategy": "delete+insert", "unique_key": ["id"]}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
from (values (2, 'zwei'), (2, 'deux'), (3, 'three'), (null, 'new')) as t(id, note)
-- == statements
create or replace temp table temp."batchsql_stage" as
from (values (2, 'zwei'), (2, 'deux'), (3, 'three'), (null, 'new')) as t(id, note);
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
delete from "main"."landed" as target where exists (select 1 from temp."batchsql_stage" as staged where target."id" = staged."id");
insert into "main"."landed" ("id", "note") select "id", "note" from temp."batchsql_stage";
-- == rows
-- id | note
-- 1 | one
-- 2 | deux
-- 2 | zwei
-- 3 | three
-- NULL | new
-- NULL | none
-- == batch
-- 2 | deux
-- 2 | zwei
-- 3 | three
-- NULL | new
-- == history
-- 1 | one
-- NULL | none
