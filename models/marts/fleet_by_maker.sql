-- Who built the planes that fly from New York; planes that the register does not know are counted as such.
select
    coalesce(planes.manufacturer, 'not in the register') as manufacturer,
    count(*) as planes,
    sum(latest.flights)::bigint as flights,
    round(sum(latest.air_minutes) / 60.0)::bigint as air_hours,
    median(planes.built_in) as median_built_in
from planes_latest as latest
left join stg_planes as planes using (tailnum)
group by all
