-- @ catalogue/alerts.pending
SELECT * FROM (((((SELECT r0.`alert_id` AS `alert_id`, r0.`alert_type` AS `alert_type`, r0.`detected_at` AS `detected_at`, r0.`test_unique_id` AS `unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_short_name` AS `name`, r0.`sub_type` AS `sub_type`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`owners` AS `owners`, r0.`tags` AS `tags` FROM `elementary`.`alerts_dbt_tests` AS r0 WHERE (r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC'))))) UNION ALL (SELECT r1.`alert_id` AS `alert_id`, r1.`alert_type` AS `alert_type`, r1.`detected_at` AS `detected_at`, r1.`test_unique_id` AS `test_unique_id`, r1.`model_unique_id` AS `model_unique_id`, r1.`table_name` AS `table_name`, r1.`column_name` AS `column_name`, r1.`test_short_name` AS `test_short_name`, r1.`sub_type` AS `sub_type`, r1.`severity` AS `severity`, r1.`status` AS `status`, r1.`owners` AS `owners`, r1.`tags` AS `tags` FROM `elementary`.`alerts_anomaly_detection` AS r1 WHERE (r1.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))))) UNION ALL (SELECT r2.`alert_id` AS `alert_id`, r2.`alert_type` AS `alert_type`, r2.`detected_at` AS `detected_at`, r2.`test_unique_id` AS `test_unique_id`, r2.`model_unique_id` AS `model_unique_id`, r2.`table_name` AS `table_name`, r2.`column_name` AS `column_name`, r2.`test_short_name` AS `test_short_name`, r2.`sub_type` AS `sub_type`, r2.`severity` AS `severity`, r2.`status` AS `status`, r2.`owners` AS `owners`, r2.`tags` AS `tags` FROM `elementary`.`alerts_schema_changes` AS r2 WHERE (r2.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))))) UNION ALL (SELECT r3.`alert_id` AS `alert_id`, {p2:Nullable(String)} AS `?column?`, r3.`detected_at` AS `detected_at`, r3.`unique_id` AS `unique_id`, r3.`unique_id` AS `unique_id`, r3.`alias` AS `alias`, CAST(NULL AS Nullable(String)) AS `text`, r3.`alias` AS `alias`, r3.`materialization` AS `materialization`, CAST(NULL AS Nullable(String)) AS `text`, r3.`status` AS `status`, r3.`owners` AS `owners`, r3.`tags` AS `tags` FROM `elementary`.`alerts_dbt_models` AS r3 WHERE (r3.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))))) UNION ALL (SELECT r4.`alert_id` AS `alert_id`, {p3:Nullable(String)} AS `?column?`, r4.`detected_at` AS `detected_at`, r4.`unique_id` AS `unique_id`, r4.`unique_id` AS `unique_id`, r4.`identifier` AS `identifier`, CAST(NULL AS Nullable(String)) AS `text`, r4.`source_name` AS `source_name`, CAST(NULL AS Nullable(String)) AS `text`, CAST(NULL AS Nullable(String)) AS `text`, r4.`status` AS `status`, r4.`owner` AS `owner`, r4.`tags` AS `tags` FROM `elementary`.`alerts_dbt_source_freshness` AS r4 WHERE (r4.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))))) AS s ORDER BY 3 NULLS LAST, 1 NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/artifacts.hashes
SELECT r0.`artifacts_model` AS `artifacts_model`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_artifacts_hashes` AS r0 ORDER BY r0.`artifacts_model` NULLS LAST, r0.`metadata_hash` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/counts.by_day
WITH c0 AS ((((((SELECT {p1:Nullable(String)} AS `table_name`, r0.`created_at` AS `created_at` FROM `elementary`.`data_monitoring_metrics` AS r0) UNION ALL (SELECT {p2:Nullable(String)} AS `?column?`, r1.`created_at` AS `created_at` FROM `elementary`.`dbt_invocations` AS r1)) UNION ALL (SELECT {p3:Nullable(String)} AS `?column?`, r2.`created_at` AS `created_at` FROM `elementary`.`dbt_run_results` AS r2)) UNION ALL (SELECT {p4:Nullable(String)} AS `?column?`, r3.`created_at` AS `created_at` FROM `elementary`.`dbt_source_freshness_results` AS r3)) UNION ALL (SELECT {p5:Nullable(String)} AS `?column?`, r4.`created_at` AS `created_at` FROM `elementary`.`elementary_test_results` AS r4)) UNION ALL (SELECT {p6:Nullable(String)} AS `?column?`, r5.`created_at` AS `created_at` FROM `elementary`.`schema_columns_snapshot` AS r5)) SELECT r6.`table_name` AS `table_name`, toDate32(CAST(r6.`created_at` AS Nullable(DateTime64(6, 'UTC')))) AS `day`, count(*) AS `row_count`, minOrNull(r6.`created_at`) AS `first_created_at`, maxOrNull(r6.`created_at`) AS `last_created_at` FROM c0 AS r6 WHERE (r6.`created_at` >= CAST({p7:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) GROUP BY r6.`table_name`, toDate32(CAST(r6.`created_at` AS Nullable(DateTime64(6, 'UTC')))) ORDER BY r6.`table_name` NULLS LAST, 2 NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/freshness.results
SELECT r0.`created_at` AS `created_at`, r0.`unique_id` AS `unique_id`, r1.`source_name` AS `source_name`, r1.`name` AS `table_name`, r1.`schema_name` AS `schema_name`, r0.`status` AS `status`, r0.`max_loaded_at` AS `max_loaded_at`, r0.`max_loaded_at_time_ago_in_s` AS `max_loaded_at_time_ago_in_s`, r0.`warn_after` AS `warn_after`, r0.`error_after` AS `error_after`, r1.`owner` AS `owner`, r1.`tags` AS `tags`, r0.`invocation_id` AS `invocation_id`, r0.`source_freshness_execution_id` AS `source_freshness_execution_id` FROM `elementary`.`dbt_source_freshness_results` AS r0 LEFT JOIN `elementary`.`dbt_sources` AS r1 ON (r1.`unique_id` = r0.`unique_id`) WHERE (r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) ORDER BY r0.`created_at` DESC NULLS FIRST, r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/invocations.recent
WITH c0 AS (SELECT r0.`invocation_id` AS `invocation_id`, count(*) AS `nodes`, count((CASE WHEN (CASE WHEN (r0.`status` IS NOT NULL) THEN (r0.`status` IN ({p1:Nullable(String)}, {p2:Nullable(String)}, {p3:Nullable(String)})) END) THEN 1 END)) AS `nodes_failed`, count((CASE WHEN (r0.`status` = {p4:Nullable(String)}) THEN 1 END)) AS `nodes_warned`, count((CASE WHEN (r0.`status` = {p5:Nullable(String)}) THEN 1 END)) AS `nodes_skipped`, sumOrNull(r0.`execution_time`) AS `node_seconds` FROM `elementary`.`dbt_run_results` AS r0 GROUP BY r0.`invocation_id`) SELECT r1.`created_at` AS `created_at`, r1.`invocation_id` AS `invocation_id`, r1.`command` AS `command`, r1.`dbt_user` AS `dbt_user`, r1.`orchestrator` AS `orchestrator`, r1.`job_name` AS `job_name`, r1.`job_run_id` AS `job_run_id`, r1.`run_started_at` AS `run_started_at`, r1.`run_completed_at` AS `run_completed_at`, r1.`full_refresh` AS `full_refresh`, r1.`cause_category` AS `cause_category`, r1.`pull_request_id` AS `pull_request_id`, r1.`git_sha` AS `git_sha`, r1.`project_name` AS `project_name`, r1.`target_name` AS `target_name`, r1.`dbt_version` AS `dbt_version`, r1.`elementary_version` AS `elementary_version`, r2.`nodes` AS `nodes`, r2.`nodes_failed` AS `nodes_failed`, r2.`nodes_warned` AS `nodes_warned`, r2.`nodes_skipped` AS `nodes_skipped`, r2.`node_seconds` AS `node_seconds` FROM `elementary`.`dbt_invocations` AS r1 LEFT JOIN c0 AS r2 ON (r2.`invocation_id` = r1.`invocation_id`) WHERE (r1.`created_at` >= CAST({p6:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) ORDER BY r1.`created_at` DESC NULLS FIRST, r1.`invocation_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/lineage.nodes
SELECT * FROM (((((((SELECT {p1:Nullable(String)} AS `resource_type`, r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT {p2:Nullable(String)} AS `?column?`, r1.`unique_id` AS `unique_id`, r1.`name` AS `name`, r1.`package_name` AS `package_name`, r1.`database_name` AS `database_name`, r1.`schema_name` AS `schema_name`, r1.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_snapshots` AS r1)) UNION ALL (SELECT {p3:Nullable(String)} AS `?column?`, r2.`unique_id` AS `unique_id`, r2.`name` AS `name`, r2.`package_name` AS `package_name`, r2.`database_name` AS `database_name`, r2.`schema_name` AS `schema_name`, {p4:Nullable(String)} AS `?column?` FROM `elementary`.`dbt_seeds` AS r2)) UNION ALL (SELECT {p5:Nullable(String)} AS `?column?`, r3.`unique_id` AS `unique_id`, r3.`name` AS `name`, r3.`package_name` AS `package_name`, r3.`database_name` AS `database_name`, r3.`schema_name` AS `schema_name`, {p6:Nullable(String)} AS `?column?` FROM `elementary`.`dbt_sources` AS r3)) UNION ALL (SELECT {p7:Nullable(String)} AS `?column?`, r4.`unique_id` AS `unique_id`, r4.`name` AS `name`, r4.`package_name` AS `package_name`, CAST(NULL AS Nullable(String)) AS `text`, CAST(NULL AS Nullable(String)) AS `text`, r4.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_exposures` AS r4)) UNION ALL (SELECT {p8:Nullable(String)} AS `?column?`, r5.`unique_id` AS `unique_id`, r5.`name` AS `name`, r5.`package_name` AS `package_name`, CAST(NULL AS Nullable(String)) AS `text`, CAST(NULL AS Nullable(String)) AS `text`, r5.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_metrics` AS r5)) UNION ALL (SELECT {p9:Nullable(String)} AS `?column?`, r6.`unique_id` AS `unique_id`, r6.`name` AS `name`, r6.`package_name` AS `package_name`, r6.`database_name` AS `database_name`, r6.`schema_name` AS `schema_name`, r6.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_tests` AS r6)) AS s ORDER BY 1 NULLS LAST, 2 NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/metrics.anomalies
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`training_avg` AS `training_avg`, r0.`training_stddev` AS `training_stddev`, r0.`training_set_size` AS `training_set_size`, r0.`anomaly_score` AS `anomaly_score`, r0.`updated_at` AS `updated_at`, row_number() OVER (PARTITION BY r0.`full_table_name`, r0.`column_name`, r0.`metric_name`, r0.`bucket_start`, r0.`bucket_end` ORDER BY r0.`updated_at` DESC NULLS FIRST, r0.`id` NULLS LAST) AS `recency` FROM `elementary`.`metrics_anomaly_score` AS r0 WHERE ((r0.`metric_name` <> {p1:Nullable(String)}) AND (r0.`dimension` IS NULL) AND (r0.`bucket_end` >= CAST({p2:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))))) SELECT r1.`full_table_name` AS `full_table_name`, r1.`column_name` AS `column_name`, r1.`metric_name` AS `metric_name`, r1.`bucket_start` AS `bucket_start`, r1.`bucket_end` AS `bucket_end`, r1.`latest_metric_value` AS `latest_metric_value`, (r1.`training_avg` - (CAST({p3:Nullable(Float64)} AS Nullable(Float64)) * r1.`training_stddev`)) AS `expected_low`, (r1.`training_avg` + (CAST({p3:Nullable(Float64)} AS Nullable(Float64)) * r1.`training_stddev`)) AS `expected_high`, r1.`training_set_size` AS `training_set_size`, r1.`anomaly_score` AS `anomaly_score`, r1.`updated_at` AS `updated_at` FROM c0 AS r1 WHERE ((r1.`recency` = 1) AND (abs(r1.`anomaly_score`) > CAST({p3:Nullable(Float64)} AS Nullable(Float64)))) ORDER BY r1.`bucket_end` DESC NULLS FIRST, r1.`full_table_name` NULLS LAST, r1.`column_name` NULLS FIRST, r1.`metric_name` NULLS LAST, r1.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/models.failed
SELECT r0.`created_at` AS `created_at`, r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`resource_type` AS `resource_type`, r0.`status` AS `status`, r0.`execution_time` AS `execution_time`, r0.`materialization` AS `materialization`, r0.`invocation_id` AS `invocation_id`, r0.`model_execution_id` AS `model_execution_id`, r0.`message` AS `message` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`resource_type` IN ({p1:Nullable(String)}, {p2:Nullable(String)}, {p3:Nullable(String)})) AND (r0.`status` IN ({p4:Nullable(String)}, {p5:Nullable(String)}, {p6:Nullable(String)})) AND (r0.`created_at` >= CAST({p7:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC'))))) ORDER BY r0.`created_at` DESC NULLS FIRST, r0.`model_execution_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/models.run_history
SELECT r0.`created_at` AS `created_at`, r0.`status` AS `status`, r0.`execution_time` AS `execution_time`, r0.`rows_affected` AS `rows_affected`, r0.`full_refresh` AS `full_refresh`, r0.`materialization` AS `materialization`, r0.`invocation_id` AS `invocation_id`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`thread_id` AS `thread_id`, r0.`query_id` AS `query_id`, r0.`model_execution_id` AS `model_execution_id`, r0.`message` AS `message`, r0.`compiled_code` AS `compiled_code` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`unique_id` = CAST({p1:Nullable(String)} AS Nullable(String))) AND (r0.`created_at` >= CAST({p2:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC'))))) ORDER BY r0.`created_at` DESC NULLS FIRST, r0.`model_execution_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/models.slowest
WITH c0 AS (SELECT r0.`unique_id` AS `unique_id`, count(*) AS `runs`, count((CASE WHEN (r0.`status` <> {p4:Nullable(String)}) THEN 1 END)) AS `runs_not_succeeded`, sumOrNull(r0.`execution_time`) AS `total_seconds`, avgOrNull(CAST(r0.`execution_time` AS Nullable(Float64))) AS `average_seconds`, maxOrNull(r0.`execution_time`) AS `longest_seconds`, quantileExactInclusiveOrNull(0.5)(r0.`execution_time`) AS `median_seconds`, maxOrNull(r0.`created_at`) AS `last_run_at` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`resource_type` = {p1:Nullable(String)}) AND (r0.`status` <> {p2:Nullable(String)}) AND (r0.`created_at` >= CAST({p3:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC'))))) GROUP BY r0.`unique_id`) SELECT r1.`unique_id` AS `unique_id`, r2.`name` AS `name`, r2.`materialization` AS `materialization`, r2.`owner` AS `owner`, r1.`runs` AS `runs`, r1.`runs_not_succeeded` AS `runs_not_succeeded`, r1.`total_seconds` AS `total_seconds`, r1.`average_seconds` AS `average_seconds`, r1.`median_seconds` AS `median_seconds`, r1.`longest_seconds` AS `longest_seconds`, r1.`last_run_at` AS `last_run_at` FROM c0 AS r1 LEFT JOIN `elementary`.`dbt_models` AS r2 ON (r2.`unique_id` = r1.`unique_id`) ORDER BY r1.`total_seconds` DESC NULLS LAST, r1.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/package.version
SELECT r0.`dbt_pkg_version` AS `dbt_pkg_version` FROM `elementary`.`metadata` AS r0 ORDER BY r0.`dbt_pkg_version` NULLS LAST LIMIT 10 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.alerts_anomaly_detection
SELECT r0.`alert_id` AS `alert_id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`alert_type` AS `alert_type`, r0.`sub_type` AS `sub_type`, r0.`alert_description` AS `alert_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alert_results_query` AS `alert_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_short_name` AS `test_short_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`result_rows` AS `result_rows` FROM `elementary`.`alerts_anomaly_detection` AS r0 WHERE ((r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`detected_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`alert_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.alerts_dbt_models
SELECT r0.`alert_id` AS `alert_id`, r0.`unique_id` AS `unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`materialization` AS `materialization`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`schema_name` AS `schema_name`, r0.`message` AS `message`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alias` AS `alias`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh` FROM `elementary`.`alerts_dbt_models` AS r0 WHERE ((r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`detected_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`alert_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.alerts_dbt_source_freshness
SELECT r0.`alert_id` AS `alert_id`, r0.`max_loaded_at` AS `max_loaded_at`, r0.`snapshotted_at` AS `snapshotted_at`, r0.`detected_at` AS `detected_at`, r0.`max_loaded_at_time_ago_in_s` AS `max_loaded_at_time_ago_in_s`, r0.`status` AS `status`, r0.`error` AS `error`, r0.`warn_after` AS `warn_after`, r0.`error_after` AS `error_after`, r0.`filter` AS `filter`, r0.`unique_id` AS `unique_id`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`source_name` AS `source_name`, r0.`identifier` AS `identifier`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`freshness_error_after` AS `freshness_error_after`, r0.`freshness_warn_after` AS `freshness_warn_after`, r0.`freshness_filter` AS `freshness_filter` FROM `elementary`.`alerts_dbt_source_freshness` AS r0 WHERE ((r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`detected_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`alert_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.alerts_dbt_tests
SELECT r0.`alert_id` AS `alert_id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`alert_type` AS `alert_type`, r0.`sub_type` AS `sub_type`, r0.`alert_description` AS `alert_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alert_results_query` AS `alert_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_short_name` AS `test_short_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`result_rows` AS `result_rows` FROM `elementary`.`alerts_dbt_tests` AS r0 WHERE ((r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`detected_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`alert_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.alerts_schema_changes
SELECT r0.`alert_id` AS `alert_id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`alert_type` AS `alert_type`, r0.`sub_type` AS `sub_type`, r0.`alert_description` AS `alert_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alert_results_query` AS `alert_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_short_name` AS `test_short_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`result_rows` AS `result_rows` FROM `elementary`.`alerts_schema_changes` AS r0 WHERE ((r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`detected_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`alert_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.alerts_v2
SELECT r0.`alert_id` AS `alert_id`, r0.`alert_class_id` AS `alert_class_id`, r0.`type` AS `type`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`updated_at` AS `updated_at`, r0.`status` AS `status`, r0.`data` AS `data`, r0.`sent_at` AS `sent_at` FROM `elementary`.`alerts_v2` AS r0 WHERE ((r0.`updated_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`updated_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`alert_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`updated_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.anomaly_threshold_sensitivity
SELECT r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`metric_avg` AS `metric_avg`, r0.`metric_stddev` AS `metric_stddev`, r0.`anomaly_score` AS `anomaly_score`, r0.`is_anomaly_1_5` AS `is_anomaly_1_5`, r0.`is_anomaly_2` AS `is_anomaly_2`, r0.`is_anomaly_2_5` AS `is_anomaly_2_5`, r0.`is_anomaly_3` AS `is_anomaly_3`, r0.`is_anomaly_3_5` AS `is_anomaly_3_5`, r0.`is_anomaly_4` AS `is_anomaly_4`, r0.`is_anomaly_4_5` AS `is_anomaly_4_5` FROM `elementary`.`anomaly_threshold_sensitivity` AS r0 WHERE (r0.`full_table_name` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`full_table_name` NULLS LAST, r0.`column_name` NULLS LAST, r0.`metric_name` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.data_monitoring_metrics
SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`metric_type` AS `metric_type`, r0.`metric_value` AS `metric_value`, r0.`source_value` AS `source_value`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`bucket_duration_hours` AS `bucket_duration_hours`, r0.`updated_at` AS `updated_at`, r0.`dimension` AS `dimension`, r0.`dimension_value` AS `dimension_value`, r0.`metric_properties` AS `metric_properties`, r0.`created_at` AS `created_at` FROM `elementary`.`data_monitoring_metrics` AS r0 WHERE ((r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`created_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`created_at` NULLS LAST, r0.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_artifacts_hashes
SELECT r0.`artifacts_model` AS `artifacts_model`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_artifacts_hashes` AS r0 WHERE (r0.`artifacts_model` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`artifacts_model` NULLS LAST, r0.`metadata_hash` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_columns
SELECT r0.`unique_id` AS `unique_id`, r0.`parent_unique_id` AS `parent_unique_id`, r0.`name` AS `name`, r0.`data_type` AS `data_type`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`description` AS `description`, r0.`resource_type` AS `resource_type`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_columns` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_exposures
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`maturity` AS `maturity`, r0.`type` AS `type`, r0.`owner_email` AS `owner_email`, r0.`owner_name` AS `owner_name`, r0.`url` AS `url`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`depends_on_columns` AS `depends_on_columns`, r0.`description` AS `description`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`label` AS `label`, r0.`raw_queries` AS `raw_queries` FROM `elementary`.`dbt_exposures` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_groups
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`owner_email` AS `owner_email`, r0.`owner_name` AS `owner_name`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_groups` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_invocations
SELECT r0.`invocation_id` AS `invocation_id`, r0.`job_id` AS `job_id`, r0.`job_name` AS `job_name`, r0.`job_run_id` AS `job_run_id`, r0.`run_started_at` AS `run_started_at`, r0.`run_completed_at` AS `run_completed_at`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`command` AS `command`, r0.`dbt_version` AS `dbt_version`, r0.`elementary_version` AS `elementary_version`, r0.`full_refresh` AS `full_refresh`, r0.`invocation_vars` AS `invocation_vars`, r0.`vars` AS `vars`, r0.`target_name` AS `target_name`, r0.`target_database` AS `target_database`, r0.`target_schema` AS `target_schema`, r0.`target_profile_name` AS `target_profile_name`, r0.`threads` AS `threads`, r0.`selected` AS `selected`, r0.`yaml_selector` AS `yaml_selector`, r0.`project_id` AS `project_id`, r0.`project_name` AS `project_name`, r0.`env` AS `env`, r0.`env_id` AS `env_id`, r0.`cause_category` AS `cause_category`, r0.`cause` AS `cause`, r0.`pull_request_id` AS `pull_request_id`, r0.`git_sha` AS `git_sha`, r0.`orchestrator` AS `orchestrator`, r0.`dbt_user` AS `dbt_user`, r0.`job_url` AS `job_url`, r0.`job_run_url` AS `job_run_url`, r0.`account_id` AS `account_id`, r0.`target_adapter_specific_fields` AS `target_adapter_specific_fields` FROM `elementary`.`dbt_invocations` AS r0 WHERE ((r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`created_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`invocation_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`created_at` NULLS LAST, r0.`invocation_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_metrics
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`label` AS `label`, r0.`model` AS `model`, r0.`type` AS `type`, r0.`sql` AS `sql`, r0.`timestamp` AS `timestamp`, r0.`filters` AS `filters`, r0.`time_grains` AS `time_grains`, r0.`dimensions` AS `dimensions`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_metrics` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_models
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`name` AS `name`, r0.`message` AS `message`, r0.`status` AS `status`, r0.`resource_type` AS `resource_type`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`rows_affected` AS `rows_affected`, r0.`full_refresh` AS `full_refresh`, r0.`compiled_code` AS `compiled_code`, r0.`failures` AS `failures`, r0.`query_id` AS `query_id`, r0.`thread_id` AS `thread_id`, r0.`materialization` AS `materialization`, r0.`adapter_response` AS `adapter_response`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`created_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`model_execution_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`created_at` NULLS LAST, r0.`model_execution_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_seeds
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_seeds` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_snapshots
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_snapshots` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_source_freshness_results
SELECT r0.`source_freshness_execution_id` AS `source_freshness_execution_id`, r0.`unique_id` AS `unique_id`, r0.`max_loaded_at` AS `max_loaded_at`, r0.`snapshotted_at` AS `snapshotted_at`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`max_loaded_at_time_ago_in_s` AS `max_loaded_at_time_ago_in_s`, r0.`status` AS `status`, r0.`error` AS `error`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`invocation_id` AS `invocation_id`, r0.`warn_after` AS `warn_after`, r0.`error_after` AS `error_after`, r0.`filter` AS `filter` FROM `elementary`.`dbt_source_freshness_results` AS r0 WHERE ((r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`created_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`source_freshness_execution_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`created_at` NULLS LAST, r0.`source_freshness_execution_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_sources
SELECT r0.`unique_id` AS `unique_id`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`source_name` AS `source_name`, r0.`name` AS `name`, r0.`identifier` AS `identifier`, r0.`loaded_at_field` AS `loaded_at_field`, r0.`freshness_warn_after` AS `freshness_warn_after`, r0.`freshness_error_after` AS `freshness_error_after`, r0.`freshness_filter` AS `freshness_filter`, r0.`freshness_description` AS `freshness_description`, r0.`relation_name` AS `relation_name`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`source_description` AS `source_description`, r0.`description` AS `description`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_sources` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.dbt_tests
SELECT r0.`unique_id` AS `unique_id`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`name` AS `name`, r0.`short_name` AS `short_name`, r0.`alias` AS `alias`, r0.`test_column_name` AS `test_column_name`, r0.`severity` AS `severity`, r0.`warn_if` AS `warn_if`, r0.`error_if` AS `error_if`, r0.`test_params` AS `test_params`, r0.`test_namespace` AS `test_namespace`, r0.`test_original_name` AS `test_original_name`, r0.`tags` AS `tags`, r0.`model_tags` AS `model_tags`, r0.`model_owners` AS `model_owners`, r0.`meta` AS `meta`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`parent_model_unique_id` AS `parent_model_unique_id`, r0.`description` AS `description`, r0.`package_name` AS `package_name`, r0.`type` AS `type`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`quality_dimension` AS `quality_dimension`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_tests` AS r0 WHERE (r0.`unique_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.elementary_test_results
SELECT r0.`id` AS `id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`test_results_description` AS `test_results_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`test_results_query` AS `test_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`failures` AS `failures`, r0.`test_short_name` AS `test_short_name`, r0.`test_alias` AS `test_alias`, r0.`result_rows` AS `result_rows`, r0.`failed_row_count` AS `failed_row_count` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`created_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`created_at` NULLS LAST, r0.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.job_run_results
SELECT r0.`name` AS `name`, r0.`id` AS `id`, r0.`run_id` AS `run_id`, r0.`run_started_at` AS `run_started_at`, r0.`run_completed_at` AS `run_completed_at`, r0.`run_execution_time` AS `run_execution_time` FROM `elementary`.`job_run_results` AS r0 WHERE ((r0.`run_started_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`run_started_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`run_started_at` NULLS LAST, r0.`id` NULLS LAST, r0.`run_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.metadata
SELECT r0.`dbt_pkg_version` AS `dbt_pkg_version` FROM `elementary`.`metadata` AS r0 LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.metrics_anomaly_score
SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`dimension` AS `dimension`, r0.`dimension_value` AS `dimension_value`, r0.`metric_name` AS `metric_name`, r0.`anomaly_score` AS `anomaly_score`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`training_avg` AS `training_avg`, r0.`training_stddev` AS `training_stddev`, r0.`training_start` AS `training_start`, r0.`training_end` AS `training_end`, r0.`training_set_size` AS `training_set_size`, r0.`updated_at` AS `updated_at`, r0.`is_anomaly` AS `is_anomaly` FROM `elementary`.`metrics_anomaly_score` AS r0 WHERE ((r0.`updated_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`updated_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`updated_at` NULLS LAST, r0.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.model_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`query_id` AS `query_id`, r0.`name` AS `name`, r0.`generated_at` AS `generated_at`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh`, r0.`message` AS `message`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`compiled_code` AS `compiled_code`, r0.`adapter_response` AS `adapter_response`, r0.`thread_id` AS `thread_id`, r0.`group_name` AS `group_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`owner` AS `owner`, r0.`alias` AS `alias`, r0.`model_invocation_reverse_index` AS `model_invocation_reverse_index`, r0.`is_the_first_invocation_of_the_day` AS `is_the_first_invocation_of_the_day`, r0.`is_the_last_invocation_of_the_day` AS `is_the_last_invocation_of_the_day` FROM `elementary`.`model_run_results` AS r0 WHERE (r0.`model_execution_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.monitors_runs
SELECT r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`metric_properties` AS `metric_properties`, r0.`last_bucket_end` AS `last_bucket_end`, r0.`first_bucket_end` AS `first_bucket_end` FROM `elementary`.`monitors_runs` AS r0 WHERE ((r0.`last_bucket_end` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`last_bucket_end` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`full_table_name` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`last_bucket_end` NULLS LAST, r0.`full_table_name` NULLS LAST, r0.`column_name` NULLS LAST, r0.`metric_name` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.schema_columns_snapshot
SELECT r0.`column_state_id` AS `column_state_id`, r0.`full_column_name` AS `full_column_name`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`data_type` AS `data_type`, r0.`is_new` AS `is_new`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at` FROM `elementary`.`schema_columns_snapshot` AS r0 WHERE ((r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`created_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`column_state_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`created_at` NULLS LAST, r0.`column_state_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.seed_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`query_id` AS `query_id`, r0.`name` AS `name`, r0.`generated_at` AS `generated_at`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh`, r0.`message` AS `message`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`compiled_code` AS `compiled_code`, r0.`adapter_response` AS `adapter_response`, r0.`thread_id` AS `thread_id`, r0.`group_name` AS `group_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`owner` AS `owner`, r0.`alias` AS `alias` FROM `elementary`.`seed_run_results` AS r0 WHERE (r0.`model_execution_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.snapshot_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`query_id` AS `query_id`, r0.`name` AS `name`, r0.`generated_at` AS `generated_at`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh`, r0.`message` AS `message`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`compiled_code` AS `compiled_code`, r0.`adapter_response` AS `adapter_response`, r0.`thread_id` AS `thread_id`, r0.`group_name` AS `group_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`owner` AS `owner`, r0.`alias` AS `alias` FROM `elementary`.`snapshot_run_results` AS r0 WHERE (r0.`model_execution_id` >= CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/read.test_result_rows
SELECT r0.`elementary_test_results_id` AS `elementary_test_results_id`, r0.`result_row` AS `result_row`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`row_index` AS `row_index`, r0.`test_type` AS `test_type` FROM `elementary`.`test_result_rows` AS r0 WHERE ((r0.`created_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND ((r0.`created_at` > CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) OR (r0.`elementary_test_results_id` >= CAST({p2:Nullable(String)} AS Nullable(String))))) ORDER BY r0.`created_at` NULLS LAST, r0.`elementary_test_results_id` NULLS LAST, r0.`row_index` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/schema.changes
SELECT r0.`detected_at` AS `detected_at`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_sub_type` AS `test_sub_type`, r0.`status` AS `status`, r0.`severity` AS `severity`, r0.`schema_name` AS `schema_name`, r0.`database_name` AS `database_name`, r0.`model_unique_id` AS `model_unique_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`id` AS `id`, r0.`test_results_description` AS `test_results_description` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`test_type` = {p1:Nullable(String)}) AND (CASE WHEN (r0.`status` IS NOT NULL) THEN (r0.`status` NOT IN ({p2:Nullable(String)}, {p3:Nullable(String)})) END) AND (r0.`detected_at` >= CAST({p4:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC'))))) ORDER BY r0.`detected_at` DESC NULLS FIRST, r0.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/tests.coverage
WITH c0 AS (SELECT r0.`parent_model_unique_id` AS `unique_id`, count(*) AS `tests`, count((CASE WHEN (r0.`test_column_name` IS NOT NULL) THEN 1 END)) AS `column_tests`, count(DISTINCT r0.`test_column_name`) AS `tested_columns` FROM `elementary`.`dbt_tests` AS r0 GROUP BY r0.`parent_model_unique_id`), c1 AS (SELECT r1.`parent_unique_id` AS `unique_id`, count(*) AS `columns` FROM `elementary`.`dbt_columns` AS r1 GROUP BY r1.`parent_unique_id`) SELECT r2.`unique_id` AS `unique_id`, r2.`name` AS `name`, r2.`package_name` AS `package_name`, r2.`schema_name` AS `schema_name`, r2.`materialization` AS `materialization`, r2.`owner` AS `owner`, r2.`tags` AS `tags`, COALESCE(r3.`tests`, 0) AS `tests`, COALESCE(r3.`column_tests`, 0) AS `column_tests`, COALESCE((r3.`tests` - r3.`column_tests`), 0) AS `table_tests`, COALESCE(r3.`tested_columns`, 0) AS `tested_columns`, COALESCE(r4.`columns`, 0) AS `documented_columns` FROM `elementary`.`dbt_models` AS r2 LEFT JOIN c0 AS r3 ON (r3.`unique_id` = r2.`unique_id`) LEFT JOIN c1 AS r4 ON (r4.`unique_id` = r2.`unique_id`) WHERE ((CAST({p1:Nullable(String)} AS Nullable(String)) = {p2:Nullable(String)}) OR (r2.`package_name` = CAST({p1:Nullable(String)} AS Nullable(String)))) ORDER BY 8 NULLS LAST, 11 NULLS LAST, r2.`unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/tests.failed_rows
SELECT r0.`elementary_test_results_id` AS `elementary_test_results_id`, r0.`row_index` AS `row_index`, r0.`test_type` AS `test_type`, r0.`detected_at` AS `detected_at`, r0.`result_row` AS `result_row` FROM `elementary`.`test_result_rows` AS r0 WHERE (r0.`elementary_test_results_id` = CAST({p1:Nullable(String)} AS Nullable(String))) ORDER BY r0.`row_index` NULLS LAST, r0.`detected_at` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/tests.failing
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`test_execution_id` AS `test_execution_id`, maxOrNull(r0.`detected_at`) AS `detected_at`, maxOrNull((CASE WHEN (r0.`status` = {p3:Nullable(String)}) THEN 4 WHEN (r0.`status` = {p4:Nullable(String)}) THEN 3 WHEN (r0.`status` = {p5:Nullable(String)}) THEN 2 ELSE 1 END)) AS `worst`, maxOrNull(r0.`model_unique_id`) AS `model_unique_id`, maxOrNull(r0.`table_name`) AS `table_name`, maxOrNull(r0.`test_type`) AS `test_type`, maxOrNull(r0.`test_short_name`) AS `test_short_name` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND (r0.`status` <> {p2:Nullable(String)})) GROUP BY r0.`test_unique_id`, r0.`test_execution_id`), c1 AS (SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`test_execution_id` AS `test_execution_id`, r1.`detected_at` AS `detected_at`, r1.`worst` AS `worst`, r1.`model_unique_id` AS `model_unique_id`, r1.`table_name` AS `table_name`, r1.`test_type` AS `test_type`, r1.`test_short_name` AS `test_short_name`, row_number() OVER (PARTITION BY r1.`test_unique_id` ORDER BY r1.`detected_at` DESC NULLS FIRST, r1.`test_execution_id` DESC NULLS FIRST) AS `recency` FROM c0 AS r1), c2 AS (SELECT r2.`test_unique_id` AS `test_unique_id`, maxOrNull(r2.`test_short_name`) AS `test_short_name`, maxOrNull(r2.`test_type`) AS `test_type`, maxOrNull(r2.`model_unique_id`) AS `model_unique_id`, maxOrNull(r2.`table_name`) AS `table_name`, count(*) AS `executions`, count((CASE WHEN (r2.`worst` > 1) THEN 1 END)) AS `executions_not_passed`, minOrNull((CASE WHEN (r2.`worst` > 1) THEN r2.`detected_at` END)) AS `first_not_passed_at`, maxOrNull((CASE WHEN (r2.`worst` > 1) THEN r2.`detected_at` END)) AS `last_not_passed_at`, maxOrNull((CASE WHEN (r2.`recency` = 1) THEN r2.`worst` END)) AS `latest` FROM c1 AS r2 GROUP BY r2.`test_unique_id` HAVING (maxOrNull(r2.`worst`) > 1)) SELECT r3.`test_unique_id` AS `test_unique_id`, r3.`test_short_name` AS `test_short_name`, r3.`test_type` AS `test_type`, r3.`model_unique_id` AS `model_unique_id`, r3.`table_name` AS `table_name`, (CASE WHEN (r3.`latest` = 4) THEN {p6:Nullable(String)} WHEN (r3.`latest` = 3) THEN {p7:Nullable(String)} WHEN (r3.`latest` = 2) THEN {p8:Nullable(String)} ELSE {p9:Nullable(String)} END) AS `latest_status`, r3.`executions` AS `executions`, r3.`executions_not_passed` AS `executions_not_passed`, r3.`first_not_passed_at` AS `first_not_passed_at`, r3.`last_not_passed_at` AS `last_not_passed_at`, r4.`test_column_name` AS `test_column_name`, r4.`severity` AS `severity`, r4.`model_owners` AS `model_owners`, r4.`tags` AS `tags`, r5.`owner` AS `model_owner`, r5.`group_name` AS `group_name` FROM c2 AS r3 LEFT JOIN `elementary`.`dbt_tests` AS r4 ON (r4.`unique_id` = r3.`test_unique_id`) LEFT JOIN `elementary`.`dbt_models` AS r5 ON (r5.`unique_id` = r3.`model_unique_id`) ORDER BY r3.`latest` DESC NULLS FIRST, r3.`last_not_passed_at` DESC NULLS FIRST, r3.`test_unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/tests.flaky
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`test_execution_id` AS `test_execution_id`, maxOrNull(r0.`detected_at`) AS `detected_at`, maxOrNull((CASE WHEN (CASE WHEN (r0.`status` IS NOT NULL) THEN (r0.`status` IN ({p3:Nullable(String)}, {p4:Nullable(String)}, {p5:Nullable(String)})) END) THEN 1 ELSE 0 END)) AS `not_passed`, maxOrNull(r0.`model_unique_id`) AS `model_unique_id`, maxOrNull(r0.`test_short_name`) AS `test_short_name`, maxOrNull(r0.`owners`) AS `owners` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) AND (r0.`status` <> {p2:Nullable(String)})) GROUP BY r0.`test_unique_id`, r0.`test_execution_id`), c1 AS (SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`test_execution_id` AS `test_execution_id`, r1.`detected_at` AS `detected_at`, r1.`not_passed` AS `not_passed`, r1.`model_unique_id` AS `model_unique_id`, r1.`test_short_name` AS `test_short_name`, r1.`owners` AS `owners`, lagInFrame(toNullable(r1.`not_passed`)) OVER (PARTITION BY r1.`test_unique_id` ORDER BY r1.`detected_at` NULLS LAST, r1.`test_execution_id` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `before` FROM c0 AS r1) SELECT r2.`test_unique_id` AS `test_unique_id`, maxOrNull(r2.`test_short_name`) AS `test_short_name`, maxOrNull(r2.`model_unique_id`) AS `model_unique_id`, maxOrNull(r2.`owners`) AS `owners`, count(*) AS `executions`, count((CASE WHEN (r2.`not_passed` = 1) THEN 1 END)) AS `executions_not_passed`, count((CASE WHEN (r2.`not_passed` <> r2.`before`) THEN 1 END)) AS `changes`, maxOrNull((CASE WHEN (r2.`not_passed` <> r2.`before`) THEN r2.`detected_at` END)) AS `last_changed_at` FROM c1 AS r2 GROUP BY r2.`test_unique_id` HAVING (count((CASE WHEN (r2.`not_passed` <> r2.`before`) THEN 1 END)) >= CAST({p6:Nullable(Int64)} AS Nullable(Int64))) ORDER BY 7 DESC NULLS FIRST, r2.`test_unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/tests.history
SELECT r0.`id` AS `id`, r0.`detected_at` AS `detected_at`, r0.`status` AS `status`, r0.`severity` AS `severity`, r0.`failures` AS `failures`, r0.`failed_row_count` AS `failed_row_count`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`invocation_id` AS `invocation_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`owners` AS `owners`, r0.`test_results_description` AS `test_results_description`, r0.`test_results_query` AS `test_results_query`, r0.`test_params` AS `test_params` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`test_unique_id` = CAST({p1:Nullable(String)} AS Nullable(String))) AND (r0.`detected_at` >= CAST({p2:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC'))))) ORDER BY r0.`detected_at` DESC NULLS FIRST, r0.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/tests.latest_status
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`test_execution_id` AS `test_execution_id`, maxOrNull(r0.`detected_at`) AS `detected_at`, maxOrNull((CASE WHEN (r0.`status` = {p2:Nullable(String)}) THEN 4 WHEN (r0.`status` = {p3:Nullable(String)}) THEN 3 WHEN (r0.`status` = {p4:Nullable(String)}) THEN 2 WHEN (r0.`status` = {p5:Nullable(String)}) THEN 1 ELSE 0 END)) AS `worst`, count(*) AS `results`, count((CASE WHEN (CASE WHEN (r0.`status` IS NOT NULL) THEN (r0.`status` IN ({p6:Nullable(String)}, {p7:Nullable(String)}, {p8:Nullable(String)})) END) THEN 1 END)) AS `results_not_passed`, CAST(sumOrNull(r0.`failures`) AS Nullable(Int64)) AS `failures`, maxOrNull(r0.`model_unique_id`) AS `model_unique_id`, maxOrNull(r0.`table_name`) AS `table_name`, maxOrNull(r0.`test_type`) AS `test_type`, maxOrNull(r0.`test_short_name`) AS `test_short_name`, maxOrNull(r0.`severity`) AS `severity`, maxOrNull(r0.`owners`) AS `owners`, maxOrNull(r0.`tags`) AS `tags` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST({p1:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))) GROUP BY r0.`test_unique_id`, r0.`test_execution_id`), c1 AS (SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`test_execution_id` AS `test_execution_id`, r1.`detected_at` AS `detected_at`, r1.`worst` AS `worst`, r1.`results` AS `results`, r1.`results_not_passed` AS `results_not_passed`, r1.`failures` AS `failures`, r1.`model_unique_id` AS `model_unique_id`, r1.`table_name` AS `table_name`, r1.`test_type` AS `test_type`, r1.`test_short_name` AS `test_short_name`, r1.`severity` AS `severity`, r1.`owners` AS `owners`, r1.`tags` AS `tags`, row_number() OVER (PARTITION BY r1.`test_unique_id` ORDER BY r1.`detected_at` DESC NULLS FIRST, r1.`test_execution_id` DESC NULLS FIRST) AS `recency` FROM c0 AS r1) SELECT r2.`test_unique_id` AS `test_unique_id`, r2.`test_short_name` AS `test_short_name`, r2.`test_type` AS `test_type`, r2.`model_unique_id` AS `model_unique_id`, r2.`table_name` AS `table_name`, (CASE WHEN (r2.`worst` = 4) THEN {p9:Nullable(String)} WHEN (r2.`worst` = 3) THEN {p10:Nullable(String)} WHEN (r2.`worst` = 2) THEN {p11:Nullable(String)} WHEN (r2.`worst` = 1) THEN {p12:Nullable(String)} ELSE {p13:Nullable(String)} END) AS `status`, r2.`severity` AS `severity`, r2.`detected_at` AS `detected_at`, r2.`results` AS `results`, r2.`results_not_passed` AS `results_not_passed`, r2.`failures` AS `failures`, r2.`owners` AS `owners`, r2.`tags` AS `tags`, r2.`test_execution_id` AS `test_execution_id` FROM c1 AS r2 WHERE (r2.`recency` = 1) ORDER BY r2.`worst` DESC NULLS FIRST, r2.`detected_at` DESC NULLS FIRST, r2.`test_unique_id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ catalogue/volume.anomalies
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`training_avg` AS `training_avg`, r0.`training_stddev` AS `training_stddev`, r0.`training_set_size` AS `training_set_size`, r0.`anomaly_score` AS `anomaly_score`, r0.`updated_at` AS `updated_at`, row_number() OVER (PARTITION BY r0.`full_table_name`, r0.`bucket_start`, r0.`bucket_end` ORDER BY r0.`updated_at` DESC NULLS FIRST, r0.`id` NULLS LAST) AS `recency` FROM `elementary`.`metrics_anomaly_score` AS r0 WHERE ((r0.`metric_name` = {p1:Nullable(String)}) AND (r0.`dimension` IS NULL) AND (r0.`bucket_end` >= CAST({p2:Nullable(DateTime64(6, 'UTC'))} AS Nullable(DateTime64(6, 'UTC')))))) SELECT r1.`full_table_name` AS `full_table_name`, r1.`bucket_start` AS `bucket_start`, r1.`bucket_end` AS `bucket_end`, r1.`latest_metric_value` AS `row_count`, greatest(COALESCE((r1.`training_avg` - (CAST({p3:Nullable(Float64)} AS Nullable(Float64)) * r1.`training_stddev`)), 0), 0) AS `expected_low`, (r1.`training_avg` + (CAST({p3:Nullable(Float64)} AS Nullable(Float64)) * r1.`training_stddev`)) AS `expected_high`, r1.`training_avg` AS `training_avg`, r1.`training_stddev` AS `training_stddev`, r1.`training_set_size` AS `training_set_size`, r1.`anomaly_score` AS `anomaly_score`, r1.`updated_at` AS `updated_at` FROM c0 AS r1 WHERE ((r1.`recency` = 1) AND (abs(r1.`anomaly_score`) > CAST({p3:Nullable(Float64)} AS Nullable(Float64)))) ORDER BY r1.`bucket_end` DESC NULLS FIRST, r1.`full_table_name` NULLS LAST, r1.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/columns
SELECT r0.`name` AS `name`, r0.`owner` AS `owner`, r0.`name` AS `Odd " name` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/star
SELECT r0.`elementary_test_results_id` AS `elementary_test_results_id`, r0.`result_row` AS `result_row`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`row_index` AS `row_index`, r0.`test_type` AS `test_type` FROM `elementary`.`test_result_rows` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/no_from
SELECT 1 AS `one`, 'it''s' AS `t`, NULL AS `n`, CAST(TRUE AS Nullable(Bool)) AS `y`, CAST(FALSE AS Nullable(Bool)) AS `f`, 1.50 AS `d`, 2147483648 AS `big` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/backslash
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = '\\'' UNION SELECT ssn FROM public.customers --') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/quote_and_dollar
SELECT 'a''b' AS `a`, '${x}' AS `b`, '`' AS `c`, '"' AS `d`, '{p1:String}' AS `e`, '? $1 :1 @p1' AS `f` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/comparisons
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` = 1) OR ((r0.`failures` <> 2) AND (r0.`failures` < 3)) OR ((r0.`failures` <= 4) AND (r0.`failures` > 5)) OR (r0.`failures` >= 6)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/not
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (NOT (r0.`status` = 'pass')) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/is_null
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`status` IS NULL) OR (r0.`severity` IS NOT NULL)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/is_true
SELECT r0.`model_execution_id` AS `model_execution_id` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((COALESCE(r0.`full_refresh`, FALSE)) OR (NOT COALESCE(r0.`full_refresh`, FALSE)) OR (NOT COALESCE(r0.`full_refresh`, TRUE)) OR (COALESCE(r0.`full_refresh`, TRUE))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/is_distinct
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((CASE WHEN (r0.`status` = 'pass') THEN FALSE WHEN ((r0.`status` IS NULL) AND ('pass' IS NULL)) THEN FALSE ELSE TRUE END) AND (CASE WHEN (r0.`severity` = 'ERROR') THEN TRUE WHEN ((r0.`severity` IS NULL) AND ('ERROR' IS NULL)) THEN TRUE ELSE FALSE END)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/in_list
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`status` IN ('fail', 'warn')) AND (CASE WHEN (r0.`failures` IS NOT NULL) THEN (r0.`failures` NOT IN (1, 2, 3)) END)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/in_query
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`unique_id` IN (SELECT r1.`model_unique_id` AS `model_unique_id` FROM `elementary`.`elementary_test_results` AS r1)) AND ((r0.`unique_id` NOT IN (SELECT r2.`unique_id` AS k0 FROM `elementary`.`dbt_tests` AS r2 WHERE (r2.`unique_id` IS NOT NULL))) AND (((SELECT count(*) AS n FROM (SELECT r2.`unique_id` AS k0 FROM `elementary`.`dbt_tests` AS r2 WHERE (r2.`unique_id` IS NOT NULL)) AS s) = 0) OR ((r0.`unique_id` IS NOT NULL) AND ((SELECT count(*) AS n FROM (SELECT r2.`unique_id` AS k0 FROM `elementary`.`dbt_tests` AS r2 WHERE (r2.`unique_id` IS NOT NULL)) AS s WHERE (s.k0 IS NULL)) = 0))))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/exists
-- refused: a clickhouse source does not have with one meaning: a subquery that refers to the query around it; write a join

-- @ forms/quantified
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` IN (SELECT r1.`failures` AS `failures` FROM `elementary`.`dbt_run_results` AS r1)) AND ((r0.`failures` NOT IN (SELECT r2.`rows_affected` AS k0 FROM `elementary`.`dbt_run_results` AS r2)) AND (((SELECT count(*) AS n FROM (SELECT r2.`rows_affected` AS k0 FROM `elementary`.`dbt_run_results` AS r2) AS s) = 0) OR ((r0.`failures` IS NOT NULL) AND ((SELECT count(*) AS n FROM (SELECT r2.`rows_affected` AS k0 FROM `elementary`.`dbt_run_results` AS r2) AS s WHERE (s.k0 IS NULL)) = 0))))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/quantified_order
-- refused: a clickhouse source does not have with one meaning: this comparison with ANY or ALL of a subquery

-- @ forms/between
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` BETWEEN 1 AND 5) AND (r0.`detected_at` NOT BETWEEN CAST('2026-01-01 00:00:00' AS Nullable(DateTime64(6, 'UTC'))) AND CAST('2026-02-01 00:00:00' AS Nullable(DateTime64(6, 'UTC'))))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/text_beside_time
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST('2026-01-01 00:00:00' AS Nullable(DateTime64(6, 'UTC')))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/like
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` LIKE 'stg%') AND (r0.`name` NOT LIKE '%\\_x') AND (r0.`name` LIKE 'a\\%b!')) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/ilike
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` ILIKE 'STG%') OR (r0.`name` NOT ILIKE '%\\_X')) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/like_column
-- refused: a clickhouse source does not have with one meaning: LIKE with a pattern that is not a literal

-- @ forms/arithmetic
SELECT (r0.`failures` + 1) AS `a`, (r0.`failures` - 1) AS `s`, (r0.`failures` * 2) AS `m`, (- r0.`failures`) AS `n`, (r0.`failures` % 7) AS `r` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/divide_whole
SELECT intDiv(r0.`failures`, 2) AS `q` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/divide_float
SELECT (r0.`execution_time` / CAST(2 AS Nullable(Float64))) AS `q`, (r0.`execution_time` / CAST(r0.`failures` AS Nullable(Float64))) AS `r`, (CAST(sumOrNull(r0.`failures`) AS Nullable(Float64)) / CAST(count(*) AS Nullable(Float64))) AS `mean` FROM `elementary`.`dbt_run_results` AS r0 GROUP BY r0.`execution_time`, r0.`failures` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/divide_decimal
SELECT (CAST(7.0 AS Nullable(Float64)) / CAST(2 AS Nullable(Float64))) AS `q` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/concat_operator
SELECT ((r0.`name` || '.') || r0.`alias`) AS `a`, (r0.`name` || CAST(1 AS Nullable(String))) AS `b` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/concat_float
-- refused: a clickhouse source does not have with one meaning: a value that is neither text nor a whole number, joined to a text

-- @ forms/case_searched
SELECT (CASE WHEN (r0.`status` = 'fail') THEN 1 WHEN (r0.`status` = 'warn') THEN 2 ELSE 0 END) AS `c` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/case_simple
SELECT (CASE WHEN (r0.`status` = 'fail') THEN 'bad' ELSE 'good' END) AS `c` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_numbers
SELECT CAST(r0.`failures` AS Nullable(Int16)) AS `a`, CAST(r0.`failures` AS Nullable(Int32)) AS `b`, CAST('7' AS Nullable(Int64)) AS `c`, CAST(r0.`failures` AS Nullable(Float64)) AS `d`, CAST(r0.`failures` AS Nullable(Decimal(12, 2))) AS `e`, CAST(r0.`failures` AS Nullable(Float64)) AS `f` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_real
SELECT CAST(r0.`execution_time` AS Nullable(Float32)) AS `r` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_fraction
-- refused: a clickhouse source does not have with one meaning: a cast of a fraction to a whole number, which engines round differently; use floor or ceil

-- @ forms/cast_floor
SELECT CAST(floor(r0.`execution_time`) AS Nullable(Int32)) AS `i` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_text
SELECT CAST(r0.`failures` AS Nullable(String)) AS `a`, leftUTF8(CAST(r0.`status` AS Nullable(String)), 3) AS `b` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_boolean_text
-- refused: a clickhouse source does not have with one meaning: a cast to text of a value that engines write differently

-- @ forms/cast_time_text
-- refused: a clickhouse source does not have with one meaning: a cast to text of a value that engines write differently

-- @ forms/cast_boolean
SELECT CAST(CAST(1 AS Nullable(Bool)) AS Nullable(Bool)) AS `b` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_times
SELECT toDate32(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS `d`, CAST('2026-01-02' AS Nullable(Date32)) AS `e`, CAST('2026-01-02 03:04:05' AS Nullable(DateTime64(6, 'UTC'))) AS `f` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_timestamptz
SELECT CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC'))) AS `d` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cast_time
-- refused: a clickhouse source does not have with one meaning: the type time

-- @ forms/cast_interval
-- refused: a clickhouse source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ forms/cast_json
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ forms/cast_uuid
-- refused: a clickhouse source does not have with one meaning: the type uuid

-- @ forms/typed_literals
SELECT CAST('2026-01-02' AS Nullable(Date32)) AS `d`, CAST('2026-01-02 03:04:05' AS Nullable(DateTime64(6, 'UTC'))) AS `t` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/typed_time
-- refused: a clickhouse source does not have with one meaning: the type time

-- @ forms/typed_timestamptz
-- refused: a clickhouse source does not have with one meaning: a date or time in another form than '2026-01-02' or '2026-01-02 03:04:05.678', in UTC

-- @ forms/interval_plus
SELECT (CAST((CAST((CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC'))) + INTERVAL 1 MONTH) AS Nullable(DateTime64(6, 'UTC'))) + INTERVAL 2 DAY) AS Nullable(DateTime64(6, 'UTC'))) + INTERVAL 10800 SECOND) AS `a`, (CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 5400 SECOND) AS `b` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/interval_days
SELECT (CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 7 DAY) AS `a`, (CAST(r0.`created_at` AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 10800 SECOND) AS `b` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/interval_now
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` > (CAST(now64(6, 'UTC') AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 7 DAY)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/interval_alone
-- refused: a clickhouse source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ forms/interval_of_times
-- refused: a clickhouse source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ forms/extract_parts
SELECT CAST(toYear(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `a`, CAST(toQuarter(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `b`, CAST(toMonth(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `c`, CAST(toDayOfMonth(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `e`, CAST(toHour(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `f`, CAST(toMinute(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `g`, CAST((toDayOfWeek(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) % 7) AS Nullable(Float64)) AS `h`, CAST(toDayOfYear(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `j` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/extract_weeks
SELECT CAST(toISOWeek(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `d` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/extract_iso
SELECT CAST(toDayOfWeek(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `i`, CAST(toISOYear(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `k` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/extract_second
-- refused: a clickhouse source does not have with one meaning: this field of EXTRACT

-- @ forms/extract_epoch
-- refused: a clickhouse source does not have with one meaning: this field of EXTRACT

-- @ forms/date_part
SELECT CAST(CAST(toHour(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS Nullable(Float64)) AS `h` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/date_trunc
SELECT CAST(date_trunc('year', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `a`, CAST(date_trunc('quarter', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `b`, CAST(date_trunc('month', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `c`, CAST(date_trunc('day', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `d`, CAST(date_trunc('hour', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `e`, CAST(date_trunc('minute', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `f`, CAST(date_trunc('second', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `g` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/date_trunc_week
SELECT CAST(date_trunc('week', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `a` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/at_time_zone
-- refused: a clickhouse source does not have with one meaning: AT TIME ZONE

-- @ forms/json_arrow
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ forms/json_functions
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ forms/json_typeof
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ forms/numbers
SELECT abs(r0.`failures`) AS `a`, ceil(r0.`execution_time`) AS `b`, ceil(r0.`execution_time`) AS `c`, floor(r0.`execution_time`) AS `d`, sign(r0.`execution_time`) AS `e`, modulo(r0.`failures`, 7) AS `f`, sqrt(r0.`execution_time`) AS `g`, log(r0.`execution_time`) AS `h`, log10(r0.`execution_time`) AS `i` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/round_float
-- refused: a clickhouse source does not have with one meaning: round of a float, whose halves engines round differently

-- @ forms/round_mean
-- refused: a clickhouse source does not have with one meaning: round of a float, whose halves engines round differently

-- @ forms/round_decimal
-- refused: a clickhouse source does not have with one meaning: round of a float, whose halves engines round differently

-- @ forms/trunc
SELECT trunc(2.7) AS `a` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/trunc_digits
-- refused: a clickhouse source does not have with one meaning: trunc to digits of what is not an exact decimal

-- @ forms/log_base
-- refused: a clickhouse source has no function `log`

-- @ forms/texts
SELECT lowerUTF8(r0.`name`) AS `a`, upperUTF8(r0.`name`) AS `b`, CAST(lengthUTF8(r0.`name`) AS Nullable(Int32)) AS `c`, CAST(lengthUTF8(r0.`name`) AS Nullable(Int32)) AS `d`, leftUTF8(r0.`name`, 2) AS `e`, substringUTF8(r0.`name`, 2, 3) AS `f`, substringUTF8(r0.`name`, 2) AS `g`, CAST(positionUTF8(r0.`name`, 'a') AS Nullable(Int32)) AS `h`, replaceAll(r0.`name`, 'a', 'b') AS `i`, reverseUTF8(r0.`name`) AS `j`, lower(hex(MD5(r0.`name`))) AS `k` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/right
SELECT rightUTF8(r0.`name`, 2) AS `a` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/left_negative
-- refused: a clickhouse source does not have with one meaning: left, right, substr and split_part of what is not a literal, or below one

-- @ forms/trims
SELECT trim(BOTH ' ' FROM r0.`name`) AS `a`, trim(LEADING ' ' FROM r0.`name`) AS `b`, trim(TRAILING ' ' FROM r0.`name`) AS `c` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/trims_of
-- refused: a clickhouse source has no function `btrim`

-- @ forms/split_part
-- refused: a clickhouse source has no function `split_part`

-- @ forms/starts_with
SELECT CAST(startsWith(r0.`name`, 'stg') AS Nullable(Bool)) AS `a` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/initcap
-- refused: a clickhouse source has no function `initcap`

-- @ forms/concat
SELECT (COALESCE(r0.`name`, '') || '-' || COALESCE(r0.`alias`, '') || COALESCE(CAST(1 AS Nullable(String)), '')) AS `a` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/concat_ws
-- refused: a clickhouse source has no function `concat_ws`

-- @ forms/age
-- refused: a clickhouse source has no function `age`

-- @ forms/to_char
-- refused: a clickhouse source has no function `to_char`

-- @ forms/to_date
-- refused: a clickhouse source has no function `to_date`

-- @ forms/to_timestamp
-- refused: a clickhouse source has no function `to_timestamp`

-- @ forms/make_date
-- refused: a clickhouse source has no function `make_date`

-- @ forms/coalesce
SELECT COALESCE(r0.`description`, 'none') AS `a`, NULLIF(r0.`name`, '') AS `b`, COALESCE(r1.`detected_at`, CAST('2026-01-01 00:00:00' AS Nullable(DateTime64(6, 'UTC')))) AS `c` FROM `elementary`.`dbt_models` AS r0 CROSS JOIN `elementary`.`elementary_test_results` AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/greatest
SELECT greatest(COALESCE(r0.`failures`, 1, 2), 1, 2) AS `a`, least(COALESCE(r0.`failures`, 1), 1) AS `b` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/clock
SELECT now64(6, 'UTC') AS `a`, now64(6, 'UTC') AS `b`, now64(6, 'UTC') AS `c`, CAST(now64(6, 'UTC') AS Nullable(Date32)) AS `d` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/aggregates
SELECT count(*) AS `a`, count(r0.`failures`) AS `b`, count(DISTINCT r0.`status`) AS `c`, sumOrNull(r0.`failures`) AS `d`, avgOrNull(CAST(r0.`failures` AS Nullable(Float64))) AS `e`, minOrNull(r0.`detected_at`) AS `f`, maxOrNull(r0.`detected_at`) AS `g` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/deviations
SELECT stddevPopOrNull(r0.`execution_time`) AS `a`, varPopOrNull(r0.`execution_time`) AS `b` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/deviations_of_samples
-- refused: a clickhouse source has no function `stddev`

-- @ forms/booleans
SELECT CAST(minOrNull(r0.`full_refresh`) AS Nullable(Bool)) AS `a`, CAST(maxOrNull(r0.`full_refresh`) AS Nullable(Bool)) AS `b`, CAST(minOrNull(r0.`full_refresh`) AS Nullable(Bool)) AS `c` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/corr
-- refused: a clickhouse source has no function `corr`

-- @ forms/string_agg
-- refused: a clickhouse source has no function `string_agg`

-- @ forms/string_agg_sorted
-- refused: a clickhouse source has no function `string_agg`

-- @ forms/array_agg
-- refused: a clickhouse source has no function `array_agg`

-- @ forms/filter
SELECT count((CASE WHEN (r0.`status` = 'fail') THEN 1 END)) AS `a`, sumOrNull((CASE WHEN (r0.`status` <> 'pass') THEN r0.`failures` END)) AS `b`, maxOrNull((CASE WHEN (r0.`failures` > 0) THEN r0.`detected_at` END)) AS `c` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/percentile_cont
SELECT quantileExactInclusiveOrNull(0.5)(r0.`execution_time`) AS `a` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/percentile_cont_filtered
SELECT quantileExactInclusiveOrNull(0.9)((CASE WHEN (r0.`status` = 'success') THEN r0.`execution_time` END)) AS `a` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/percentile_disc
-- refused: a clickhouse source has no function `percentile_disc`

-- @ forms/mode
-- refused: a clickhouse source has no function `mode`

-- @ forms/group_by
SELECT r0.`status` AS `status`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` HAVING (count(*) > 1) ORDER BY 2 DESC NULLS FIRST, r0.`status` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/group_by_expression
SELECT (COALESCE(r0.`status`, 'none') || '!') AS `s`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY COALESCE(r0.`status`, 'none') ORDER BY COALESCE(r0.`status`, 'none') NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/group_by_constant
SELECT 'x' AS `a`, 7 AS `b`, count(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY CAST('x' AS Nullable(String)), CAST(7 AS Nullable(Int64)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/order
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST, r0.`alias` DESC NULLS FIRST, r0.`owner` NULLS FIRST, r0.`tags` DESC NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/order_by_output
SELECT r0.`name` AS `name`, CAST(lengthUTF8(r0.`name`) AS Nullable(Int32)) AS `l` FROM `elementary`.`dbt_models` AS r0 ORDER BY 2 DESC NULLS FIRST LIMIT 5 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/limit
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 10 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/limit_offset
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 10 OFFSET 20 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/offset
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST OFFSET 20 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/fetch
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 3 OFFSET 5 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/distinct
SELECT DISTINCT COALESCE(r0.`owner`, 'x') AS `a` FROM `elementary`.`dbt_models` AS r0 ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/distinct_on
SELECT d.v0 AS `test_unique_id`, d.v1 AS `status`, d.v2 AS `detected_at` FROM (SELECT r0.`test_unique_id` AS v0, r0.`status` AS v1, r0.`detected_at` AS v2, r0.`test_unique_id` AS s0, r0.`detected_at` AS s1, ROW_NUMBER() OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`test_unique_id` NULLS LAST, r0.`detected_at` DESC NULLS FIRST) AS n FROM `elementary`.`elementary_test_results` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/distinct_on_bare
SELECT d.v0 AS `owner`, d.v1 AS `name` FROM (SELECT r0.`owner` AS v0, r0.`name` AS v1, ROW_NUMBER() OVER (PARTITION BY r0.`owner` ORDER BY r0.`owner`) AS n FROM `elementary`.`dbt_models` AS r0) AS d WHERE (d.n = 1) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/joins
SELECT r0.`status` AS `status`, r1.`short_name` AS `short_name` FROM `elementary`.`elementary_test_results` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`unique_id` = r0.`test_unique_id`) LEFT JOIN `elementary`.`dbt_models` AS r2 ON (r2.`unique_id` = r0.`model_unique_id`) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/join_right
SELECT r0.`status` AS `status`, r1.`short_name` AS `short_name` FROM `elementary`.`elementary_test_results` AS r0 RIGHT JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`unique_id` = r0.`test_unique_id`) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/join_full
SELECT r1.`status` AS `status`, COALESCE(r0.`unique_id`, r1.`unique_id`) AS `unique_id` FROM `elementary`.`dbt_tests` AS r0 FULL JOIN `elementary`.`dbt_run_results` AS r1 ON (r0.`unique_id` = r1.`unique_id`) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/join_cross
SELECT r0.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r0 CROSS JOIN `elementary`.`dbt_tests` AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/join_nested
-- refused: a clickhouse source does not have with one meaning: a join on the right side of a join; write it as a subquery

-- @ forms/derived
SELECT r1.`n` AS `n` FROM (SELECT count(*) AS `n` FROM `elementary`.`dbt_models` AS r0) AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/derived_doubled_names
SELECT r1.k1 AS `b` FROM (SELECT r0.`name` AS k0, r0.`owner` AS k1 FROM `elementary`.`dbt_models` AS r0) AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cte
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, maxOrNull(r0.`detected_at`) AS `at` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`test_unique_id`) SELECT r1.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r1 INNER JOIN c0 AS r2 ON ((r2.`test_unique_id` = r1.`test_unique_id`) AND (r2.`at` = r1.`detected_at`)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cte_materialized
WITH c0 AS (SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0), c1 AS (SELECT r1.`name` AS `name` FROM c0 AS r1) SELECT r2.`name` AS `name` FROM c1 AS r2 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/cte_doubled_names
WITH c0 AS (SELECT r0.`name` AS k0, r0.`name` AS k1 FROM `elementary`.`dbt_models` AS r0) SELECT r1.k1 AS `y` FROM c0 AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/union
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/union_all_sorted
SELECT * FROM ((SELECT r0.`name` AS `n` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1)) AS s ORDER BY 1 NULLS LAST LIMIT 3 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/intersect
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) INTERSECT DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/except
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) EXCEPT DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/intersect_all
-- refused: a clickhouse source does not have with one meaning: INTERSECT ALL and EXCEPT ALL

-- @ forms/except_all
-- refused: a clickhouse source does not have with one meaning: INTERSECT ALL and EXCEPT ALL

-- @ forms/scalar_subquery
SELECT r0.`name` AS `name`, (SELECT count(*) AS `count` FROM `elementary`.`dbt_tests` AS r1) AS `n` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/window_ranks
SELECT row_number() OVER (PARTITION BY r0.`owner` ORDER BY r0.`name` NULLS LAST) AS `a`, rank() OVER (ORDER BY r0.`name` NULLS LAST) AS `b`, dense_rank() OVER (ORDER BY r0.`name` DESC NULLS FIRST) AS `c` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/window_shares
-- refused: a clickhouse source has no function `percent_rank`

-- @ forms/window_neighbours
SELECT lagInFrame(toNullable(r0.`status`)) OVER (ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `a`, leadInFrame(toNullable(r0.`status`), 2) OVER (ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `b` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/window_neighbours_default
-- refused: a clickhouse source has no function `lag`

-- @ forms/window_values
-- refused: a clickhouse source has no function `first_value`

-- @ forms/window_sum
SELECT sumOrNull(r0.`failures`) OVER (PARTITION BY r0.`test_unique_id`) AS `a` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/window_running_sum
SELECT sumOrNull(r0.`failures`) OVER (ORDER BY r0.`detected_at` NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `a` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/window_rows
SELECT avgOrNull(CAST(r0.`failures` AS Nullable(Float64))) OVER (ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS `a`, count((CASE WHEN (r0.`status` = 'fail') THEN 1 END)) OVER (ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS `b` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ forms/window_range
-- refused: a clickhouse source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ forms/window_groups
-- refused: a clickhouse source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ forms/window_named
SELECT sumOrNull(r0.`failures`) OVER (PARTITION BY r0.`status` ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `a` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0089
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`materialization` AS `materialization` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0090
SELECT r0.`invocation_id` AS `invocation_id`, r0.`job_id` AS `job_id`, r0.`job_name` AS `job_name`, r0.`job_run_id` AS `job_run_id`, r0.`run_started_at` AS `run_started_at`, r0.`run_completed_at` AS `run_completed_at`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`command` AS `command`, r0.`dbt_version` AS `dbt_version`, r0.`elementary_version` AS `elementary_version`, r0.`full_refresh` AS `full_refresh`, r0.`invocation_vars` AS `invocation_vars`, r0.`vars` AS `vars`, r0.`target_name` AS `target_name`, r0.`target_database` AS `target_database`, r0.`target_schema` AS `target_schema`, r0.`target_profile_name` AS `target_profile_name`, r0.`threads` AS `threads`, r0.`selected` AS `selected`, r0.`yaml_selector` AS `yaml_selector`, r0.`project_id` AS `project_id`, r0.`project_name` AS `project_name`, r0.`env` AS `env`, r0.`env_id` AS `env_id`, r0.`cause_category` AS `cause_category`, r0.`cause` AS `cause`, r0.`pull_request_id` AS `pull_request_id`, r0.`git_sha` AS `git_sha`, r0.`orchestrator` AS `orchestrator`, r0.`dbt_user` AS `dbt_user`, r0.`job_url` AS `job_url`, r0.`job_run_url` AS `job_run_url`, r0.`account_id` AS `account_id` FROM `elementary`.`dbt_invocations` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0091
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`materialization` = 'view') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0092
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0093
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0094
SELECT r0.`id` AS `id`, r0.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r0 WHERE (((r0.`status` = 'fail') OR (r0.`status` = 'error')) AND (NOT (r0.`severity` = 'WARN'))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0095
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`status` IN ('fail', 'warn')) AND (r0.`failures` BETWEEN 1 AND 5) AND (r0.`test_name` LIKE 't%') AND (r0.`column_name` IS NOT NULL)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0096
SELECT r0.`name` AS `name`, r0.`generated_at` AS `generated_at` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`generated_at` DESC NULLS LAST, r0.`name` NULLS LAST LIMIT 5 OFFSET 2 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0097
SELECT r0.`status` AS `status`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` ORDER BY 2 DESC NULLS FIRST, r0.`status` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0098
-- refused: a clickhouse source does not have with one meaning: round of a float, whose halves engines round differently

-- @ cases/pub-0099
SELECT r0.`model_unique_id` AS `model_unique_id`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` <> 'pass') GROUP BY r0.`model_unique_id` HAVING (count(*) >= 3) ORDER BY r0.`model_unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0100
SELECT r0.`test_type` AS `test_type`, sumOrNull((CASE WHEN (CASE WHEN (r0.`status` IS NOT NULL) THEN (r0.`status` IN ('fail', 'error')) END) THEN 1 ELSE 0 END)) AS `bad`, count(*) AS `total` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`test_type` ORDER BY r0.`test_type` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0101
-- refused: a clickhouse source does not have with one meaning: a cast of this value to a decimal, which engines round differently

-- @ cases/pub-0102
SELECT CAST(date_trunc('day', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `day`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` > (CAST(now64(6, 'UTC') AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 3650 DAY)) GROUP BY CAST(date_trunc('day', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0103
SELECT CAST(toHour(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `h`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY CAST(toHour(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0104
-- refused: a clickhouse source has no function `split_part`

-- @ cases/pub-0105
SELECT r1.`short_name` AS `short_name`, r0.`status` AS `status`, r2.`owner` AS `owner` FROM `elementary`.`elementary_test_results` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`unique_id` = r0.`test_unique_id`) LEFT JOIN `elementary`.`dbt_models` AS r2 ON (r2.`unique_id` = r0.`model_unique_id`) ORDER BY r0.`id` NULLS LAST LIMIT 20 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0106
SELECT count(*) AS `n` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r0.`invocation_id` = r1.`invocation_id`) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0107
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`status` AS `status`, r0.`detected_at` AS `detected_at`, row_number() OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`detected_at` DESC NULLS FIRST) AS `rn` FROM `elementary`.`elementary_test_results` AS r0) SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`status` AS `status` FROM c0 AS r1 WHERE (r1.`rn` = 1) ORDER BY r1.`test_unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0108
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`test_results_description` AS `test_results_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`test_results_query` AS `test_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`failures` AS `failures`, r0.`test_short_name` AS `test_short_name`, r0.`test_alias` AS `test_alias`, r0.`result_rows` AS `result_rows`, r0.`failed_row_count` AS `failed_row_count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` = 'fail')) SELECT count(*) AS `n` FROM c0 AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0109
SELECT r0.`bucket_start` AS `bucket_start`, r0.`metric_value` AS `metric_value`, lagInFrame(toNullable(r0.`metric_value`)) OVER (ORDER BY r0.`bucket_start` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `previous`, sumOrNull(r0.`metric_value`) OVER (ORDER BY r0.`bucket_start` NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS `week` FROM `elementary`.`data_monitoring_metrics` AS r0 WHERE (r0.`metric_name` = 'row_count') ORDER BY r0.`bucket_start` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0110
SELECT * FROM ((SELECT r0.`unique_id` AS `unique_id`, 'model' AS `kind` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT r1.`unique_id` AS `unique_id`, 'test' AS `?column?` FROM `elementary`.`dbt_tests` AS r1)) AS s ORDER BY 1 NULLS LAST LIMIT 15 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0111
-- refused: a clickhouse source does not have with one meaning: a subquery that refers to the query around it; write a join

-- @ cases/pub-0112
-- refused: a clickhouse source does not have with one meaning: a subquery that refers to the query around it; write a join

-- @ cases/pub-0113
SELECT r1.`owner` AS `owner`, r1.`n` AS `n` FROM (SELECT r0.`owner` AS `owner`, count(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`) AS r1 WHERE (r1.`n` > 2) ORDER BY r1.`owner` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0114
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/pub-0115
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` = 'fail') ORDER BY r0.`id` NULLS LAST LIMIT 3 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0116
SELECT count(*) AS `n` FROM `elementary`.`dbt_tests` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0117
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`description` = 'x''; DROP TABLE elementary.dbt_models; --') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0118
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = '\\'' UNION SELECT ssn FROM public.customers --') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0119
SELECT CAST(lengthUTF8('a''''b') AS Nullable(Int32)) AS `n` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0120
SELECT d.v0 AS `job_name`, d.v1 AS `invocation_id`, d.v2 AS `run_started_at` FROM (SELECT r0.`job_name` AS v0, r0.`invocation_id` AS v1, r0.`run_started_at` AS v2, r0.`job_name` AS s0, r0.`run_started_at` AS s1, r0.`invocation_id` AS s2, ROW_NUMBER() OVER (PARTITION BY r0.`job_name` ORDER BY r0.`job_name` NULLS LAST, r0.`run_started_at` DESC NULLS FIRST, r0.`invocation_id` NULLS LAST) AS n FROM `elementary`.`dbt_invocations` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST, d.s2 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0121
SELECT r0.`materialization` AS `materialization`, quantileExactInclusiveOrNull(0.5)(r0.`execution_time`) AS `median` FROM `elementary`.`dbt_run_results` AS r0 GROUP BY r0.`materialization` ORDER BY r0.`materialization` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0122
SELECT 1 AS `ok` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0123
WITH c0 AS (SELECT r0.`parent_model_unique_id` AS `parent_model_unique_id`, r0.`test_column_name` AS `test_column_name` FROM `elementary`.`dbt_tests` AS r0) SELECT r1.`parent_model_unique_id` AS `model_unique_id`, sumOrNull((CASE WHEN (r1.`test_column_name` IS NOT NULL) THEN 1 ELSE 0 END)) AS `column_tests`, sumOrNull((CASE WHEN (r1.`test_column_name` IS NULL) THEN 1 ELSE 0 END)) AS `table_tests` FROM c0 AS r1 GROUP BY r1.`parent_model_unique_id` ORDER BY r1.`parent_model_unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/pub-0124
WITH c0 AS (SELECT r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`status` AS `status`, row_number() OVER (PARTITION BY r0.`unique_id` ORDER BY r0.`generated_at` DESC NULLS FIRST, r0.`model_execution_id` NULLS LAST) AS `row_number` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_models` AS r1 ON (r0.`unique_id` = r1.`unique_id`)), c1 AS (SELECT r2.`unique_id` AS `unique_id`, r2.`invocation_id` AS `invocation_id`, r2.`status` AS `status` FROM c0 AS r2 WHERE (r2.`row_number` = 1)) SELECT r3.`unique_id` AS `unique_id`, r3.`invocation_id` AS `invocation_id`, r3.`status` AS `status` FROM c1 AS r3 ORDER BY r3.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0001
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0002
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0003
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access`, r1.`name` AS `test` FROM `elementary`.`dbt_models` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`parent_model_unique_id` = r0.`unique_id`) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0004
SELECT DISTINCT r0.`materialization` AS `materialization` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0005
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0006
SELECT count(*) AS `count` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0007
SELECT count(*) AS `total` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0008
SELECT count(1) AS `count` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`owner` IS NOT NULL) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0009
SELECT count(DISTINCT r0.`owner`) AS `owners` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0010
SELECT minOrNull(r0.`generated_at`) AS `min`, maxOrNull(r0.`generated_at`) AS `max` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0011
SELECT sumOrNull(r0.`failures`) AS `f`, avgOrNull(CAST(r0.`failures` AS Nullable(Float64))) AS `a` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0012
SELECT r0.`status` AS `status`, count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0013
SELECT r0.`status` AS `status`, r0.`severity` AS `severity`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status`, r0.`severity` ORDER BY 3 DESC NULLS FIRST, r0.`status` NULLS LAST, r0.`severity` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0014
SELECT r0.`status` AS `status`, r0.`severity` AS `severity`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status`, r0.`severity` HAVING (count(*) > 5) ORDER BY 3 DESC NULLS FIRST, r0.`status` NULLS LAST, r0.`severity` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0015
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = 'm1') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0016
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` <> 'm1') AND (r0.`name` <> 'm2')) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0017
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (NOT ((r0.`name` = 'm1') OR (r0.`name` = 'm2'))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0018
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` IN ('m1', 'm2', 'm3')) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0019
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (CASE WHEN (r0.`name` IS NOT NULL) THEN (r0.`name` NOT IN ('m1', 'm2')) END) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0020
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` LIKE 'm1%') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0021
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` NOT LIKE '%1%') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0022
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` ILIKE 'M1%') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0023
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` LIKE 'm\\_%') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0024
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` BETWEEN 1 AND 3) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0025
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` NOT BETWEEN 1 AND 3) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0026
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` >= 1) AND (r0.`failures` < 4)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0027
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`group_name` IS NULL) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0028
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`group_name` IS NOT NULL) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0029
SELECT r0.`name` AS `name`, CAST((COALESCE(r0.`full_refresh`, FALSE)) AS Nullable(Bool)) AS `a`, CAST((NOT COALESCE(r0.`full_refresh`, FALSE)) AS Nullable(Bool)) AS `b`, CAST((NOT COALESCE(r0.`full_refresh`, TRUE)) AS Nullable(Bool)) AS `c`, CAST((COALESCE(r0.`full_refresh`, TRUE)) AS Nullable(Bool)) AS `d` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 10 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0030
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (CASE WHEN (r0.`group_name` = 'x') THEN FALSE WHEN ((r0.`group_name` IS NULL) AND ('x' IS NULL)) THEN FALSE ELSE TRUE END) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0031
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (CASE WHEN (r0.`owner` = 'team1') THEN TRUE WHEN ((r0.`owner` IS NULL) AND ('team1' IS NULL)) THEN TRUE ELSE FALSE END) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0032
SELECT (r0.`failures` + 1) AS `?column?`, (r0.`failures` - 1) AS `?column?`, (r0.`failures` * 2) AS `?column?`, (r0.`failures` % 2) AS `?column?`, (- r0.`failures`) AS `?column?` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 7 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0033
SELECT (r0.`execution_time` / CAST(2.0 AS Nullable(Float64))) AS `half` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 5 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0034
SELECT (((r0.`failures` + 1) * 2) - 3) AS `x` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0035
SELECT (CASE WHEN (r0.`status` = 'pass') THEN 'ok' WHEN (r0.`status` = 'warn') THEN 'hm' ELSE 'bad' END) AS `s`, count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY (CASE WHEN (r0.`status` = 'pass') THEN 'ok' WHEN (r0.`status` = 'warn') THEN 'hm' ELSE 'bad' END) ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0036
SELECT (CASE WHEN (r0.`status` = 'pass') THEN 1 ELSE 0 END) AS `p` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0037
SELECT (CASE WHEN (r0.`failures` > 1) THEN 'x' END) AS `p` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0038
SELECT CAST(r0.`failures` AS Nullable(String)) AS `f`, CAST(r0.`failures` AS Nullable(String)) AS `g`, CAST(r0.`failures` AS Nullable(Float64)) AS `d` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 5 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0039
-- refused: a clickhouse source does not have with one meaning: a cast of this value to a decimal, which engines round differently

-- @ cases/own-0040
SELECT COALESCE(r0.`group_name`, r0.`owner`, 'none') AS `g` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0041
SELECT NULLIF(r0.`owner`, 'team1') AS `o` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0042
SELECT greatest(1, 2, 3) AS `g`, least(3, 2) AS `l` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0043
SELECT lowerUTF8(r0.`name`) AS `lower`, upperUTF8(r0.`name`) AS `upper`, CAST(lengthUTF8(r0.`name`) AS Nullable(Int32)) AS `length` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0044
SELECT leftUTF8(r0.`name`, 1) AS `l`, rightUTF8(r0.`name`, 1) AS `r` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0045
SELECT substringUTF8(r0.`name`, 2) AS `a`, substringUTF8(r0.`name`, 1, 2) AS `b`, substringUTF8(r0.`name`, 2, 1) AS `c`, substringUTF8(r0.`name`, 2) AS `d`, substringUTF8(r0.`name`, 1, 2) AS `e` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0046
-- refused: a clickhouse source has no function `btrim`

-- @ cases/own-0047
SELECT replaceAll(r0.`name`, 'm', 'model ') AS `r` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0048
-- refused: a clickhouse source has no function `split_part`

-- @ cases/own-0049
SELECT CAST(positionUTF8(r0.`unique_id`, 'shop') AS Nullable(Int32)) AS `p`, CAST(positionUTF8(r0.`unique_id`, '.') AS Nullable(Int32)) AS `q` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0050
SELECT CAST(startsWith(r0.`name`, 'm1') AS Nullable(Bool)) AS `s` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0051
-- refused: a clickhouse source has no function `concat_ws`

-- @ cases/own-0052
SELECT reverseUTF8(r0.`name`) AS `r`, lower(hex(MD5(r0.`name`))) AS `m` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0053
-- refused: a clickhouse source does not have with one meaning: round of a float, whose halves engines round differently

-- @ cases/own-0054
-- refused: a clickhouse source does not have with one meaning: a cast of this value to a decimal, which engines round differently

-- @ cases/own-0055
SELECT CAST(date_trunc('day', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `d`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY CAST(date_trunc('day', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0056
SELECT CAST(date_trunc('month', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `m` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY CAST(date_trunc('month', CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0057
SELECT CAST(toYear(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `y`, CAST(toMonth(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS `m`, CAST((toDayOfWeek(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) % 7) AS Nullable(Float64)) AS `w` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 9 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0058
SELECT CAST(CAST(toHour(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(Float64)) AS Nullable(Float64)) AS `h` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 9 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0059
-- refused: a clickhouse source does not have with one meaning: this field of EXTRACT

-- @ cases/own-0060
SELECT (CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC'))) + INTERVAL 1 DAY) AS `a`, (CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 7200 SECOND) AS `b`, (CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 3 DAY) AS `c` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 4 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0061
SELECT count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`detected_at` >= CAST('2024-05-05 00:00:00' AS Nullable(DateTime64(6, 'UTC')))) AND (r0.`detected_at` < CAST('2024-05-06 00:00:00' AS Nullable(DateTime64(6, 'UTC'))))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0062
SELECT count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST(CAST('2024-05-05' AS Nullable(Date32)) AS Nullable(DateTime64(6, 'UTC')))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0063
SELECT count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST('2024-05-05 00:00:00' AS Nullable(DateTime64(6, 'UTC')))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0064
SELECT count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (toDate32(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) = CAST('2024-05-05' AS Nullable(Date32))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0065
SELECT toDate32(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) AS `d`, count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY toDate32(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0066
SELECT CAST(r0.`generated_at` AS Nullable(DateTime64(6, 'UTC'))) AS `g` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 5 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0067
-- refused: a clickhouse source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0068
SELECT count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` < now64(6, 'UTC')) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0069
SELECT count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` < (CAST(now64(6, 'UTC') AS Nullable(DateTime64(6, 'UTC'))) - INTERVAL 30 DAY)) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0070
SELECT count(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (toDate32(CAST(r0.`detected_at` AS Nullable(DateTime64(6, 'UTC')))) < CAST(now64(6, 'UTC') AS Nullable(Date32))) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0071
SELECT count((CASE WHEN (r0.`status` = 'fail') THEN 1 END)) AS `f`, sumOrNull((CASE WHEN (r0.`status` = 'fail') THEN r0.`failures` END)) AS `s` FROM `elementary`.`elementary_test_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0072
-- refused: a clickhouse source has no function `string_agg`

-- @ cases/own-0073
-- refused: a clickhouse source has no function `string_agg`

-- @ cases/own-0074
SELECT CAST(minOrNull(r0.`full_refresh`) AS Nullable(Bool)) AS `a`, CAST(maxOrNull(r0.`full_refresh`) AS Nullable(Bool)) AS `o` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0075
-- refused: a clickhouse source has no function `stddev`

-- @ cases/own-0076
SELECT quantileExactInclusiveOrNull(0.95)(r0.`execution_time`) AS `p95` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0077
-- refused: a clickhouse source has no function `percentile_disc`

-- @ cases/own-0078
-- refused: a clickhouse source has no function `mode`

-- @ cases/own-0079
-- refused: a clickhouse source has no function `corr`

-- @ cases/own-0080
SELECT r0.`id` AS `id`, row_number() OVER (ORDER BY r0.`detected_at` NULLS LAST, r0.`id` NULLS LAST) AS `n` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY 2 NULLS LAST LIMIT 9 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0081
SELECT r0.`id` AS `id`, rank() OVER (PARTITION BY r0.`status` ORDER BY r0.`failures` DESC NULLS FIRST) AS `r`, dense_rank() OVER (PARTITION BY r0.`status` ORDER BY r0.`failures` NULLS LAST) AS `d` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0082
-- refused: a clickhouse source has no function `lead`

-- @ cases/own-0083
-- refused: a clickhouse source has no function `first_value`

-- @ cases/own-0084
SELECT r0.`id` AS `id`, sumOrNull(r0.`failures`) OVER (ORDER BY r0.`id` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `s` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0085
SELECT r0.`id` AS `id`, avgOrNull(CAST(r0.`failures` AS Nullable(Float64))) OVER (ORDER BY r0.`id` NULLS LAST ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS `s` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0086
SELECT r0.`id` AS `id`, count(*) OVER () AS `total` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 3 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0087
-- refused: a clickhouse source has no function `ntile`

-- @ cases/own-0088
SELECT r0.`id` AS `id`, sumOrNull(r0.`failures`) OVER (ORDER BY r0.`detected_at` NULLS LAST, r0.`id` NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `s` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0089
-- refused: a clickhouse source has no function `nth_value`

-- @ cases/own-0090
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` DESC NULLS FIRST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0091
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`group_name` NULLS FIRST, r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0092
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY CAST(lengthUTF8(r0.`name`) AS Nullable(Int32)) NULLS LAST, r0.`name` NULLS LAST LIMIT 3 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0093
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 3 OFFSET 2 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0094
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 3 OFFSET 2 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0095
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0096
SELECT r0.`name` AS `n` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0097
SELECT r0.`name` AS `name`, r1.`name` AS `other` FROM `elementary`.`dbt_models` AS r0 INNER JOIN `elementary`.`dbt_models` AS r1 ON ((r0.`owner` = r1.`owner`) AND (r0.`unique_id` < r1.`unique_id`)) ORDER BY r0.`name` NULLS LAST, r1.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0098
SELECT r0.`name` AS `name`, count(r1.`unique_id`) AS `n` FROM `elementary`.`dbt_models` AS r0 LEFT JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`parent_model_unique_id` = r0.`unique_id`) GROUP BY r0.`name` ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0099
SELECT r1.`name` AS `name`, r0.`name` AS `t` FROM `elementary`.`dbt_tests` AS r0 RIGHT JOIN `elementary`.`dbt_models` AS r1 ON (r0.`parent_model_unique_id` = r1.`unique_id`) ORDER BY r1.`name` NULLS LAST, r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0100
SELECT r1.`name` AS `name`, r0.`name` AS `t` FROM `elementary`.`dbt_tests` AS r0 FULL JOIN `elementary`.`dbt_models` AS r1 ON (r0.`parent_model_unique_id` = r1.`unique_id`) ORDER BY r1.`name` NULLS LAST, r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0101
SELECT count(*) AS `count` FROM `elementary`.`dbt_models` AS r0 CROSS JOIN `elementary`.`dbt_invocations` AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0102
SELECT count(*) AS `count` FROM `elementary`.`dbt_models` AS r0 CROSS JOIN `elementary`.`dbt_invocations` AS r1 WHERE (r0.`owner` = 'team1') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0103
SELECT r0.`invocation_id` AS `invocation_id`, count(*) AS `count` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r0.`invocation_id` = r1.`invocation_id`) GROUP BY r0.`invocation_id` ORDER BY r0.`invocation_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0104
SELECT r0.`name` AS `name`, r1.`job_name` AS `job_name` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r0.`invocation_id` = r1.`invocation_id`) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 5 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0105
SELECT count(*) AS `count` FROM `elementary`.`dbt_models` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`parent_model_unique_id` = r0.`unique_id`) INNER JOIN `elementary`.`elementary_test_results` AS r2 ON (r2.`test_unique_id` = r1.`unique_id`) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0106
SELECT r1.`owner` AS `owner`, r1.`n` AS `n` FROM (SELECT r0.`owner` AS `owner`, count(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`) AS r1 WHERE (r1.`n` > 1) ORDER BY r1.`owner` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0107
SELECT avgOrNull(CAST(r1.`n` AS Nullable(Float64))) AS `avg` FROM (SELECT count(*) AS `n` FROM `elementary`.`dbt_tests` AS r0 GROUP BY r0.`parent_model_unique_id`) AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0108
SELECT r1.`owner` AS `o`, r1.`count` AS `k` FROM (SELECT r0.`owner` AS `owner`, count(*) AS `count` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`) AS r1 ORDER BY r1.`owner` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0109
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`test_results_description` AS `test_results_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`test_results_query` AS `test_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`failures` AS `failures`, r0.`test_short_name` AS `test_short_name`, r0.`test_alias` AS `test_alias`, r0.`result_rows` AS `result_rows`, r0.`failed_row_count` AS `failed_row_count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` = 'fail')) SELECT r1.`test_unique_id` AS `test_unique_id`, count(*) AS `n` FROM c0 AS r1 GROUP BY r1.`test_unique_id` ORDER BY 2 DESC NULLS FIRST, r1.`test_unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0110
WITH c0 AS (SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0), c1 AS (SELECT r1.`parent_model_unique_id` AS `unique_id`, count(*) AS `n` FROM `elementary`.`dbt_tests` AS r1 GROUP BY r1.`parent_model_unique_id`) SELECT r2.`name` AS `name`, r3.`n` AS `n` FROM c0 AS r2 LEFT JOIN c1 AS r3 ON (r2.`unique_id` = r3.`unique_id`) ORDER BY r2.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0111
WITH c0 AS (SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) SELECT r1.`unique_id` AS `u`, r1.`name` AS `n` FROM c0 AS r1 ORDER BY r1.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0112
WITH c0 AS (SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) SELECT count(*) AS `count` FROM c0 AS r1 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0113
WITH c0 AS (WITH c1 AS (SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) SELECT r1.`name` AS `name` FROM c1 AS r1) SELECT count(*) AS `count` FROM c0 AS r2 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0114
SELECT * FROM ((SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1)) AS s ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0115
SELECT * FROM ((SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT r1.`short_name` AS `short_name` FROM `elementary`.`dbt_tests` AS r1)) AS s ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0116
SELECT * FROM ((SELECT r0.`unique_id` AS `unique_id` FROM `elementary`.`dbt_models` AS r0) INTERSECT DISTINCT (SELECT r1.`parent_model_unique_id` AS `parent_model_unique_id` FROM `elementary`.`dbt_tests` AS r1)) AS s ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0117
SELECT * FROM ((SELECT r0.`unique_id` AS `unique_id` FROM `elementary`.`dbt_models` AS r0) EXCEPT DISTINCT (SELECT r1.`parent_model_unique_id` AS `parent_model_unique_id` FROM `elementary`.`dbt_tests` AS r1)) AS s ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0118
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 2) UNION ALL (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1 ORDER BY r1.`name` NULLS LAST LIMIT 2) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0119
-- refused: a clickhouse source does not have with one meaning: a subquery that refers to the query around it; write a join

-- @ cases/own-0120
-- refused: a clickhouse source does not have with one meaning: a subquery that refers to the query around it; write a join

-- @ cases/own-0121
-- refused: a clickhouse source does not have with one meaning: a subquery that refers to the query around it; write a join

-- @ cases/own-0122
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`unique_id` IN (SELECT r1.`parent_model_unique_id` AS `parent_model_unique_id` FROM `elementary`.`dbt_tests` AS r1 WHERE (r1.`severity` = 'WARN'))) ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0123
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`unique_id` NOT IN (SELECT r1.`model_unique_id` AS k0 FROM `elementary`.`elementary_test_results` AS r1 WHERE ((r1.`status` = 'warn') AND (r1.`model_unique_id` IS NOT NULL)))) AND (((SELECT count(*) AS n FROM (SELECT r1.`model_unique_id` AS k0 FROM `elementary`.`elementary_test_results` AS r1 WHERE ((r1.`status` = 'warn') AND (r1.`model_unique_id` IS NOT NULL))) AS s) = 0) OR ((r0.`unique_id` IS NOT NULL) AND ((SELECT count(*) AS n FROM (SELECT r1.`model_unique_id` AS k0 FROM `elementary`.`elementary_test_results` AS r1 WHERE ((r1.`status` = 'warn') AND (r1.`model_unique_id` IS NOT NULL))) AS s WHERE (s.k0 IS NULL)) = 0)))) ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0124
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` IN (SELECT r1.`failures` AS `failures` FROM `elementary`.`elementary_test_results` AS r1 WHERE (r1.`status` = 'warn'))) ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0125
-- refused: a clickhouse source does not have with one meaning: this comparison with ANY or ALL of a subquery

-- @ cases/own-0126
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0127
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0128
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0129
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0130
-- refused: a clickhouse source does not have with one meaning: round of a float, whose halves engines round differently

-- @ cases/own-0131
SELECT CAST(date_trunc('week', CAST(r0.`bucket_start` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))) AS `w`, r0.`metric_name` AS `metric_name`, avgOrNull(CAST(r0.`metric_value` AS Nullable(Float64))) AS `v` FROM `elementary`.`data_monitoring_metrics` AS r0 GROUP BY CAST(date_trunc('week', CAST(r0.`bucket_start` AS Nullable(DateTime64(6, 'UTC')))) AS Nullable(DateTime64(6, 'UTC'))), r0.`metric_name` ORDER BY 1 NULLS LAST, r0.`metric_name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0132
SELECT 1 AS `a`, 'x' AS `b`, 1.5 AS `c`, NULL AS `d`, CAST(TRUE AS Nullable(Bool)) AS `e`, CAST(FALSE AS Nullable(Bool)) AS `f`, 1e3 AS `g`, .5 AS `h` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0133
SELECT r0.`name` AS `name`, r0.`owner` AS `The Owner` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0134
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = 'm1') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0135
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0136
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0137
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0138
SELECT r0.`owner` AS `owner`, r0.`materialization` AS `materialization`, count(*) AS `count` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`, r0.`materialization` ORDER BY count(*) DESC NULLS FIRST, r0.`owner` NULLS LAST, r0.`materialization` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0139
SELECT upperUTF8(r0.`owner`) AS `owner`, count(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY upperUTF8(r0.`owner`) ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0140
SELECT d.v0 AS `test_unique_id`, d.v1 AS `status`, d.v2 AS `detected_at` FROM (SELECT r0.`test_unique_id` AS v0, r0.`status` AS v1, r0.`detected_at` AS v2, r0.`test_unique_id` AS s0, r0.`detected_at` AS s1, r0.`id` AS s2, ROW_NUMBER() OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`test_unique_id` NULLS LAST, r0.`detected_at` DESC NULLS FIRST, r0.`id` NULLS LAST) AS n FROM `elementary`.`elementary_test_results` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST, d.s2 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0141
-- refused: a clickhouse source does not have with one meaning: AT TIME ZONE

-- @ cases/own-0142
SELECT r0.`id` AS `id`, (CAST((r0.`failures` * 100.0) AS Nullable(Float64)) / CAST(NULLIF(r0.`failed_row_count`, 0) AS Nullable(Float64))) AS `pct` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 9 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0143
SELECT r1.`name` AS `name`, r0.`status` AS `status`, r0.`detected_at` AS `detected_at` FROM `elementary`.`elementary_test_results` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r0.`test_unique_id` = r1.`unique_id`) WHERE ((r0.`status` IN ('fail', 'error')) AND (r0.`detected_at` > CAST('2024-05-03 00:00:00' AS Nullable(DateTime64(6, 'UTC'))))) ORDER BY r0.`detected_at` DESC NULLS FIRST, r1.`name` NULLS LAST LIMIT 25 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0144
-- refused: a clickhouse source does not have with one meaning: round of a float, whose halves engines round differently

-- @ cases/own-0145
WITH c0 AS (SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`name` AS `name`, r0.`message` AS `message`, r0.`status` AS `status`, r0.`resource_type` AS `resource_type`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`rows_affected` AS `rows_affected`, r0.`full_refresh` AS `full_refresh`, r0.`compiled_code` AS `compiled_code`, r0.`failures` AS `failures`, r0.`query_id` AS `query_id`, r0.`thread_id` AS `thread_id`, r0.`materialization` AS `materialization`, r0.`adapter_response` AS `adapter_response`, r0.`group_name` AS `group_name`, row_number() OVER (PARTITION BY r0.`unique_id` ORDER BY r0.`generated_at` DESC NULLS FIRST) AS `rn` FROM `elementary`.`dbt_run_results` AS r0) SELECT r1.`unique_id` AS `unique_id`, r1.`status` AS `status`, r1.`execution_time` AS `execution_time` FROM c0 AS r1 WHERE (r1.`rn` = 1) ORDER BY r1.`execution_time` DESC NULLS FIRST, r1.`unique_id` NULLS LAST LIMIT 10 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0146
SELECT r1.`job_name` AS `job_name`, avgOrNull(CAST(r0.`execution_time` AS Nullable(Float64))) AS `a` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r1.`invocation_id` = r0.`invocation_id`) GROUP BY r1.`job_name` HAVING (avgOrNull(CAST(r0.`execution_time` AS Nullable(Float64))) > 1) ORDER BY 2 DESC NULLS FIRST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0147
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` = 'o''brien') OR (r0.`description` LIKE '%\\_%')) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0148
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` > 'm2') AND ((r0.`owner` = 'team1') OR (r0.`owner` = 'team2')) AND (NOT (r0.`materialization` = 'view'))) ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0149
SELECT CAST(minOrNull(r0.`full_refresh`) AS Nullable(Bool)) AS `e` FROM `elementary`.`dbt_run_results` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0150
SELECT CAST(NULL AS Nullable(String)) AS `n`, CAST((5 IS NULL) AS Nullable(Bool)) AS `f` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0151
SELECT maxOrNull(CAST(lengthUTF8(r0.`description`) AS Nullable(Int32))) AS `m` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0152
SELECT r0.`name` AS `name`, r0.`execution_time` AS `execution_time`, CAST((r0.`execution_time` > (SELECT avgOrNull(CAST(r1.`execution_time` AS Nullable(Float64))) AS `avg` FROM `elementary`.`dbt_run_results` AS r1)) AS Nullable(Bool)) AS `slow` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 6 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0153
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0154
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE TRUE SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0155
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((1 = 1) AND FALSE) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0156
SELECT r0.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` ORDER BY maxOrNull(r0.`detected_at`) DESC NULLS FIRST, r0.`status` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0157
-- refused: a clickhouse source has no function `make_date`

-- @ cases/own-0158
SELECT CAST((log(2.718281828) > 0.9) AS Nullable(Bool)) AS `l`, log10(100) AS `g`, trunc(1.9) AS `t` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0159
SELECT CAST((now64(6, 'UTC') IS NOT NULL) AS Nullable(Bool)) AS `n`, CAST((CAST(now64(6, 'UTC') AS Nullable(Date32)) IS NOT NULL) AS Nullable(Bool)) AS `d` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0160
SELECT r0.`status` AS `status`, sumOrNull(count(*)) OVER () AS `total`, count(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` ORDER BY r0.`status` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0161
SELECT d.v0 AS `owner`, d.v1 AS `name` FROM (SELECT r0.`owner` AS v0, r0.`name` AS v1, r0.`owner` AS s0, r0.`name` AS s1, ROW_NUMBER() OVER (PARTITION BY r0.`owner` ORDER BY r0.`owner` NULLS LAST, r0.`name` DESC NULLS FIRST) AS n FROM `elementary`.`dbt_models` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0162
SELECT * FROM ((SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`owner` = 'team1')) UNION DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1 WHERE (r1.`severity` = 'WARN'))) AS s ORDER BY 1 NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0163
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0164
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0165
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0166
-- refused: a clickhouse source has no function `to_char`

-- @ cases/own-0167
-- refused: a clickhouse source has no function `to_date`

-- @ cases/own-0168
-- refused: a clickhouse source has no function `initcap`

-- @ cases/own-0169
-- refused: a clickhouse source has no function `btrim`

-- @ cases/own-0170
-- refused: a clickhouse source has no function `age`

-- @ cases/own-0171
-- refused: a clickhouse source has no function `array_agg`

-- @ cases/own-0172
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0173
-- refused: a clickhouse source does not have with one meaning: this field of EXTRACT

-- @ cases/own-0174
SELECT intDiv(7, 2) AS `i`, (CAST(7.0 AS Nullable(Float64)) / CAST(2 AS Nullable(Float64))) AS `d` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0175
-- refused: a clickhouse source does not have with one meaning: the type json

-- @ cases/own-0176
-- refused: a clickhouse source has no function `array_agg`

-- @ cases/own-0177
SELECT leftUTF8(CAST(r0.`name` AS Nullable(String)), 2) AS `v`, CAST(r0.`name` AS Nullable(String)) AS `w` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0178
SELECT CAST((now64(6, 'UTC') IS NOT NULL) AS Nullable(Bool)) AS `l` SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0179
-- refused: a clickhouse source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ cases/own-0180
SELECT (- r0.`failures`) AS `n`, 1 AS `p` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 2 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0181
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` IN (SELECT 1 AS `?column?`)) ORDER BY r0.`id` NULLS LAST SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0182
-- refused: a clickhouse source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ cases/own-0183
-- refused: a clickhouse source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0184
-- refused: a clickhouse source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0393
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`owner` = 'team1') SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0394
SELECT r0.`name` AS `name`, r0.`owner` AS `owner` FROM `elementary`.`dbt_models` AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ cases/own-0396
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1) SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ policy/samples
SELECT r0.`result_row` AS `result_row`, r0.`test_type` AS `test_type` FROM (SELECT r1.`result_row` AS `result_row`, r1.`test_type` AS `test_type` FROM (SELECT r2.`result_row` AS `result_row`, r2.`test_type` AS `test_type`, row_number() OVER (PARTITION BY r2.`elementary_test_results_id` ORDER BY r2.`row_index` NULLS LAST, r2.`created_at` NULLS LAST, r2.`result_row` NULLS LAST) AS `row_of_result` FROM `elementary`.`test_result_rows` AS r2 WHERE ((r2.`created_at` >= CAST('2026-12-16 08:00:00' AS Nullable(DateTime64(6, 'UTC')))) AND (r2.`elementary_test_results_id` IN (SELECT r3.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r3 WHERE ((r3.`table_name` IS NOT NULL) AND (r3.`table_name` <> CAST('' AS Nullable(String))) AND (r3.`schema_name` IS NOT NULL) AND (NOT ((lowerUTF8(r3.`table_name`) = lowerUTF8(CAST('customers' AS Nullable(String)))) AND (lowerUTF8(r3.`schema_name`) = lowerUTF8(CAST('raw_app' AS Nullable(String)))))) AND (NOT (lowerUTF8(r3.`table_name`) = lowerUTF8(CAST('orders' AS Nullable(String)))))))) AND ((r2.`elementary_test_results_id` NOT IN (SELECT r4.`id` AS k0 FROM `elementary`.`elementary_test_results` AS r4 WHERE ((r4.`id` IS NOT NULL) AND (NOT COALESCE(((r4.`table_name` IS NOT NULL) AND (r4.`table_name` <> CAST('' AS Nullable(String))) AND (r4.`schema_name` IS NOT NULL) AND (NOT ((lowerUTF8(r4.`table_name`) = lowerUTF8(CAST('customers' AS Nullable(String)))) AND (lowerUTF8(r4.`schema_name`) = lowerUTF8(CAST('raw_app' AS Nullable(String)))))) AND (NOT (lowerUTF8(r4.`table_name`) = lowerUTF8(CAST('orders' AS Nullable(String)))))), FALSE))))) AND (((SELECT count(*) AS n FROM (SELECT r4.`id` AS k0 FROM `elementary`.`elementary_test_results` AS r4 WHERE ((r4.`id` IS NOT NULL) AND (NOT COALESCE(((r4.`table_name` IS NOT NULL) AND (r4.`table_name` <> CAST('' AS Nullable(String))) AND (r4.`schema_name` IS NOT NULL) AND (NOT ((lowerUTF8(r4.`table_name`) = lowerUTF8(CAST('customers' AS Nullable(String)))) AND (lowerUTF8(r4.`schema_name`) = lowerUTF8(CAST('raw_app' AS Nullable(String)))))) AND (NOT (lowerUTF8(r4.`table_name`) = lowerUTF8(CAST('orders' AS Nullable(String)))))), FALSE)))) AS s) = 0) OR ((r2.`elementary_test_results_id` IS NOT NULL) AND ((SELECT count(*) AS n FROM (SELECT r4.`id` AS k0 FROM `elementary`.`elementary_test_results` AS r4 WHERE ((r4.`id` IS NOT NULL) AND (NOT COALESCE(((r4.`table_name` IS NOT NULL) AND (r4.`table_name` <> CAST('' AS Nullable(String))) AND (r4.`schema_name` IS NOT NULL) AND (NOT ((lowerUTF8(r4.`table_name`) = lowerUTF8(CAST('customers' AS Nullable(String)))) AND (lowerUTF8(r4.`schema_name`) = lowerUTF8(CAST('raw_app' AS Nullable(String)))))) AND (NOT (lowerUTF8(r4.`table_name`) = lowerUTF8(CAST('orders' AS Nullable(String)))))), FALSE)))) AS s WHERE (s.k0 IS NULL)) = 0)))))) AS r1 WHERE (r1.`row_of_result` <= 5)) AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

-- @ policy/masks
SELECT r0.`name` AS `name`, r0.`description` AS `description` FROM (SELECT CAST(NULL AS Nullable(String)) AS `name`, leftUTF8(r1.`description`, 5) AS `description` FROM `elementary`.`dbt_models` AS r1) AS r0 SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1, enable_positional_arguments = 1, transform_null_in = 0

