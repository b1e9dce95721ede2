-- name: read.monitors_runs
-- purpose: Rows of monitors_runs from a point of last_bucket_end on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of last_bucket_end, included.
-- parameter: after text = ''  -- Lower bound of full_table_name, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: full_table_name, column_name, metric_name, last_bucket_end, first_bucket_end
--
-- Many rows may share one value of last_bucket_end. A next page begins at the last row of this one: `since` its
-- last_bucket_end, `after` its full_table_name. That row comes again, so that nothing is lost where a key
-- occurs twice; ask for more rows than share both values. A row without last_bucket_end is not returned.
SELECT
    t.full_table_name, t.column_name, t.metric_name, t.metric_properties, t.last_bucket_end,
    t.first_bucket_end
FROM monitors_runs AS t
WHERE t.last_bucket_end >= :since AND (t.last_bucket_end > :since OR t.full_table_name >= :after)
ORDER BY t.last_bucket_end NULLS LAST, t.full_table_name NULLS LAST, t.column_name NULLS LAST, t.metric_name NULLS LAST
LIMIT :limit
