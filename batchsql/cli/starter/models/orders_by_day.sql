-- One row a day. Loaded a day at a time: `batchsql build` loads the days that the ledger does not hold.
{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='day',
    begin='2026-01-05',
    end='2026-01-09',
    batch_size='day',
) }}
select
    ordered_at::date as day,
    count(*) as orders,
    sum(amount) as revenue
from stg_orders
group by all
