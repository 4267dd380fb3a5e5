-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at", "interval": ["2024-01-02", "2024-01-03"]}
-- == before
create table landed as from (values (timestamp '2024-01-01 23:59:59', 1), (timestamp '2024-01-02', 2), (timestamp '2024-01-03', 3)) as t("at", n);
-- == incoming
select timestamp '2024-01-02 12:00:00' as "at", 22 as n where false
-- == rows
-- at | n
-- 2024-01-01 23:59:59 | 1
-- 2024-01-03 00:00:00 | 3
-- == batch

-- == history
-- 2024-01-01 23:59:59 | 1
-- 2024-01-03 00:00:00 | 3
