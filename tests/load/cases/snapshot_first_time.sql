-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "timestamp", "updated_at": "changed", "hard_deletes": "new_record"}
-- == incoming
select 1 as id, timestamptz '2024-01-05 00:00:00+00' as changed
-- == rows
-- id | changed | dbt_scd_id | dbt_updated_at | dbt_valid_from | dbt_valid_to | dbt_is_deleted
-- 1 | 2024-01-05 00:00:00+00:00 | 012d01c9713ee0ab5da637c6352a8a70 | 2024-01-05 00:00:00+00:00 | 2024-01-05 00:00:00+00:00 | NULL | False
