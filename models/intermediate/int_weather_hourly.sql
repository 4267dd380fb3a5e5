-- Weather fit to be joined: a wind that no airport survives is an instrument's error, and becomes unknown.
select
    origin,
    observed_at,
    temperature_f,
    case when wind_mph <= {{ var('strongest_wind_mph') }} then wind_mph end as wind_mph,
    gust_mph,
    precipitation_inches,
    visibility_miles,
    (precipitation_inches > 0 or visibility_miles < 3) as is_bad_weather
from {{ ref('stg_weather') }}
order by observed_at, origin
