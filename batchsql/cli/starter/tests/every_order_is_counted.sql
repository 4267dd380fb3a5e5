-- A check of our own: it must return no row.
select sum(orders) as counted, (select count(*) from stg_orders) as there
from orders_by_day
having counted <> there
