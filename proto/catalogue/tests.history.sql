-- name: tests.history
-- purpose: Results of one test, newest first.
-- parameter: test_unique_id text  -- The test, as in tests.latest_status.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Only results at or after this time (detected_at).
-- parameter: limit integer 1..100000 = 500  -- Results at the most.
-- columns: id, detected_at, status, severity, failures, failed_row_count, table_name, column_name, test_type,
-- columns: test_sub_type, invocation_id, test_execution_id, owners
--
-- The description and the query of a result quote literals: they are returned where a policy lets them.
SELECT
    r.id, r.detected_at, r.status, r.severity, r.failures, r.failed_row_count, r.table_name, r.column_name, r.test_type,
    r.test_sub_type, r.invocation_id, r.test_execution_id, r.owners, r.test_results_description, r.test_results_query,
    r.test_params
FROM elementary_test_results AS r
WHERE r.test_unique_id = :test_unique_id AND r.detected_at >= :since
ORDER BY r.detected_at DESC, r.id
LIMIT :limit
