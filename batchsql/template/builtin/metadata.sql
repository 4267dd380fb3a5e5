{# What the warehouse holds, as tables. #}

{% macro information_schema_name(database) %}{{ return(adapter.dispatch('information_schema_name', 'dbt')(database)) }}{% endmacro %}
{% macro list_schemas(database) %}{{ return(adapter.dispatch('list_schemas', 'dbt')(database)) }}{% endmacro %}
{% macro check_schema_exists(information_schema, schema) %}{{ return(adapter.dispatch('check_schema_exists', 'dbt')(information_schema, schema)) }}{% endmacro %}
{% macro list_relations_without_caching(schema_relation) %}{{ return(adapter.dispatch('list_relations_without_caching', 'dbt')(schema_relation)) }}{% endmacro %}
{% macro get_catalog(information_schema, schemas) %}{{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}{% endmacro %}
{% macro get_catalog_relations(information_schema, relations) %}{{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}{% endmacro %}

{% macro default__information_schema_name(database) %}{{ database ~ '.' if database }}INFORMATION_SCHEMA{% endmacro %}

{% macro duckdb__list_schemas(database) %}
{{- return(run_query("select schema_name from system.information_schema.schemata where lower(catalog_name) = lower('" ~ database ~ "')")) -}}
{% endmacro %}

{# A table of one number: how many there are. #}
{% macro duckdb__check_schema_exists(information_schema, schema) %}
{%- set condition = "lower(schema_name) = lower('" ~ schema ~ "') and lower(catalog_name) = lower('" ~ information_schema.database ~ "')" -%}
{{ return(run_query('select count(*) from system.information_schema.schemata where ' ~ condition)) }}
{% endmacro %}

{% macro duckdb__list_relations_without_caching(schema_relation) %}
{% call statement('list_relations_without_caching', fetch_result=true) -%}
select
    table_catalog as database,
    table_name as name,
    table_schema as schema,
    case table_type when 'BASE TABLE' then 'table' when 'LOCAL TEMPORARY' then 'table' when 'VIEW' then 'view' else lower(table_type) end as type
from system.information_schema.tables
where lower(table_schema) = lower('{{ schema_relation.schema }}') and lower(table_catalog) = lower('{{ schema_relation.database }}')
{%- endcall %}
{{ return(load_result('list_relations_without_caching').table) }}
{% endmacro %}

{# One row a column of each table and view, with their comments. #}
{% macro columns_of_catalog(condition) %}
{{- return(run_query("
select
    relations.database_name as table_database,
    relations.schema_name as table_schema,
    relations.name as table_name,
    relations.kind as table_type,
    relations.comment as table_comment,
    columns.column_name,
    columns.column_index,
    columns.data_type as column_type,
    columns.comment as column_comment,
    null as table_owner
from (
    select database_name, schema_name, table_name as name, 'BASE TABLE' as kind, comment from duckdb_tables()
    union all
    select database_name, schema_name, view_name, 'VIEW', comment from duckdb_views()
) as relations
join duckdb_columns() as columns
    on columns.database_name = relations.database_name
    and columns.schema_name = relations.schema_name
    and columns.table_name = relations.name
where " ~ condition ~ " order by 1, 2, 3, columns.column_index")) -}}
{% endmacro %}

{% macro duckdb__get_catalog(information_schema, schemas) %}
{%- set conditions = ['false'] -%}
{%- for schema in schemas -%}
{%- do conditions.append("lower(relations.schema_name) = lower('" ~ schema ~ "')") -%}
{%- endfor -%}
{{ return(columns_of_catalog('(' ~ conditions | join(' or ') ~ ')')) }}
{% endmacro %}

{% macro duckdb__get_catalog_relations(information_schema, relations) %}
{%- set conditions = ['false'] -%}
{%- for relation in relations -%}
{%- set in_schema = "lower(relations.schema_name) = lower('" ~ relation.schema ~ "')" -%}
{%- set named = " and lower(relations.name) = lower('" ~ relation.identifier ~ "')" if relation.identifier else '' -%}
{%- do conditions.append('(' ~ in_schema ~ named ~ ')') -%}
{%- endfor -%}
{{ return(columns_of_catalog('(' ~ conditions | join(' or ') ~ ')')) }}
{% endmacro %}
