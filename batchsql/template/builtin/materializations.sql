{# How relations are made by macros: for projects that replace one of the macros that are called here. #}

{% materialization view, default %}
{%- set target_relation = this.incorporate(type='view') -%}
{{ run_hooks(pre_hooks, inside_transaction=false) }}
{{ run_hooks(pre_hooks, inside_transaction=true) }}
{%- do drop_relation_if_exists(load_cached_relation(this)) -%}
{% call statement('main') %}{{ get_create_view_as_sql(target_relation, sql) }}{% endcall %}
{{ after_main(target_relation) }}
{{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{# Made beside the old one, which its query may read, and then put in its place. #}
{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
{%- set target_relation = this.incorporate(type='table') -%}
{{ run_hooks(pre_hooks, inside_transaction=false) }}
{{ run_hooks(pre_hooks, inside_transaction=true) }}
{%- do make_table_anew(target_relation) -%}
{{ after_main(target_relation) }}
{{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization incremental, adapter='duckdb', supported_languages=['sql'] %}
{%- set target_relation = this.incorporate(type='table') -%}
{%- set existing = load_cached_relation(this) -%}
{%- set on_schema_change = incremental_validate_on_schema_change(config.get('on_schema_change'), default='ignore') -%}
{{ run_hooks(pre_hooks, inside_transaction=false) }}
{{ run_hooks(pre_hooks, inside_transaction=true) }}
{%- if existing is none or existing.is_view or should_full_refresh() -%}
{%- do make_table_anew(target_relation) -%}
{%- else -%}
{%- set staged = make_temp_relation(target_relation) -%}
{% call statement('stage') %}{{ create_table_as(true, staged, sql) }}{% endcall %}
{%- do adapter.expand_target_column_types(from_relation=staged, to_relation=target_relation) -%}
{%- set columns = process_schema_changes(on_schema_change, staged, existing) or adapter.get_columns_in_relation(existing) -%}
{%- set strategy_sql = adapter.get_incremental_strategy_macro(context, config.get('incremental_strategy') or 'default') -%}
{% call statement('main') %}{{ strategy_sql({
    'target_relation': target_relation,
    'temp_relation': staged,
    'unique_key': config.get('unique_key'),
    'dest_columns': columns,
    'incremental_predicates': config.get('predicates') or config.get('incremental_predicates'),
}) }}{% endcall %}
{%- do run_query('drop table if exists ' ~ staged) -%}
{%- endif -%}
{{ after_main(target_relation) }}
{{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% materialization snapshot, default %}
{%- set target_relation = this.incorporate(type='table') -%}
{%- set existing = load_cached_relation(this) -%}
{{ run_hooks(pre_hooks, inside_transaction=false) }}
{{ run_hooks(pre_hooks, inside_transaction=true) }}
{%- set strategy = strategy_dispatch(config.get('strategy'))(
    model, 'snapshotted_data', 'source_data', model.config, existing is not none
) -%}
{%- if existing is none -%}
{% call statement('main') %}{{ create_table_as(false, target_relation, build_snapshot_table(strategy, sql)) }}{% endcall %}
{%- else -%}
{%- do adapter.assert_valid_snapshot_target_given_strategy(existing, snapshot_column_names(), strategy) -%}
{%- set staged = build_snapshot_staging_table(strategy, sql, existing) -%}
{%- set there = adapter.get_columns_in_relation(existing) | map(attribute='name') | map('lower') | list -%}
{%- set given = [] -%}
{%- for column in adapter.get_columns_in_relation(staged) if column.name | lower != 'dbt_change_type' -%}{%- do given.append(column) -%}{%- endfor -%}
{%- set added = [] -%}
{%- for column in given if column.name | lower not in there -%}{%- do added.append(column) -%}{%- endfor -%}
{%- if added -%}{%- do create_columns(existing, added) -%}{%- endif -%}
{%- set names = [] -%}
{%- for column in given -%}{%- do names.append(adapter.quote(column.name)) -%}{%- endfor -%}
{% call statement('main') %}{{ snapshot_merge_sql(existing, staged, names) }}{% endcall %}
{%- do post_snapshot(staged) -%}
{%- endif -%}
{{ after_main(target_relation) }}
{{ return({'relations': [target_relation]}) }}
{% endmaterialization %}

{% macro make_table_anew(target_relation) %}
{%- set made = make_intermediate_relation(target_relation) -%}
{%- do drop_relation_if_exists(load_cached_relation(made)) -%}
{% call statement('main') %}{{ get_create_table_as_sql(false, made, sql) }}{% endcall %}
{%- do drop_relation_if_exists(load_cached_relation(target_relation)) -%}
{%- do adapter.rename_relation(made, target_relation) -%}
{%- do create_indexes(target_relation) -%}
{% endmacro %}

{# What comes after the rows: hooks, grants, descriptions. #}
{% macro after_main(target_relation) %}
{{ run_hooks(post_hooks, inside_transaction=true) }}
{%- do apply_grants(target_relation, config.get('grants'), should_revoke=false) -%}
{%- do persist_docs(target_relation, model) -%}
{{ run_hooks(post_hooks, inside_transaction=false) }}
{% endmacro %}
