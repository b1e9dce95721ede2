-- name: tests.failing
-- purpose: Tests that failed, erred or warned since a time, with their owners and whether they still do.
-- parameter: since timestamp  -- Only executions at or after this time (detected_at): now less N days.
-- parameter: limit integer 1..100000 = 5000  -- Tests at the most.
--
-- Skipped executions say nothing about a test and are left out.
WITH executions AS (
    SELECT
        r.test_unique_id,
        r.test_execution_id,
        max(r.detected_at) AS detected_at,
        max(CASE r.status WHEN 'error' THEN 4 WHEN 'fail' THEN 3 WHEN 'warn' THEN 2 ELSE 1 END) AS worst,
        max(r.model_unique_id) AS model_unique_id,
        max(r.table_name) AS table_name,
        max(r.test_type) AS test_type,
        max(r.test_short_name) AS test_short_name
    FROM elementary_test_results AS r
    WHERE r.detected_at >= :since AND r.status <> 'skipped'
    GROUP BY r.test_unique_id, r.test_execution_id
),
ranked AS (
    SELECT
        e.*,
        row_number() OVER (PARTITION BY e.test_unique_id ORDER BY e.detected_at DESC, e.test_execution_id DESC) AS recency
    FROM executions AS e
),
failing AS (
    SELECT
        k.test_unique_id,
        max(k.test_short_name) AS test_short_name,
        max(k.test_type) AS test_type,
        max(k.model_unique_id) AS model_unique_id,
        max(k.table_name) AS table_name,
        count(*) AS executions,
        count(*) FILTER (WHERE k.worst > 1) AS executions_not_passed,
        min(k.detected_at) FILTER (WHERE k.worst > 1) AS first_not_passed_at,
        max(k.detected_at) FILTER (WHERE k.worst > 1) AS last_not_passed_at,
        max(k.worst) FILTER (WHERE k.recency = 1) AS latest
    FROM ranked AS k
    GROUP BY k.test_unique_id
    HAVING max(k.worst) > 1
)
SELECT
    f.test_unique_id,
    f.test_short_name,
    f.test_type,
    f.model_unique_id,
    f.table_name,
    CASE f.latest WHEN 4 THEN 'error' WHEN 3 THEN 'fail' WHEN 2 THEN 'warn' ELSE 'pass' END AS latest_status,
    f.executions,
    f.executions_not_passed,
    f.first_not_passed_at,
    f.last_not_passed_at,
    t.test_column_name,
    t.severity,
    t.model_owners,
    t.tags,
    m.owner AS model_owner,
    m.group_name
FROM failing AS f
LEFT JOIN dbt_tests AS t ON t.unique_id = f.test_unique_id
LEFT JOIN dbt_models AS m ON m.unique_id = f.model_unique_id
ORDER BY f.latest DESC, f.last_not_passed_at DESC, f.test_unique_id
LIMIT :limit
