-- Relations: orders (id, customer, total), customers (customer, name, region).
-- case: a star
select * from main.orders
-- case: through a CTE with a star, and a join
with o as (select *, total * 2 as twice from main.orders where id > 1)
select o.twice + 1 as more, c.* exclude (region) from o join main.customers as c using (customer)
-- case: a union goes by position
select id, total from main.orders union all select customer, id from main.orders
-- case: a union by name goes by name
select id, total from main.orders union all by name select total, customer as id from main.orders
-- case: FROM first, aggregates, case
from main.orders select customer, sum(TOTAL) as "Total", count(*) as n group by all having max(id) > 1
-- case: a subquery as a value
select (select max(c.name) from main.customers as c where c.customer = o.customer) as best, id from main.orders as o
-- case: windows
select row_number() over (partition by customer order by id) as place from main.orders
-- case: a recursive CTE
with recursive r as (select id, 1 as n from main.orders union all select r.id, n + 1 from r where n < 3) select * from r
-- case: replace and rename
select * replace (total::int + id as total) rename (id as key) from main.orders
-- case: an alias used beside its definition
select total + 1 as a, a * 2 as b from main.orders
-- case: a struct
select x.v from (select {'k': total} as v, id from main.orders) as x
-- case: unnest
select u.i, o.id from main.orders as o, unnest([total, customer]) as u(i)
-- case: only a filter
select id from main.orders where customer in (select customer from main.customers where region = 'x')
-- case: qualify and order
select id from main.orders qualify row_number() over (order by total) = 1 order by customer
-- case: a constant
select 1 as one, now() as at_once from main.orders
-- case: not understood
pivot main.orders on customer using sum(total) group by id
