-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "day", "interval": ["2024-01-02", "2024-01-03"]}
-- == before
create table landed as from (values (date '2024-01-01', 1), (date '2024-01-02', 2), (date '2024-01-03', 3)) as t(day, n);
-- == incoming
select date '2024-01-02' as day, 22 as n
-- == statements
delete from "main"."landed" where "day" >= date '2024-01-02' and "day" < date '2024-01-03';
insert into "main"."landed" ("day", "n") select "day", "n" from (
select date '2024-01-02' as day, 22 as n
);
-- == rows
-- day | n
-- 2024-01-01 | 1
-- 2024-01-02 | 22
-- 2024-01-03 | 3
-- == batch
-- 2024-01-02 | 22
-- == history
-- 2024-01-01 | 1
-- 2024-01-03 | 3
