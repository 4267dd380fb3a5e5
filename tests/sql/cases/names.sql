-- case: by physical name
select a from staging.stg_flights join "marts"."sales" using (a)
-- reads: model stg_flights, model order lines
-- columns: a

-- case: a source by group and table, and by the relation that it is
select a from shop.orders join raw.orders_v2 using (a) join Landing.Flights using (a)
-- reads: source shop.orders, source shop.orders, source landing.flights
-- columns: a

-- case: files
select a from 'landing/*.parquet' join "data/x.csv" using (a) join read_csv('y.csv', header = true) using (a)
join read_parquet(['p/1.parquet', 'p/2.parquet'], union_by_name = true) using (a) join glob('landing/**') on true
-- reads: file landing/*.parquet, file data/x.csv, file y.csv, file p/1.parquet, file p/2.parquet, file landing/**
-- columns: a

-- case: a path that is not to be seen makes the query always due
select a from read_parquet(getvariable('path')) join read_json('a' || 'b') using (a)
-- reads: nothing
-- columns: a
-- volatile: getvariable, read_json, read_parquet

-- case: DuckDB's own and other catalogs are outside
select a from information_schema.tables, duckdb_tables(), duckdb_columns, pg_catalog.pg_class, sqlite_master,
  elsewhere.main.orders, batchsql.batch, range(3), generate_series(1, 2), temp.scratch, pragma_table_info('orders')
-- reads: relation information_schema.tables, relation duckdb_columns, relation pg_catalog.pg_class, relation sqlite_master, relation elsewhere.main.orders, relation batchsql.batch, relation temp.scratch
-- columns: a

-- case: a qualified column follows its relation
select staging.stg_flights.tailnum, "__ref__"."orders"."id", "__ref__"."orders".*, orders.a.b
from staging.stg_flights, "__ref__"."orders"
-- reads: qualifier stg_flights, qualifier orders, qualifier orders, model stg_flights, model orders
-- columns: unknown

-- case: volatile functions
select now() as a, today() as b, current_date as c, random() as d, uuid() as e, nextval('s') as f, age(x) as g,
  t.current_time, x as current_timestamp, now, age(x, y) as h, 'random()' as i -- uuidv7()
from orders as t using sample 3
-- reads: model orders
-- columns: a, b, c, d, e, f, g, current_time, current_timestamp, now, h, i
-- volatile: age, current_date, nextval, now, random, sample, today, uuid

-- case: a sample by chance is volatile, however it is written
select a from orders using sample 10% (bernoulli)
-- reads: model orders
-- columns: a
-- volatile: sample

-- case: a sample that can be repeated is not volatile
select a from orders using sample reservoir(50 rows) repeatable (42)
-- reads: model orders
-- columns: a
