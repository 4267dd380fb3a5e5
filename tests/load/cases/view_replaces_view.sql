-- == config
-- {"materialized": "view"}
-- == before
create view landed as select 0 as old;
-- == incoming
select 1 as id
-- == statements
create or replace view "main"."landed" as
select 1 as id;
-- == rows
-- id
-- 1
