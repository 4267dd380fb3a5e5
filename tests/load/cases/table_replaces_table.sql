-- == config
-- {"materialized": "table"}
-- == before
create table landed as select 0 as old;
-- == incoming
select 1 as id
-- == statements
create or replace table "main"."landed" as
select 1 as id;
-- == rows
-- id
-- 1
