{# Seeds: a table made of the rows of a file. #}

{% macro create_csv_table(model, agate_table) %}{{ return(adapter.dispatch('create_csv_table', 'dbt')(model, agate_table)) }}{% endmacro %}
{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) %}{{ return(adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table)) }}{% endmacro %}
{% macro load_csv_rows(model, agate_table) %}{{ return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) }}{% endmacro %}
{% macro get_csv_sql(create_or_truncate_sql, insert_sql) %}{{ return(adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql)) }}{% endmacro %}
{% macro get_binding_char() %}{{ return(adapter.dispatch('get_binding_char', 'dbt')()) }}{% endmacro %}
{% macro get_batch_size() %}{{ return(adapter.dispatch('get_batch_size', 'dbt')()) }}{% endmacro %}

{% macro duckdb__get_binding_char() %}{{ return('?') }}{% endmacro %}
{% macro duckdb__get_batch_size() %}{{ return(10000) }}{% endmacro %}
{% macro default__get_csv_sql(create_or_truncate_sql, insert_sql) %}{{ create_or_truncate_sql }};
{{ insert_sql }}{% endmacro %}

{# Quoted, unless the seed's config says otherwise. #}
{% macro get_seed_column_quoted_csv(model, column_names) %}
{%- set quoted = [] -%}
{%- for name in column_names -%}
{%- do quoted.append(adapter.quote_seed_column(name, model.config.quote_columns)) -%}
{%- endfor -%}
{{ return(quoted | join(', ')) }}
{% endmacro %}

{% macro default__create_csv_table(model, agate_table) %}
{%- set types = model.config.column_types or {} -%}
{%- set columns = [] -%}
{%- for name in agate_table.column_names -%}
{%- set quoted = adapter.quote_seed_column(name, model.config.quote_columns) -%}
{%- do columns.append(quoted ~ ' ' ~ types.get(name, adapter.convert_type(agate_table, loop.index0))) -%}
{%- endfor -%}
{%- set sql = 'create table ' ~ this.render() ~ ' (' ~ columns | join(', ') ~ ')' -%}
{% call statement('create_csv_table') %}{{ sql }}{% endcall %}
{{ return(sql) }}
{% endmacro %}

{% macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
{%- if full_refresh -%}
{%- do adapter.drop_relation(old_relation) -%}
{{ return(create_csv_table(model, agate_table)) }}
{%- endif -%}
{%- do adapter.truncate_relation(old_relation) -%}
{{ return('truncate table ' ~ old_relation) }}
{% endmacro %}

{# The rows as literals, as many in one statement as get_batch_size() says. #}
{% macro default__load_csv_rows(model, agate_table) %}
{%- set names = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
{%- set statements = [] -%}
{%- for rows in agate_table.rows | batch(get_batch_size()) -%}
{%- set values = [] -%}
{%- for row in rows -%}{%- do values.append(row | list | literal) -%}{%- endfor -%}
{%- set sql = 'insert into ' ~ this.render() ~ ' (' ~ names ~ ') values ' ~ values | join(', ') -%}
{%- do run_query(sql) -%}
{%- do statements.append(sql) -%}
{%- endfor -%}
{{ return(statements[0] if statements else '') }}
{% endmacro %}
