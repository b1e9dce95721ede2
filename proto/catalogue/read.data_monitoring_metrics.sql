-- name: read.data_monitoring_metrics
-- purpose: Rows of data_monitoring_metrics from a point of created_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of created_at, included.
-- parameter: after text = ''  -- Lower bound of id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: id, full_table_name, column_name, metric_name, metric_type, metric_value, bucket_start
-- columns: bucket_end, bucket_duration_hours, updated_at, dimension, created_at
--
-- created_at has one value for each insert of many rows, in the time zone of the session that wrote it. A next
-- page begins at the last row of this one: `since` its created_at, `after` its id. That row comes again, so
-- that nothing is lost where a key occurs twice; ask for more rows than share both values. A row without
-- created_at is not returned.
SELECT
    t.id, t.full_table_name, t.column_name, t.metric_name, t.metric_type, t.metric_value,
    t.source_value, t.bucket_start, t.bucket_end, t.bucket_duration_hours, t.updated_at,
    t.dimension, t.dimension_value, t.metric_properties, t.created_at
FROM data_monitoring_metrics AS t
WHERE t.created_at >= :since AND (t.created_at > :since OR t.id >= :after)
ORDER BY t.created_at NULLS LAST, t.id NULLS LAST
LIMIT :limit
