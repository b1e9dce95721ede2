-- name: counts.by_day
-- purpose: Rows of each growing table by the day that they were written, to reconcile a copy.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Only rows written at or after this time (created_at); a whole day.
-- parameter: limit integer 1..1000000 = 10000  -- Days of tables at the most.
--
-- test_result_rows is left out, so that the answer does not need failed-rows samples to be switched on.
WITH written AS (
    SELECT 'data_monitoring_metrics' AS table_name, t.created_at FROM data_monitoring_metrics AS t
    UNION ALL
    SELECT 'dbt_invocations', t.created_at FROM dbt_invocations AS t
    UNION ALL
    SELECT 'dbt_run_results', t.created_at FROM dbt_run_results AS t
    UNION ALL
    SELECT 'dbt_source_freshness_results', t.created_at FROM dbt_source_freshness_results AS t
    UNION ALL
    SELECT 'elementary_test_results', t.created_at FROM elementary_test_results AS t
    UNION ALL
    SELECT 'schema_columns_snapshot', t.created_at FROM schema_columns_snapshot AS t
)
SELECT
    w.table_name,
    CAST(w.created_at AS date) AS day,
    count(*) AS row_count,
    min(w.created_at) AS first_created_at,
    max(w.created_at) AS last_created_at
FROM written AS w
WHERE w.created_at >= :since
GROUP BY w.table_name, CAST(w.created_at AS date)
ORDER BY w.table_name, day
LIMIT :limit
