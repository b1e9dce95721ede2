-- name: read.dbt_invocations
-- purpose: Rows of dbt_invocations from a point of created_at on, oldest first, for a sync or a pull.
-- parameter: since timestamp = 1970-01-01 00:00:00  -- Lower bound of created_at, included.
-- parameter: after text = ''  -- Lower bound of invocation_id, included, for the rows at exactly `since`; empty for all of them.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
-- columns: invocation_id, job_id, job_name, job_run_id, run_started_at, run_completed_at, generated_at
-- columns: created_at, command, dbt_version, elementary_version, full_refresh, target_name, target_database
-- columns: target_schema, target_profile_name, threads, yaml_selector, project_id, project_name, env, env_id
-- columns: cause_category, pull_request_id, git_sha, orchestrator, dbt_user, job_url, job_run_url
-- columns: account_id, target_adapter_specific_fields
--
-- created_at has one value for each insert of many rows, in the time zone of the session that wrote it. A next
-- page begins at the last row of this one: `since` its created_at, `after` its invocation_id. That row comes
-- again, so that nothing is lost where a key occurs twice; ask for more rows than share both values. A row
-- without created_at is not returned.
-- generated_at is text in two formats: it is no cursor, and comparing it gives wrong rows.
SELECT
    t.invocation_id, t.job_id, t.job_name, t.job_run_id, t.run_started_at, t.run_completed_at,
    t.generated_at, t.created_at, t.command, t.dbt_version, t.elementary_version, t.full_refresh,
    t.invocation_vars, t.vars, t.target_name, t.target_database, t.target_schema,
    t.target_profile_name, t.threads, t.selected, t.yaml_selector, t.project_id, t.project_name,
    t.env, t.env_id, t.cause_category, t.cause, t.pull_request_id, t.git_sha, t.orchestrator,
    t.dbt_user, t.job_url, t.job_run_url, t.account_id, t.target_adapter_specific_fields
FROM dbt_invocations AS t
WHERE t.created_at >= :since AND (t.created_at > :since OR t.invocation_id >= :after)
ORDER BY t.created_at NULLS LAST, t.invocation_id NULLS LAST
LIMIT :limit
