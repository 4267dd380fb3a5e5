{{ config(materialized='ephemeral') }}

-- Flights that arrived where they were going: neither cancelled nor diverted.
select *, round(60.0 * distance_miles / air_minutes)::integer as speed_mph
from int_flights
where not is_cancelled and arrival_delay is not null
