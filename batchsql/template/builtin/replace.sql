{# Making one relation in the place of another, under the names they have meanwhile. #}

{% macro get_create_sql(relation, sql) %}{{ return(adapter.dispatch('get_create_sql', 'dbt')(relation, sql)) }}{% endmacro %}
{% macro get_drop_sql(relation) %}{{ return(adapter.dispatch('get_drop_sql', 'dbt')(relation)) }}{% endmacro %}
{% macro get_rename_sql(relation, new_name) %}{{ return(adapter.dispatch('get_rename_sql', 'dbt')(relation, new_name)) }}{% endmacro %}
{% macro get_replace_sql(existing_relation, target_relation, sql) %}{{ return(adapter.dispatch('get_replace_sql', 'dbt')(existing_relation, target_relation, sql)) }}{% endmacro %}
{% macro get_create_intermediate_sql(relation, sql) %}{{ return(adapter.dispatch('get_create_intermediate_sql', 'dbt')(relation, sql)) }}{% endmacro %}
{% macro get_rename_intermediate_sql(relation) %}{{ return(adapter.dispatch('get_rename_intermediate_sql', 'dbt')(relation)) }}{% endmacro %}
{% macro get_create_backup_sql(relation) %}{{ return(adapter.dispatch('get_create_backup_sql', 'dbt')(relation)) }}{% endmacro %}
{% macro get_drop_backup_sql(relation) %}{{ return(adapter.dispatch('get_drop_backup_sql', 'dbt')(relation)) }}{% endmacro %}
{% macro drop_table(relation) %}{{ return(adapter.dispatch('drop_table', 'dbt')(relation)) }}{% endmacro %}
{% macro drop_view(relation) %}{{ return(adapter.dispatch('drop_view', 'dbt')(relation)) }}{% endmacro %}
{% macro get_rename_table_sql(relation, new_name) %}{{ return(adapter.dispatch('get_rename_table_sql', 'dbt')(relation, new_name)) }}{% endmacro %}
{% macro get_rename_view_sql(relation, new_name) %}{{ return(adapter.dispatch('get_rename_view_sql', 'dbt')(relation, new_name)) }}{% endmacro %}
{% macro get_replace_table_sql(relation, sql) %}{{ return(adapter.dispatch('get_replace_table_sql', 'dbt')(relation, sql)) }}{% endmacro %}
{% macro get_replace_view_sql(relation, sql) %}{{ return(adapter.dispatch('get_replace_view_sql', 'dbt')(relation, sql)) }}{% endmacro %}
{% macro handle_existing_table(full_refresh, old_relation) %}{{ return(adapter.dispatch('handle_existing_table', 'dbt')(full_refresh, old_relation)) }}{% endmacro %}

{% macro default__get_create_sql(relation, sql) %}
{{- return(get_create_view_as_sql(relation, sql) if relation.is_view else get_create_table_as_sql(false, relation, sql)) -}}
{% endmacro %}

{% macro default__get_drop_sql(relation) %}{{ return(drop_view(relation) if relation.is_view else drop_table(relation)) }}{% endmacro %}
{% macro default__drop_table(relation) %}drop table if exists {{ relation }} cascade{% endmacro %}
{% macro default__drop_view(relation) %}drop view if exists {{ relation }} cascade{% endmacro %}

{% macro default__get_rename_sql(relation, new_name) %}
{{- return(get_rename_view_sql(relation, new_name) if relation.is_view else get_rename_table_sql(relation, new_name)) -}}
{% endmacro %}
{% macro default__get_rename_table_sql(relation, new_name) %}alter table {{ relation }} rename to {{ adapter.quote(new_name) }}{% endmacro %}
{% macro default__get_rename_view_sql(relation, new_name) %}alter view {{ relation }} rename to {{ adapter.quote(new_name) }}{% endmacro %}

{% macro default__get_replace_table_sql(relation, sql) %}create or replace table {{ relation }} as ({{ sql }}){% endmacro %}
{% macro default__get_replace_view_sql(relation, sql) %}create or replace view {{ relation }} as ({{ sql }}){% endmacro %}
{% macro default__get_replace_sql(existing_relation, target_relation, sql) %}
{{ get_drop_sql(existing_relation) }};
{{ get_create_sql(target_relation, sql) }}
{% endmacro %}

{% macro default__get_create_intermediate_sql(relation, sql) %}
{%- set intermediate = make_intermediate_relation(relation) -%}
{{ get_drop_sql(intermediate) }};
{{ get_create_sql(intermediate, sql) }}
{% endmacro %}
{% macro default__get_rename_intermediate_sql(relation) %}{{ return(get_rename_sql(make_intermediate_relation(relation), relation.identifier)) }}{% endmacro %}
{% macro default__get_create_backup_sql(relation) %}
{%- set backup = make_backup_relation(relation, relation.type) -%}
{{ get_drop_sql(backup) }};
{{ get_rename_sql(relation, backup.identifier) }}
{% endmacro %}
{% macro default__get_drop_backup_sql(relation) %}{{ return(get_drop_sql(make_backup_relation(relation, relation.type))) }}{% endmacro %}

{% macro default__handle_existing_table(full_refresh, old_relation) %}
{%- do log(old_relation ~ ' is a ' ~ old_relation.type ~ ': it is dropped') -%}
{%- do adapter.drop_relation(old_relation) -%}
{% endmacro %}
