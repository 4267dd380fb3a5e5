-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "timestamp", "updated_at": "changed", "hard_deletes": "invalidate"}
-- == before
create table landed as select id, note, timestamp '2024-01-01' as changed, 'old' || id as dbt_scd_id, timestamp '2024-01-01' as dbt_updated_at, timestamp '2024-01-01' as dbt_valid_from, null::timestamp as dbt_valid_to from (values (1, 'one'), (2, 'two'), (3, 'three')) as t(id, note);
-- == incoming
from (values (1, 'one', timestamp '2024-01-01'), (2, 'zwei', timestamp '2024-01-05'), (4, 'four', timestamp '2024-01-04')) as t(id, note, changed)
-- == rows
-- id | note | changed | dbt_scd_id | dbt_updated_at | dbt_valid_from | dbt_valid_to
-- 1 | one | 2024-01-01 00:00:00 | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
-- 2 | two | 2024-01-01 00:00:00 | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-05 00:00:00
-- 2 | zwei | 2024-01-05 00:00:00 | 19a9b4c2273a49aaf8f775ac8ba754a0 | 2024-01-05 00:00:00 | 2024-01-05 00:00:00 | NULL
-- 3 | three | 2024-01-01 00:00:00 | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
-- 4 | four | 2024-01-04 00:00:00 | a514bf0a8bbe41ab574ab896c7ada5bc | 2024-01-04 00:00:00 | 2024-01-04 00:00:00 | NULL
-- == batch
-- 2 | zwei | 2024-01-05 00:00:00 | 19a9b4c2273a49aaf8f775ac8ba754a0 | 2024-01-05 00:00:00 | 2024-01-05 00:00:00 | NULL
-- 4 | four | 2024-01-04 00:00:00 | a514bf0a8bbe41ab574ab896c7ada5bc | 2024-01-04 00:00:00 | 2024-01-04 00:00:00 | NULL
-- == history
-- 1 | one | 2024-01-01 00:00:00 | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL
-- 2 | two | 2024-01-01 00:00:00 | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-05 00:00:00
-- 3 | three | 2024-01-01 00:00:00 | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00
