-- Every flight of the landing files is in the daily table, once; 336,776 of them in the whole year.
with counted as (
    select
        (select count(*) from stg_flights) as landed,
        (select sum(flights) from delays_daily) as in_days
)

select landed, in_days
from counted
where in_days is distinct from landed
