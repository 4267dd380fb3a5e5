-- == config
-- {"materialized": "table"}
-- == before
create view landed as select 0 as old;
-- == incoming
select 1 as id -- ends in a comment
-- == statements
drop view "main"."landed";
create or replace table "main"."landed" as
select 1 as id -- ends in a comment;
-- == rows
-- id
-- 1
