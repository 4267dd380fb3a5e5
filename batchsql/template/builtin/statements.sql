{# Results that no statement gave. #}

{# Keeps a result under a name as statement() does, without running what is between its tags. #}
{% macro noop_statement(name=none, message=none, code=none, rows_affected=none, res=none) %}
{%- if execute and name is not none -%}
{%- do store_raw_result(name, message=message, code=code, rows_affected=rows_affected, agate_table=res) -%}
{%- endif -%}
{% endmacro %}
