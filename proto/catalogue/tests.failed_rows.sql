-- name: tests.failed_rows
-- purpose: The sample of rows that one test result found, as the package stored it.
-- parameter: result_id text  -- The result: `id` in tests.history.
-- parameter: limit integer 1..10000 = 100  -- Rows at the most.
--
-- result_row is a row of the customer's own table. A policy refuses it unless failed-rows samples are switched on.
SELECT r.elementary_test_results_id, r.row_index, r.test_type, r.detected_at, r.result_row
FROM test_result_rows AS r
WHERE r.elementary_test_results_id = :result_id
ORDER BY r.row_index, r.detected_at
LIMIT :limit
