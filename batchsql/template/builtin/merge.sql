{# Statements that replace rows by their key. #}

{% macro get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}{{ return(adapter.dispatch('get_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates)) }}{% endmacro %}
{% macro get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}{{ return(adapter.dispatch('get_delete_insert_merge_sql', 'dbt')(target, source, unique_key, dest_columns, incremental_predicates)) }}{% endmacro %}
{% macro get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header=false) %}{{ return(adapter.dispatch('get_insert_overwrite_merge_sql', 'dbt')(target, source, dest_columns, predicates, include_sql_header)) }}{% endmacro %}
{% macro get_merge_unique_key_match(source_unique_key, target_unique_key) %}{{ return(adapter.dispatch('get_merge_unique_key_match', 'dbt')(source_unique_key, target_unique_key)) }}{% endmacro %}
{% macro default__get_merge_unique_key_match(source_unique_key, target_unique_key) %}({{ source_unique_key }} = {{ target_unique_key }}){% endmacro %}

{# Rows of the target whose key is in the source go, then all rows of the source come. Without a key, they only come. #}
{% macro duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}
{%- set predicates = [incremental_predicates] if incremental_predicates is string else incremental_predicates or [] -%}
{%- if unique_key and unique_key is sequence and unique_key is not string -%}
{%- set same = [] -%}
{%- for key in unique_key -%}{%- do same.append(source ~ '.' ~ key ~ ' = DBT_INCREMENTAL_TARGET.' ~ key) -%}{%- endfor -%}
delete from {{ target }} as DBT_INCREMENTAL_TARGET using {{ source }}
where {{ (same + predicates) | join(' and ') }};
{% elif unique_key -%}
delete from {{ target }}
where {{ (['(' ~ unique_key ~ ') in (select (' ~ unique_key ~ ') from ' ~ source ~ ')'] + predicates) | join(' and ') }};
{% endif -%}
{{ get_insert_into_sql(target, source, dest_columns) }}
{% endmacro %}
{% macro default__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates) %}{{ return(duckdb__get_delete_insert_merge_sql(target, source, unique_key, dest_columns, incremental_predicates)) }}{% endmacro %}

{# A merge as the configuration words it: merge_clauses, or the columns, conditions and expressions of the two usual
   clauses. #}
{% macro duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}
{%- set keys = [unique_key] if unique_key is string else unique_key or [] -%}
{%- set using = config.get('merge_on_using_columns') or [] -%}
{%- set same = [] -%}
{%- for key in keys -%}{%- do same.append('(DBT_INTERNAL_SOURCE.' ~ key ~ ' = DBT_INTERNAL_DEST.' ~ key ~ ')') -%}{%- endfor -%}
{%- for predicate in ([incremental_predicates] if incremental_predicates is string else incremental_predicates or []) -%}
{%- do same.append('(' ~ predicate ~ ')') -%}
{%- endfor -%}
{%- set clauses = config.get('merge_clauses') or {} -%}
{%- set returning = config.get('merge_returning_columns') or [] -%}
merge into {{ target }} as DBT_INTERNAL_DEST
using {{ source }} as DBT_INTERNAL_SOURCE
{{ 'using (' ~ using | join(', ') ~ ')' if using else 'on ' ~ (same | join(' and ') or 'false') }}
{% if clauses -%}
{%- for clause in clauses.get('when_matched', []) %}
when matched{{ merge_clause(clause, dest_columns) }}
{%- endfor -%}
{%- for clause in clauses.get('when_not_matched', []) %}
when not matched{{ ' by ' ~ clause.by if clause.by }}{{ merge_clause(clause, dest_columns) }}
{%- endfor -%}
{%- else -%}
when matched{{ ' and ' ~ config.get('merge_update_condition') if config.get('merge_update_condition') }} then {{ merge_update(
    config.get('merge_update_columns'), config.get('merge_exclude_columns'), config.get('merge_update_set_expressions'), dest_columns
) }}
when not matched{{ ' and ' ~ config.get('merge_insert_condition') if config.get('merge_insert_condition') }} then insert by name
{%- endif %}
{{ 'returning ' ~ returning | join(', ') if returning }}
{% endmacro %}
{% macro default__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates=none) %}{{ return(duckdb__get_merge_sql(target, source, unique_key, dest_columns, incremental_predicates)) }}{% endmacro %}

{# One clause of merge_clauses, after the words that say when. #}
{% macro merge_clause(clause, dest_columns) %}
{%- set mode = {'by_position': 'by position', 'star': '*'}.get(clause.mode, 'by name') -%}
{{ ' and ' ~ clause.condition if clause.condition }} then {% if clause.action == 'update' and clause.mode == 'explicit' -%}
{%- set parts = clause['update'] or {} -%}
{{ merge_update(parts.include, parts.exclude, parts.set_expressions, dest_columns) }}
{%- elif clause.action == 'update' -%} update {{ 'set *' if mode == '*' else mode }}
{%- elif clause.action == 'insert' and clause.mode == 'explicit' -%} insert ({{ clause.insert.columns | join(', ') }}) values ({{ clause.insert['values'] | join(', ') }})
{%- elif clause.action == 'insert' -%} insert {{ mode }}
{%- elif clause.action == 'error' -%} error {{ "'" ~ clause.error_message | replace("'", "''") ~ "'" if clause.error_message }}
{%- else -%} {{ clause.action | replace('_', ' ') }}
{%- endif -%}
{% endmacro %}

{# Which columns are updated: those named, all but those left out, or all of the same name. #}
{% macro merge_update(include, exclude, expressions, dest_columns) %}
{%- set sets = [] -%}
{%- for column, expression in (expressions or {}).items() -%}{%- do sets.append(column ~ ' = ' ~ expression) -%}{%- endfor -%}
{%- set taken = (expressions or {}) | map('lower') | list -%}
{%- if include or exclude or expressions -%}
{%- for column in get_merge_update_columns(include, exclude, dest_columns) if column | replace('"', '') | lower not in taken -%}
{%- do sets.append(column ~ ' = DBT_INTERNAL_SOURCE.' ~ column) -%}
{%- endfor -%}
{%- endif -%}
{{ 'update set ' ~ sets | join(', ') if sets else 'update by name' }}
{%- endmacro %}

{% macro default__get_insert_overwrite_merge_sql(target, source, dest_columns, predicates, include_sql_header) %}
{%- set columns = get_quoted_csv(dest_columns | map(attribute='name')) -%}
{{ config.get('sql_header') or '' if include_sql_header }}
merge into {{ target }} as DBT_INTERNAL_DEST
using {{ source }} as DBT_INTERNAL_SOURCE
on false
when not matched by source {{ 'and ' ~ predicates | join(' and ') if predicates }} then delete
when not matched then insert ({{ columns }}) values ({{ columns }})
{% endmacro %}
