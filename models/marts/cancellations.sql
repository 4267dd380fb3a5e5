{{ config(materialized='incremental', incremental_strategy='append') }}

-- A log of cancelled flights: each batch adds those scheduled after the last one it holds.
select flight_key, scheduled_at, carrier, flight_number, origin, destination, tailnum
from int_flights
where is_cancelled
{% if is_incremental() %}
    and scheduled_at > (select coalesce(max(scheduled_at), '-infinity') from {{ this }})
{% endif %}
order by scheduled_at, flight_key
