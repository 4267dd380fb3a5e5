{# Moments as text, worked out while a template is rendered. #}

{# Now, to the microsecond, in digits only. #}
{% macro py_current_timestring() %}{{ return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) }}{% endmacro %}

{% macro convert_datetime(date_str, date_fmt) %}
{%- set words = "'" ~ date_str ~ "' is no date of the form " ~ date_fmt -%}
{%- set moment = try_or_compiler_error(words, modules.datetime.datetime.strptime, date_str, date_fmt) -%}
{{ return(moment) }}
{% endmacro %}

{# The days from one to another, both included, as text. #}
{% macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') %}
{%- set first = convert_datetime(start_date_str, in_fmt) -%}
{%- set last = convert_datetime(end_date_str or start_date_str, in_fmt) -%}
{%- if first > last -%}
{{ exceptions.raise_compiler_error('the first day, ' ~ first ~ ', is after the last, ' ~ last) }}
{%- endif -%}
{%- set days = [] -%}
{%- for number in range((last - first).days + 1) -%}
{%- do days.append((first + modules.datetime.timedelta(days=number)).strftime(out_fmt)) -%}
{%- endfor -%}
{{ return(days) }}
{% endmacro %}

{# One day, or two with a comma between: all from the first to the second. #}
{% macro partition_range(raw_partition_date, date_fmt='%Y%m%d') %}
{%- set ends = (raw_partition_date | string).split(',') | map('trim') | list -%}
{%- if ends | length > 2 -%}
{{ exceptions.raise_compiler_error("partition_range() takes one day, or two with a comma between, not '" ~ raw_partition_date ~ "'") }}
{%- endif -%}
{{ return(dates_in_range(ends[0], ends[-1], in_fmt=date_fmt)) }}
{% endmacro %}
