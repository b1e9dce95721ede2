-- name: models.slowest
-- purpose: Models by the time that their runs took since a point in time, most first.
-- parameter: since timestamp  -- Only runs written at or after this time (created_at).
-- parameter: limit integer 1..10000 = 50  -- Models at the most.
WITH runs AS (
    SELECT
        r.unique_id,
        count(*) AS runs,
        count(*) FILTER (WHERE r.status <> 'success') AS runs_not_succeeded,
        sum(r.execution_time) AS total_seconds,
        avg(r.execution_time) AS average_seconds,
        max(r.execution_time) AS longest_seconds,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY r.execution_time) AS median_seconds,
        max(r.created_at) AS last_run_at
    FROM dbt_run_results AS r
    WHERE r.resource_type = 'model' AND r.status <> 'skipped' AND r.created_at >= :since
    GROUP BY r.unique_id
)
SELECT
    r.unique_id,
    m.name,
    m.materialization,
    m.owner,
    r.runs,
    r.runs_not_succeeded,
    r.total_seconds,
    r.average_seconds,
    r.median_seconds,
    r.longest_seconds,
    r.last_run_at
FROM runs AS r
LEFT JOIN dbt_models AS m ON m.unique_id = r.unique_id
ORDER BY r.total_seconds DESC NULLS LAST, r.unique_id
LIMIT :limit
