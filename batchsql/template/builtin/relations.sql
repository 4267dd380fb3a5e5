{# Relations: finding them, making names beside theirs, and changing the warehouse. #}

{# A relation as the warehouse has it now; none where it has none. #}
{% macro load_cached_relation(relation) %}{{ return(adapter.get_relation(database=relation.database, schema=relation.schema, identifier=relation.identifier)) }}{% endmacro %}
{% macro load_relation(relation) %}{{ return(load_cached_relation(relation)) }}{% endmacro %}

{% macro get_or_create_relation(database, schema, identifier, type) %}{{ return(adapter.dispatch('get_or_create_relation', 'dbt')(database, schema, identifier, type)) }}{% endmacro %}
{% macro make_temp_relation(base_relation, suffix='__dbt_tmp') %}{{ return(adapter.dispatch('make_temp_relation', 'dbt')(base_relation, suffix)) }}{% endmacro %}
{% macro make_intermediate_relation(base_relation, suffix='__dbt_tmp') %}{{ return(adapter.dispatch('make_intermediate_relation', 'dbt')(base_relation, suffix)) }}{% endmacro %}
{% macro make_backup_relation(base_relation, backup_relation_type, suffix='__dbt_backup') %}{{ return(adapter.dispatch('make_backup_relation', 'dbt')(base_relation, backup_relation_type, suffix)) }}{% endmacro %}
{% macro truncate_relation(relation) %}{{ return(adapter.dispatch('truncate_relation', 'dbt')(relation)) }}{% endmacro %}
{% macro drop_relation(relation) %}{{ return(adapter.dispatch('drop_relation', 'dbt')(relation)) }}{% endmacro %}
{% macro rename_relation(from_relation, to_relation) %}{{ return(adapter.dispatch('rename_relation', 'dbt')(from_relation, to_relation)) }}{% endmacro %}
{% macro create_schema(relation) %}{{ return(adapter.dispatch('create_schema', 'dbt')(relation)) }}{% endmacro %}
{% macro drop_schema(relation) %}{{ return(adapter.dispatch('drop_schema', 'dbt')(relation)) }}{% endmacro %}
{% macro drop_schema_named(schema_name) %}{{ return(adapter.dispatch('drop_schema_named', 'dbt')(schema_name)) }}{% endmacro %}

{# Whether it is there, and the relation: the one that is, or the one that would be. #}
{% macro default__get_or_create_relation(database, schema, identifier, type) %}
{%- set found = adapter.get_relation(database=database, schema=schema, identifier=identifier) -%}
{%- set missing = api.Relation.create(database=database, schema=schema, identifier=identifier, type=type) -%}
{{ return([true, found] if found else [false, missing]) }}
{% endmacro %}

{# Temporary: outside of every schema, and called as nothing else is at this moment. #}
{% macro duckdb__make_temp_relation(base_relation, suffix) %}
{%- set identifier = base_relation.identifier ~ suffix ~ py_current_timestring() -%}
{{ return(base_relation.incorporate(path={'database': none, 'schema': none, 'identifier': identifier})) }}
{% endmacro %}
{% macro default__make_temp_relation(base_relation, suffix) %}{{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}{% endmacro %}
{% macro default__make_intermediate_relation(base_relation, suffix) %}{{ return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix})) }}{% endmacro %}
{% macro default__make_backup_relation(base_relation, backup_relation_type, suffix) %}
{{- return(base_relation.incorporate(path={'identifier': base_relation.identifier ~ suffix}, type=backup_relation_type)) -}}
{% endmacro %}

{% macro default__truncate_relation(relation) %}
{% call statement('truncate_relation') %}truncate table {{ relation }}{% endcall %}
{% endmacro %}

{% macro duckdb__drop_relation(relation) %}
{% call statement('drop_relation') %}{{ get_drop_sql(relation) }}{% endcall %}
{% endmacro %}
{% macro default__drop_relation(relation) %}{{ return(duckdb__drop_relation(relation)) }}{% endmacro %}
{% macro drop_relation_if_exists(relation) %}
{%- if relation is not none -%}{% do adapter.drop_relation(relation) %}{%- endif -%}
{% endmacro %}

{% macro duckdb__rename_relation(from_relation, to_relation) %}
{% call statement('rename_relation') %}alter {{ from_relation.type }} {{ from_relation }} rename to {{ adapter.quote(to_relation.identifier) }}{% endcall %}
{% endmacro %}
{% macro default__rename_relation(from_relation, to_relation) %}{{ return(duckdb__rename_relation(from_relation, to_relation)) }}{% endmacro %}

{% macro duckdb__create_schema(relation) %}
{% call statement('create_schema') %}create schema if not exists {{ relation.without_identifier() }}{% endcall %}
{% endmacro %}
{% macro default__create_schema(relation) %}{{ return(duckdb__create_schema(relation)) }}{% endmacro %}
{% macro duckdb__drop_schema(relation) %}
{% call statement('drop_schema') %}drop schema if exists {{ relation.without_identifier() }} cascade{% endcall %}
{% endmacro %}
{% macro default__drop_schema(relation) %}{{ return(duckdb__drop_schema(relation)) }}{% endmacro %}
{% macro default__drop_schema_named(schema_name) %}{{ return(drop_schema(api.Relation.create(database=target.database, schema=schema_name))) }}{% endmacro %}
