-- 'NA' is how the register says that it does not know.
select
    faa as airport,
    name,
    lat as latitude,
    lon as longitude,
    alt as altitude_feet,
    nullif(tzone, 'NA') as time_zone
from airports
