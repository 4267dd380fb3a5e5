-- == config
-- {"materialized": "snapshot", "unique_key": ["day", "id"], "strategy": "check", "check_cols": ["note"], "hard_deletes": "invalidate"}
-- == before
create table landed as select date '2024-01-01' as day, id, note, 'old' || id as dbt_scd_id, timestamp '2024-01-01' as dbt_updated_at, timestamp '2024-01-01' as dbt_valid_from, null::timestamp as dbt_valid_to from (values (1, 'one'), (2, 'two'), (3, null)) as t(id, note);
-- == incoming
from (values (date '2024-01-01', 1, 'one'), (date '2024-01-02', 2, 'two'), (date '2024-01-01', 3, 'three')) as t(day, id, note)
-- == rows
-- day | id | note | dbt_scd_id | dbt_updated_at | dbt_valid_from | dbt_valid_to
-- 2024-01-01 | 1 | one | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
-- 2024-01-01 | 2 | two | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
-- 2024-01-01 | 3 | three | bfffa52281113c87b93032bbf45b9abd | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- 2024-01-01 | 3 | NULL | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
-- 2024-01-02 | 2 | two | e8e521a8ac815ca6804370630f5cbd2a | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- == batch
-- 2024-01-01 | 3 | three | bfffa52281113c87b93032bbf45b9abd | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- 2024-01-02 | 2 | two | e8e521a8ac815ca6804370630f5cbd2a | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- == history
-- 2024-01-01 | 1 | one | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
-- 2024-01-01 | 2 | two | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
-- 2024-01-01 | 3 | NULL | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
