-- name: read.alerts_dbt_source_freshness
-- purpose: Rows of alerts_dbt_source_freshness from a point of detected_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of detected_at, included.
-- parameter: after text = ''  -- Lower bound of alert_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: alert_id, max_loaded_at, snapshotted_at, detected_at, max_loaded_at_time_ago_in_s, status
-- columns: warn_after, error_after, unique_id, database_name, schema_name, source_name, identifier, tags
-- columns: meta, owner, package_name, path, freshness_error_after, freshness_warn_after
--
-- Many rows may share one value of detected_at. A next page begins at the last row of this one: `since` its
-- detected_at, `after` its alert_id. That row comes again, so that nothing is lost where a key occurs twice;
-- ask for more rows than share both values. A row without detected_at is not returned.
SELECT
    t.alert_id, t.max_loaded_at, t.snapshotted_at, t.detected_at, t.max_loaded_at_time_ago_in_s,
    t.status, t.error, t.warn_after, t.error_after, t.filter, t.unique_id, t.database_name,
    t.schema_name, t.source_name, t.identifier, t.tags, t.meta, t.owner, t.package_name, t.path,
    t.freshness_error_after, t.freshness_warn_after, t.freshness_filter
FROM alerts_dbt_source_freshness AS t
WHERE t.detected_at >= :since AND (t.detected_at > :since OR t.alert_id >= :after)
ORDER BY t.detected_at NULLS LAST, t.alert_id NULLS LAST
LIMIT :limit
