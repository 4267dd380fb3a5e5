-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at", "interval": ["2024-01-02", "2024-01-03"]}
-- == incoming
select timestamp '2024-01-02 12:00:00' as "at", 22 as n
-- == statements
create or replace table "main"."landed" as
select timestamp '2024-01-02 12:00:00' as "at", 22 as n;
-- == rows
-- at | n
-- 2024-01-02 12:00:00 | 22
