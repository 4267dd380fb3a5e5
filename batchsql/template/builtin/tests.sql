{# The four generic tests of the language: each is a query for the rows that fail. #}

{% test unique(model, column_name) %}{{ return(adapter.dispatch('test_unique', 'dbt')(model, column_name)) }}{% endtest %}
{% test not_null(model, column_name) %}{{ return(adapter.dispatch('test_not_null', 'dbt')(model, column_name)) }}{% endtest %}
{% test accepted_values(model, column_name, values, quote=true) %}{{ return(adapter.dispatch('test_accepted_values', 'dbt')(model, column_name, values, quote)) }}{% endtest %}
{% test relationships(model, column_name, to, field) %}{{ return(adapter.dispatch('test_relationships', 'dbt')(model, column_name, to, field)) }}{% endtest %}

{# One row a value that is there more than once. #}
{% macro default__test_unique(model, column_name) %}
select {{ column_name }} as unique_field, count(*) as n_records
from {{ model }}
where {{ column_name }} is not null
group by 1
having n_records > 1
{% endmacro %}

{# Of all columns when the test is set to keep what fails, else of the one. #}
{% macro default__test_not_null(model, column_name) %}
select {{ '*' if should_store_failures() else column_name }}
from {{ model }}
where {{ column_name }} is null
{% endmacro %}

{# One row a value that is not in the list, with the number of its rows; null is in every list. #}
{% macro default__test_accepted_values(model, column_name, values, quote=true) %}
{%- set mark = "'" if quote else '' -%}
{%- set listed = [] -%}
{%- for value in values -%}{%- do listed.append(mark ~ value ~ mark) -%}{%- endfor -%}
select {{ column_name }} as value_field, count(*) as n_records
from {{ model }}
where {{ column_name }} not in ({{ listed | join(', ') }})
group by 1
{% endmacro %}

{# One row a row whose value is not in the other column. #}
{% macro default__test_relationships(model, column_name, to, field) %}
select child.from_field
from (select {{ column_name }} as from_field from {{ model }} where {{ column_name }} is not null) as child
left join (select {{ field }} as to_field from {{ to }}) as parent on child.from_field = parent.to_field
where parent.to_field is null
{% endmacro %}
