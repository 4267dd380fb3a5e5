{# A part of a query's rows. #}

{% macro get_show_sql(compiled_code, sql_header, limit) %}
{{ sql_header or '' }}
{{ get_limit_subquery_sql(compiled_code, limit) if limit is not none else compiled_code }}
{% endmacro %}
{% macro get_limit_subquery_sql(sql, limit) %}{{ return(adapter.dispatch('get_limit_sql', 'dbt')(sql, limit)) }}{% endmacro %}

{# On a line of its own: the query may end in a comment. #}
{% macro default__get_limit_sql(sql, limit) %}
{{ sql }}
limit {{ limit }}
{% endmacro %}
