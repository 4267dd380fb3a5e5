{# Hooks: texts of SQL, and whether they run within the transaction. #}

{% macro run_hooks(hooks, inside_transaction=true) %}
{%- for hook in hooks or [] -%}
{%- set text = hook.get('sql', hook) if hook is mapping else hook -%}
{%- set inside = hook.get('transaction', true) if hook is mapping else true -%}
{%- set sql = render(text) | trim -%}
{%- if inside == inside_transaction and sql -%}
{% call statement(auto_begin=inside_transaction) %}{{ sql }}{% endcall %}
{%- endif -%}
{%- endfor -%}
{% endmacro %}

{% macro make_hook_config(sql, inside_transaction) %}{{ tojson({'sql': sql, 'transaction': inside_transaction}) }}{% endmacro %}
{% macro before_begin(sql) %}{{ make_hook_config(sql, inside_transaction=false) }}{% endmacro %}
{% macro in_transaction(sql) %}{{ make_hook_config(sql, inside_transaction=true) }}{% endmacro %}
{% macro after_commit(sql) %}{{ make_hook_config(sql, inside_transaction=false) }}{% endmacro %}

{# `{% call set_sql_header(config) %}...{% endcall %}`: text that goes before the statement that makes the relation. #}
{% macro set_sql_header(config) %}{% do config(sql_header=caller()) %}{% endmacro %}
