{# Columns of an incremental model that differ from those of its table. #}

{% macro diff_column_data_types(source_columns, target_columns) %}{{ return(adapter.dispatch('diff_column_data_types', 'dbt')(source_columns, target_columns)) }}{% endmacro %}
{% macro get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}{{ return(adapter.dispatch('get_merge_update_columns', 'dbt')(merge_update_columns, merge_exclude_columns, dest_columns)) }}{% endmacro %}
{% macro check_for_schema_changes(source_relation, target_relation) %}{{ return(adapter.dispatch('check_for_schema_changes', 'dbt')(source_relation, target_relation)) }}{% endmacro %}
{% macro sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}{{ return(adapter.dispatch('sync_column_schemas', 'dbt')(on_schema_change, target_relation, schema_changes_dict)) }}{% endmacro %}
{% macro process_schema_changes(on_schema_change, source_relation, target_relation) %}{{ return(adapter.dispatch('process_schema_changes', 'dbt')(on_schema_change, source_relation, target_relation)) }}{% endmacro %}

{% macro get_quoted_csv(column_names) %}
{%- set quoted = [] -%}
{%- for name in column_names -%}{%- do quoted.append(adapter.quote(name)) -%}{%- endfor -%}
{{ return(quoted | join(', ')) }}
{% endmacro %}

{# The columns of the first list whose names the second does not have; upper and lower case are different. #}
{% macro diff_columns(source_columns, target_columns) %}
{%- set known = target_columns | map(attribute='column') | list -%}
{{ return(source_columns | rejectattr('column', 'in', known) | list) }}
{% endmacro %}

{# The columns of the second list whose type is another in the first. #}
{% macro default__diff_column_data_types(source_columns, target_columns) %}
{%- set types = {} -%}
{%- for column in source_columns -%}{%- do types.update({column.name: column.data_type}) -%}{%- endfor -%}
{%- set changed = [] -%}
{%- for column in target_columns if column.name in types and types[column.name] != column.data_type -%}
{%- do changed.append({'column_name': column.name, 'new_type': types[column.name]}) -%}
{%- endfor -%}
{{ return(changed) }}
{% endmacro %}

{# Names, ready for SQL: those named as they are, else all but those left out, quoted. #}
{% macro default__get_merge_update_columns(merge_update_columns, merge_exclude_columns, dest_columns) %}
{%- if merge_update_columns and merge_exclude_columns -%}
{{ exceptions.raise_compiler_error('a model takes either merge_update_columns or merge_exclude_columns, not both') }}
{%- endif -%}
{%- set left_out = (merge_exclude_columns or []) | map('lower') | list -%}
{%- set kept = [] -%}
{%- for column in dest_columns if column.column | lower not in left_out -%}{%- do kept.append(column.quoted) -%}{%- endfor -%}
{{ return(merge_update_columns or kept) }}
{% endmacro %}

{% macro incremental_validate_on_schema_change(on_schema_change, default='ignore') %}
{%- if on_schema_change in ['ignore', 'fail', 'append_new_columns', 'sync_all_columns'] -%}
{{ return(on_schema_change) }}
{%- endif -%}
{%- do log("on_schema_change '" ~ on_schema_change ~ "' is unknown: it is taken as '" ~ default ~ "'") -%}
{{ return(default) }}
{% endmacro %}

{% macro default__check_for_schema_changes(source_relation, target_relation) %}
{%- set given = adapter.get_columns_in_relation(source_relation) -%}
{%- set there = adapter.get_columns_in_relation(target_relation) -%}
{%- set changes = {
    'source_not_in_target': diff_columns(given, there),
    'target_not_in_source': diff_columns(there, given),
    'source_columns': given,
    'target_columns': there,
    'new_target_types': diff_column_data_types(given, there),
} -%}
{%- set any = changes.source_not_in_target or changes.target_not_in_source or changes.new_target_types -%}
{%- do changes.update({'schema_changed': true if any else false}) -%}
{{ return(changes) }}
{% endmacro %}

{% macro default__sync_column_schemas(on_schema_change, target_relation, schema_changes_dict) %}
{%- set added = schema_changes_dict.source_not_in_target -%}
{%- if on_schema_change == 'append_new_columns' and added -%}
{%- do alter_relation_add_remove_columns(target_relation, added, none) -%}
{%- elif on_schema_change == 'sync_all_columns' -%}
{%- set gone = schema_changes_dict.target_not_in_source -%}
{%- if added or gone -%}{%- do alter_relation_add_remove_columns(target_relation, added, gone) -%}{%- endif -%}
{%- for change in schema_changes_dict.new_target_types -%}
{%- do alter_column_type(target_relation, change.column_name, change.new_type) -%}
{%- endfor -%}
{%- endif -%}
{% endmacro %}

{# Does what on_schema_change asks for; gives the columns to insert into. #}
{% macro default__process_schema_changes(on_schema_change, source_relation, target_relation) %}
{%- if on_schema_change == 'ignore' -%}{{ return({}) }}{%- endif -%}
{%- set changes = check_for_schema_changes(source_relation, target_relation) -%}
{%- if changes.schema_changed and on_schema_change == 'fail' -%}
{{ exceptions.raise_compiler_error(
    'the columns of ' ~ target_relation ~ ' are no longer those of its query, and on_schema_change is fail'
    ~ '\nonly in the query: ' ~ changes.source_not_in_target | map(attribute='name') | join(', ')
    ~ '\nonly in the table: ' ~ changes.target_not_in_source | map(attribute='name') | join(', ')
    ~ '\nof another type: ' ~ changes.new_target_types | map(attribute='column_name') | join(', ')
) }}
{%- elif changes.schema_changed -%}
{%- do sync_column_schemas(on_schema_change, target_relation, changes) -%}
{%- endif -%}
{{ return(changes.source_columns) }}
{% endmacro %}
