-- name: tests.flaky
-- purpose: Tests whose outcome keeps changing between passed and not passed, most changes first.
-- parameter: since timestamp  -- Only executions at or after this time (detected_at): now less N days.
-- parameter: changes integer 1..1000000 = 2  -- Changes of outcome at the least.
-- parameter: limit integer 1..100000 = 500  -- Tests at the most.
WITH executions AS (
    SELECT
        r.test_unique_id,
        r.test_execution_id,
        max(r.detected_at) AS detected_at,
        max(CASE WHEN r.status IN ('error', 'fail', 'warn') THEN 1 ELSE 0 END) AS not_passed,
        max(r.model_unique_id) AS model_unique_id,
        max(r.test_short_name) AS test_short_name,
        max(r.owners) AS owners
    FROM elementary_test_results AS r
    WHERE r.detected_at >= :since AND r.status <> 'skipped'
    GROUP BY r.test_unique_id, r.test_execution_id
),
compared AS (
    SELECT
        e.*,
        lag(e.not_passed) OVER (PARTITION BY e.test_unique_id ORDER BY e.detected_at, e.test_execution_id) AS before
    FROM executions AS e
)
SELECT
    c.test_unique_id,
    max(c.test_short_name) AS test_short_name,
    max(c.model_unique_id) AS model_unique_id,
    max(c.owners) AS owners,
    count(*) AS executions,
    count(*) FILTER (WHERE c.not_passed = 1) AS executions_not_passed,
    count(*) FILTER (WHERE c.not_passed <> c.before) AS changes,
    max(c.detected_at) FILTER (WHERE c.not_passed <> c.before) AS last_changed_at
FROM compared AS c
GROUP BY c.test_unique_id
HAVING count(*) FILTER (WHERE c.not_passed <> c.before) >= :changes
ORDER BY changes DESC, c.test_unique_id
LIMIT :limit
