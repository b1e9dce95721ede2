-- name: read.dbt_source_freshness_results
-- purpose: Rows of dbt_source_freshness_results from a point of created_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of created_at, included.
-- parameter: after text = ''  -- Lower bound of source_freshness_execution_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: source_freshness_execution_id, unique_id, max_loaded_at, snapshotted_at, generated_at, created_at
-- columns: max_loaded_at_time_ago_in_s, status, compile_started_at, compile_completed_at, execute_started_at
-- columns: execute_completed_at, invocation_id, warn_after, error_after
--
-- created_at has one value for each insert of many rows, in the time zone of the session that wrote it. A next
-- page begins at the last row of this one: `since` its created_at, `after` its source_freshness_execution_id.
-- That row comes again, so that nothing is lost where a key occurs twice; ask for more rows than share both
-- values. A row without created_at is not returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.source_freshness_execution_id, t.unique_id, t.max_loaded_at, t.snapshotted_at, t.generated_at,
    t.created_at, t.max_loaded_at_time_ago_in_s, t.status, t.error, t.compile_started_at,
    t.compile_completed_at, t.execute_started_at, t.execute_completed_at, t.invocation_id,
    t.warn_after, t.error_after, t.filter
FROM dbt_source_freshness_results AS t
WHERE t.created_at >= :since AND (t.created_at > :since OR t.source_freshness_execution_id >= :after)
ORDER BY t.created_at NULLS LAST, t.source_freshness_execution_id NULLS LAST
LIMIT :limit
