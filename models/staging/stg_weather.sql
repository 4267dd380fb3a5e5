-- One row for each airport and hour. Measurements become decimals, so that sums do not depend on the order of rows.
select
    origin,
    time_hour::timestamp as observed_at,
    make_date(year, month, day) as local_date,
    hour::integer as local_hour,
    temp::decimal(5, 2) as temperature_f,
    humid::decimal(5, 2) as humidity_percent,
    wind_dir::integer as wind_direction,
    wind_speed::decimal(9, 5) as wind_mph,
    wind_gust::decimal(9, 5) as gust_mph,
    precip::decimal(5, 2) as precipitation_inches,
    pressure::decimal(6, 1) as pressure_mbar,
    visib::decimal(5, 2) as visibility_miles
from {{ source('landing', 'weather') }}
