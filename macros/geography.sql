{# Great-circle distance in statute miles, from degrees (haversine formula, mean radius of the earth 3,958.8 miles). #}
{% macro miles_between(latitude, longitude, other_latitude, other_longitude) -%}
    2 * 3958.8 * asin(sqrt(
        pow(sin(radians({{ other_latitude }} - {{ latitude }}) / 2), 2)
        + cos(radians({{ latitude }})) * cos(radians({{ other_latitude }}))
        * pow(sin(radians({{ other_longitude }} - {{ longitude }}) / 2), 2)
    ))
{%- endmacro %}
