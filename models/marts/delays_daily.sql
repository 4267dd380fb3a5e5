{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='day',
    begin='2013-01-01',
    end='2014-01-02',
    batch_size='day',
) }}

-- Delays by day (UTC), carrier and origin, with the weather of the hour each flight was to leave in.
-- Both inputs are read one day at a time, by their event_time; so a day's batch costs milliseconds.
select
    scheduled_at::date as day,
    carrier,
    flights.origin,
    count(*) as flights,
    count(*) filter (where is_cancelled) as cancelled,
    count(*) filter (where {{ is_late('departure_delay') }}) as late,
    sum(departure_delay)::bigint as departure_delay_minutes,
    sum(arrival_delay)::bigint as arrival_delay_minutes,
    max(departure_delay) as longest_departure_delay,
    count(*) filter (where is_bad_weather) as flights_in_bad_weather,
    count(*) filter (where is_bad_weather is null) as flights_without_weather,
    sum(precipitation_inches) as precipitation_inches,
    max(wind_mph) as strongest_wind_mph,
    min(visibility_miles) as lowest_visibility_miles
from int_flights as flights
left join int_weather_hourly as weather
    on weather.origin = flights.origin and weather.observed_at = flights.scheduled_hour
group by all
