-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "check", "check_cols": ["all"]}
-- == before
create table landed as select id, note, 'old' || id as dbt_scd_id, timestamp '2024-01-01' as dbt_updated_at, timestamp '2024-01-01' as dbt_valid_from, null::timestamp as dbt_valid_to from (values (1, 'one'), (2, 'two'), (3, 'three')) as t(id, note);
-- == incoming
from (values (1, 'one'), (2, 'zwei'), (4, 'four')) as t(id, note)
-- == rows
-- id | note | dbt_scd_id | dbt_updated_at | dbt_valid_from | dbt_valid_to
-- 1 | one | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
-- 2 | two | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
-- 2 | zwei | 56b2d0dfaf2359208b8e29e39788aed1 | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- 3 | three | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
-- 4 | four | 4a5b78dd4a8b4ad78924c29d0d97479c | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- == batch
-- 2 | zwei | 56b2d0dfaf2359208b8e29e39788aed1 | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- 4 | four | 4a5b78dd4a8b4ad78924c29d0d97479c | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL
-- == history
-- 1 | one | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
-- 2 | two | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
-- 3 | three | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
