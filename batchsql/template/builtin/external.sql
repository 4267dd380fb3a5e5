{# Views over the files of external models: what a warehouse that is made anew has lost, while the files are still there. #}

{% macro register_upstream_external_models() %}
{%- if execute -%}
  {%- set seen = [] -%}
  {%- for selected in selected_resources if selected in graph.nodes -%}
    {%- for parent in graph.nodes[selected].depends_on.nodes if parent not in selected_resources and parent not in seen -%}
      {%- do seen.append(parent) -%}
      {%- set node = graph.nodes.get(parent) -%}
      {%- if node and node.config.materialized == 'external' -%}
        {%- do register_external_model(node) -%}
      {%- endif -%}
    {%- endfor -%}
  {%- endfor -%}
{%- endif -%}
{% endmacro %}

{% macro register_external_model(node) %}
  {%- set options = {'format': node.config.get('format') or 'parquet'} -%}
  {%- do options.update(node.config.get('options') or {}) -%}
  {%- set location = node.config.get('location') or adapter.external_root() ~ '/' ~ node.alias ~ '.' ~ options.format -%}
  {%- set relation = api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias, type='view') -%}
  {%- do adapter.create_schema(relation) -%}
  {%- do run_query('create or replace view ' ~ relation ~ ' as (select * from ' ~ "'" ~ adapter.external_read_location(location, options) ~ "')") -%}
{% endmacro %}
