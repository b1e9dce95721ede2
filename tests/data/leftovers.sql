-- What stands in a real Elementary schema besides the package's own rows: a table that a test left behind, which must
-- never be served, and an alert that `edr monitor` wrote. The values are canaries. Runs on PostgreSQL and on DuckDB.
create table analytics_elementary.test_01a7008f2d_eleme__metrics__tmp_20261122060011777149 (
  id text,
  full_table_name text,
  column_name text,
  metric_name text,
  metric_value double precision,
  dimension text,
  dimension_value text
);
insert into analytics_elementary.test_01a7008f2d_eleme__metrics__tmp_20261122060011777149 values
  ('4b1f0f5e6c', 'ACME_WAREHOUSE.ANALYTICS_MARTS.DIM_CUSTOMERS', 'email', 'null_count', 0, 'email', 'kira.xu.cnry8e7896780ba4@mail.example'),
  ('4b1f0f5e6d', 'ACME_WAREHOUSE.ANALYTICS_MARTS.DIM_CUSTOMERS', 'phone', 'null_count', 1, 'phone', '+1-555-0122-cnry05614a');

insert into analytics_elementary.alerts_v2 (alert_id, type, detected_at, created_at, updated_at, status, data) values
  ('7d2c9a', 'test', '2026-11-22 06:00:30', '2026-11-22 08:01:14', '2026-11-22 08:01:14', 'pending',
   '{"test_rows_sample": [{"email": "emil.yilmaz.cnrye08a45ddfdcd@mail.example"}]}');
