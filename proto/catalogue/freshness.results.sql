-- name: freshness.results
-- purpose: Results of source freshness since a time, with the sources' owners, newest first.
-- parameter: since timestamp  -- Only results written at or after this time (created_at): now less N days.
-- parameter: limit integer 1..100000 = 1000  -- Results at the most.
--
-- max_loaded_at is text in ISO 8601 with a zone; its age in seconds stands beside it.
SELECT
    f.created_at,
    f.unique_id,
    s.source_name,
    s.name AS table_name,
    s.schema_name,
    f.status,
    f.max_loaded_at,
    f.max_loaded_at_time_ago_in_s,
    f.warn_after,
    f.error_after,
    s.owner,
    s.tags,
    f.invocation_id,
    f.source_freshness_execution_id
FROM dbt_source_freshness_results AS f
LEFT JOIN dbt_sources AS s ON s.unique_id = f.unique_id
WHERE f.created_at >= :since
ORDER BY f.created_at DESC, f.unique_id
LIMIT :limit
