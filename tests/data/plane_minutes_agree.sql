-- The minutes in the air of all planes are those of all flights that name their plane.
select planes.air_minutes as of_planes, flights.air_minutes as of_flights
from (select sum(air_minutes) as air_minutes from planes_latest) as planes
cross join (select sum(air_minutes) as air_minutes from int_flights where tailnum is not null) as flights
where planes.air_minutes is distinct from flights.air_minutes
