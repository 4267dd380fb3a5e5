-- == config
-- {"materialized": "view"}
-- == before
create table landed as select 0 as old;
-- == incoming
select 1 as id -- ends in a comment
-- == statements
drop table "main"."landed";
create or replace view "main"."landed" as
select 1 as id -- ends in a comment;
-- == rows
-- id
-- 1
