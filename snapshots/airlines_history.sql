{% snapshot airlines_history %}
{{ config(strategy='check', unique_key='carrier', check_cols=['airline'], hard_deletes='invalidate') }}

-- Airlines merge and change their names. Each name keeps the time it held.
select carrier, airline
from {{ ref('stg_airlines') }}

{% endsnapshot %}
