-- name: read.alerts_dbt_models
-- purpose: Rows of alerts_dbt_models from a point of detected_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of detected_at, included.
-- parameter: after text = ''  -- Lower bound of alert_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: alert_id, unique_id, detected_at, database_name, materialization, path, original_path
-- columns: schema_name, owners, tags, alias, status, full_refresh
--
-- Many rows may share one value of detected_at. A next page begins at the last row of this one: `since` its
-- detected_at, `after` its alert_id. That row comes again, so that nothing is lost where a key occurs twice;
-- ask for more rows than share both values. A row without detected_at is not returned.
SELECT
    t.alert_id, t.unique_id, t.detected_at, t.database_name, t.materialization, t.path,
    t.original_path, t.schema_name, t.message, t.owners, t.tags, t.alias, t.status, t.full_refresh
FROM alerts_dbt_models AS t
WHERE t.detected_at >= :since AND (t.detected_at > :since OR t.alert_id >= :after)
ORDER BY t.detected_at NULLS LAST, t.alert_id NULLS LAST
LIMIT :limit
