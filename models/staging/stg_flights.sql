-- One row for each scheduled departure. The files give time twice: as UTC text by the hour (time_hour),
-- and as New York's clock (year, month, day, hour, minute). What follows counts in UTC.
select
    carrier || flight || '-' || origin || '-' || replace(time_hour, ':00:00Z', 'Z') as flight_key,
    time_hour::timestamp + to_minutes(minute) as scheduled_at,
    time_hour::timestamp as scheduled_hour,
    make_date(year, month, day) as local_date,
    hour::integer as local_hour,
    carrier,
    flight::integer as flight_number,
    tailnum,
    origin,
    dest as destination,
    dep_time is null as is_cancelled,
    dep_delay::integer as departure_delay,
    arr_delay::integer as arrival_delay,
    air_time::integer as air_minutes,
    distance::integer as distance_miles
from {{ source('landing', 'flights') }}
