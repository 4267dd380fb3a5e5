{# Snapshots: how a strategy words what is new, what changed and since when; and the names of the columns. #}

{% macro snapshot_hash_arguments(args) %}{{ return(adapter.dispatch('snapshot_hash_arguments', 'dbt')(args)) }}{% endmacro %}
{% macro snapshot_merge_sql(target, source, insert_cols) %}{{ return(adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols)) }}{% endmacro %}
{% macro build_snapshot_table(strategy, sql) %}{{ return(adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql)) }}{% endmacro %}
{% macro snapshot_staging_table(strategy, source_sql, target_relation) %}{{ return(adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation)) }}{% endmacro %}
{% macro create_columns(relation, columns) %}{{ return(adapter.dispatch('create_columns', 'dbt')(relation, columns)) }}{% endmacro %}
{% macro post_snapshot(staging_relation) %}{{ return(adapter.dispatch('post_snapshot', 'dbt')(staging_relation)) }}{% endmacro %}
{% macro get_true_sql() %}{{ return(adapter.dispatch('get_true_sql', 'dbt')()) }}{% endmacro %}
{% macro default__get_true_sql() %}true{% endmacro %}

{# One text of several values, null as nothing, as a digest. #}
{% macro default__snapshot_hash_arguments(args) %}
{%- set texts = [] -%}
{%- for value in args -%}{%- do texts.append('coalesce(cast(' ~ value ~ " as varchar), '')") -%}{%- endfor -%}
md5({{ texts | join(" || '|' || ") }})
{%- endmacro %}

{# The macro of a strategy: `snapshot_<name>_strategy`, of the project or of the package named before a dot. #}
{% macro strategy_dispatch(name) %}
{%- set package, plain = name.split('.') if '.' in name else (none, name) -%}
{%- set macro = 'snapshot_' ~ plain ~ '_strategy' -%}
{%- set found = (context[package] if package else context).get(macro) -%}
{%- if found is none -%}
{{ exceptions.raise_compiler_error("there is no snapshot strategy '" ~ name ~ "': a macro " ~ macro ~ " would be one") }}
{%- endif -%}
{{ return(found) }}
{% endmacro %}

{% macro get_snapshot_table_column_names() %}
{%- set names = {} -%}
{%- for name in ['dbt_valid_to', 'dbt_valid_from', 'dbt_scd_id', 'dbt_updated_at', 'dbt_is_deleted'] -%}
{%- do names.update({name: name}) -%}
{%- endfor -%}
{{ return(names) }}
{% endmacro %}

{# A key of one column is dbt_unique_key; of several, each gets a number. #}
{% macro names_of_unique_key(unique_key) %}
{%- set names = [] -%}
{%- for _ in unique_key if unique_key is not string -%}{%- do names.append('dbt_unique_key_' ~ loop.index) -%}{%- endfor -%}
{{ return(names or ['dbt_unique_key']) }}
{% endmacro %}
{% macro unique_key_fields(unique_key) %}
{%- set keys = [unique_key] if unique_key is string else unique_key -%}
{%- for name in names_of_unique_key(unique_key) -%}
{{ keys[loop.index0] }} as {{ name }}{{ ', ' if not loop.last }}
{%- endfor -%}
{% endmacro %}
{% macro unique_key_join_on(unique_key, identifier, from_identifier) %}
{%- for name in names_of_unique_key(unique_key) -%}
{{ ' and ' if not loop.first }}{{ dbt.equals(identifier ~ '.' ~ name, from_identifier ~ '.' ~ name) }}
{%- endfor -%}
{% endmacro %}
{% macro unique_key_is_null(unique_key, identifier) %}{{ identifier }}.{{ names_of_unique_key(unique_key)[0] }} is null{% endmacro %}
{% macro unique_key_is_not_null(unique_key, identifier) %}{{ identifier }}.{{ names_of_unique_key(unique_key)[0] }} is not null{% endmacro %}

{# How a row that is still valid says so: null, or the value of dbt_valid_to_current. #}
{% macro get_dbt_valid_to_current(strategy, columns) %}
{%- set open = config.get('dbt_valid_to_current') or 'null' -%}
coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{ open }}) as {{ columns.dbt_valid_to }}
{%- endmacro %}

{% macro get_updated_at_column_data_type(snapshot_sql) %}
{%- set found = [] -%}
{%- for column in get_column_schema_from_query(snapshot_sql) if column.name | lower == 'dbt_updated_at' -%}
{%- do found.append(column.dtype) -%}
{%- endfor -%}
{{ return(found[0] if found else none) }}
{% endmacro %}

{# Warns where the strategy's time has another type than the moments it is compared with. #}
{% macro check_time_data_types(sql) %}
{%- set given, own = get_updated_at_column_data_type(sql), get_snapshot_get_time_data_type() -%}
{%- if given and own and given != own -%}
{%- do exceptions.warn('updated_at is ' ~ given ~ ', and the time of the snapshot ' ~ own) -%}
{%- endif -%}
{% endmacro %}

{% macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
{%- set names = config.get('snapshot_table_column_names') or get_snapshot_table_column_names() -%}
{%- set updated_at = model_config.updated_at -%}
{%- set keys = [model_config.unique_key] if model_config.unique_key is string else model_config.unique_key -%}
{{ return({
    'unique_key': model_config.unique_key,
    'updated_at': updated_at,
    'row_changed': '(' ~ snapshotted_rel ~ '.' ~ names.dbt_valid_from ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')',
    'scd_id': snapshot_hash_arguments(keys | list + [updated_at]),
    'invalidate_hard_deletes': model_config.invalidate_hard_deletes or model_config.hard_deletes == 'invalidate',
    'hard_deletes': model_config.hard_deletes or ('invalidate' if model_config.invalidate_hard_deletes else 'ignore'),
}) }}
{% endmacro %}

{# Whether a column was added since, and the columns to compare. #}
{% macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) %}
{%- set queried = get_columns_in_query(node.compiled_code or node.raw_code) -%}
{%- if not target_exists -%}{{ return((false, queried)) }}{%- endif -%}
{%- set wanted = queried if check_cols_config == 'all' else check_cols_config -%}
{%- set there = adapter.get_columns_in_relation(load_relation(this)) | map(attribute='name') | map('lower') | list -%}
{%- set kept = [] -%}
{%- for name in wanted if name | lower in there -%}{%- do kept.append(adapter.quote(name) if check_cols_config == 'all' else name) -%}{%- endfor -%}
{{ return((kept | length < wanted | length, kept)) }}
{% endmacro %}

{% macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) %}
{%- set keys = [model_config.unique_key] if model_config.unique_key is string else model_config.unique_key -%}
{%- set updated_at = model_config.updated_at or snapshot_get_time() -%}
{%- if not model_config.check_cols -%}
{{ exceptions.raise_compiler_error("the strategy check needs check_cols: 'all', or the names of the columns to compare") }}
{%- endif -%}
{%- set added, columns = snapshot_check_all_get_existing_columns(node, target_exists, model_config.check_cols) -%}
{%- set changes = ['true'] if added else [] -%}
{%- for column in columns -%}
{%- do changes.append(snapshotted_rel ~ '.' ~ column ~ ' is distinct from ' ~ current_rel ~ '.' ~ column) -%}
{%- endfor -%}
{{ return({
    'unique_key': model_config.unique_key,
    'updated_at': updated_at,
    'row_changed': '(' ~ changes | join(' or ') ~ ')',
    'scd_id': snapshot_hash_arguments(keys | list + [updated_at]),
    'invalidate_hard_deletes': model_config.invalidate_hard_deletes or model_config.hard_deletes == 'invalidate',
    'hard_deletes': model_config.hard_deletes or ('invalidate' if model_config.invalidate_hard_deletes else 'ignore'),
}) }}
{% endmacro %}

{% macro default__create_columns(relation, columns) %}{% do alter_relation_add_remove_columns(relation, columns, none) %}{% endmacro %}
{% macro default__post_snapshot(staging_relation) %}{% endmacro %}
{% macro duckdb__post_snapshot(temporary_relation) %}{% do drop_relation_if_exists(temporary_relation) %}{% endmacro %}
