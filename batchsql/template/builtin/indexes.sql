{# Indexes, as the config `indexes` lists them. #}

{% macro get_create_index_sql(relation, index_dict) %}{{ return(adapter.dispatch('get_create_index_sql', 'dbt')(relation, index_dict)) }}{% endmacro %}
{% macro create_indexes(relation) %}{{ return(adapter.dispatch('create_indexes', 'dbt')(relation)) }}{% endmacro %}
{% macro get_drop_index_sql(relation, index_name) %}{{ return(adapter.dispatch('get_drop_index_sql', 'dbt')(relation, index_name)) }}{% endmacro %}
{% macro get_show_indexes_sql(relation) %}{{ return(adapter.dispatch('get_show_indexes_sql', 'dbt')(relation)) }}{% endmacro %}

{# Its name is made of what it covers, so that two indexes of one table have two names. #}
{% macro duckdb__get_create_index_sql(relation, index_dict) %}
{%- set columns = index_dict.columns | join(', ') -%}
{%- set name = local_md5(relation.identifier ~ ' ' ~ columns ~ ' ' ~ index_dict.get('unique', false)) -%}
create {{ 'unique ' if index_dict.unique }}index {{ adapter.quote(name) }} on {{ relation }} ({{ columns }});
{%- endmacro %}

{% macro default__create_indexes(relation) %}
{%- for index in config.get('indexes') or [] -%}{%- do run_query(get_create_index_sql(relation, index)) -%}{%- endfor -%}
{% endmacro %}

{% macro default__get_drop_index_sql(relation, index_name) %}drop index if exists {{ adapter.quote(relation.schema) }}.{{ adapter.quote(index_name) }}{% endmacro %}
{% macro default__get_show_indexes_sql(relation) %}
select * from duckdb_indexes() where schema_name = '{{ relation.schema }}' and table_name = '{{ relation.identifier }}'
{% endmacro %}
{% macro drop_indexes_on_relation(relation) %}
{%- set indexes = run_query(get_show_indexes_sql(relation)) -%}
{%- for index in indexes or [] -%}{%- do run_query(get_drop_index_sql(relation, index['index_name'])) -%}{%- endfor -%}
{% endmacro %}
