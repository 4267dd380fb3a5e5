-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at", "interval": ["2024-01-02", "2024-01-03"]}
-- == incoming
select '2024-01-02 12:00:00' as "at", 22 as n
-- == error
-- event_time 'at' has the type VARCHAR; a date or a timestamp is needed
-- cast it in the query: cast(at as timestamp)
