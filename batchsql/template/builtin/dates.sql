{# Arithmetic with dates. #}

{% macro date(year, month, day) %}{{ return(adapter.dispatch('date', 'dbt')(year, month, day)) }}{% endmacro %}
{% macro date_trunc(datepart, date) %}{{ return(adapter.dispatch('date_trunc', 'dbt')(datepart, date)) }}{% endmacro %}
{% macro dateadd(datepart, interval, from_date_or_timestamp) %}{{ return(adapter.dispatch('dateadd', 'dbt')(datepart, interval, from_date_or_timestamp)) }}{% endmacro %}
{% macro datediff(first_date, second_date, datepart) %}{{ return(adapter.dispatch('datediff', 'dbt')(first_date, second_date, datepart)) }}{% endmacro %}
{% macro last_day(date, datepart) %}{{ return(adapter.dispatch('last_day', 'dbt')(date, datepart)) }}{% endmacro %}

{% macro duckdb__date(year, month, day) %}make_date({{ year }}, {{ month }}, {{ day }}){% endmacro %}
{% macro default__date_trunc(datepart, date) %}date_trunc('{{ datepart }}', {{ date }}){% endmacro %}

{# The number may be a column or an expression, which no interval literal takes; weeks and quarters are counted in days
   and months. #}
{% macro duckdb__dateadd(datepart, interval, from_date_or_timestamp) %}
{%- set unit, factor = {'week': ('day', 7), 'quarter': ('month', 3)}.get(datepart | lower, (datepart, 1)) -%}
({{ from_date_or_timestamp }} + cast({{ interval }} as bigint) * {{ factor ~ ' * ' if factor > 1 else '' }}interval 1 {{ unit }})
{%- endmacro %}

{# How many boundaries of the part lie between. Weeks begin on Sunday here; and going back to the same day of an earlier
   week counts one more. #}
{% macro duckdb__datediff(first_date, second_date, datepart) %}
{%- set first, second = '(' ~ first_date ~ ')::timestamp', '(' ~ second_date ~ ')::timestamp' -%}
{%- if datepart == 'week' -%}
{%- set week_of_first = "date_trunc('week', " ~ first ~ " + interval 1 day)" -%}
{%- set week_of_second = "date_trunc('week', " ~ second ~ " + interval 1 day)" -%}
(date_diff('day', {{ week_of_first }}, {{ week_of_second }}) // 7
 - ({{ first }} > {{ second }} and dayofweek({{ first }}) = dayofweek({{ second }}))::bigint)
{%- else -%}
date_diff('{{ datepart }}', {{ first }}, {{ second }})
{%- endif -%}
{% endmacro %}

{% macro duckdb__last_day(date, datepart) %}{{ return(default_last_day(date, datepart)) }}{% endmacro %}
{% macro default__last_day(date, datepart) %}{{ return(default_last_day(date, datepart)) }}{% endmacro %}
{% macro default_last_day(date, datepart) %}
{%- set next = dbt.dateadd(datepart, 1, dbt.date_trunc(datepart, date)) -%}
cast({{ dbt.dateadd('day', -1, next) }} as date)
{%- endmacro %}
