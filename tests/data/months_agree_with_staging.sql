-- The monthly table counts the flights and cancellations that staging has.
with monthly as (
    select carrier, sum(flights) as flights, sum(cancelled) as cancelled
    from {{ ref('carriers_monthly') }}
    group by carrier
),

staged as (
    select carrier, count(*) as flights, count(*) filter (where is_cancelled) as cancelled
    from {{ ref('stg_flights') }}
    group by carrier
)

select carrier, staged.flights as staged_flights, monthly.flights as monthly_flights
from staged
full join monthly using (carrier)
where staged.flights is distinct from monthly.flights
    or staged.cancelled is distinct from monthly.cancelled
