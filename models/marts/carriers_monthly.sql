-- How punctual each airline was, month by month of New York's calendar.
select
    date_trunc('month', local_date)::date as month,
    carrier,
    airline,
    count(*) as flights,
    count(*) filter (where is_cancelled) as cancelled,
    {{ percent('count(*) filter (where is_cancelled)', 'count(*)') }} as cancelled_percent,
    {{ percent('count(*) filter (where ' ~ is_late('arrival_delay') ~ ')', 'count(arrival_delay)') }} as late_percent,
    median(arrival_delay) as median_arrival_delay,
    sum(seats) filter (where not is_cancelled) as known_seats_offered
from int_flights
group by all
order by month, carrier
