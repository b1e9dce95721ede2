-- name: read.metrics_anomaly_score
-- purpose: Rows of metrics_anomaly_score from a point of updated_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of updated_at, included.
-- parameter: after text = ''  -- Lower bound of id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: id, full_table_name, column_name, dimension, metric_name, anomaly_score, latest_metric_value
-- columns: bucket_start, bucket_end, training_avg, training_stddev, training_start, training_end
-- columns: training_set_size, updated_at, is_anomaly
--
-- Many rows may share one value of updated_at. A next page begins at the last row of this one: `since` its
-- updated_at, `after` its id. That row comes again, so that nothing is lost where a key occurs twice; ask for
-- more rows than share both values. A row without updated_at is not returned.
SELECT
    t.id, t.full_table_name, t.column_name, t.dimension, t.dimension_value, t.metric_name,
    t.anomaly_score, t.latest_metric_value, t.bucket_start, t.bucket_end, t.training_avg,
    t.training_stddev, t.training_start, t.training_end, t.training_set_size, t.updated_at,
    t.is_anomaly
FROM metrics_anomaly_score AS t
WHERE t.updated_at >= :since AND (t.updated_at > :since OR t.id >= :after)
ORDER BY t.updated_at NULLS LAST, t.id NULLS LAST
LIMIT :limit
