{# Strategies of incremental models: the statements that bring a temporary relation's rows into the target.

   Each takes a dictionary: target_relation, temp_relation, unique_key, dest_columns, incremental_predicates. A project
   adds a strategy of its own as a macro get_incremental_<name>_sql. #}

{% macro get_incremental_append_sql(arg_dict) %}{{ return(adapter.dispatch('get_incremental_append_sql', 'dbt')(arg_dict)) }}{% endmacro %}
{% macro get_incremental_delete_insert_sql(arg_dict) %}{{ return(adapter.dispatch('get_incremental_delete_insert_sql', 'dbt')(arg_dict)) }}{% endmacro %}
{% macro get_incremental_merge_sql(arg_dict) %}{{ return(adapter.dispatch('get_incremental_merge_sql', 'dbt')(arg_dict)) }}{% endmacro %}
{% macro get_incremental_insert_overwrite_sql(arg_dict) %}{{ return(adapter.dispatch('get_incremental_insert_overwrite_sql', 'dbt')(arg_dict)) }}{% endmacro %}
{% macro get_incremental_default_sql(arg_dict) %}{{ return(adapter.dispatch('get_incremental_default_sql', 'dbt')(arg_dict)) }}{% endmacro %}
{% macro get_incremental_microbatch_sql(arg_dict) %}{{ return(adapter.dispatch('get_incremental_microbatch_sql', 'dbt')(arg_dict)) }}{% endmacro %}

{% macro default__get_incremental_append_sql(arg_dict) %}
{{- return(get_insert_into_sql(arg_dict.target_relation, arg_dict.temp_relation, arg_dict.dest_columns)) -}}
{% endmacro %}

{% macro default__get_incremental_delete_insert_sql(arg_dict) %}
{{- return(get_delete_insert_merge_sql(
    arg_dict.target_relation, arg_dict.temp_relation, arg_dict.unique_key, arg_dict.dest_columns, arg_dict.incremental_predicates
)) -}}
{% endmacro %}

{% macro default__get_incremental_merge_sql(arg_dict) %}
{{- return(get_merge_sql(
    arg_dict.target_relation, arg_dict.temp_relation, arg_dict.unique_key, arg_dict.dest_columns, arg_dict.incremental_predicates
)) -}}
{% endmacro %}

{% macro default__get_incremental_insert_overwrite_sql(arg_dict) %}
{{- return(get_insert_overwrite_merge_sql(
    arg_dict.target_relation, arg_dict.temp_relation, arg_dict.dest_columns, arg_dict.incremental_predicates
)) -}}
{% endmacro %}

{% macro duckdb__get_incremental_default_sql(arg_dict) %}
{{- return(get_incremental_delete_insert_sql(arg_dict) if arg_dict.unique_key else get_incremental_append_sql(arg_dict)) -}}
{% endmacro %}
{% macro default__get_incremental_default_sql(arg_dict) %}{{ return(get_incremental_append_sql(arg_dict)) }}{% endmacro %}

{# The rows of the batch's interval, half open, are those that are replaced and those that are taken. #}
{% macro duckdb__get_incremental_microbatch_sql(arg_dict) %}
{%- set columns = get_quoted_csv(arg_dict.dest_columns | map(attribute='name')) -%}
{%- set event_time = config.get('event_time') -%}
{%- set conditions = [] -%}
{%- if model.batch and model.batch.event_time_start -%}
{%- do conditions.append(event_time ~ " >= '" ~ model.batch.event_time_start ~ "'") -%}
{%- endif -%}
{%- if model.batch and model.batch.event_time_end -%}
{%- do conditions.append(event_time ~ " < '" ~ model.batch.event_time_end ~ "'") -%}
{%- endif -%}
{%- do conditions.extend(arg_dict.incremental_predicates or []) -%}
{%- set of_the_batch = conditions | join(' and ') or 'true' -%}
delete from {{ arg_dict.target_relation }} where {{ of_the_batch }};
insert into {{ arg_dict.target_relation }} ({{ columns }})
select {{ columns }} from {{ arg_dict.temp_relation }} where {{ of_the_batch }};
{% endmacro %}

{% macro get_insert_into_sql(target_relation, temp_relation, dest_columns) %}
{%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
insert into {{ target_relation }} ({{ columns }}) select {{ columns }} from {{ temp_relation }}
{%- endmacro %}
