-- name: read.schema_columns_snapshot
-- purpose: Rows of schema_columns_snapshot from a point of created_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of created_at, included.
-- parameter: after text = ''  -- Lower bound of column_state_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
--
-- created_at has one value for each insert of many rows, in the time zone of the session that wrote it. A next
-- page begins at the last row of this one: `since` its created_at, `after` its column_state_id. That row comes
-- again, so that nothing is lost where a key occurs twice; ask for more rows than share both values. A row
-- without created_at is not returned.
SELECT
    t.column_state_id, t.full_column_name, t.full_table_name, t.column_name, t.data_type, t.is_new,
    t.detected_at, t.created_at
FROM schema_columns_snapshot AS t
WHERE t.created_at >= :since AND (t.created_at > :since OR t.column_state_id >= :after)
ORDER BY t.created_at NULLS LAST, t.column_state_id NULLS LAST
LIMIT :limit
