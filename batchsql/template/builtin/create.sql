{# The statements that make, drop and rename tables and views. #}

{% macro create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
{%- if language != 'sql' -%}
{{ exceptions.raise_compiler_error("create_table_as() makes tables of queries, not of code in '" ~ language ~ "'") }}
{%- endif -%}
{{ return(adapter.dispatch('create_table_as', 'dbt')(temporary, relation, compiled_code)) }}
{% endmacro %}
{% macro create_view_as(relation, sql) %}{{ return(adapter.dispatch('create_view_as', 'dbt')(relation, sql)) }}{% endmacro %}
{% macro get_create_table_as_sql(temporary, relation, sql) %}{{ return(adapter.dispatch('get_create_table_as_sql', 'dbt')(temporary, relation, sql)) }}{% endmacro %}
{% macro get_create_view_as_sql(relation, sql) %}{{ return(adapter.dispatch('get_create_view_as_sql', 'dbt')(relation, sql)) }}{% endmacro %}
{% macro get_select_subquery(sql) %}{{ return(adapter.dispatch('get_select_subquery', 'dbt')(sql)) }}{% endmacro %}

{# With a contract, the table is declared first, with its constraints, and then filled. #}
{% macro duckdb__create_table_as(temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none) %}
{%- set name = relation.include(database=not temporary, schema=not temporary) -%}
{%- set contract = config.get('contract') -%}
{{ config.get('sql_header') or '' }}
{% if contract and contract.enforced and not temporary -%}
{{ get_assert_columns_equivalent(compiled_code) }}
create table {{ name }} {{ get_table_columns_and_constraints() }};
insert into {{ name }} {{ get_select_subquery(compiled_code) }};
{%- else -%}
create {{ 'temporary ' if temporary }}table {{ name }} as (
{{ compiled_code }}
);
{%- endif %}
{% endmacro %}
{% macro default__create_table_as(temporary, relation, sql) %}{{ return(duckdb__create_table_as(temporary, relation, sql)) }}{% endmacro %}
{% macro default__get_create_table_as_sql(temporary, relation, sql) %}{{ return(create_table_as(temporary, relation, sql)) }}{% endmacro %}

{% macro duckdb__create_view_as(relation, sql) %}
{%- set contract = config.get('contract') -%}
{{ config.get('sql_header') or '' }}
{% if contract and contract.enforced -%}{{ get_assert_columns_equivalent(sql) }}{%- endif %}
create view {{ relation }} as (
{{ sql }}
);
{% endmacro %}
{% macro default__create_view_as(relation, sql) %}{{ return(duckdb__create_view_as(relation, sql)) }}{% endmacro %}
{% macro default__get_create_view_as_sql(relation, sql) %}{{ return(create_view_as(relation, sql)) }}{% endmacro %}

{# The query with the columns in the order in which the contract names them. #}
{% macro default__get_select_subquery(sql) %}
select {{ default__get_column_names() }} from (
{{ sql }}
) as model_subq
{% endmacro %}
{% macro default__get_column_names() %}
{%- for column in model.columns.values() -%}
{{ adapter.quote(column.name) if column.quote else column.name }}{{ ', ' if not loop.last }}
{%- endfor -%}
{% endmacro %}
{% macro get_column_names() %}{{ return(default__get_column_names()) }}{% endmacro %}
