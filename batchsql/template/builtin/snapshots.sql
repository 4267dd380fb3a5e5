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
{%- set names = snapshot_column_names() -%}
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

{# The first load: each row of the query is a version. #}
{% macro default__build_snapshot_table(strategy, sql) %}
{%- set names = snapshot_column_names() -%}
select *,
    {{ strategy.scd_id }} as {{ names.dbt_scd_id }},
    {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
    {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
    {{ get_dbt_valid_to_current(strategy, names) }}
    {%- if strategy.hard_deletes == 'new_record' %}, 'False' as {{ names.dbt_is_deleted }}{% endif %}
from (
{{ sql }}
) as source_data
{% endmacro %}

{# What a later load does: versions that begin, versions that end, and of the latter why, as dbt_change_type. #}
{% macro default__snapshot_staging_table(strategy, source_sql, target_relation) %}
{%- set names = snapshot_column_names() -%}
{%- set key = strategy.unique_key -%}
{%- set keys = names_of_unique_key(key) | join(', ') -%}
{%- set tells_deleted = strategy.hard_deletes == 'new_record' -%}
{%- set came_back = 'snapshotted_data.' ~ names.dbt_is_deleted ~ " = 'True'" if tells_deleted else 'false' -%}
with source_query as (
{{ source_sql }}
),
snapshotted_data as (
    select *, {{ unique_key_fields(key) }} from {{ target_relation }} where {{ is_open_version(names) }}
),
source_data as (
    select *, {{ unique_key_fields(key) }},
        {{ strategy.updated_at }} as {{ names.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ names.dbt_valid_from }},
        {{ get_dbt_valid_to_current(strategy, names) }},
        {{ strategy.scd_id }} as {{ names.dbt_scd_id }}
        {%- if tells_deleted %}, 'False' as {{ names.dbt_is_deleted }}{% endif %}
    from source_query
),
begun as (
    select 'insert' as dbt_change_type, source_data.*
    from source_data left join snapshotted_data on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
    where {{ unique_key_is_null(key, 'snapshotted_data') }} or {{ strategy.row_changed }} or {{ came_back }}
),
ended as (
    select 'update' as dbt_change_type, snapshotted_data.{{ names.dbt_scd_id }}, source_data.{{ names.dbt_updated_at }} as {{ names.dbt_valid_to }}
    from source_data join snapshotted_data on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
    where {{ strategy.row_changed }} or {{ came_back }}
)
{%- if strategy.hard_deletes in ('invalidate', 'new_record') %},
gone as (
    select snapshotted_data.*
    from snapshotted_data anti join source_data on {{ unique_key_join_on(key, 'snapshotted_data', 'source_data') }}
    {{ 'where ' ~ names.dbt_is_deleted ~ " != 'True'" if tells_deleted }}
)
{%- endif %}
select * exclude ({{ keys }}) from begun
union all by name
select * from ended
{%- if strategy.hard_deletes in ('invalidate', 'new_record') %}
union all by name
select 'delete' as dbt_change_type, {{ names.dbt_scd_id }}, {{ snapshot_get_time() }} as {{ names.dbt_valid_to }} from gone
{%- endif %}
{%- if tells_deleted %}
union all by name
select 'insert' as dbt_change_type, * exclude ({{ keys }}) replace (
    {{ snapshot_hash_arguments([names.dbt_scd_id, snapshot_get_time()]) }} as {{ names.dbt_scd_id }},
    {{ snapshot_get_time() }} as {{ names.dbt_updated_at }},
    {{ snapshot_get_time() }} as {{ names.dbt_valid_from }},
    'True' as {{ names.dbt_is_deleted }}
) from gone
{%- endif %}
{% endmacro %}
{% macro build_snapshot_staging_table(strategy, sql, target_relation) %}
{%- set staged = make_temp_relation(target_relation) -%}
{% call statement('build_snapshot_staging_relation') %}{{ create_table_as(true, staged, snapshot_staging_table(strategy, sql, target_relation)) }}{% endcall %}
{{ return(staged) }}
{% endmacro %}

{# Ends versions, and adds those that begin. #}
{% macro default__snapshot_merge_sql(target, source, insert_cols) %}
{%- set names = snapshot_column_names() -%}
update {{ target }} as snapshotted set {{ names.dbt_valid_to }} = staged.{{ names.dbt_valid_to }}
from {{ source }} as staged
where staged.{{ names.dbt_scd_id }}::text = snapshotted.{{ names.dbt_scd_id }}::text
    and staged.dbt_change_type in ('update', 'delete') and {{ is_open_version(names, 'snapshotted.') }};
insert into {{ target }} ({{ insert_cols | join(', ') }})
select {{ insert_cols | join(', ') }} from {{ source }} where dbt_change_type = 'insert';
{% endmacro %}
{% macro duckdb__snapshot_merge_sql(target, source, insert_cols) %}{{ return(default__snapshot_merge_sql(target, source, insert_cols)) }}{% endmacro %}

{# The names of the columns that a snapshot adds, where the project has others for some. #}
{% macro snapshot_column_names() %}
{%- set names = get_snapshot_table_column_names() -%}
{%- do names.update(config.get('snapshot_meta_column_names') or {}) -%}
{{ return(names) }}
{% endmacro %}

{% macro is_open_version(names, prefix='') %}
{%- set open = config.get('dbt_valid_to_current') -%}
({{ prefix }}{{ names.dbt_valid_to }} is null{{ ' or ' ~ prefix ~ names.dbt_valid_to ~ ' = ' ~ open if open }})
{%- endmacro %}

{% macro default__create_columns(relation, columns) %}{% do alter_relation_add_remove_columns(relation, columns, none) %}{% endmacro %}
{% macro default__post_snapshot(staging_relation) %}{% endmacro %}
{% macro duckdb__post_snapshot(temporary_relation) %}{% do run_query('drop table if exists ' ~ temporary_relation) %}{% endmacro %}
