{{ config(materialized='incremental', incremental_strategy='merge', unique_key='tailnum') }}

-- The latest state of every plane. A batch works out anew each plane that was to leave since the latest departure
-- known here, and leaves the others as they are.
with seen as (
    select distinct tailnum
    from int_flights
    where not is_cancelled
    {% if is_incremental() %}
        and scheduled_at >= (select coalesce(max(last_scheduled_at), '-infinity') from {{ this }})
    {% endif %}
)

select
    tailnum,
    arg_max(carrier, (scheduled_at, flight_key)) as carrier,
    arg_max(flight_key, (scheduled_at, flight_key)) as last_flight,
    arg_max(destination, (scheduled_at, flight_key)) as last_seen_bound_for,
    max(scheduled_at) as last_scheduled_at,
    min(scheduled_at) as first_scheduled_at,
    count(*) as flights,
    sum(air_minutes)::bigint as air_minutes,
    sum(distance_miles)::bigint as distance_miles
from int_flights
semi join seen using (tailnum)
where not is_cancelled
group by tailnum
