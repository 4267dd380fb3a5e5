-- == config
-- {"materialized": "incremental", "incremental_strategy": "merge", "unique_key": ["id"]}
-- == before
create table landed as from (values (1, 'one'), (2, 'two'), (null, 'none')) as t(id, note);
-- == incoming
select i // 2 as id, 'x' as note from range(14) as r(i)
-- == error
-- the unique key (id) is not unique in the batch, 7 duplicated in all: 0 (2 rows), 1 (2 rows), 2 (2 rows), 3 (2 rows), 4 (2 rows), ...
-- make the query give one row for each id
