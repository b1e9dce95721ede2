-- name: read.alerts_v2
-- purpose: Rows of alerts_v2 from a point of updated_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of updated_at, included.
-- parameter: after text = ''  -- Lower bound of alert_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: alert_id, alert_class_id, type, detected_at, created_at, updated_at, status, sent_at
--
-- Many rows may share one value of updated_at. A next page begins at the last row of this one: `since` its
-- updated_at, `after` its alert_id. That row comes again, so that nothing is lost where a key occurs twice; ask
-- for more rows than share both values. A row without updated_at is not returned.
SELECT
    t.alert_id, t.alert_class_id, t.type, t.detected_at, t.created_at, t.updated_at, t.status,
    t.data, t.sent_at
FROM alerts_v2 AS t
WHERE t.updated_at >= :since AND (t.updated_at > :since OR t.alert_id >= :after)
ORDER BY t.updated_at NULLS LAST, t.alert_id NULLS LAST
LIMIT :limit
