{# Columns: of relations and queries, and adding, dropping and changing them. #}

{% macro get_columns_in_relation(relation) %}{{ return(adapter.dispatch('get_columns_in_relation', 'dbt')(relation)) }}{% endmacro %}
{% macro get_columns_in_query(select_sql) %}{{ return(adapter.dispatch('get_columns_in_query', 'dbt')(select_sql)) }}{% endmacro %}
{% macro get_empty_subquery_sql(select_sql, select_sql_header=none) %}{{ return(adapter.dispatch('get_empty_subquery_sql', 'dbt')(select_sql, select_sql_header)) }}{% endmacro %}
{% macro get_empty_schema_sql(columns) %}{{ return(adapter.dispatch('get_empty_schema_sql', 'dbt')(columns)) }}{% endmacro %}
{% macro alter_column_type(relation, column_name, new_column_type) %}{{ return(adapter.dispatch('alter_column_type', 'dbt')(relation, column_name, new_column_type)) }}{% endmacro %}
{% macro alter_relation_add_remove_columns(relation, add_columns=none, remove_columns=none) %}{{ return(adapter.dispatch('alter_relation_add_remove_columns', 'dbt')(relation, add_columns, remove_columns)) }}{% endmacro %}

{% macro default__get_columns_in_relation(relation) %}{{ return(adapter.get_columns_in_relation(relation)) }}{% endmacro %}
{% macro duckdb__get_columns_in_relation(relation) %}{{ return(adapter.get_columns_in_relation(relation)) }}{% endmacro %}

{# Columns as a table of names and types has them. #}
{% macro sql_convert_columns_in_relation(table) %}
{%- set columns = [] -%}
{%- for row in table -%}
{%- do columns.append(api.Column(row[0], row[1], row[2], row[3], row[4])) -%}
{%- endfor -%}
{{ return(columns) }}
{% endmacro %}

{% macro get_list_of_column_names(columns) %}{{ return(columns | map(attribute='name') | list) }}{% endmacro %}
{% macro get_column_schema_from_query(select_sql, select_sql_header=none) %}
{{- return(adapter.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))) -}}
{% endmacro %}

{# The names only, in order. #}
{% macro default__get_columns_in_query(select_sql) %}
{%- set answer = run_query(get_empty_subquery_sql(select_sql)) if execute else none -%}
{{ return(answer.column_names | list if answer is not none else []) }}
{% endmacro %}

{% macro default__get_empty_subquery_sql(select_sql, select_sql_header=none) %}
{{ select_sql_header or '' }}
select * from (
{{ select_sql }}
) as __dbt_sbq where false limit 0
{% endmacro %}
{% macro duckdb__get_empty_subquery_sql(select_sql, select_sql_header=none) %}{{ return(default__get_empty_subquery_sql(select_sql, select_sql_header)) }}{% endmacro %}

{% macro default__get_empty_schema_sql(columns) %}
{%- set untyped = [] -%}
{%- set typed = [] -%}
{%- for column in columns.values() -%}
{%- set name = adapter.quote(column.name) if column.quote else column.name -%}
{%- if column.data_type is not defined or not column.data_type -%}
{%- do untyped.append(column.name) -%}
{%- else -%}
{%- do typed.append(dbt.cast('null', column.data_type) ~ ' as ' ~ name) -%}
{%- endif -%}
{%- endfor -%}
{%- if untyped -%}
{{ exceptions.raise_compiler_error('a contract needs the data_type of each column; there is none for ' ~ untyped | join(', ')) }}
{%- endif -%}
select {{ typed | join(', ') }}
{% endmacro %}

{% macro default__alter_column_type(relation, column_name, new_column_type) %}
{% call statement('alter_column_type') %}alter table {{ relation }} alter column {{ adapter.quote(column_name) }} type {{ new_column_type }}{% endcall %}
{% endmacro %}

{# One statement a column: the engine takes no two changes in one. #}
{% macro duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}
{%- for column in add_columns or [] -%}
{%- do run_query('alter table ' ~ relation ~ ' add column ' ~ adapter.quote(column.name) ~ ' ' ~ column.data_type) -%}
{%- endfor -%}
{%- for column in remove_columns or [] -%}
{%- do run_query('alter table ' ~ relation ~ ' drop column ' ~ adapter.quote(column.name)) -%}
{%- endfor -%}
{% endmacro %}
{% macro default__alter_relation_add_remove_columns(relation, add_columns, remove_columns) %}{{ return(duckdb__alter_relation_add_remove_columns(relation, add_columns, remove_columns)) }}{% endmacro %}
