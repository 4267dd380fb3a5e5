-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "timestamp", "updated_at": "day", "hard_deletes": "invalidate"}
-- == before
create table landed as select *, 'old' || id as dbt_scd_id, day as dbt_updated_at, day as dbt_valid_from, null::date as dbt_valid_to from (values (1, date '2024-01-01'), (2, date '2024-01-01'), (3, date '2024-01-01')) as t(id, day);
-- == incoming
from (values (1, date '2024-01-02'), (2, date '2024-01-01')) as t(id, day)
-- == rows
-- id | day | dbt_scd_id | dbt_updated_at | dbt_valid_from | dbt_valid_to
-- 1 | 2024-01-01 | old1 | 2024-01-01 | 2024-01-01 | 2024-01-02
-- 1 | 2024-01-02 | 0b9f3e57390830b7c99602807a2bd33a | 2024-01-02 | 2024-01-02 | NULL
-- 2 | 2024-01-01 | old2 | 2024-01-01 | 2024-01-01 | NULL
-- 3 | 2024-01-01 | old3 | 2024-01-01 | 2024-01-01 | 2024-01-10
-- == batch
-- 1 | 2024-01-02 | 0b9f3e57390830b7c99602807a2bd33a | 2024-01-02 | 2024-01-02 | NULL
-- == history
-- 1 | 2024-01-01 | old1 | 2024-01-01 | 2024-01-01 | 2024-01-02
-- 2 | 2024-01-01 | old2 | 2024-01-01 | 2024-01-01 | NULL
-- 3 | 2024-01-01 | old3 | 2024-01-01 | 2024-01-01 | 2024-01-10
