{# How old a source's rows are. #}

{% macro collect_freshness(source, loaded_at_field, filter) %}{{ return(adapter.dispatch('collect_freshness', 'dbt')(source, loaded_at_field, filter)) }}{% endmacro %}
{% macro collect_freshness_custom_sql(source, loaded_at_query) %}{{ return(adapter.dispatch('collect_freshness_custom_sql', 'dbt')(source, loaded_at_query)) }}{% endmacro %}

{% macro default__collect_freshness(source, loaded_at_field, filter) %}
{% call statement('collect_freshness', fetch_result=true, auto_begin=false) -%}
select max({{ loaded_at_field }}) as max_loaded_at, {{ dbt.current_timestamp() }} as snapshotted_at
from {{ source }}
{{ 'where ' ~ filter if filter }}
{%- endcall %}
{{ return(load_result('collect_freshness')) }}
{% endmacro %}

{% macro default__collect_freshness_custom_sql(source, loaded_at_query) %}
{% call statement('collect_freshness_custom_sql', fetch_result=true, auto_begin=false) -%}
select newest as max_loaded_at, {{ dbt.current_timestamp() }} as snapshotted_at
from ({{ loaded_at_query }}) as loaded(newest)
{%- endcall %}
{{ return(load_result('collect_freshness_custom_sql')) }}
{% endmacro %}
