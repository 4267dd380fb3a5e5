-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "att", "interval": ["2024-01-02", "2024-01-03"]}
-- == before
create table landed as from (values (timestamp '2024-01-01 23:59:59', 1), (timestamp '2024-01-02', 2), (timestamp '2024-01-03', 3)) as t("at", n);
-- == incoming
select timestamp '2024-01-02 12:00:00' as "at", 22 as n
-- == error
-- event_time names the column 'att', which the query does not give; it gives at, n
-- did you mean 'at'?
