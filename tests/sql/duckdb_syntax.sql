from t
from t select a, b
from t select a where a > 1 order by a
select * from (from t)
with x as (from t) from x
from staging.t2
pivot t on a using sum(b)
pivot t on a using sum(b) group by ts
select * from t pivot (sum(b) for a in (1,2))
unpivot u on a, c into name k value v
select * from u unpivot (v for k in (a, c))
with x as (pivot t on a using sum(b)) select * from x
select * from (pivot t on a using sum(b)) p
select a from t qualify row_number() over (partition by a) = 1
select * from t asof join u using (a, ts)
select * from t asof join u on t.a = u.a and t.ts >= u.ts
select * from t asof left join u on t.a = u.a and t.ts >= u.ts
select * exclude (a) from t
select * exclude a from t
select * replace (a+1 as a) from t
select * rename (a as z) from t
select t.* exclude (a) from t
select columns('a|b') from t
select min(columns(*)) from t
select * like 'a%' from t
select columns(lambda c: c like 'a%') from t
select [x + 1 for x in l if x > 1] from t
select list_transform(l, lambda x: x + 1) from t
select list_transform(l, lambda x, i: x + i) from t
select {'x': 1, 'y': {'z': 2}} as s
select map {'a': 1} as m
select * from t positional join u
values (1, 2), (3, 4)
select * from (values (1,2)) v(a,b)
from (values (1,2)) v(a,b)
summarize t
summarize select * from t
select * from (summarize t)
describe t
select * from (describe t)
select a, sum(b) from t group by all
select a, sum(b) from t group by all order by all
with recursive r as (select 1 as n union all select n+1 from r where n < 5) select * from r
with recursive r(n) using key (n) as (select 1 union all select n+1 from r where n < 5) select * from r
with x as materialized (select * from t) select * from x
with x as not materialized (select * from t) select * from x
select * from t, lateral (select t.a + 1 as z) q
select * from t, (select t.a + 1 as z) q
select * from t cross join lateral (select max(c) from u where u.a = t.a)
select * from range(10) r(i)
select * from range(10)
select * from generate_series(1, 10)
from t, unnest(l)
select * from t, unnest(t.l) as x(e)
select unnest(l) from t
select unnest(s) from t
select * from 'files/f.parquet'
select * from 'files/f.csv' as f
from 'files/f.parquet'
select * from read_parquet('files/f.parquet')
select * from read_parquet(['files/f.parquet', 'files/f.parquet'], union_by_name = true)
select * from read_csv('files/f.csv', header = true, columns = {'a': 'INT'})
select * from read_csv_auto('files/f.csv')
select * from parquet_scan('files/f.parquet')
select * from glob('files/*.csv')
select * from read_text('files/f.csv')
select * from t tablesample 10%
select * from t using sample 10
select * from t using sample reservoir(50 rows) repeatable (42)
select * from t tablesample bernoulli(10 percent)
select s.x, t.s.y, m['a'], l[1:2] from t
select a: b + 1, z: 3 from t
select a as "order" from t
select a :: varchar, a::decimal(10,2) from t
select try_cast(a as int) from t
select interval 1 day, interval '1 day', interval (a) days from t
select ts at time zone 'UTC' from t
select date_trunc('day', ts), extract(hour from ts), date_part('dow', ts) from t
select sum(a) filter (where b > 1) over w from t window w as (order by b rows between 1 preceding and current row)
select a, b from t group by grouping sets ((a), (b), ())
select a, b, sum(a) from t group by cube (a, b)
select a, b, sum(a) from t group by rollup (a, b)
select * from t semi join u using (a)
select * from t anti join u using (a)
select * from t natural join u
select * from t full outer join u on t.a = u.a
select a from t union by name select c from u
select a from t union all by name select c from u
select a from t intersect select a from u
select a from t except all select a from u
(select a from t) union all (select a from u) order by 1
select distinct on (a) a, b from t order by a, b
select arg_max(a, b), max(a, 3), list(a order by b) from t
select string_agg(a::varchar, ',' order by b) from t
select * from t limit 10%
select * from t limit 5 offset 2
select * from t order by a nulls last limit 3
select a ** 2, a ^ 2, a // 2, a % 2, a & 1, a | 1, a << 1, ~a from t
select 'abc' ~ 'b', 'abc' like 'a%' escape '\', 'a' ilike 'A', 'a' glob 'a*', 'a' similar to 'a', 'a' !~ 'b', 'a' ^@ 'a'
select $$dollar's$$, $tag$x$tag$
select e'a\nb'
select x'ab', '\xAA'::blob
select 1_000_000, 1e5, .5, 0xFF
select case when a then b else 1 end from t
select case a when 1 then 2 end from t
select a in (1,2), a not in (select a from u), exists (select 1 from u), a = any(select a from u), a = all(l) from t
select a in l from t
select array[1,2], [1,2], [1,2]::int[2], cast([1] as integer[])
select row(1,2), struct_pack(a := 1), (1, 2)
select s.* from t
select t from t
select cast(s as struct(x int, y int)) from t
select cast(m as map(varchar, int)) from t
select a.b.c from (select {'b': {'c': 1}} as a)
select list_value(1,2)[1], 'abc'[1:2], 'abc'[-1]
select l.list_transform(lambda x: x+1) from t
select 'a'.upper(), a.abs() from t
select j->'$.a', j->>'a' from (select '{"a":1}'::json as j)
select count() from t
select count(*) from t
select if(a > 1, 1, 2) from t
select * from information_schema.tables
select * from duckdb_tables()
select * from pg_catalog.pg_tables
select * from sqlite_master
select getvariable('x')
select current_date, current_timestamp, now(), today(), localtimestamp, current_time, current_user, current_schema()
select random(), uuid(), gen_random_uuid(), uuidv7()
select @a from t
select # 1 from t
select #1 from t
select not a is null from t
select a isnull, a notnull from t
select * from t as tt(x, y)
select "T"."A" from "T"
select a from t where (a, b) in (select a, c from u)
select date '2013-01-01', timestamp '2013-01-01', time '10:00'
select t.a, u.* from t join u on true
select try(1/0)
select a, b from t order by all desc
select generate_subscripts(l, 1) from t
select grouping(a), a from t group by a
select sum(distinct a), quantile_cont(a, 0.5), percentile_cont(0.5) within group (order by a), mode() within group (order by a) from t
select first(a order by b desc), any_value(a), last(a), row_number() over () from t
select lag(a ignore nulls) over (order by b), first_value(a) over (order by b) from t
with x as (select 1 as a), y(b) as (select a from x) select * from y
select * from (select 1) sub(x)
select unnest([1,2]) as x, unnest([{'a':1}], recursive := true)
select * from staging."t2"
select * from (t join u using (a))
select * from (t)
select from_x from (select 1 as from_x)
select apply(l, lambda x: x), list_filter(l, lambda x: x>1), list_reduce(l, lambda x,y: x+y) from t
select l[1].x from (select [{'x':1}] l)
select struct_extract(s, 'x'), s['x'] from t
select union_value(k := 1)
select cast(1 as union(a int, b varchar))
select time_bucket(interval '1 hour', ts) from t
select year(ts), ts + interval 1 hour, ts - interval '1' day, datediff('day', ts, ts), date_diff('day', ts, ts) from t
select strftime(ts, '%Y'), strptime('2013', '%Y') from t
select a from t group by 1 having count(*) > 1
select coalesce(a, b), nullif(a,b), ifnull(a,b), greatest(a,b) from t
select * from t, u where t.a = u.a
select x.a from t x left join u y on x.a = y.a
select a "b c" from t
select a b from t
select (select max(a) from u) mx from t
select left('abc', 1), right('abc', 1), replace('a','b','c'), position('a' in 'b'), substring('abc' from 1 for 2), trim(both 'x' from 'y'), overlay('a' placing 'b' from 1)
select * from t where a > 1 and not exists (from u where u.a = t.a)
from t join u using (a) select t.a, c where c > 1
from (from t select a) select a
from t select distinct a
select * from "files/f.parquet"
select columns(t.*) from t
select a, lead(b, 1, 0) over (partition by a order by b) from t
select * from t join u on t.a = u.a and u.ts between t.ts - interval 1 day and t.ts
select sum(a) from t group by ()
select a from t -- c
select a /* x */ from t;
select a from t;;
select a from t fetch first 3 rows only
select trim(a::varchar), a::int::varchar from t
with t as (select 1 as a) select * from t
select * from t limit all
select all a from t
select apply(l, lambda x: x + 1) from t
select x'00ff', b'0101', `a` from `t`
select force, lock, rollback, install from (select 1 as force, 2 as lock, 3 as rollback, 4 as install)
select a from t order /* why */ by a
select year(ts), month(ts), day(ts), hour(ts), version(), current_schema(), current_catalog from t
from x: t, y: staging.t2 select x.b, y.a
select staging.t2.a, t.s.x from staging.t2, t
select count(*) as n, max(s.x) as x from t where exists (from u where u.a = t.a)
select a, sum(b) over (partition by a order by ts range between interval 1 day preceding and current row) as r from t
select a from t where ts between '2013-01-01' and '2013-02-01' and b not between 1 and 2
select * from t left join lateral (select c from u where u.a = t.a limit 1) as q on true
with a as (select 1 as x), b as (select x from a union select 2) select * from b order by x desc limit 1
select * from (select a, b from t) as q join (select a, c from u) as r using (a)
select t.* exclude (l, s, m) from t
select q.* rename (a as z) from (select a, b from t) as q
select json_extract('{"a": [1]}', '$.a[0]') as j, '{"a": 1}'::json ->> 'a' as k
select a from t union all by name select b as a from t order by a
select list_sort(l).list_reverse() as r, l[-1], l[1:], len(l) from t
select struct_pack(p := 1, q := 'x') as s, row(1, 2) as r, {'a': {'b': 1}}.a.b
select date_diff('day', ts, now()::timestamp) as age, ts + to_days(a) as later, ts::date as day from t
select case when a > 1 then 'x' when b is null then 'y' else 'z' end as kind, count(*) from t group by 1 having count(*) > 0
select a, (select max(c) from u where u.a = t.a) as top from t where a = any (select a from u) or a > all (select c from u)
select unnest(generate_series(1, 3)) as n, unnest({'p': 1, 'q': 2})
select max(a) filter (where b > 0), arg_min(a, b), median(a), quantile_disc(a, [0.1, 0.9]), mode(b), bool_or(a > 1) from t
select grouping_id(a, b), a, b from t group by grouping sets ((a, b), a, ())
select first(a order by ts), list(distinct a order by a desc), string_agg(b::varchar, '-' order by b) from t
select printf('%d', a), format('{} {}', a, b), a || '-' || b, concat_ws(',', a, b) from t
with t as (select a from t), u as (from t) select a from u
with recursive tree(id, path) as (select 1, [1] union all select id + 1, list_append(path, id + 1) from tree where id < 3) from tree
select * from t where (a, b) = (1, 2) and a is not distinct from b
from values (1, 'x'), (2, 'y') as v(n, s) select n
select * from (from range(3)) as r(n)
select * from unnest([1, 2]) with ordinality as u(x, i)
select * from generate_series(date '2013-01-01', date '2013-01-03', interval 1 day) as g(day)
select * from t pivot (sum(b) as total for a in (1, 2) group by ts)
unpivot (select 1 as x, 2 as y) on columns(*) into name k value v
select * from u unpivot include nulls (v for k in (a, c))
select columns(* exclude (l, s, m)) from t
select columns('^a$|^b$') + 1 from t
select max(columns(* exclude (l, s, m))) from t
select * exclude (l) replace (a * 2 as a) from t
select try_strptime('x', '%Y') is null, epoch_ms(ts), ts at time zone 'UTC', extract(epoch from ts) from t
select row_number() over () as n, ntile(4) over (order by a) as q, lag(a, 1, 0) over w from t window w as (order by b)
select percentile_cont(0.5) within group (order by a desc) from t
select a from t group by all having sum(b) > 0 order by all limit 10 offset 1
select distinct on (a) a, b from t order by a, b desc
(select a from t order by b limit 1) union all (select a from u)
select a from t except (select a from u intersect select c from u)
select "select", "from".a from (select 1 as "select"), t as "from"
select 1_000.5e-3, 0b11, 0xff, 1e10, .5 as half
select -a, +a, not (a > 1), ~a, a % 2, a ** 2, a // 2, a ^ 2, a & b, a | b, a << 1, a >> 1, @a from t
with q as (select a from t), select a from q
with q as (select a from t), select a, from q
select sum(a) over (order by b rows between unbounded preceding and current row exclude current row) as s from t
select sum(a) over (order by b rows between unbounded preceding and current row exclude ties) as s from t
select sum(a) over (order by b groups between 1 preceding and 1 following exclude group) as s from t
select count(*) filter (a > 1) as n from t
select a::struct(x int)[] from (select [{'x': 1}] as a)
select 'a' ~~ 'b', 'a' !~~ 'b', 'a' ~~* 'b', 'a' ~~~ 'b', 'a' not glob 'b', 'a' not similar to 'b'
select l[1:2:1], l[:-1], l[-1:], l[:], l[:-:2] from t
select columns([x for x in (*) if x like 'a%']) from t
select * not like 'a%' from t
select * similar to 'a|b' from t
select columns(* exclude (l,s,m))::varchar from t
select * exclude ("a", t.b) from t
select unnest(l, max_depth := 1) from t
select unnest([[1,2]], recursive => true)
pivot_wider t on a using sum(b)
pivot_longer u on a, c
select * from (pivot_longer u on a, c)
pivot t on a in (1,2) using sum(b)
select date_part(['year', 'month'], ts) from t
select struct_insert(s, z := 1), struct_insert(s, z => 1) from t
select extract('year' from ts), extract(isodow from ts) from t
select * from t order by a limit (select count(*) from u) + 1
select * from t order by a offset 1
select a from t where a = any([1,2])
select * from t join u on t.a = u.a and t.b in (select c from u)
select row_number() over (order by a) as rn from t qualify rn = 1
select * from t cross join u
select * from t right join u using (a) left join staging.t2 using (a)
select * from t full join u using (a)
select * from t inner join (u join staging.t2 using (a)) using (a)
select max(a) as "max a", min(a) "min a" from t
select a as "select", b as "from" from t
select date_trunc('month', ts)::date as month, count(*) from t group by 1
select coalesce(try_cast('x' as int), 0) as z
select json_object('a', a), to_json(t), row_to_json(t) from t
select t::varchar from t
select {'a': a, 'b': b}::struct(a int, b int) from t
select list_filter(l, lambda x: x > 1 and x < 5) as f, list_reduce(l, lambda acc, x: acc + x) as r from t
select map_from_entries([(1, 'a')]) , map {1: 'a'}[1], m.k from t
select a, b from t where (a, b) in ((1, 2), (3, 4))
select * from t where a in (1, 2,)
select a, b, from t,
select min_by(a, b), max(a order by b), sum(a) filter (where a > 0) / count(*) from t
select strftime(ts, '%Y-%m-%d'), ts::date::varchar, cast(ts as date) from t
select sum(a) over (partition by b order by ts range between interval '7 days' preceding and interval '1 day' following) as x from t
select a, count(*) over () as n, avg(b) over w1 as m, sum(b) over (w1 rows 1 preceding) from t window w1 as (partition by a order by ts)
select a from t union select a from u order by a limit 1
(select a from t order by a limit 1) union all by name (select a from u limit 1)
select * from (select a from t union all select a from u) as x
select case a when 1 then 'one' else 'many' end from t
select exists (select 1 from u where u.a = t.a) as e from t
select not exists (from u) as e
select greatest(a, b, 1), least(a, b) from t
with a(x) as (values (1), (2)) select x from a
with a as (select 1 as x) select (select x from a) as y
select * from range(0, 10, 2) as r(i) where i % 2 = 0
select generate_series from generate_series(1, 3)
select i from unnest(range(3)) as x(i)
select unnest(map_keys(m)) as k from t
select hash(a), md5('x'), sha256('x'), row_number() over () from t
select 1 as a where false
select * from t where ts >= '2013-01-01'::timestamp and ts < timestamp '2013-01-01' + interval '1 day'
select a // b as q, a % b as r, a ^ 2 as p, a ** 2 as pp, -a as n, +a as pl from t
select a is true, a is not false, a is null, a isnull, a notnull, a is not unknown from t
select 'x' || a || 'y' as s, concat('a', a) as c, a::text from t
select "a" as 'x' from t
select date_diff('hour', ts, ts) as h, age(ts, ts) from t
select * from t tablesample reservoir(5 rows) repeatable (3)
select * from t using sample 10% (bernoulli)
select * from t using sample 10 percent (system, 377)
select cast(null as integer) as x, null::varchar as y
select substring('abc', 1, 2), substr('abc', 2), left('a', 1), split_part('a-b', '-', 1), regexp_replace('a', 'b', 'c', 'g'), trim('x'), ltrim('x'), upper('x'), length('x'), strpos('a', 'b'), replace('a', 'b', 'c'), reverse('a'), lpad('a', 3, '0'), repeat('a', 3), starts_with('a', 'b'), contains('a', 'b')
select round(1.5, 1), floor(1.5), ceil(1.5), abs(-1), sqrt(4), ln(1), log(10), log2(8), power(2, 3), mod(5, 3), sign(-1), trunc(1.5), pi(), random() > 0
select array_agg(a order by b), list(a), histogram(a), approx_count_distinct(a), corr(a, b), stddev(a), var_pop(a), entropy(a), product(a), bit_and(a), bool_and(a > 0), first(a), last(a), any_value(a), arbitrary(a), string_agg(a, ','), group_concat(a, ','), listagg(a, ',') from t
select cume_dist() over w, dense_rank() over w, first_value(a) over w, last_value(a ignore nulls) over w, lead(a, 1, 0) over w, nth_value(a, 2) over w, percent_rank() over w, rank() over w, ntile(2) over w from t window w as (order by b)
select year(ts), quarter(ts), week(ts), dayofweek(ts), dayname(ts), monthname(ts), last_day(ts), make_date(2013, 1, 1), make_timestamp(2013, 1, 1, 0, 0, 0.0), epoch(ts), to_timestamp(0), date_add(ts, interval 1 day), date_sub('day', ts, ts), time_bucket(interval '15 minutes', ts), datetrunc('day', ts) from t
select format('{:,}', 1000), printf('%05d', a), bar(a, 0, 10), chr(65), ascii('A'), encode('a'), decode('a'::blob), base64('a'::blob), url_encode('a b') from t
select * from t limit 1 offset (select 1)
select a from t group by rollup (a, b), cube (a)
select a from t group by a, rollup (b)
select count(distinct a), count(distinct (a, b)), sum(distinct b) from t
select a from t intersect all select a from u
select (a, b) as r, row(a, b) as r2, struct_pack(a, b) from t
select t.s.x, (t.s).x, s['x'], s.* from t
select * from t where s = {'x': 1, 'y': 2}
select a.a from t a, t as b where a.a = b.a
with recursive t1(a, b) using key (a) as (select 1, 2 union select a, b + 1 from t1 where b < 4) select * from t1
select x: a, y: b + 1 from t
from t as x select x.a where x.b > 0 group by all order by all limit 1
from t select * exclude (l) where a > 1
select * from t where a > (select avg(c) from u) and b = (from u select max(c))
select [x * 2 for x in l], [x for x, i in l if i > 1] from t
select {'a': [x for x in l]}.a[1] from t
select a from t where l @> [1] and l && [2] and 1 = any(l)
select a from t where ts::date = current_date - 1 and ts > now() - interval 3 days
select 1e-5, 1E5, 0x1F, 1_0, '\n', E'\n', 'a''b', $$x$$
select '2013-01-01'::date as d, date('2013-01-01') as e, time '10:00:00' as t, timestamptz '2013-01-01 00:00:00+00' as z
select * from t where regexp_matches('a', 'b') and 'a' similar to 'b.*' and 'x' ~ 'y'
select cast('1' as int) + '2'::int, try_cast('x' as double)
select * from (t cross join u)
select * from t as x(p, q)
select columns(lambda c: c not like '%l%') from u
select u.*, t.a as ta from t join u on t.a = u.a
select struct_pack(x := a, y := b).x as x, (select {'k': a} from t limit 1).k as k from t
select count_if(a > 1), countif(a > 1), sum(if(a > 1, 1, 0)) from t
