-- name: read.job_run_results
-- purpose: Rows of job_run_results from a point of run_started_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of run_started_at, included.
-- parameter: after text = ''  -- Lower bound of id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
--
-- Many rows may share one value of run_started_at. A next page begins at the last row of this one: `since` its
-- run_started_at, `after` its id. That row comes again, so that nothing is lost where a key occurs twice; ask
-- for more rows than share both values. A row without run_started_at is not returned.
SELECT
    t.name, t.id, t.run_id, t.run_started_at, t.run_completed_at, t.run_execution_time
FROM job_run_results AS t
WHERE t.run_started_at >= :since AND (t.run_started_at > :since OR t.id >= :after)
ORDER BY t.run_started_at NULLS LAST, t.id NULLS LAST, t.run_id NULLS LAST
LIMIT :limit
