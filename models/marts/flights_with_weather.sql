-- Every flight beside the weather at its origin, in the hour it was to leave.
select
    flights.*,
    weather.temperature_f,
    weather.wind_mph,
    weather.precipitation_inches,
    weather.visibility_miles,
    weather.is_bad_weather
from {{ ref('int_flights') }} as flights
left join {{ ref('int_weather_hourly') }} as weather
    on weather.origin = flights.origin and weather.observed_at = flights.scheduled_hour
