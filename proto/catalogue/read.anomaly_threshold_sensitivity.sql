-- name: read.anomaly_threshold_sensitivity
-- purpose: Rows of anomaly_threshold_sensitivity in the order of their key, for a sync or a pull.
-- parameter: after text = ''  -- Lower bound of full_table_name, included; empty for all rows.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
--
-- A next page begins at the last row of this one: `after` its full_table_name. That row comes again, so that
-- nothing is lost where a key occurs twice; ask for more rows than share one value. A row without
-- full_table_name is not returned.
SELECT
    t.full_table_name, t.column_name, t.metric_name, t.latest_metric_value, t.metric_avg,
    t.metric_stddev, t.anomaly_score, t.is_anomaly_1_5, t.is_anomaly_2, t.is_anomaly_2_5,
    t.is_anomaly_3, t.is_anomaly_3_5, t.is_anomaly_4, t.is_anomaly_4_5
FROM anomaly_threshold_sensitivity AS t
WHERE t.full_table_name >= :after
ORDER BY t.full_table_name NULLS LAST, t.column_name NULLS LAST, t.metric_name NULLS LAST
LIMIT :limit
