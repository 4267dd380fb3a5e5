-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at", "interval": ["2024-01-02", "2024-01-03"]}
-- == before
create table landed as from (values (timestamp '2024-01-01 23:59:59', 1), (timestamp '2024-01-02', 2), (timestamp '2024-01-03', 3)) as t("at", n);
-- == incoming
select timestamp '2024-01-02 12:00:00' as "at", 22 as n -- ends in a comment
-- == statements
delete from "main"."landed" where "at" >= timestamp '2024-01-02 00:00:00.000000' and "at" < timestamp '2024-01-03 00:00:00.000000';
insert into "main"."landed" ("at", "n") select "at", "n" from (
select timestamp '2024-01-02 12:00:00' as "at", 22 as n -- ends in a comment
);
-- == rows
-- at | n
-- 2024-01-01 23:59:59 | 1
-- 2024-01-02 12:00:00 | 22
-- 2024-01-03 00:00:00 | 3
-- == batch
-- 2024-01-02 12:00:00 | 22
-- == history
-- 2024-01-01 23:59:59 | 1
-- 2024-01-03 00:00:00 | 3
