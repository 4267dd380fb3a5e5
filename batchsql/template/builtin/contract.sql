{# What a contract says, as SQL. #}

{% macro get_table_columns_and_constraints() %}{{ return(adapter.dispatch('get_table_columns_and_constraints', 'dbt')()) }}{% endmacro %}
{% macro get_assert_columns_equivalent(sql) %}{{ return(adapter.dispatch('get_assert_columns_equivalent', 'dbt')(sql)) }}{% endmacro %}
{% macro format_column(column) %}{{ return(adapter.dispatch('format_column', 'dbt')(column)) }}{% endmacro %}

{% macro default__get_table_columns_and_constraints() %}{{ return(table_columns_and_constraints()) }}{% endmacro %}
{% macro default__get_assert_columns_equivalent(sql) %}{{ return(assert_columns_equivalent(sql)) }}{% endmacro %}

{% macro table_columns_and_constraints() %}
({{ (adapter.render_raw_columns_constraints(model.columns) + adapter.render_raw_model_constraints(model.constraints or [])) | join(', ') }})
{% endmacro %}

{# Raises where the query's columns are not those of the contract, by name and type, in any order. #}
{% macro assert_columns_equivalent(sql) %}
{%- if execute -%}
{%- set given = adapter.get_column_schema_from_query(get_empty_subquery_sql(sql)) -%}
{%- set declared = adapter.get_column_schema_from_query(get_empty_schema_sql(model.columns)) -%}
{%- set given_types, declared_types = {}, {} -%}
{%- for column in given -%}{%- do given_types.update({column.name | lower: column.data_type}) -%}{%- endfor -%}
{%- for column in declared -%}{%- do declared_types.update({column.name | lower: column.data_type}) -%}{%- endfor -%}
{%- if given_types != declared_types -%}{%- do exceptions.raise_contract_error(declared, given) -%}{%- endif -%}
{%- endif -%}
{% endmacro %}

{% macro default__format_column(column) %}
{{- return({'name': column.name, 'data_type': column.data_type, 'formatted': column.column ~ ' ' ~ column.dtype}) -}}
{% endmacro %}
{% macro format_columns(columns) %}
{%- set formatted = [] -%}
{%- for column in columns -%}{%- do formatted.append(format_column(column)) -%}{%- endfor -%}
{{ return(formatted) }}
{% endmacro %}
