-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "check", "check_cols": ["all"]}
-- == before
create table landed as select id, note, 'old' || id as dbt_scd_id, timestamp '2024-01-01' as dbt_updated_at, timestamp '2024-01-01' as dbt_valid_from, null::timestamp as dbt_valid_to from (values (1, 'one'), (2, 'two'), (3, 'three')) as t(id, note);
-- == incoming
from (values (1, 'one'), (1, 'eins')) as t(id, note)
-- == error
-- the unique key (id) is not unique in the snapshot's query, 1 duplicated in all: 1 (2 rows)
-- make the query give one row for each id
