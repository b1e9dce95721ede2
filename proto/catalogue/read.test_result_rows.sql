-- name: read.test_result_rows
-- purpose: Rows of test_result_rows from a point of created_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of created_at, included.
-- parameter: after text = ''  -- Lower bound of elementary_test_results_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: elementary_test_results_id, detected_at, created_at, row_index, test_type
--
-- created_at has one value for each insert of many rows, in the time zone of the session that wrote it. A next
-- page begins at the last row of this one: `since` its created_at, `after` its elementary_test_results_id. That
-- row comes again, so that nothing is lost where a key occurs twice; ask for more rows than share both values.
-- A row without created_at is not returned.
SELECT
    t.elementary_test_results_id, t.result_row, t.detected_at, t.created_at, t.row_index,
    t.test_type
FROM test_result_rows AS t
WHERE t.created_at >= :since AND (t.created_at > :since OR t.elementary_test_results_id >= :after)
ORDER BY t.created_at NULLS LAST, t.elementary_test_results_id NULLS LAST, t.row_index NULLS LAST
LIMIT :limit
