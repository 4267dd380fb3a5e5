-- 'NA' is how the register says that it does not know.
select
    tailnum,
    nullif("year", 'NA')::integer as built_in,
    "type" as plane_type,
    manufacturer,
    model,
    engines,
    seats,
    nullif(speed, 'NA')::integer as cruising_mph,
    engine
from planes
