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
