{# Numbers and dates in a row. #}

{% macro generate_series(upper_bound) %}{{ return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) }}{% endmacro %}
{% macro get_powers_of_two(upper_bound) %}{{ return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) }}{% endmacro %}
{% macro get_intervals_between(start_date, end_date, datepart) %}{{ return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) }}{% endmacro %}
{% macro date_spine(datepart, start_date, end_date) %}{{ return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) }}{% endmacro %}

{# From 1 on. #}
{% macro duckdb__generate_series(upper_bound) %}
select generate_series as generated_number from generate_series(1, {{ upper_bound }})
{% endmacro %}
{% macro default__generate_series(upper_bound) %}{{ return(duckdb__generate_series(upper_bound)) }}{% endmacro %}

{# The least exponent whose power of two is not less than the bound; at least 1. #}
{% macro default__get_powers_of_two(upper_bound) %}
{%- if upper_bound <= 0 -%}{{ exceptions.raise_compiler_error('get_powers_of_two() takes a number above 0') }}{%- endif -%}
{%- set found = namespace(exponent=1) -%}
{%- for exponent in range(1, 100) if found.exponent == exponent and 2 ** exponent < upper_bound -%}
{%- set found.exponent = exponent + 1 -%}
{%- endfor -%}
{{ return(found.exponent) }}
{% endmacro %}

{# Asks the warehouse, since the dates are expressions; 1 while nothing can be asked. #}
{% macro default__get_intervals_between(start_date, end_date, datepart) %}
{%- set answer = run_query('select ' ~ dbt.datediff(start_date, end_date, datepart)) if execute else none -%}
{{ return(answer.columns[0][0] if answer else 1) }}
{% endmacro %}

{# One row for each period from the first date on, up to the last date, which is left out. #}
{% macro default__date_spine(datepart, start_date, end_date) %}
with numbers as ({{ dbt.generate_series(dbt.get_intervals_between(start_date, end_date, datepart)) }}),
spine as (
    select {{ dbt.dateadd(datepart, 'generated_number - 1', start_date) }} as date_{{ datepart }} from numbers
)
select * from spine where date_{{ datepart }} <= {{ end_date }}
{% endmacro %}
