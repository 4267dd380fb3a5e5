-- == config
-- {"materialized": "incremental", "incremental_strategy": "merge", "unique_key": ["id"]}
-- == incoming
from (values (2, 'zwei'), (2, 'deux')) as t(id, note)
-- == error
-- the unique key (id) is not unique in the batch, 1 duplicated in all: 2 (2 rows)
-- make the query give one row for each id
