-- Flights with the names of what they refer to, in the order of time: a day's flights then lie together,
-- and whatever reads one day of them reads little else.
select
    flights.*,
    airlines.airline,
    airports.name as destination_name,
    planes.manufacturer,
    planes.seats,
    year(flights.local_date) - planes.built_in as plane_age
from stg_flights as flights
left join stg_airlines as airlines on airlines.carrier = flights.carrier
left join stg_airports as airports on airports.airport = flights.destination
left join stg_planes as planes on planes.tailnum = flights.tailnum
order by flights.scheduled_at, flights.flight_key
