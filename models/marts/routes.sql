-- Routes that were flown, with the distance the airlines report beside the one geography gives.
with flown as (
    select
        origin,
        destination,
        count(*) as flights,
        count(distinct carrier) as carriers,
        min(distance_miles) as distance_miles,
        median(speed_mph) as median_speed_mph,
        median(arrival_delay) as median_arrival_delay
    from {{ ref('int_flights_flown') }}
    group by all
)

select
    flown.*,
    there.name as destination_name,
    round({{ miles_between('here.latitude', 'here.longitude', 'there.latitude', 'there.longitude') }})::integer as great_circle_miles
from flown
left join stg_airports as here on here.airport = flown.origin
left join stg_airports as there on there.airport = flown.destination
order by flown.flights desc, flown.origin, flown.destination
