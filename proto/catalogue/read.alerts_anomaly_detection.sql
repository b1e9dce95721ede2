-- name: read.alerts_anomaly_detection
-- purpose: Rows of alerts_anomaly_detection from a point of detected_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of detected_at, included.
-- parameter: after text = ''  -- Lower bound of alert_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: alert_id, data_issue_id, test_execution_id, test_unique_id, model_unique_id, detected_at
-- columns: database_name, schema_name, table_name, column_name, alert_type, sub_type, owners, tags
-- columns: test_name, test_short_name, severity, status
--
-- Many rows may share one value of detected_at. A next page begins at the last row of this one: `since` its
-- detected_at, `after` its alert_id. That row comes again, so that nothing is lost where a key occurs twice;
-- ask for more rows than share both values. A row without detected_at is not returned.
SELECT
    t.alert_id, t.data_issue_id, t.test_execution_id, t.test_unique_id, t.model_unique_id,
    t.detected_at, t.database_name, t.schema_name, t.table_name, t.column_name, t.alert_type,
    t.sub_type, t.alert_description, t.owners, t.tags, t.alert_results_query, t.other, t.test_name,
    t.test_short_name, t.test_params, t.severity, t.status, t.result_rows
FROM alerts_anomaly_detection AS t
WHERE t.detected_at >= :since AND (t.detected_at > :since OR t.alert_id >= :after)
ORDER BY t.detected_at NULLS LAST, t.alert_id NULLS LAST
LIMIT :limit
