-- name: alerts.pending
-- purpose: Alerts of every kind that were detected since a time, oldest first: what is to be sent.
-- parameter: since timestamp  -- Only alerts detected at or after this time: when alerts were last sent.
-- parameter: limit integer 1..100000 = 1000  -- Alerts at the most.
--
-- The five views of alerts know nothing of what was sent; the caller remembers the last detected_at and the ids at it.
-- What an alert says in words quotes literals: it is in read.alerts_*, by alert_id.
SELECT
    a.alert_id, a.alert_type, a.detected_at, a.test_unique_id AS unique_id, a.model_unique_id, a.table_name, a.column_name,
    a.test_short_name AS name, a.sub_type, a.severity, a.status, a.owners, a.tags
FROM alerts_dbt_tests AS a
WHERE a.detected_at >= :since
UNION ALL
SELECT
    a.alert_id, a.alert_type, a.detected_at, a.test_unique_id, a.model_unique_id, a.table_name, a.column_name,
    a.test_short_name, a.sub_type, a.severity, a.status, a.owners, a.tags
FROM alerts_anomaly_detection AS a
WHERE a.detected_at >= :since
UNION ALL
SELECT
    a.alert_id, a.alert_type, a.detected_at, a.test_unique_id, a.model_unique_id, a.table_name, a.column_name,
    a.test_short_name, a.sub_type, a.severity, a.status, a.owners, a.tags
FROM alerts_schema_changes AS a
WHERE a.detected_at >= :since
UNION ALL
SELECT
    a.alert_id, 'model', a.detected_at, a.unique_id, a.unique_id, a.alias, CAST(NULL AS text),
    a.alias, a.materialization, CAST(NULL AS text), a.status, a.owners, a.tags
FROM alerts_dbt_models AS a
WHERE a.detected_at >= :since
UNION ALL
SELECT
    a.alert_id, 'source_freshness', a.detected_at, a.unique_id, a.unique_id, a.identifier, CAST(NULL AS text),
    a.source_name, CAST(NULL AS text), CAST(NULL AS text), a.status, a.owner, a.tags
FROM alerts_dbt_source_freshness AS a
WHERE a.detected_at >= :since
ORDER BY detected_at, alert_id
LIMIT :limit
