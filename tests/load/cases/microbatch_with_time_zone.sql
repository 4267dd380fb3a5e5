-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at", "interval": ["2024-01-02", "2024-01-03"]}
-- == before
create table landed as from (values (timestamptz '2024-01-01 23:59:59', 1), (timestamptz '2024-01-02', 2), (timestamptz '2024-01-03', 3)) as t("at", n);
-- == incoming
select timestamptz '2024-01-02 12:00:00+02' as "at", 22 as n
-- == statements
delete from "main"."landed" where "at" >= timestamptz '2024-01-02 00:00:00.000000+00' and "at" < timestamptz '2024-01-03 00:00:00.000000+00';
insert into "main"."landed" ("at", "n") select "at", "n" from (
select timestamptz '2024-01-02 12:00:00+02' as "at", 22 as n
);
-- == rows
-- at | n
-- 2024-01-01 23:59:59+00:00 | 1
-- 2024-01-02 10:00:00+00:00 | 22
-- 2024-01-03 00:00:00+00:00 | 3
-- == batch
-- 2024-01-02 10:00:00+00:00 | 22
-- == history
-- 2024-01-01 23:59:59+00:00 | 1
-- 2024-01-03 00:00:00+00:00 | 3
