{# How the text of a test becomes a verdict. #}

{% macro get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}{{ return(adapter.dispatch('get_test_sql', 'dbt')(main_sql, fail_calc, warn_if, error_if, limit)) }}{% endmacro %}
{% macro get_where_subquery(relation) %}{{ return(adapter.dispatch('get_where_subquery', 'dbt')(relation)) }}{% endmacro %}
{% macro get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}{{ return(adapter.dispatch('get_unit_test_sql', 'dbt')(main_sql, expected_fixture_sql, expected_column_names)) }}{% endmacro %}
{% macro validate_sql(sql) %}{{ return(adapter.dispatch('validate_sql', 'dbt')(sql)) }}{% endmacro %}

{% macro default__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) %}
select
    {{ fail_calc }} as failures,
    {{ fail_calc }} {{ warn_if }} as should_warn,
    {{ fail_calc }} {{ error_if }} as should_error
from (
{{ main_sql }}
{{ 'limit ' ~ limit if limit is not none }}
) as dbt_internal_test
{% endmacro %}

{# The relation a test looks at: all of it, or the rows its config `where` leaves. #}
{% macro default__get_where_subquery(relation) %}
{%- set where = config.get('where') -%}
{{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') dbt_subquery' if where else relation) }}
{% endmacro %}

{# What was found and what was expected, told apart by a last column. #}
{% macro default__get_unit_test_sql(main_sql, expected_fixture_sql, expected_column_names) %}
{%- set columns = expected_column_names | join(', ') -%}
select {{ columns }}, 'actual' as actual_or_expected from (
{{ main_sql }}
) as found
union all
select {{ columns }}, 'expected' as actual_or_expected from (
{{ expected_fixture_sql }}
) as wanted
{% endmacro %}

{% macro default__validate_sql(sql) %}{{ return(run_query('explain ' ~ sql)) }}{% endmacro %}
