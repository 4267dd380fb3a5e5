-- == config
-- {"materialized": "incremental"}
-- == before
create view landed as select 0 as id;
-- == incoming
select 1 as id
-- == statements
drop view "main"."landed";
create or replace table "main"."landed" as
select 1 as id;
-- == rows
-- id
-- 1
