-- == config
-- {"materialized": "incremental", "incremental_strategy": "microbatch", "event_time": "at", "interval": ["2024-01-02", "2024-01-03"]}
-- == incoming
from (values (timestamp '2024-01-03', 1), (null, 2), (timestamp '2024-01-02', 3)) as t("at", n)
-- == error
-- the batch has rows outside its interval 2024-01-02, 2 in all; their at is: 2024-01-03 00:00:00, NULL
-- filter the query by batch.start and batch.end, and leave out rows whose at is NULL
