{# What time it is, in a query and in its text. #}

{% macro current_timestamp() %}{{ return(adapter.dispatch('current_timestamp', 'dbt')()) }}{% endmacro %}
{% macro current_timestamp_backcompat() %}{{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}{% endmacro %}
{% macro current_timestamp_in_utc_backcompat() %}{{ return(adapter.dispatch('current_timestamp_in_utc_backcompat', 'dbt')()) }}{% endmacro %}
{% macro snapshot_get_time() %}{{ return(adapter.dispatch('snapshot_get_time', 'dbt')()) }}{% endmacro %}
{% macro snapshot_string_as_time(timestamp) %}{{ return(adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp)) }}{% endmacro %}

{% macro duckdb__current_timestamp() %}now(){% endmacro %}
{% macro duckdb__snapshot_get_time() %}{{ dbt.current_timestamp() }}::timestamp{% endmacro %}
{% macro default__snapshot_get_time() %}{{ dbt.current_timestamp() }}{% endmacro %}
{% macro duckdb__snapshot_string_as_time(timestamp) %}'{{ timestamp }}'::timestamp{% endmacro %}
{% macro default__current_timestamp_backcompat() %}current_timestamp::timestamp{% endmacro %}
{% macro default__current_timestamp_in_utc_backcompat() %}{{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}{% endmacro %}

{# The type of what snapshot_get_time() gives, as the engine calls it. #}
{% macro get_snapshot_get_time_data_type() %}
{%- set columns = adapter.get_column_schema_from_query('select ' ~ dbt.snapshot_get_time() ~ ' as moment') -%}
{{ return(columns[0].dtype) }}
{% endmacro %}
