-- Benchmark data: rows shaped like data_monitoring_metrics of a warehouse with 500 monitored tables.
--
--   psql -d DATABASE -v rows=2000000 -f bench.sql        (rows: 2,000,000 unless given)
--
-- Each table has 20 metric series, and each series one daily bucket for each dbt run: 10,000 rows a run, 200 runs for
-- the default. What decides how well rows travel is kept as it is in life: few distinct names and property documents,
-- values that mostly do not repeat, an md5 id for each row, long constant JSON, many NULLs in the dimension columns,
-- and rows stored in the order in which runs wrote them.
\set ON_ERROR_STOP on
\if :{?rows}
\else
  \set rows 2000000
\endif

set client_min_messages = warning;
begin;
select setseed(0.1729) \g /dev/null
-- One session, one plan: the same seed gives the same rows.
set local max_parallel_workers_per_gather = 0;

create schema if not exists analytics_elementary;
drop table if exists analytics_elementary.data_monitoring_metrics;
create table analytics_elementary.data_monitoring_metrics (
  id character varying(4096),
  full_table_name character varying(4096),
  column_name character varying(4096),
  metric_name character varying(4096),
  metric_type character varying(4096),
  metric_value double precision,
  source_value character varying(4096),
  bucket_start timestamp without time zone,
  bucket_end timestamp without time zone,
  bucket_duration_hours integer,
  updated_at timestamp without time zone,
  dimension character varying(4096),
  dimension_value character varying(4096),
  metric_properties character varying(4096),
  created_at timestamp without time zone
);

create temporary table monitored on commit drop as
select
  n as table_no,
  upper(format('shop_warehouse.%s.%s_%s_%s',
    (array['analytics_core', 'analytics_growth', 'analytics_finance', 'analytics_support', 'staging', 'product'])[1 + n / 7 % 6],
    (array['stg', 'int', 'dim', 'fct', 'rpt'])[1 + n % 5],
    (array['baskets', 'visits', 'returns', 'accounts', 'parcels', 'vouchers', 'quotes', 'refunds', 'contacts', 'stock'])[1 + n / 5 % 10],
    to_char(n, 'FM000'))) as full_table_name,
  (array['"loaded_at"', '"created_at"', 'null', '"event_time"', '"updated_at"'])[1 + n % 5] as timestamp_column,
  case when n % 7 = 4 then '"country is not null and not is_test"' else 'null' end as where_expression,
  -- Row counts from about fifty to about nine million.
  exp(4 + 12 * random()) as size
from generate_series(0, 499) n;

create temporary table series on commit drop as
select
  table_no,
  series_no,
  full_table_name,
  size,
  random() as level,
  case when series_no > 0 then
    (array['account_id', 'email', 'state', 'total', 'vat', 'currency', 'channel', 'country', 'sku', 'weight_kg', 'seats',
           'referrer', 'device', 'plan', 'discount', 'zip_code'])[1 + (5 * series_no + table_no) % 16] end as column_name,
  case when series_no = 0 then (array['freshness', 'row_count'])[1 + table_no % 2]
  else (array['null_count', 'average', 'max', 'null_percent', 'missing_count', 'min', 'standard_deviation', 'zero_percent',
              'average_length', 'max_length'])[1 + series_no % 10] end as metric_name,
  case when series_no >= 16 and table_no % 10 = 6 then 'country' end as dimension,
  format('{"timestamp_column": %s, "where_expression": %s, "time_bucket": {"period": "day", "count": 1}, '
    '"event_timestamp_column": null, "freshness_column": null, "collected_by": "collect_metrics", "metric_args": null}',
    timestamp_column, where_expression) as metric_properties
from monitored, generate_series(0, 19) series_no;

insert into analytics_elementary.data_monitoring_metrics
select
  md5(format('%s/%s/%s', table_no, series_no, run_no)),
  full_table_name,
  column_name,
  metric_name,
  metric_name,
  case metric_name
    when 'row_count' then trunc(size * (1 + run_no / 400.0) * (0.96 + 0.08 * random()))
    when 'freshness' then trunc(86400000 * random()) / 1000
    when 'null_count' then case when level < 0.65 then 0 else trunc(0.1 * level * size * random()) end
    when 'missing_count' then case when level < 0.75 then 0 else trunc(0.02 * size * random()) end
    when 'null_percent' then case when level < 0.65 then 0 else trunc(1000 * (18 * level + random())) / 1000 end
    when 'zero_percent' then case when level < 0.55 then 0 else trunc(100000 * random()) / 1000 end
    when 'average' then 400 * level + 12 * random()
    when 'standard_deviation' then 40 * level + random()
    when 'average_length' then trunc(1000 * (6 + 22 * level + random())) / 1000
    when 'min' then trunc(9 * level)
    when 'max' then trunc(90000 * level * (0.9 + 0.1 * random()))
    else trunc(30 * level)
  end,
  case when metric_name = 'freshness' then to_char(bucket + random() * interval '1 day', 'YYYY-MM-DD HH24:MI:SS.US') end,
  bucket,
  bucket + interval '1 day',
  24,
  -- Tests of one run finish over half an hour, all series of a table together.
  bucket + interval '1 day 4 hours' + table_no * interval '3.481 seconds',
  dimension,
  case when dimension is not null then (array['DE', 'IL', 'US', 'JP'])[series_no - 15] end,
  metric_properties,
  bucket + interval '1 day 4 hours' + table_no * interval '3.481 seconds' + interval '712398 microseconds'
from (
  select s.*, run_no, timestamp '2026-01-05' + run_no * interval '1 day' as bucket
  from generate_series(0, (:rows - 1) / 10000) run_no, series s
  order by run_no, table_no, series_no
  limit :rows
) written;
commit;

-- Elementary makes neither: a benchmark of one row is to measure the way of a query, not a scan.
create index on analytics_elementary.data_monitoring_metrics (id);
create index on analytics_elementary.data_monitoring_metrics (created_at, id);
vacuum (freeze, analyze) analytics_elementary.data_monitoring_metrics;
