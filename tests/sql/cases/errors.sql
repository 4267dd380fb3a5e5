-- case: an unknown model
select a
from ordes
-- error: 2: unknown model 'ordes'
-- hint: did you mean 'orders'

-- case: a source's table alone
select a from flights
-- error: 1: unknown model 'flights'
-- hint: for the source write landing.flights

-- case: an alias alone
select a from sales
-- error: 1: unknown model 'sales'
-- hint: for the model order lines, write its name

-- case: an unknown relation
select a
from orders
join raw.nothing using (a)
-- error: 3: unknown relation 'raw.nothing'
-- hint: declare it under sources:

-- case: a file without quotes
select a from flights.parquet
-- error: 1: unknown relation 'flights.parquet'
-- hint: put its path in quotes: 'flights.parquet'

-- case: an unknown ref
select a from "__ref__"."custommers"
-- error: 1: there is no model, seed or snapshot 'custommers'
-- hint: did you mean 'customers'?

-- case: an unknown source
select a from "__source__"."shop.order"
-- error: 1: there is no source('shop', 'order')
-- hint: did you mean 'shop.orders'?

-- case: a model that reads itself
select a from me
-- error: 1: the model reads itself: me
-- hint: {{ this }}

-- case: a model that reads itself by ref
select a from "__ref__"."me"
-- error: 1: the model reads itself: ref('me')
-- hint: {{ this }}

-- case: no query
-- nothing but a comment
-- error: 1: there is no query in this file

-- case: two statements
select 1;

select 2;
-- error: 3: several statements; a model is one query
-- hint: pre_hook

-- case: a statement that writes
insert into orders select 1
-- error: 1: a model is one query; this begins with 'insert'
-- hint: write the SELECT alone

-- case: a statement that drops
drop table orders
-- error: 1: a model is one query; this begins with 'drop'

-- case: a setting
set threads = 1
-- error: 1: a model is one query; this begins with 'set'

-- case: what sqlglot would pass on as a mere command
explain select 1
-- error: 1: a model is one query; this begins with 'explain'

-- case: a misspelt word at the start
selct 1
-- error: 1: a model is one query; this begins with 'selct'
-- hint: did you mean 'select'?

-- case: a CTE that writes
with x as (
  insert into orders values (1) returning *
) select * from x
-- error: 2: a model is one query; INSERT changes something

-- case: hidden reads
select *
from query_table('orders')
-- error: 2: query_table() hides what the model reads

-- case: a syntax error
select a
from orders
where a b
-- error: 3: syntax error at 'b'

-- case: something missing
select a from orders where
-- error: 1: something is missing near 'where'

-- case: an open parenthesis
select a
from (select 1
-- error: 2: syntax error at '1': expecting )

-- case: an open string
select a,
  'it''s
from orders
-- error: 2: this string is never closed

-- case: an open comment
select a
/* why /* not */ from orders
-- error: 2: this comment is never closed

-- case: an open name
select "a from orders
-- error: 1: this quoted name is never closed

-- case: a TABLE statement
select a from
  (table orders)
-- error: 2: 'table ...' is not supported as a query
-- hint: write 'from ...' instead
