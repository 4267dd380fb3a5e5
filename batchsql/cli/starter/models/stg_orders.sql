-- Orders with their amounts. `orders` is the seed; a plain table name makes a dependency, as ref('orders') does.
select
    order_id,
    ordered_at,
    customer,
    product,
    quantity,
    quantity * price as amount
from orders
