-- name: invocations.recent
-- purpose: Invocations of dbt since a time: who or what ran them, from which commit, and how their nodes ended.
-- parameter: since timestamp  -- Only invocations written at or after this time (created_at): now less N days.
-- parameter: limit integer 1..100000 = 200  -- Invocations at the most.
WITH ended AS (
    SELECT
        r.invocation_id,
        count(*) AS nodes,
        count(*) FILTER (WHERE r.status IN ('error', 'fail', 'runtime error')) AS nodes_failed,
        count(*) FILTER (WHERE r.status = 'warn') AS nodes_warned,
        count(*) FILTER (WHERE r.status = 'skipped') AS nodes_skipped,
        sum(r.execution_time) AS node_seconds
    FROM dbt_run_results AS r
    GROUP BY r.invocation_id
)
SELECT
    i.created_at,
    i.invocation_id,
    i.command,
    i.dbt_user,
    i.orchestrator,
    i.job_name,
    i.job_run_id,
    i.run_started_at,
    i.run_completed_at,
    i.full_refresh,
    i.cause_category,
    i.pull_request_id,
    i.git_sha,
    i.project_name,
    i.target_name,
    i.dbt_version,
    i.elementary_version,
    e.nodes,
    e.nodes_failed,
    e.nodes_warned,
    e.nodes_skipped,
    e.node_seconds
FROM dbt_invocations AS i
LEFT JOIN ended AS e ON e.invocation_id = i.invocation_id
WHERE i.created_at >= :since
ORDER BY i.created_at DESC, i.invocation_id
LIMIT :limit
