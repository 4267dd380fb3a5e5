-- == config
-- {"materialized": "incremental"}
-- == incoming
select 1 as id
-- == statements
create or replace table "main"."landed" as
select 1 as id;
-- == rows
-- id
-- 1
