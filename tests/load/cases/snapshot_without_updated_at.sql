-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "timestamp", "updated_at": "changed"}
-- == incoming
from (values (1, timestamp '2024-01-01'), (2, null)) as t(id, changed)
-- == error
-- the snapshot's query has rows without changed, 1 in all; their keys are: 2
-- give them one, or use strategy 'check', which compares values
