-- case: a plain name is a dependency
select * from orders
-- reads: model orders
-- columns: unknown

-- case: names compare without case, quoted or not
select a from "ORDERS" union all select a from Customers
-- reads: model orders, model customers
-- columns: a

-- case: a CTE that carries a model's name is no dependency
with orders as (select 1 as id) select id from orders
-- reads: nothing
-- columns: id

-- case: a CTE reads the model whose name it takes, since it does not see itself
with orders as (select * from orders) select id from orders
-- reads: model orders
-- columns: id

-- case: under RECURSIVE a UNION sees itself
with recursive orders as (select 1 as n union all select n + 1 from orders where n < 9) select * from orders
-- reads: nothing
-- columns: n

-- case: under RECURSIVE what is no UNION still reads the model
with recursive orders as (select * from orders) select n from orders
-- reads: model orders
-- columns: n

-- case: a CTE is seen after it, not before
with a as (select x from orders), orders as (select 1 as x), b as (select x from orders) select x from a, b
-- reads: model orders
-- columns: x

-- case: a nested WITH ends with its parentheses
select id from (with orders as (select 1 as id) select id from orders) join orders using (id)
-- reads: model orders
-- columns: id

-- case: a nested WITH sees the outer CTEs and may shadow them
with orders as (select 1 as x)
select y from (with inside as (select x from orders), orders as (select x as y from inside) select y from orders)
-- reads: nothing
-- columns: y

-- case: a CTE of one set operation reaches both of its sides
with orders as (select 1 as id) select id from orders union all select id from orders
-- reads: nothing
-- columns: id

-- case: subqueries everywhere
select (select max(id) from orders) as top, exists (from customers) as some
from stg_flights where id in (select id from "order lines") order by (select 1 from airlines)
-- reads: model orders, model customers, model stg_flights, model order lines, model airlines
-- columns: top, some

-- case: an alias that carries a model's name is no dependency
select orders.id from customers as orders, lateral (select orders.id) as airlines
-- reads: model customers
-- columns: id

-- case: columns of a relation are no relations
select o.list, unnest(o.list) as item from orders as o, unnest(o.list) as u(item), unnest(o.a.b)
-- reads: model orders
-- columns: unknown

-- case: a schema makes a CTE's name another name
with stg_flights as (select 1 as x) select x from staging.stg_flights
-- reads: model stg_flights
-- columns: x

-- case: what ref, source and this wrote is never captured
with orders as (select * from "__ref__"."orders"), "shop.orders" as (select * from "__source__"."shop.orders")
select id from orders, "shop.orders", "__this__"."me"
-- reads: model orders, source shop.orders, this me
-- columns: id

-- case: correlated subqueries and lateral joins
select o.id, latest.at from orders as o
cross join lateral (select max(c.at) as at from customers as c where c.id = o.id) as latest
-- reads: model orders, model customers
-- columns: id, at

-- case: WITH before a PIVOT
with orders as (select * from customers) pivot orders on kind using sum(amount)
-- reads: model customers
-- columns: unknown
