-- name: tests.latest_status
-- purpose: How each test ended when it last ran, worst first.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Only tests that ran at or after this time (detected_at).
-- parameter: limit integer 1..100000 = 5000  -- Tests at the most.
--
-- One execution of an anomaly test writes a row for each column and metric, so an execution's status is its worst.
WITH executions AS (
    SELECT
        r.test_unique_id,
        r.test_execution_id,
        max(r.detected_at) AS detected_at,
        max(CASE r.status WHEN 'error' THEN 4 WHEN 'fail' THEN 3 WHEN 'warn' THEN 2 WHEN 'pass' THEN 1 ELSE 0 END) AS worst,
        count(*) AS results,
        count(*) FILTER (WHERE r.status IN ('fail', 'error', 'warn')) AS results_not_passed,
        CAST(sum(r.failures) AS bigint) AS failures,
        max(r.model_unique_id) AS model_unique_id,
        max(r.table_name) AS table_name,
        max(r.test_type) AS test_type,
        max(r.test_short_name) AS test_short_name,
        max(r.severity) AS severity,
        max(r.owners) AS owners,
        max(r.tags) AS tags
    FROM elementary_test_results AS r
    WHERE r.detected_at >= :since
    GROUP BY r.test_unique_id, r.test_execution_id
),
ranked AS (
    SELECT
        e.*,
        row_number() OVER (PARTITION BY e.test_unique_id ORDER BY e.detected_at DESC, e.test_execution_id DESC) AS recency
    FROM executions AS e
)
SELECT
    l.test_unique_id,
    l.test_short_name,
    l.test_type,
    l.model_unique_id,
    l.table_name,
    CASE l.worst WHEN 4 THEN 'error' WHEN 3 THEN 'fail' WHEN 2 THEN 'warn' WHEN 1 THEN 'pass' ELSE 'skipped' END AS status,
    l.severity,
    l.detected_at,
    l.results,
    l.results_not_passed,
    l.failures,
    l.owners,
    l.tags,
    l.test_execution_id
FROM ranked AS l
WHERE l.recency = 1
ORDER BY l.worst DESC, l.detected_at DESC, l.test_unique_id
LIMIT :limit
