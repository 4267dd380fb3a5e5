{# Descriptions as comments in the warehouse. #}

{% macro alter_relation_comment(relation, relation_comment) %}{{ return(adapter.dispatch('alter_relation_comment', 'dbt')(relation, relation_comment)) }}{% endmacro %}
{% macro alter_column_comment(relation, column_dict) %}{{ return(adapter.dispatch('alter_column_comment', 'dbt')(relation, column_dict)) }}{% endmacro %}
{% macro persist_docs(relation, model, for_relation=true, for_columns=true) %}{{ return(adapter.dispatch('persist_docs', 'dbt')(relation, model, for_relation, for_columns)) }}{% endmacro %}

{% macro default__persist_docs(relation, model, for_relation, for_columns) %}
{%- set wanted = config.get('persist_docs') or {} -%}
{%- if for_relation and wanted.relation and model.description -%}
{%- do run_query(alter_relation_comment(relation, model.description)) -%}
{%- endif -%}
{%- if for_columns and wanted.columns and model.columns -%}
{%- set comments = alter_column_comment(relation, model.columns) -%}
{%- if comments | trim -%}{%- do run_query(comments) -%}{%- endif -%}
{%- endif -%}
{% endmacro %}

{# Quoted by a tag, so that a description may hold any quote. #}
{% macro duckdb_escape_comment(comment) %}
{%- if comment is not string -%}
{{ exceptions.raise_compiler_error('a comment is text, not ' ~ comment) }}
{%- endif -%}
{%- set tag = '$dbt_comment_literal_block$' -%}
{%- if tag in comment -%}
{{ exceptions.raise_compiler_error('a description may not hold ' ~ tag) }}
{%- endif -%}
{{ tag }}{{ comment }}{{ tag }}
{%- endmacro %}

{% macro duckdb__alter_relation_comment(relation, comment) %}
comment on {{ relation.type }} {{ relation }} is {{ duckdb_escape_comment(comment) }};
{% endmacro %}

{% macro duckdb__alter_column_comment(relation, column_dict) %}
{%- set there = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
{%- for column in validate_doc_columns(relation, column_dict, there).values() if column.description %}
comment on column {{ relation }}.{{ adapter.quote(column.name) if column.quote else column.name }} is {{ duckdb_escape_comment(column.description) }};
{%- endfor -%}
{% endmacro %}

{# The described columns that the relation has; the others are told. #}
{% macro validate_doc_columns(relation, column_dict, existing_column_names) %}
{%- set known = existing_column_names | map('lower') | list -%}
{%- set found = {} -%}
{%- for name, column in column_dict.items() -%}
{%- if name | lower in known -%}
{%- do found.update({name: column}) -%}
{%- else -%}
{%- do log("column '" ~ name ~ "' is described and not in " ~ relation) -%}
{%- endif -%}
{%- endfor -%}
{{ return(found) }}
{% endmacro %}
