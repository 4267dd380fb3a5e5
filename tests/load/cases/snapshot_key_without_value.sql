-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "check", "check_cols": ["all"]}
-- == incoming
from (values (1, 'one'), (null, 'eins')) as t(id, note)
-- == error
-- the snapshot's query has rows without a unique key (id), 1 in all
-- leave them out, or choose another key: such rows cannot be followed through time
