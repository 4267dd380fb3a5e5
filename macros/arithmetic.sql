{# Small calculations that several models share. #}

{% macro percent(part, whole) -%}
    round(100.0 * {{ part }} / nullif({{ whole }}, 0), 1)
{%- endmacro %}

{# Minutes late, as the US Department of Transportation counts it: from 15 minutes on. #}
{% macro is_late(delay) -%}
    ({{ delay }} >= {{ var('late_from_minutes') }})
{%- endmacro %}
