-- == config
-- {"materialized": "snapshot", "unique_key": ["id"], "strategy": "check", "check_cols": ["note"], "hard_deletes": "new_record"}
-- == before
create table landed as select id, note, 'old' || id as dbt_scd_id, timestamp '2024-01-01' as dbt_updated_at, timestamp '2024-01-01' as dbt_valid_from, null::timestamp as dbt_valid_to from (values (1, 'one'), (2, 'two'), (3, 'three')) as t(id, note);
-- == incoming
from (values (1, 'one'), (2, 'zwei')) as t(id, note)
-- == statements
create or replace temp table temp."batchsql_stage" as
from (values (1, 'one'), (2, 'zwei')) as t(id, note);
alter table "main"."landed" add column "dbt_is_deleted" varchar default 'False';
set variable batchsql_mark = (select coalesce(max(rowid), -1) from "main"."landed" where rowid >= (select count(*) from "main"."landed") - 1);
create or replace temp table temp."batchsql_changes" as
with compared as (
  select opened.batchsql_row as target_row, staged.rowid as staged_row, staged."id" as key_0, cast(timestamp '2024-01-10 00:00:00.000000' as TIMESTAMP) as stamp,
    opened.dbt_valid_from as since, coalesce(opened.dbt_is_deleted = 'True', false) as was_deleted
  from temp."batchsql_stage" as staged
  full join (select *, rowid as batchsql_row from "main"."landed" where dbt_valid_to is null) as opened
    on staged."id" = opened."id"
  where (staged.rowid is not null and (opened.batchsql_row is null or coalesce(opened.dbt_is_deleted = 'True', false) or (opened."note" is distinct from staged."note"))) or (staged.rowid is null and not coalesce(opened.dbt_is_deleted = 'True', false))
),
ended as (
  select past."id" as key_0, max(past.dbt_valid_to) as ended
  from "main"."landed" as past
  where exists (select 1 from compared as fresh where fresh.target_row is null and past."id" = fresh.key_0)
  group by all
)
select target_row, staged_row, stamp,
  case
    when staged_row is null then greatest(cast(timestamp '2024-01-10 00:00:00.000000' as TIMESTAMP), since)
    when was_deleted then case when stamp > since then stamp else greatest(cast(timestamp '2024-01-10 00:00:00.000000' as TIMESTAMP), since) end
    when target_row is not null then greatest(stamp, since)
    when ended is null or stamp > ended then stamp
    else greatest(cast(timestamp '2024-01-10 00:00:00.000000' as TIMESTAMP), ended)
  end as happened
from compared left join ended using (key_0);
update "main"."landed" as target set dbt_valid_to = change.happened from temp."batchsql_changes" as change where target.rowid = change.target_row;
insert into "main"."landed" by name
select staged."id", staged."note", md5(concat_ws('|', cast(staged."id" as varchar), cast(change.stamp as varchar), cast(nullif(change.happened, change.stamp) as varchar))) as dbt_scd_id, change.stamp as dbt_updated_at, change.happened as dbt_valid_from, cast(null as TIMESTAMP) as dbt_valid_to, 'False' as dbt_is_deleted from temp."batchsql_changes" as change join temp."batchsql_stage" as staged on staged.rowid = change.staged_row
union all by name
select closed."id", closed."note", md5(concat_ws('|', cast(closed."id" as varchar), cast(change.happened as varchar), cast(nullif(change.happened, change.happened) as varchar))) as dbt_scd_id, change.happened as dbt_updated_at, change.happened as dbt_valid_from, cast(null as TIMESTAMP) as dbt_valid_to, 'True' as dbt_is_deleted from temp."batchsql_changes" as change join "main"."landed" as closed on closed.rowid = change.target_row where change.staged_row is null;
-- == rows
-- id | note | dbt_scd_id | dbt_updated_at | dbt_valid_from | dbt_valid_to | dbt_is_deleted
-- 1 | one | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL | False
-- 2 | two | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00 | False
-- 2 | zwei | 56b2d0dfaf2359208b8e29e39788aed1 | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL | False
-- 3 | three | 8759e70119e3f8f5416dfdc921bf8dd7 | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL | True
-- 3 | three | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00 | False
-- == batch
-- 2 | zwei | 56b2d0dfaf2359208b8e29e39788aed1 | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL | False
-- 3 | three | 8759e70119e3f8f5416dfdc921bf8dd7 | 2024-01-10 00:00:00 | 2024-01-10 00:00:00 | NULL | True
-- == history
-- 1 | one | old1 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | NULL | False
-- 2 | two | old2 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00 | False
-- 3 | three | old3 | 2024-01-01 00:00:00 | 2024-01-01 00:00:00 | 2024-01-10 00:00:00 | False
