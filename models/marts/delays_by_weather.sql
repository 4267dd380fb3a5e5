{% set classes = {
    'visibility': [('under 1 mile', 'visibility_miles < 1'), ('1 to 3 miles', 'visibility_miles < 3'), ('3 miles and more', 'visibility_miles >= 3')],
    'wind': [('under 10 mph', 'wind_mph < 10'), ('10 to 20 mph', 'wind_mph < 20'), ('20 mph and more', 'wind_mph >= 20')],
    'rain or snow': [('none', 'precipitation_inches = 0'), ('under 0.1 inches an hour', 'precipitation_inches < 0.1'), ('0.1 inches an hour and more', 'precipitation_inches >= 0.1')],
} %}

{% for measure, steps in classes.items() %}
{% if not loop.first %}union all{% endif %}
select
    '{{ measure }}' as measure,
    case
        {% for label, condition in steps %}
        when {{ condition }} then '{{ label }}'
        {% endfor %}
        else 'unknown'
    end as class,
    count(*) as flights,
    {{ percent('count(*) filter (where is_cancelled)', 'count(*)') }} as cancelled_percent,
    {{ percent('count(*) filter (where ' ~ is_late('departure_delay') ~ ')', 'count(departure_delay)') }} as late_percent,
    median(departure_delay) as median_departure_delay
from {{ ref('flights_with_weather') }}
group by all
{% endfor %}
