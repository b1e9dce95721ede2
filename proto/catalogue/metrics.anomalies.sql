-- name: metrics.anomalies
-- purpose: Metrics of columns and tables that left their expected range, row counts apart, newest first.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Only buckets that ended at or after this time.
-- parameter: sensitivity float = 3  -- Half the width of the expected range, in standard deviations of the training set.
-- parameter: limit integer 1..100000 = 1000  -- Anomalies at the most.
--
-- metrics_anomaly_score holds the last seven days, and a bucket again whenever it was scored: the latest score counts.
-- Metrics by dimension are left out: the name of a bucket would be a value of the customer's own rows.
WITH scored AS (
    SELECT
        s.id,
        s.full_table_name,
        s.column_name,
        s.metric_name,
        s.bucket_start,
        s.bucket_end,
        s.latest_metric_value,
        s.training_avg,
        s.training_stddev,
        s.training_set_size,
        s.anomaly_score,
        s.updated_at,
        row_number() OVER (
            PARTITION BY s.full_table_name, s.column_name, s.metric_name, s.bucket_start, s.bucket_end
            ORDER BY s.updated_at DESC, s.id
        ) AS recency
    FROM metrics_anomaly_score AS s
    WHERE s.metric_name <> 'row_count' AND s.dimension IS NULL AND s.bucket_end >= :since
)
SELECT
    a.full_table_name,
    a.column_name,
    a.metric_name,
    a.bucket_start,
    a.bucket_end,
    a.latest_metric_value,
    a.training_avg - :sensitivity * a.training_stddev AS expected_low,
    a.training_avg + :sensitivity * a.training_stddev AS expected_high,
    a.training_set_size,
    a.anomaly_score,
    a.updated_at
FROM scored AS a
WHERE a.recency = 1 AND abs(a.anomaly_score) > :sensitivity
ORDER BY a.bucket_end DESC, a.full_table_name, a.column_name NULLS FIRST, a.metric_name, a.id
LIMIT :limit
