{{ config(severity='warn') }}

-- A plane cannot leave twice in one minute; in six cases the records say that it did.
select tailnum, scheduled_at, list(flight_key order by flight_key) as flights
from int_flights
where tailnum is not null and not is_cancelled
group by tailnum, scheduled_at
having count(*) > 1
