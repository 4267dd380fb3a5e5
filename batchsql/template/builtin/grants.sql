{# Grants. DuckDB has no users: nothing is granted, and a project that asks for it is told so. #}

{% macro apply_grants(relation, grant_config, should_revoke=true) %}{{ return(adapter.dispatch('apply_grants', 'dbt')(relation, grant_config, should_revoke)) }}{% endmacro %}
{% macro copy_grants() %}{{ return(adapter.dispatch('copy_grants', 'dbt')()) }}{% endmacro %}
{% macro support_multiple_grantees_per_dcl_statement() %}{{ return(adapter.dispatch('support_multiple_grantees_per_dcl_statement', 'dbt')()) }}{% endmacro %}
{% macro get_show_grant_sql(relation) %}{{ return(adapter.dispatch('get_show_grant_sql', 'dbt')(relation)) }}{% endmacro %}
{% macro get_grant_sql(relation, privilege, grantees) %}{{ return(adapter.dispatch('get_grant_sql', 'dbt')(relation, privilege, grantees)) }}{% endmacro %}
{% macro get_revoke_sql(relation, privilege, grantees) %}{{ return(adapter.dispatch('get_revoke_sql', 'dbt')(relation, privilege, grantees)) }}{% endmacro %}
{% macro get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}{{ return(adapter.dispatch('get_dcl_statement_list', 'dbt')(relation, grant_config, get_dcl_macro)) }}{% endmacro %}
{% macro call_dcl_statements(dcl_statement_list) %}{{ return(adapter.dispatch('call_dcl_statements', 'dbt')(dcl_statement_list)) }}{% endmacro %}

{% macro duckdb__apply_grants(relation, grant_config, should_revoke=true) %}
{%- if grant_config -%}{%- do exceptions.warn('grants of ' ~ relation ~ ': DuckDB has no users to grant anything to') -%}{%- endif -%}
{% endmacro %}
{% macro default__copy_grants() %}{{ return(true) }}{% endmacro %}
{% macro default__support_multiple_grantees_per_dcl_statement() %}{{ return(true) }}{% endmacro %}

{# Whether grants of a relation that was there before have to be taken back. #}
{% macro should_revoke(existing_relation, full_refresh_mode=true) %}
{{- return((copy_grants() if full_refresh_mode else true) if existing_relation else false) -}}
{% endmacro %}

{% macro default__get_show_grant_sql(relation) %}show grants on {{ relation }}{% endmacro %}
{% macro default__get_grant_sql(relation, privilege, grantees) %}grant {{ privilege }} on {{ relation }} to {{ grantees | join(', ') }}{% endmacro %}
{% macro default__get_revoke_sql(relation, privilege, grantees) %}
{%- set quoted = [] -%}
{%- for grantee in grantees -%}{%- do quoted.append(adapter.quote(grantee)) -%}{%- endfor -%}
revoke {{ privilege }} on {{ relation }} from {{ quoted | join(', ') }}
{%- endmacro %}
{% macro default__get_dcl_statement_list(relation, grant_config, get_dcl_macro) %}
{%- set statements = [] -%}
{%- for privilege, grantees in grant_config.items() if grantees -%}
{%- do statements.append(get_dcl_macro(relation, privilege, grantees)) -%}
{%- endfor -%}
{{ return(statements) }}
{% endmacro %}
{% macro default__call_dcl_statements(dcl_statement_list) %}
{% call statement('grants') %}{{ dcl_statement_list | join(';\n') }}{% endcall %}
{% endmacro %}
