-- @ catalogue/alerts.pending
((((SELECT r0.`alert_id` AS `alert_id`, r0.`alert_type` AS `alert_type`, r0.`detected_at` AS `detected_at`, r0.`test_unique_id` AS `unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_short_name` AS `name`, r0.`sub_type` AS `sub_type`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`owners` AS `owners`, r0.`tags` AS `tags` FROM `elementary`.`alerts_dbt_tests` AS r0 WHERE (r0.`detected_at` >= CAST(@p1 AS TIMESTAMP))) UNION ALL (SELECT r1.`alert_id` AS `alert_id`, r1.`alert_type` AS `alert_type`, r1.`detected_at` AS `detected_at`, r1.`test_unique_id` AS `test_unique_id`, r1.`model_unique_id` AS `model_unique_id`, r1.`table_name` AS `table_name`, r1.`column_name` AS `column_name`, r1.`test_short_name` AS `test_short_name`, r1.`sub_type` AS `sub_type`, r1.`severity` AS `severity`, r1.`status` AS `status`, r1.`owners` AS `owners`, r1.`tags` AS `tags` FROM `elementary`.`alerts_anomaly_detection` AS r1 WHERE (r1.`detected_at` >= CAST(@p1 AS TIMESTAMP)))) UNION ALL (SELECT r2.`alert_id` AS `alert_id`, r2.`alert_type` AS `alert_type`, r2.`detected_at` AS `detected_at`, r2.`test_unique_id` AS `test_unique_id`, r2.`model_unique_id` AS `model_unique_id`, r2.`table_name` AS `table_name`, r2.`column_name` AS `column_name`, r2.`test_short_name` AS `test_short_name`, r2.`sub_type` AS `sub_type`, r2.`severity` AS `severity`, r2.`status` AS `status`, r2.`owners` AS `owners`, r2.`tags` AS `tags` FROM `elementary`.`alerts_schema_changes` AS r2 WHERE (r2.`detected_at` >= CAST(@p1 AS TIMESTAMP)))) UNION ALL (SELECT r3.`alert_id` AS `alert_id`, @p2 AS `?column?`, r3.`detected_at` AS `detected_at`, r3.`unique_id` AS `unique_id`, r3.`unique_id` AS `unique_id`, r3.`alias` AS `alias`, CAST(NULL AS STRING) AS `text`, r3.`alias` AS `alias`, r3.`materialization` AS `materialization`, CAST(NULL AS STRING) AS `text`, r3.`status` AS `status`, r3.`owners` AS `owners`, r3.`tags` AS `tags` FROM `elementary`.`alerts_dbt_models` AS r3 WHERE (r3.`detected_at` >= CAST(@p1 AS TIMESTAMP)))) UNION ALL (SELECT r4.`alert_id` AS `alert_id`, @p3 AS `?column?`, r4.`detected_at` AS `detected_at`, r4.`unique_id` AS `unique_id`, r4.`unique_id` AS `unique_id`, r4.`identifier` AS `identifier`, CAST(NULL AS STRING) AS `text`, r4.`source_name` AS `source_name`, CAST(NULL AS STRING) AS `text`, CAST(NULL AS STRING) AS `text`, r4.`status` AS `status`, r4.`owner` AS `owner`, r4.`tags` AS `tags` FROM `elementary`.`alerts_dbt_source_freshness` AS r4 WHERE (r4.`detected_at` >= CAST(@p1 AS TIMESTAMP))) ORDER BY 3 NULLS LAST, 1 NULLS LAST LIMIT 7

-- @ catalogue/artifacts.hashes
SELECT r0.`artifacts_model` AS `artifacts_model`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_artifacts_hashes` AS r0 ORDER BY r0.`artifacts_model` NULLS LAST, r0.`metadata_hash` NULLS LAST LIMIT 7

-- @ catalogue/counts.by_day
WITH c0 AS ((((((SELECT @p1 AS `table_name`, r0.`created_at` AS `created_at` FROM `elementary`.`data_monitoring_metrics` AS r0) UNION ALL (SELECT @p2 AS `?column?`, r1.`created_at` AS `created_at` FROM `elementary`.`dbt_invocations` AS r1)) UNION ALL (SELECT @p3 AS `?column?`, r2.`created_at` AS `created_at` FROM `elementary`.`dbt_run_results` AS r2)) UNION ALL (SELECT @p4 AS `?column?`, r3.`created_at` AS `created_at` FROM `elementary`.`dbt_source_freshness_results` AS r3)) UNION ALL (SELECT @p5 AS `?column?`, r4.`created_at` AS `created_at` FROM `elementary`.`elementary_test_results` AS r4)) UNION ALL (SELECT @p6 AS `?column?`, r5.`created_at` AS `created_at` FROM `elementary`.`schema_columns_snapshot` AS r5)) SELECT r6.`table_name` AS `table_name`, CAST(r6.`created_at` AS DATE) AS `day`, COUNT(*) AS `row_count`, MIN(r6.`created_at`) AS `first_created_at`, MAX(r6.`created_at`) AS `last_created_at` FROM c0 AS r6 WHERE (r6.`created_at` >= CAST(@p7 AS TIMESTAMP)) GROUP BY r6.`table_name`, CAST(r6.`created_at` AS DATE) ORDER BY r6.`table_name` NULLS LAST, 2 NULLS LAST LIMIT 7

-- @ catalogue/freshness.results
SELECT r0.`created_at` AS `created_at`, r0.`unique_id` AS `unique_id`, r1.`source_name` AS `source_name`, r1.`name` AS `table_name`, r1.`schema_name` AS `schema_name`, r0.`status` AS `status`, r0.`max_loaded_at` AS `max_loaded_at`, r0.`max_loaded_at_time_ago_in_s` AS `max_loaded_at_time_ago_in_s`, r0.`warn_after` AS `warn_after`, r0.`error_after` AS `error_after`, r1.`owner` AS `owner`, r1.`tags` AS `tags`, r0.`invocation_id` AS `invocation_id`, r0.`source_freshness_execution_id` AS `source_freshness_execution_id` FROM `elementary`.`dbt_source_freshness_results` AS r0 LEFT JOIN `elementary`.`dbt_sources` AS r1 ON (r1.`unique_id` = r0.`unique_id`) WHERE (r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) ORDER BY r0.`created_at` DESC NULLS FIRST, r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/invocations.recent
WITH c0 AS (SELECT r0.`invocation_id` AS `invocation_id`, COUNT(*) AS `nodes`, COUNT((CASE WHEN (r0.`status` IN (@p1, @p2, @p3)) THEN 1 END)) AS `nodes_failed`, COUNT((CASE WHEN (r0.`status` = @p4) THEN 1 END)) AS `nodes_warned`, COUNT((CASE WHEN (r0.`status` = @p5) THEN 1 END)) AS `nodes_skipped`, SUM(r0.`execution_time`) AS `node_seconds` FROM `elementary`.`dbt_run_results` AS r0 GROUP BY r0.`invocation_id`) SELECT r1.`created_at` AS `created_at`, r1.`invocation_id` AS `invocation_id`, r1.`command` AS `command`, r1.`dbt_user` AS `dbt_user`, r1.`orchestrator` AS `orchestrator`, r1.`job_name` AS `job_name`, r1.`job_run_id` AS `job_run_id`, r1.`run_started_at` AS `run_started_at`, r1.`run_completed_at` AS `run_completed_at`, r1.`full_refresh` AS `full_refresh`, r1.`cause_category` AS `cause_category`, r1.`pull_request_id` AS `pull_request_id`, r1.`git_sha` AS `git_sha`, r1.`project_name` AS `project_name`, r1.`target_name` AS `target_name`, r1.`dbt_version` AS `dbt_version`, r1.`elementary_version` AS `elementary_version`, r2.`nodes` AS `nodes`, r2.`nodes_failed` AS `nodes_failed`, r2.`nodes_warned` AS `nodes_warned`, r2.`nodes_skipped` AS `nodes_skipped`, r2.`node_seconds` AS `node_seconds` FROM `elementary`.`dbt_invocations` AS r1 LEFT JOIN c0 AS r2 ON (r2.`invocation_id` = r1.`invocation_id`) WHERE (r1.`created_at` >= CAST(@p6 AS TIMESTAMP)) ORDER BY r1.`created_at` DESC NULLS FIRST, r1.`invocation_id` NULLS LAST LIMIT 7

-- @ catalogue/lineage.nodes
((((((SELECT @p1 AS `resource_type`, r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT @p2 AS `?column?`, r1.`unique_id` AS `unique_id`, r1.`name` AS `name`, r1.`package_name` AS `package_name`, r1.`database_name` AS `database_name`, r1.`schema_name` AS `schema_name`, r1.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_snapshots` AS r1)) UNION ALL (SELECT @p3 AS `?column?`, r2.`unique_id` AS `unique_id`, r2.`name` AS `name`, r2.`package_name` AS `package_name`, r2.`database_name` AS `database_name`, r2.`schema_name` AS `schema_name`, @p4 AS `?column?` FROM `elementary`.`dbt_seeds` AS r2)) UNION ALL (SELECT @p5 AS `?column?`, r3.`unique_id` AS `unique_id`, r3.`name` AS `name`, r3.`package_name` AS `package_name`, r3.`database_name` AS `database_name`, r3.`schema_name` AS `schema_name`, @p6 AS `?column?` FROM `elementary`.`dbt_sources` AS r3)) UNION ALL (SELECT @p7 AS `?column?`, r4.`unique_id` AS `unique_id`, r4.`name` AS `name`, r4.`package_name` AS `package_name`, CAST(NULL AS STRING) AS `text`, CAST(NULL AS STRING) AS `text`, r4.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_exposures` AS r4)) UNION ALL (SELECT @p8 AS `?column?`, r5.`unique_id` AS `unique_id`, r5.`name` AS `name`, r5.`package_name` AS `package_name`, CAST(NULL AS STRING) AS `text`, CAST(NULL AS STRING) AS `text`, r5.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_metrics` AS r5)) UNION ALL (SELECT @p9 AS `?column?`, r6.`unique_id` AS `unique_id`, r6.`name` AS `name`, r6.`package_name` AS `package_name`, r6.`database_name` AS `database_name`, r6.`schema_name` AS `schema_name`, r6.`depends_on_nodes` AS `depends_on_nodes` FROM `elementary`.`dbt_tests` AS r6) ORDER BY 1 NULLS LAST, 2 NULLS LAST LIMIT 7

-- @ catalogue/metrics.anomalies
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`training_avg` AS `training_avg`, r0.`training_stddev` AS `training_stddev`, r0.`training_set_size` AS `training_set_size`, r0.`anomaly_score` AS `anomaly_score`, r0.`updated_at` AS `updated_at`, ROW_NUMBER() OVER (PARTITION BY r0.`full_table_name`, r0.`column_name`, r0.`metric_name`, r0.`bucket_start`, r0.`bucket_end` ORDER BY r0.`updated_at` DESC NULLS FIRST, r0.`id` NULLS LAST) AS `recency` FROM `elementary`.`metrics_anomaly_score` AS r0 WHERE ((r0.`metric_name` <> @p1) AND (r0.`dimension` IS NULL) AND (r0.`bucket_end` >= CAST(@p2 AS TIMESTAMP)))) SELECT r1.`full_table_name` AS `full_table_name`, r1.`column_name` AS `column_name`, r1.`metric_name` AS `metric_name`, r1.`bucket_start` AS `bucket_start`, r1.`bucket_end` AS `bucket_end`, r1.`latest_metric_value` AS `latest_metric_value`, (r1.`training_avg` - (CAST(@p3 AS FLOAT64) * r1.`training_stddev`)) AS `expected_low`, (r1.`training_avg` + (CAST(@p3 AS FLOAT64) * r1.`training_stddev`)) AS `expected_high`, r1.`training_set_size` AS `training_set_size`, r1.`anomaly_score` AS `anomaly_score`, r1.`updated_at` AS `updated_at` FROM c0 AS r1 WHERE ((r1.`recency` = 1) AND (ABS(r1.`anomaly_score`) > CAST(@p3 AS FLOAT64))) ORDER BY r1.`bucket_end` DESC NULLS FIRST, r1.`full_table_name` NULLS LAST, r1.`column_name` NULLS FIRST, r1.`metric_name` NULLS LAST, r1.`id` NULLS LAST LIMIT 7

-- @ catalogue/models.failed
SELECT r0.`created_at` AS `created_at`, r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`resource_type` AS `resource_type`, r0.`status` AS `status`, r0.`execution_time` AS `execution_time`, r0.`materialization` AS `materialization`, r0.`invocation_id` AS `invocation_id`, r0.`model_execution_id` AS `model_execution_id`, r0.`message` AS `message` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`resource_type` IN (@p1, @p2, @p3)) AND (r0.`status` IN (@p4, @p5, @p6)) AND (r0.`created_at` >= CAST(@p7 AS TIMESTAMP))) ORDER BY r0.`created_at` DESC NULLS FIRST, r0.`model_execution_id` NULLS LAST LIMIT 7

-- @ catalogue/models.run_history
SELECT r0.`created_at` AS `created_at`, r0.`status` AS `status`, r0.`execution_time` AS `execution_time`, r0.`rows_affected` AS `rows_affected`, r0.`full_refresh` AS `full_refresh`, r0.`materialization` AS `materialization`, r0.`invocation_id` AS `invocation_id`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`thread_id` AS `thread_id`, r0.`query_id` AS `query_id`, r0.`model_execution_id` AS `model_execution_id`, r0.`message` AS `message`, r0.`compiled_code` AS `compiled_code` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`unique_id` = CAST(@p1 AS STRING)) AND (r0.`created_at` >= CAST(@p2 AS TIMESTAMP))) ORDER BY r0.`created_at` DESC NULLS FIRST, r0.`model_execution_id` NULLS LAST LIMIT 7

-- @ catalogue/models.slowest
-- refused: a bigquery source has no function `percentile_cont`

-- @ catalogue/package.version
SELECT r0.`dbt_pkg_version` AS `dbt_pkg_version` FROM `elementary`.`metadata` AS r0 ORDER BY r0.`dbt_pkg_version` NULLS LAST LIMIT 10

-- @ catalogue/read.alerts_anomaly_detection
SELECT r0.`alert_id` AS `alert_id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`alert_type` AS `alert_type`, r0.`sub_type` AS `sub_type`, r0.`alert_description` AS `alert_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alert_results_query` AS `alert_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_short_name` AS `test_short_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`result_rows` AS `result_rows` FROM `elementary`.`alerts_anomaly_detection` AS r0 WHERE ((r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`detected_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`alert_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_dbt_models
SELECT r0.`alert_id` AS `alert_id`, r0.`unique_id` AS `unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`materialization` AS `materialization`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`schema_name` AS `schema_name`, r0.`message` AS `message`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alias` AS `alias`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh` FROM `elementary`.`alerts_dbt_models` AS r0 WHERE ((r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`detected_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`alert_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_dbt_source_freshness
SELECT r0.`alert_id` AS `alert_id`, r0.`max_loaded_at` AS `max_loaded_at`, r0.`snapshotted_at` AS `snapshotted_at`, r0.`detected_at` AS `detected_at`, r0.`max_loaded_at_time_ago_in_s` AS `max_loaded_at_time_ago_in_s`, r0.`status` AS `status`, r0.`error` AS `error`, r0.`warn_after` AS `warn_after`, r0.`error_after` AS `error_after`, r0.`filter` AS `filter`, r0.`unique_id` AS `unique_id`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`source_name` AS `source_name`, r0.`identifier` AS `identifier`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`freshness_error_after` AS `freshness_error_after`, r0.`freshness_warn_after` AS `freshness_warn_after`, r0.`freshness_filter` AS `freshness_filter` FROM `elementary`.`alerts_dbt_source_freshness` AS r0 WHERE ((r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`detected_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`alert_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_dbt_tests
SELECT r0.`alert_id` AS `alert_id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`alert_type` AS `alert_type`, r0.`sub_type` AS `sub_type`, r0.`alert_description` AS `alert_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alert_results_query` AS `alert_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_short_name` AS `test_short_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`result_rows` AS `result_rows` FROM `elementary`.`alerts_dbt_tests` AS r0 WHERE ((r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`detected_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`alert_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_schema_changes
SELECT r0.`alert_id` AS `alert_id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`detected_at` AS `detected_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`alert_type` AS `alert_type`, r0.`sub_type` AS `sub_type`, r0.`alert_description` AS `alert_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`alert_results_query` AS `alert_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_short_name` AS `test_short_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`result_rows` AS `result_rows` FROM `elementary`.`alerts_schema_changes` AS r0 WHERE ((r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`detected_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`alert_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`detected_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_v2
SELECT r0.`alert_id` AS `alert_id`, r0.`alert_class_id` AS `alert_class_id`, r0.`type` AS `type`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`updated_at` AS `updated_at`, r0.`status` AS `status`, r0.`data` AS `data`, r0.`sent_at` AS `sent_at` FROM `elementary`.`alerts_v2` AS r0 WHERE ((r0.`updated_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`updated_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`alert_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`updated_at` NULLS LAST, r0.`alert_id` NULLS LAST LIMIT 7

-- @ catalogue/read.anomaly_threshold_sensitivity
SELECT r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`metric_avg` AS `metric_avg`, r0.`metric_stddev` AS `metric_stddev`, r0.`anomaly_score` AS `anomaly_score`, r0.`is_anomaly_1_5` AS `is_anomaly_1_5`, r0.`is_anomaly_2` AS `is_anomaly_2`, r0.`is_anomaly_2_5` AS `is_anomaly_2_5`, r0.`is_anomaly_3` AS `is_anomaly_3`, r0.`is_anomaly_3_5` AS `is_anomaly_3_5`, r0.`is_anomaly_4` AS `is_anomaly_4`, r0.`is_anomaly_4_5` AS `is_anomaly_4_5` FROM `elementary`.`anomaly_threshold_sensitivity` AS r0 WHERE (r0.`full_table_name` >= CAST(@p1 AS STRING)) ORDER BY r0.`full_table_name` NULLS LAST, r0.`column_name` NULLS LAST, r0.`metric_name` NULLS LAST LIMIT 7

-- @ catalogue/read.data_monitoring_metrics
SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`metric_type` AS `metric_type`, r0.`metric_value` AS `metric_value`, r0.`source_value` AS `source_value`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`bucket_duration_hours` AS `bucket_duration_hours`, r0.`updated_at` AS `updated_at`, r0.`dimension` AS `dimension`, r0.`dimension_value` AS `dimension_value`, r0.`metric_properties` AS `metric_properties`, r0.`created_at` AS `created_at` FROM `elementary`.`data_monitoring_metrics` AS r0 WHERE ((r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`created_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`created_at` NULLS LAST, r0.`id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_artifacts_hashes
SELECT r0.`artifacts_model` AS `artifacts_model`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_artifacts_hashes` AS r0 WHERE (r0.`artifacts_model` >= CAST(@p1 AS STRING)) ORDER BY r0.`artifacts_model` NULLS LAST, r0.`metadata_hash` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_columns
SELECT r0.`unique_id` AS `unique_id`, r0.`parent_unique_id` AS `parent_unique_id`, r0.`name` AS `name`, r0.`data_type` AS `data_type`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`description` AS `description`, r0.`resource_type` AS `resource_type`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_columns` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_exposures
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`maturity` AS `maturity`, r0.`type` AS `type`, r0.`owner_email` AS `owner_email`, r0.`owner_name` AS `owner_name`, r0.`url` AS `url`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`depends_on_columns` AS `depends_on_columns`, r0.`description` AS `description`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`label` AS `label`, r0.`raw_queries` AS `raw_queries` FROM `elementary`.`dbt_exposures` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_groups
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`owner_email` AS `owner_email`, r0.`owner_name` AS `owner_name`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_groups` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_invocations
SELECT r0.`invocation_id` AS `invocation_id`, r0.`job_id` AS `job_id`, r0.`job_name` AS `job_name`, r0.`job_run_id` AS `job_run_id`, r0.`run_started_at` AS `run_started_at`, r0.`run_completed_at` AS `run_completed_at`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`command` AS `command`, r0.`dbt_version` AS `dbt_version`, r0.`elementary_version` AS `elementary_version`, r0.`full_refresh` AS `full_refresh`, r0.`invocation_vars` AS `invocation_vars`, r0.`vars` AS `vars`, r0.`target_name` AS `target_name`, r0.`target_database` AS `target_database`, r0.`target_schema` AS `target_schema`, r0.`target_profile_name` AS `target_profile_name`, r0.`threads` AS `threads`, r0.`selected` AS `selected`, r0.`yaml_selector` AS `yaml_selector`, r0.`project_id` AS `project_id`, r0.`project_name` AS `project_name`, r0.`env` AS `env`, r0.`env_id` AS `env_id`, r0.`cause_category` AS `cause_category`, r0.`cause` AS `cause`, r0.`pull_request_id` AS `pull_request_id`, r0.`git_sha` AS `git_sha`, r0.`orchestrator` AS `orchestrator`, r0.`dbt_user` AS `dbt_user`, r0.`job_url` AS `job_url`, r0.`job_run_url` AS `job_run_url`, r0.`account_id` AS `account_id`, r0.`target_adapter_specific_fields` AS `target_adapter_specific_fields` FROM `elementary`.`dbt_invocations` AS r0 WHERE ((r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`created_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`invocation_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`created_at` NULLS LAST, r0.`invocation_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_metrics
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`label` AS `label`, r0.`model` AS `model`, r0.`type` AS `type`, r0.`sql` AS `sql`, r0.`timestamp` AS `timestamp`, r0.`filters` AS `filters`, r0.`time_grains` AS `time_grains`, r0.`dimensions` AS `dimensions`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_metrics` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_models
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`name` AS `name`, r0.`message` AS `message`, r0.`status` AS `status`, r0.`resource_type` AS `resource_type`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`rows_affected` AS `rows_affected`, r0.`full_refresh` AS `full_refresh`, r0.`compiled_code` AS `compiled_code`, r0.`failures` AS `failures`, r0.`query_id` AS `query_id`, r0.`thread_id` AS `thread_id`, r0.`materialization` AS `materialization`, r0.`adapter_response` AS `adapter_response`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`created_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`model_execution_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`created_at` NULLS LAST, r0.`model_execution_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_seeds
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_seeds` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_snapshots
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_snapshots` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_source_freshness_results
SELECT r0.`source_freshness_execution_id` AS `source_freshness_execution_id`, r0.`unique_id` AS `unique_id`, r0.`max_loaded_at` AS `max_loaded_at`, r0.`snapshotted_at` AS `snapshotted_at`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`max_loaded_at_time_ago_in_s` AS `max_loaded_at_time_ago_in_s`, r0.`status` AS `status`, r0.`error` AS `error`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`invocation_id` AS `invocation_id`, r0.`warn_after` AS `warn_after`, r0.`error_after` AS `error_after`, r0.`filter` AS `filter` FROM `elementary`.`dbt_source_freshness_results` AS r0 WHERE ((r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`created_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`source_freshness_execution_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`created_at` NULLS LAST, r0.`source_freshness_execution_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_sources
SELECT r0.`unique_id` AS `unique_id`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`source_name` AS `source_name`, r0.`name` AS `name`, r0.`identifier` AS `identifier`, r0.`loaded_at_field` AS `loaded_at_field`, r0.`freshness_warn_after` AS `freshness_warn_after`, r0.`freshness_error_after` AS `freshness_error_after`, r0.`freshness_filter` AS `freshness_filter`, r0.`freshness_description` AS `freshness_description`, r0.`relation_name` AS `relation_name`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`source_description` AS `source_description`, r0.`description` AS `description`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash` FROM `elementary`.`dbt_sources` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_tests
SELECT r0.`unique_id` AS `unique_id`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`name` AS `name`, r0.`short_name` AS `short_name`, r0.`alias` AS `alias`, r0.`test_column_name` AS `test_column_name`, r0.`severity` AS `severity`, r0.`warn_if` AS `warn_if`, r0.`error_if` AS `error_if`, r0.`test_params` AS `test_params`, r0.`test_namespace` AS `test_namespace`, r0.`test_original_name` AS `test_original_name`, r0.`tags` AS `tags`, r0.`model_tags` AS `model_tags`, r0.`model_owners` AS `model_owners`, r0.`meta` AS `meta`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`parent_model_unique_id` AS `parent_model_unique_id`, r0.`description` AS `description`, r0.`package_name` AS `package_name`, r0.`type` AS `type`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`quality_dimension` AS `quality_dimension`, r0.`group_name` AS `group_name` FROM `elementary`.`dbt_tests` AS r0 WHERE (r0.`unique_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/read.elementary_test_results
SELECT r0.`id` AS `id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`test_results_description` AS `test_results_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`test_results_query` AS `test_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`failures` AS `failures`, r0.`test_short_name` AS `test_short_name`, r0.`test_alias` AS `test_alias`, r0.`result_rows` AS `result_rows`, r0.`failed_row_count` AS `failed_row_count` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`created_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`created_at` NULLS LAST, r0.`id` NULLS LAST LIMIT 7

-- @ catalogue/read.job_run_results
SELECT r0.`name` AS `name`, r0.`id` AS `id`, r0.`run_id` AS `run_id`, r0.`run_started_at` AS `run_started_at`, r0.`run_completed_at` AS `run_completed_at`, r0.`run_execution_time` AS `run_execution_time` FROM `elementary`.`job_run_results` AS r0 WHERE ((r0.`run_started_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`run_started_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`run_started_at` NULLS LAST, r0.`id` NULLS LAST, r0.`run_id` NULLS LAST LIMIT 7

-- @ catalogue/read.metadata
SELECT r0.`dbt_pkg_version` AS `dbt_pkg_version` FROM `elementary`.`metadata` AS r0 LIMIT 7

-- @ catalogue/read.metrics_anomaly_score
SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`dimension` AS `dimension`, r0.`dimension_value` AS `dimension_value`, r0.`metric_name` AS `metric_name`, r0.`anomaly_score` AS `anomaly_score`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`training_avg` AS `training_avg`, r0.`training_stddev` AS `training_stddev`, r0.`training_start` AS `training_start`, r0.`training_end` AS `training_end`, r0.`training_set_size` AS `training_set_size`, r0.`updated_at` AS `updated_at`, r0.`is_anomaly` AS `is_anomaly` FROM `elementary`.`metrics_anomaly_score` AS r0 WHERE ((r0.`updated_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`updated_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`updated_at` NULLS LAST, r0.`id` NULLS LAST LIMIT 7

-- @ catalogue/read.model_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`query_id` AS `query_id`, r0.`name` AS `name`, r0.`generated_at` AS `generated_at`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh`, r0.`message` AS `message`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`compiled_code` AS `compiled_code`, r0.`adapter_response` AS `adapter_response`, r0.`thread_id` AS `thread_id`, r0.`group_name` AS `group_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`owner` AS `owner`, r0.`alias` AS `alias`, r0.`model_invocation_reverse_index` AS `model_invocation_reverse_index`, r0.`is_the_first_invocation_of_the_day` AS `is_the_first_invocation_of_the_day`, r0.`is_the_last_invocation_of_the_day` AS `is_the_last_invocation_of_the_day` FROM `elementary`.`model_run_results` AS r0 WHERE (r0.`model_execution_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 7

-- @ catalogue/read.monitors_runs
SELECT r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`metric_name` AS `metric_name`, r0.`metric_properties` AS `metric_properties`, r0.`last_bucket_end` AS `last_bucket_end`, r0.`first_bucket_end` AS `first_bucket_end` FROM `elementary`.`monitors_runs` AS r0 WHERE ((r0.`last_bucket_end` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`last_bucket_end` > CAST(@p1 AS TIMESTAMP)) OR (r0.`full_table_name` >= CAST(@p2 AS STRING)))) ORDER BY r0.`last_bucket_end` NULLS LAST, r0.`full_table_name` NULLS LAST, r0.`column_name` NULLS LAST, r0.`metric_name` NULLS LAST LIMIT 7

-- @ catalogue/read.schema_columns_snapshot
SELECT r0.`column_state_id` AS `column_state_id`, r0.`full_column_name` AS `full_column_name`, r0.`full_table_name` AS `full_table_name`, r0.`column_name` AS `column_name`, r0.`data_type` AS `data_type`, r0.`is_new` AS `is_new`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at` FROM `elementary`.`schema_columns_snapshot` AS r0 WHERE ((r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`created_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`column_state_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`created_at` NULLS LAST, r0.`column_state_id` NULLS LAST LIMIT 7

-- @ catalogue/read.seed_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`query_id` AS `query_id`, r0.`name` AS `name`, r0.`generated_at` AS `generated_at`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh`, r0.`message` AS `message`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`compiled_code` AS `compiled_code`, r0.`adapter_response` AS `adapter_response`, r0.`thread_id` AS `thread_id`, r0.`group_name` AS `group_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`owner` AS `owner`, r0.`alias` AS `alias` FROM `elementary`.`seed_run_results` AS r0 WHERE (r0.`model_execution_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 7

-- @ catalogue/read.snapshot_run_results
SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`query_id` AS `query_id`, r0.`name` AS `name`, r0.`generated_at` AS `generated_at`, r0.`status` AS `status`, r0.`full_refresh` AS `full_refresh`, r0.`message` AS `message`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`compiled_code` AS `compiled_code`, r0.`adapter_response` AS `adapter_response`, r0.`thread_id` AS `thread_id`, r0.`group_name` AS `group_name`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`package_name` AS `package_name`, r0.`path` AS `path`, r0.`original_path` AS `original_path`, r0.`owner` AS `owner`, r0.`alias` AS `alias` FROM `elementary`.`snapshot_run_results` AS r0 WHERE (r0.`model_execution_id` >= CAST(@p1 AS STRING)) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 7

-- @ catalogue/read.test_result_rows
SELECT r0.`elementary_test_results_id` AS `elementary_test_results_id`, r0.`result_row` AS `result_row`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`row_index` AS `row_index`, r0.`test_type` AS `test_type` FROM `elementary`.`test_result_rows` AS r0 WHERE ((r0.`created_at` >= CAST(@p1 AS TIMESTAMP)) AND ((r0.`created_at` > CAST(@p1 AS TIMESTAMP)) OR (r0.`elementary_test_results_id` >= CAST(@p2 AS STRING)))) ORDER BY r0.`created_at` NULLS LAST, r0.`elementary_test_results_id` NULLS LAST, r0.`row_index` NULLS LAST LIMIT 7

-- @ catalogue/schema.changes
SELECT r0.`detected_at` AS `detected_at`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_sub_type` AS `test_sub_type`, r0.`status` AS `status`, r0.`severity` AS `severity`, r0.`schema_name` AS `schema_name`, r0.`database_name` AS `database_name`, r0.`model_unique_id` AS `model_unique_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`id` AS `id`, r0.`test_results_description` AS `test_results_description` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`test_type` = @p1) AND (r0.`status` NOT IN (@p2, @p3)) AND (r0.`detected_at` >= CAST(@p4 AS TIMESTAMP))) ORDER BY r0.`detected_at` DESC NULLS FIRST, r0.`id` NULLS LAST LIMIT 7

-- @ catalogue/tests.coverage
WITH c0 AS (SELECT r0.`parent_model_unique_id` AS `unique_id`, COUNT(*) AS `tests`, COUNT((CASE WHEN (r0.`test_column_name` IS NOT NULL) THEN 1 END)) AS `column_tests`, COUNT(DISTINCT r0.`test_column_name`) AS `tested_columns` FROM `elementary`.`dbt_tests` AS r0 GROUP BY r0.`parent_model_unique_id`), c1 AS (SELECT r1.`parent_unique_id` AS `unique_id`, COUNT(*) AS `columns` FROM `elementary`.`dbt_columns` AS r1 GROUP BY r1.`parent_unique_id`) SELECT r2.`unique_id` AS `unique_id`, r2.`name` AS `name`, r2.`package_name` AS `package_name`, r2.`schema_name` AS `schema_name`, r2.`materialization` AS `materialization`, r2.`owner` AS `owner`, r2.`tags` AS `tags`, COALESCE(r3.`tests`, 0) AS `tests`, COALESCE(r3.`column_tests`, 0) AS `column_tests`, COALESCE((r3.`tests` - r3.`column_tests`), 0) AS `table_tests`, COALESCE(r3.`tested_columns`, 0) AS `tested_columns`, COALESCE(r4.`columns`, 0) AS `documented_columns` FROM `elementary`.`dbt_models` AS r2 LEFT JOIN c0 AS r3 ON (r3.`unique_id` = r2.`unique_id`) LEFT JOIN c1 AS r4 ON (r4.`unique_id` = r2.`unique_id`) WHERE ((CAST(@p1 AS STRING) = @p2) OR (r2.`package_name` = CAST(@p1 AS STRING))) ORDER BY 8 NULLS LAST, 11 NULLS LAST, r2.`unique_id` NULLS LAST LIMIT 7

-- @ catalogue/tests.failed_rows
SELECT r0.`elementary_test_results_id` AS `elementary_test_results_id`, r0.`row_index` AS `row_index`, r0.`test_type` AS `test_type`, r0.`detected_at` AS `detected_at`, r0.`result_row` AS `result_row` FROM `elementary`.`test_result_rows` AS r0 WHERE (r0.`elementary_test_results_id` = CAST(@p1 AS STRING)) ORDER BY r0.`row_index` NULLS LAST, r0.`detected_at` NULLS LAST LIMIT 7

-- @ catalogue/tests.failing
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`test_execution_id` AS `test_execution_id`, MAX(r0.`detected_at`) AS `detected_at`, MAX((CASE r0.`status` WHEN @p3 THEN 4 WHEN @p4 THEN 3 WHEN @p5 THEN 2 ELSE 1 END)) AS `worst`, MAX(r0.`model_unique_id`) AS `model_unique_id`, MAX(r0.`table_name`) AS `table_name`, MAX(r0.`test_type`) AS `test_type`, MAX(r0.`test_short_name`) AS `test_short_name` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) AND (r0.`status` <> @p2)) GROUP BY r0.`test_unique_id`, r0.`test_execution_id`), c1 AS (SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`test_execution_id` AS `test_execution_id`, r1.`detected_at` AS `detected_at`, r1.`worst` AS `worst`, r1.`model_unique_id` AS `model_unique_id`, r1.`table_name` AS `table_name`, r1.`test_type` AS `test_type`, r1.`test_short_name` AS `test_short_name`, ROW_NUMBER() OVER (PARTITION BY r1.`test_unique_id` ORDER BY r1.`detected_at` DESC NULLS FIRST, r1.`test_execution_id` DESC NULLS FIRST) AS `recency` FROM c0 AS r1), c2 AS (SELECT r2.`test_unique_id` AS `test_unique_id`, MAX(r2.`test_short_name`) AS `test_short_name`, MAX(r2.`test_type`) AS `test_type`, MAX(r2.`model_unique_id`) AS `model_unique_id`, MAX(r2.`table_name`) AS `table_name`, COUNT(*) AS `executions`, COUNT((CASE WHEN (r2.`worst` > 1) THEN 1 END)) AS `executions_not_passed`, MIN((CASE WHEN (r2.`worst` > 1) THEN r2.`detected_at` END)) AS `first_not_passed_at`, MAX((CASE WHEN (r2.`worst` > 1) THEN r2.`detected_at` END)) AS `last_not_passed_at`, MAX((CASE WHEN (r2.`recency` = 1) THEN r2.`worst` END)) AS `latest` FROM c1 AS r2 GROUP BY r2.`test_unique_id` HAVING (MAX(r2.`worst`) > 1)) SELECT r3.`test_unique_id` AS `test_unique_id`, r3.`test_short_name` AS `test_short_name`, r3.`test_type` AS `test_type`, r3.`model_unique_id` AS `model_unique_id`, r3.`table_name` AS `table_name`, (CASE r3.`latest` WHEN 4 THEN @p6 WHEN 3 THEN @p7 WHEN 2 THEN @p8 ELSE @p9 END) AS `latest_status`, r3.`executions` AS `executions`, r3.`executions_not_passed` AS `executions_not_passed`, r3.`first_not_passed_at` AS `first_not_passed_at`, r3.`last_not_passed_at` AS `last_not_passed_at`, r4.`test_column_name` AS `test_column_name`, r4.`severity` AS `severity`, r4.`model_owners` AS `model_owners`, r4.`tags` AS `tags`, r5.`owner` AS `model_owner`, r5.`group_name` AS `group_name` FROM c2 AS r3 LEFT JOIN `elementary`.`dbt_tests` AS r4 ON (r4.`unique_id` = r3.`test_unique_id`) LEFT JOIN `elementary`.`dbt_models` AS r5 ON (r5.`unique_id` = r3.`model_unique_id`) ORDER BY r3.`latest` DESC NULLS FIRST, r3.`last_not_passed_at` DESC NULLS FIRST, r3.`test_unique_id` NULLS LAST LIMIT 7

-- @ catalogue/tests.flaky
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`test_execution_id` AS `test_execution_id`, MAX(r0.`detected_at`) AS `detected_at`, MAX((CASE WHEN (r0.`status` IN (@p3, @p4, @p5)) THEN 1 ELSE 0 END)) AS `not_passed`, MAX(r0.`model_unique_id`) AS `model_unique_id`, MAX(r0.`test_short_name`) AS `test_short_name`, MAX(r0.`owners`) AS `owners` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) AND (r0.`status` <> @p2)) GROUP BY r0.`test_unique_id`, r0.`test_execution_id`), c1 AS (SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`test_execution_id` AS `test_execution_id`, r1.`detected_at` AS `detected_at`, r1.`not_passed` AS `not_passed`, r1.`model_unique_id` AS `model_unique_id`, r1.`test_short_name` AS `test_short_name`, r1.`owners` AS `owners`, LAG(r1.`not_passed`) OVER (PARTITION BY r1.`test_unique_id` ORDER BY r1.`detected_at` NULLS LAST, r1.`test_execution_id` NULLS LAST) AS `before` FROM c0 AS r1) SELECT r2.`test_unique_id` AS `test_unique_id`, MAX(r2.`test_short_name`) AS `test_short_name`, MAX(r2.`model_unique_id`) AS `model_unique_id`, MAX(r2.`owners`) AS `owners`, COUNT(*) AS `executions`, COUNT((CASE WHEN (r2.`not_passed` = 1) THEN 1 END)) AS `executions_not_passed`, COUNT((CASE WHEN (r2.`not_passed` <> r2.`before`) THEN 1 END)) AS `changes`, MAX((CASE WHEN (r2.`not_passed` <> r2.`before`) THEN r2.`detected_at` END)) AS `last_changed_at` FROM c1 AS r2 GROUP BY r2.`test_unique_id` HAVING (COUNT((CASE WHEN (r2.`not_passed` <> r2.`before`) THEN 1 END)) >= CAST(@p6 AS INT64)) ORDER BY 7 DESC NULLS FIRST, r2.`test_unique_id` NULLS LAST LIMIT 7

-- @ catalogue/tests.history
SELECT r0.`id` AS `id`, r0.`detected_at` AS `detected_at`, r0.`status` AS `status`, r0.`severity` AS `severity`, r0.`failures` AS `failures`, r0.`failed_row_count` AS `failed_row_count`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`invocation_id` AS `invocation_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`owners` AS `owners`, r0.`test_results_description` AS `test_results_description`, r0.`test_results_query` AS `test_results_query`, r0.`test_params` AS `test_params` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`test_unique_id` = CAST(@p1 AS STRING)) AND (r0.`detected_at` >= CAST(@p2 AS TIMESTAMP))) ORDER BY r0.`detected_at` DESC NULLS FIRST, r0.`id` NULLS LAST LIMIT 7

-- @ catalogue/tests.latest_status
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`test_execution_id` AS `test_execution_id`, MAX(r0.`detected_at`) AS `detected_at`, MAX((CASE r0.`status` WHEN @p2 THEN 4 WHEN @p3 THEN 3 WHEN @p4 THEN 2 WHEN @p5 THEN 1 ELSE 0 END)) AS `worst`, COUNT(*) AS `results`, COUNT((CASE WHEN (r0.`status` IN (@p6, @p7, @p8)) THEN 1 END)) AS `results_not_passed`, CAST(SUM(r0.`failures`) AS INT64) AS `failures`, MAX(r0.`model_unique_id`) AS `model_unique_id`, MAX(r0.`table_name`) AS `table_name`, MAX(r0.`test_type`) AS `test_type`, MAX(r0.`test_short_name`) AS `test_short_name`, MAX(r0.`severity`) AS `severity`, MAX(r0.`owners`) AS `owners`, MAX(r0.`tags`) AS `tags` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST(@p1 AS TIMESTAMP)) GROUP BY r0.`test_unique_id`, r0.`test_execution_id`), c1 AS (SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`test_execution_id` AS `test_execution_id`, r1.`detected_at` AS `detected_at`, r1.`worst` AS `worst`, r1.`results` AS `results`, r1.`results_not_passed` AS `results_not_passed`, r1.`failures` AS `failures`, r1.`model_unique_id` AS `model_unique_id`, r1.`table_name` AS `table_name`, r1.`test_type` AS `test_type`, r1.`test_short_name` AS `test_short_name`, r1.`severity` AS `severity`, r1.`owners` AS `owners`, r1.`tags` AS `tags`, ROW_NUMBER() OVER (PARTITION BY r1.`test_unique_id` ORDER BY r1.`detected_at` DESC NULLS FIRST, r1.`test_execution_id` DESC NULLS FIRST) AS `recency` FROM c0 AS r1) SELECT r2.`test_unique_id` AS `test_unique_id`, r2.`test_short_name` AS `test_short_name`, r2.`test_type` AS `test_type`, r2.`model_unique_id` AS `model_unique_id`, r2.`table_name` AS `table_name`, (CASE r2.`worst` WHEN 4 THEN @p9 WHEN 3 THEN @p10 WHEN 2 THEN @p11 WHEN 1 THEN @p12 ELSE @p13 END) AS `status`, r2.`severity` AS `severity`, r2.`detected_at` AS `detected_at`, r2.`results` AS `results`, r2.`results_not_passed` AS `results_not_passed`, r2.`failures` AS `failures`, r2.`owners` AS `owners`, r2.`tags` AS `tags`, r2.`test_execution_id` AS `test_execution_id` FROM c1 AS r2 WHERE (r2.`recency` = 1) ORDER BY r2.`worst` DESC NULLS FIRST, r2.`detected_at` DESC NULLS FIRST, r2.`test_unique_id` NULLS LAST LIMIT 7

-- @ catalogue/volume.anomalies
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`full_table_name` AS `full_table_name`, r0.`bucket_start` AS `bucket_start`, r0.`bucket_end` AS `bucket_end`, r0.`latest_metric_value` AS `latest_metric_value`, r0.`training_avg` AS `training_avg`, r0.`training_stddev` AS `training_stddev`, r0.`training_set_size` AS `training_set_size`, r0.`anomaly_score` AS `anomaly_score`, r0.`updated_at` AS `updated_at`, ROW_NUMBER() OVER (PARTITION BY r0.`full_table_name`, r0.`bucket_start`, r0.`bucket_end` ORDER BY r0.`updated_at` DESC NULLS FIRST, r0.`id` NULLS LAST) AS `recency` FROM `elementary`.`metrics_anomaly_score` AS r0 WHERE ((r0.`metric_name` = @p1) AND (r0.`dimension` IS NULL) AND (r0.`bucket_end` >= CAST(@p2 AS TIMESTAMP)))) SELECT r1.`full_table_name` AS `full_table_name`, r1.`bucket_start` AS `bucket_start`, r1.`bucket_end` AS `bucket_end`, r1.`latest_metric_value` AS `row_count`, GREATEST(COALESCE((r1.`training_avg` - (CAST(@p3 AS FLOAT64) * r1.`training_stddev`)), 0), 0) AS `expected_low`, (r1.`training_avg` + (CAST(@p3 AS FLOAT64) * r1.`training_stddev`)) AS `expected_high`, r1.`training_avg` AS `training_avg`, r1.`training_stddev` AS `training_stddev`, r1.`training_set_size` AS `training_set_size`, r1.`anomaly_score` AS `anomaly_score`, r1.`updated_at` AS `updated_at` FROM c0 AS r1 WHERE ((r1.`recency` = 1) AND (ABS(r1.`anomaly_score`) > CAST(@p3 AS FLOAT64))) ORDER BY r1.`bucket_end` DESC NULLS FIRST, r1.`full_table_name` NULLS LAST, r1.`id` NULLS LAST LIMIT 7

-- @ forms/columns
SELECT r0.`name` AS `name`, r0.`owner` AS `owner`, r0.`name` AS `Odd " name` FROM `elementary`.`dbt_models` AS r0

-- @ forms/star
SELECT r0.`elementary_test_results_id` AS `elementary_test_results_id`, r0.`result_row` AS `result_row`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`row_index` AS `row_index`, r0.`test_type` AS `test_type` FROM `elementary`.`test_result_rows` AS r0

-- @ forms/no_from
SELECT 1 AS `one`, 'it\'s' AS `t`, NULL AS `n`, TRUE AS `y`, FALSE AS `f`, NUMERIC '1.50' AS `d`, 2147483648 AS `big`

-- @ forms/backslash
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = '\\\' UNION SELECT ssn FROM public.customers --')

-- @ forms/quote_and_dollar
SELECT 'a\'b' AS `a`, '${x}' AS `b`, '`' AS `c`, '"' AS `d`, '{p1:String}' AS `e`, '? $1 :1 @p1' AS `f`

-- @ forms/comparisons
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` = 1) OR ((r0.`failures` <> 2) AND (r0.`failures` < 3)) OR ((r0.`failures` <= 4) AND (r0.`failures` > 5)) OR (r0.`failures` >= 6))

-- @ forms/not
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (NOT (r0.`status` = 'pass'))

-- @ forms/is_null
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`status` IS NULL) OR (r0.`severity` IS NOT NULL))

-- @ forms/is_true
SELECT r0.`model_execution_id` AS `model_execution_id` FROM `elementary`.`dbt_run_results` AS r0 WHERE ((r0.`full_refresh` IS TRUE) OR (r0.`full_refresh` IS NOT TRUE) OR (r0.`full_refresh` IS FALSE) OR (r0.`full_refresh` IS NOT FALSE))

-- @ forms/is_distinct
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`status` IS DISTINCT FROM 'pass') AND (r0.`severity` IS NOT DISTINCT FROM 'ERROR'))

-- @ forms/in_list
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`status` IN ('fail', 'warn')) AND (r0.`failures` NOT IN (1, 2, 3)))

-- @ forms/in_query
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`unique_id` IN (SELECT r1.`model_unique_id` AS `model_unique_id` FROM `elementary`.`elementary_test_results` AS r1)) AND (r0.`unique_id` NOT IN (SELECT r2.`unique_id` AS `unique_id` FROM `elementary`.`dbt_tests` AS r2 WHERE (r2.`unique_id` IS NOT NULL))))

-- @ forms/exists
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((EXISTS (SELECT 1 AS `?column?` FROM `elementary`.`dbt_tests` AS r1 WHERE (r1.`parent_model_unique_id` = r0.`unique_id`))) AND (NOT EXISTS (SELECT 1 AS `?column?` FROM `elementary`.`dbt_tests` AS r2 WHERE (r2.`name` = r0.`name`))))

-- @ forms/quantified
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` IN (SELECT r1.`failures` AS `failures` FROM `elementary`.`dbt_run_results` AS r1)) AND (r0.`failures` NOT IN (SELECT r2.`rows_affected` AS `rows_affected` FROM `elementary`.`dbt_run_results` AS r2)))

-- @ forms/quantified_order
-- refused: a bigquery source does not have with one meaning: this comparison with ANY or ALL of a subquery

-- @ forms/between
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` BETWEEN 1 AND 5) AND (r0.`detected_at` NOT BETWEEN CAST('2026-01-01 00:00:00' AS TIMESTAMP) AND CAST('2026-02-01 00:00:00' AS TIMESTAMP)))

-- @ forms/text_beside_time
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST('2026-01-01 00:00:00' AS TIMESTAMP))

-- @ forms/like
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` LIKE 'stg%') AND (r0.`name` NOT LIKE '%\\_x') AND (r0.`name` LIKE 'a\\%b!'))

-- @ forms/ilike
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((LOWER(r0.`name`) LIKE LOWER('STG%')) OR (LOWER(r0.`name`) NOT LIKE LOWER('%\\_X')))

-- @ forms/like_column
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` LIKE r0.`alias`)

-- @ forms/arithmetic
SELECT (r0.`failures` + 1) AS `a`, (r0.`failures` - 1) AS `s`, (r0.`failures` * 2) AS `m`, (- r0.`failures`) AS `n`, MOD(r0.`failures`, 7) AS `r` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/divide_whole
SELECT DIV(r0.`failures`, 2) AS `q` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/divide_float
SELECT (r0.`execution_time` / CAST(2 AS FLOAT64)) AS `q`, (r0.`execution_time` / CAST(r0.`failures` AS FLOAT64)) AS `r`, (CAST(SUM(r0.`failures`) AS FLOAT64) / CAST(COUNT(*) AS FLOAT64)) AS `mean` FROM `elementary`.`dbt_run_results` AS r0 GROUP BY r0.`execution_time`, r0.`failures`

-- @ forms/divide_decimal
SELECT (CAST(NUMERIC '7.0' AS FLOAT64) / CAST(2 AS FLOAT64)) AS `q`

-- @ forms/concat_operator
SELECT ((r0.`name` || '.') || r0.`alias`) AS `a`, (r0.`name` || CAST(1 AS STRING)) AS `b` FROM `elementary`.`dbt_models` AS r0

-- @ forms/concat_float
-- refused: a bigquery source does not have with one meaning: a value that is neither text nor a whole number, joined to a text

-- @ forms/case_searched
SELECT (CASE WHEN (r0.`status` = 'fail') THEN 1 WHEN (r0.`status` = 'warn') THEN 2 ELSE 0 END) AS `c` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/case_simple
SELECT (CASE r0.`status` WHEN 'fail' THEN 'bad' ELSE 'good' END) AS `c` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/cast_numbers
SELECT CAST(r0.`failures` AS INT64) AS `a`, CAST(r0.`failures` AS INT64) AS `b`, CAST('7' AS INT64) AS `c`, CAST(r0.`failures` AS FLOAT64) AS `d`, CAST(r0.`failures` AS NUMERIC(12, 2)) AS `e`, CAST(r0.`failures` AS FLOAT64) AS `f` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/cast_real
-- refused: a bigquery source does not have with one meaning: the type real; use double precision

-- @ forms/cast_fraction
-- refused: a bigquery source does not have with one meaning: a cast of a fraction to a whole number, which engines round differently; use floor or ceil

-- @ forms/cast_floor
SELECT CAST(FLOOR(r0.`execution_time`) AS INT64) AS `i` FROM `elementary`.`dbt_run_results` AS r0

-- @ forms/cast_text
SELECT CAST(r0.`failures` AS STRING) AS `a`, LEFT(CAST(r0.`status` AS STRING), 3) AS `b` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/cast_boolean_text
SELECT CAST(r0.`full_refresh` AS STRING) AS `a` FROM `elementary`.`dbt_run_results` AS r0

-- @ forms/cast_time_text
-- refused: a bigquery source does not have with one meaning: a cast to text of a value that engines write differently

-- @ forms/cast_boolean
SELECT CAST(1 AS BOOL) AS `b`

-- @ forms/cast_times
SELECT CAST(r0.`detected_at` AS DATE) AS `d`, CAST('2026-01-02' AS DATE) AS `e`, CAST('2026-01-02 03:04:05' AS TIMESTAMP) AS `f` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/cast_timestamptz
SELECT CAST(r0.`detected_at` AS TIMESTAMP) AS `d` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/cast_time
-- refused: a bigquery source does not have with one meaning: the type time

-- @ forms/cast_interval
-- refused: a bigquery source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ forms/cast_json
-- refused: a bigquery source does not have with one meaning: the type json

-- @ forms/cast_uuid
-- refused: a bigquery source does not have with one meaning: the type uuid

-- @ forms/typed_literals
SELECT CAST('2026-01-02' AS DATE) AS `d`, CAST('2026-01-02 03:04:05' AS TIMESTAMP) AS `t`

-- @ forms/typed_time
-- refused: a bigquery source does not have with one meaning: the type time

-- @ forms/typed_timestamptz
-- refused: a bigquery source does not have with one meaning: a date or time in another form than '2026-01-02' or '2026-01-02 03:04:05.678', in UTC

-- @ forms/interval_plus
SELECT ((TIMESTAMP(DATETIME_ADD(DATETIME(r0.`detected_at`, 'UTC'), INTERVAL 1 MONTH), 'UTC') + INTERVAL 2 DAY) + INTERVAL 10800 SECOND) AS `a`, (r0.`detected_at` - INTERVAL 5400 SECOND) AS `b` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/interval_days
SELECT (r0.`detected_at` - INTERVAL 7 DAY) AS `a`, (r0.`created_at` - INTERVAL 10800 SECOND) AS `b` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/interval_now
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` > (CURRENT_TIMESTAMP() - INTERVAL 7 DAY))

-- @ forms/interval_alone
-- refused: a bigquery source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ forms/interval_of_times
-- refused: a bigquery source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ forms/extract_parts
SELECT CAST(EXTRACT(YEAR FROM r0.`detected_at`) AS FLOAT64) AS `a`, CAST(EXTRACT(QUARTER FROM r0.`detected_at`) AS FLOAT64) AS `b`, CAST(EXTRACT(MONTH FROM r0.`detected_at`) AS FLOAT64) AS `c`, CAST(EXTRACT(DAY FROM r0.`detected_at`) AS FLOAT64) AS `e`, CAST(EXTRACT(HOUR FROM r0.`detected_at`) AS FLOAT64) AS `f`, CAST(EXTRACT(MINUTE FROM r0.`detected_at`) AS FLOAT64) AS `g`, CAST((EXTRACT(DAYOFWEEK FROM r0.`detected_at`) - 1) AS FLOAT64) AS `h`, CAST(EXTRACT(DAYOFYEAR FROM r0.`detected_at`) AS FLOAT64) AS `j` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/extract_weeks
SELECT CAST(EXTRACT(ISOWEEK FROM r0.`detected_at`) AS FLOAT64) AS `d` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/extract_iso
SELECT CAST((MOD((EXTRACT(DAYOFWEEK FROM r0.`detected_at`) + 5), 7) + 1) AS FLOAT64) AS `i`, CAST(EXTRACT(ISOYEAR FROM r0.`detected_at`) AS FLOAT64) AS `k` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/extract_second
-- refused: a bigquery source does not have with one meaning: this field of EXTRACT

-- @ forms/extract_epoch
-- refused: a bigquery source does not have with one meaning: this field of EXTRACT

-- @ forms/date_part
SELECT CAST(CAST(EXTRACT(HOUR FROM r0.`detected_at`) AS FLOAT64) AS FLOAT64) AS `h` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/date_trunc
SELECT TIMESTAMP_TRUNC(r0.`detected_at`, YEAR) AS `a`, TIMESTAMP_TRUNC(r0.`detected_at`, QUARTER) AS `b`, TIMESTAMP_TRUNC(r0.`detected_at`, MONTH) AS `c`, TIMESTAMP_TRUNC(r0.`detected_at`, DAY) AS `d`, TIMESTAMP_TRUNC(r0.`detected_at`, HOUR) AS `e`, TIMESTAMP_TRUNC(r0.`detected_at`, MINUTE) AS `f`, TIMESTAMP_TRUNC(r0.`detected_at`, SECOND) AS `g` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/date_trunc_week
SELECT TIMESTAMP_TRUNC(r0.`detected_at`, ISOWEEK) AS `a` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/at_time_zone
-- refused: a bigquery source does not have with one meaning: AT TIME ZONE

-- @ forms/json_arrow
-- refused: a bigquery source does not have with one meaning: the type json

-- @ forms/json_functions
-- refused: a bigquery source does not have with one meaning: the type json

-- @ forms/json_typeof
-- refused: a bigquery source does not have with one meaning: the type json

-- @ forms/numbers
SELECT ABS(r0.`failures`) AS `a`, CEIL(r0.`execution_time`) AS `b`, CEIL(r0.`execution_time`) AS `c`, FLOOR(r0.`execution_time`) AS `d`, SIGN(r0.`execution_time`) AS `e`, MOD(r0.`failures`, 7) AS `f`, SQRT(r0.`execution_time`) AS `g`, LN(r0.`execution_time`) AS `h`, LOG10(r0.`execution_time`) AS `i` FROM `elementary`.`dbt_run_results` AS r0

-- @ forms/round_float
-- refused: a bigquery source does not have with one meaning: round of a float, whose halves engines round differently

-- @ forms/round_mean
SELECT ROUND(AVG(CAST(r0.`failures` AS FLOAT64))) AS `a` FROM `elementary`.`dbt_run_results` AS r0

-- @ forms/round_decimal
SELECT ROUND(NUMERIC '2.675', 2) AS `a`

-- @ forms/trunc
SELECT TRUNC(NUMERIC '2.7') AS `a`

-- @ forms/trunc_digits
SELECT TRUNC(NUMERIC '2.675', 2) AS `a`

-- @ forms/log_base
-- refused: a bigquery source has no function `log`

-- @ forms/texts
SELECT LOWER(r0.`name`) AS `a`, UPPER(r0.`name`) AS `b`, CHAR_LENGTH(r0.`name`) AS `c`, CHAR_LENGTH(r0.`name`) AS `d`, LEFT(r0.`name`, 2) AS `e`, SUBSTR(r0.`name`, 2, 3) AS `f`, SUBSTR(r0.`name`, 2) AS `g`, STRPOS(r0.`name`, 'a') AS `h`, REPLACE(r0.`name`, 'a', 'b') AS `i`, REVERSE(r0.`name`) AS `j`, TO_HEX(MD5(r0.`name`)) AS `k` FROM `elementary`.`dbt_models` AS r0

-- @ forms/right
SELECT RIGHT(r0.`name`, 2) AS `a` FROM `elementary`.`dbt_models` AS r0

-- @ forms/left_negative
-- refused: a bigquery source does not have with one meaning: left, right, substr and split_part of what is not a literal, or below one

-- @ forms/trims
SELECT TRIM(r0.`name`, ' ') AS `a`, LTRIM(r0.`name`, ' ') AS `b`, RTRIM(r0.`name`, ' ') AS `c` FROM `elementary`.`dbt_models` AS r0

-- @ forms/trims_of
SELECT TRIM(r0.`name`, 'xy') AS `a`, LTRIM(r0.`name`, 'x') AS `b`, RTRIM(r0.`name`, 'x') AS `c` FROM `elementary`.`dbt_models` AS r0

-- @ forms/split_part
-- refused: a bigquery source has no function `split_part`

-- @ forms/starts_with
SELECT STARTS_WITH(r0.`name`, 'stg') AS `a` FROM `elementary`.`dbt_models` AS r0

-- @ forms/initcap
-- refused: a bigquery source has no function `initcap`

-- @ forms/concat
SELECT (COALESCE(r0.`name`, '') || '-' || COALESCE(r0.`alias`, '') || COALESCE(CAST(1 AS STRING), '')) AS `a` FROM `elementary`.`dbt_models` AS r0

-- @ forms/concat_ws
-- refused: a bigquery source has no function `concat_ws`

-- @ forms/age
-- refused: a bigquery source has no function `age`

-- @ forms/to_char
-- refused: a bigquery source has no function `to_char`

-- @ forms/to_date
-- refused: a bigquery source has no function `to_date`

-- @ forms/to_timestamp
-- refused: a bigquery source has no function `to_timestamp`

-- @ forms/make_date
SELECT DATE(2026, 1, 2) AS `a`

-- @ forms/coalesce
SELECT COALESCE(r0.`description`, 'none') AS `a`, NULLIF(r0.`name`, '') AS `b`, COALESCE(r1.`detected_at`, CAST('2026-01-01 00:00:00' AS TIMESTAMP)) AS `c` FROM `elementary`.`dbt_models` AS r0 CROSS JOIN `elementary`.`elementary_test_results` AS r1

-- @ forms/greatest
SELECT GREATEST(COALESCE(r0.`failures`, 1, 2), 1, 2) AS `a`, LEAST(COALESCE(r0.`failures`, 1), 1) AS `b` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/clock
SELECT CURRENT_TIMESTAMP() AS `a`, CURRENT_TIMESTAMP() AS `b`, CURRENT_TIMESTAMP() AS `c`, CURRENT_DATE('UTC') AS `d`

-- @ forms/aggregates
SELECT COUNT(*) AS `a`, COUNT(r0.`failures`) AS `b`, COUNT(DISTINCT r0.`status`) AS `c`, SUM(r0.`failures`) AS `d`, AVG(CAST(r0.`failures` AS FLOAT64)) AS `e`, MIN(r0.`detected_at`) AS `f`, MAX(r0.`detected_at`) AS `g` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/deviations
SELECT STDDEV_POP(r0.`execution_time`) AS `a`, VAR_POP(r0.`execution_time`) AS `b` FROM `elementary`.`dbt_run_results` AS r0

-- @ forms/deviations_of_samples
SELECT STDDEV_SAMP(r0.`execution_time`) AS `a`, STDDEV_SAMP(r0.`execution_time`) AS `b`, VAR_SAMP(r0.`execution_time`) AS `c`, VAR_SAMP(r0.`execution_time`) AS `d` FROM `elementary`.`dbt_run_results` AS r0

-- @ forms/booleans
SELECT LOGICAL_AND(r0.`full_refresh`) AS `a`, LOGICAL_OR(r0.`full_refresh`) AS `b`, LOGICAL_AND(r0.`full_refresh`) AS `c` FROM `elementary`.`dbt_run_results` AS r0

-- @ forms/corr
-- refused: a bigquery source has no function `corr`

-- @ forms/string_agg
-- refused: a bigquery source has no function `string_agg`

-- @ forms/string_agg_sorted
-- refused: a bigquery source has no function `string_agg`

-- @ forms/array_agg
-- refused: a bigquery source has no function `array_agg`

-- @ forms/filter
SELECT COUNT((CASE WHEN (r0.`status` = 'fail') THEN 1 END)) AS `a`, SUM((CASE WHEN (r0.`status` <> 'pass') THEN r0.`failures` END)) AS `b`, MAX((CASE WHEN (r0.`failures` > 0) THEN r0.`detected_at` END)) AS `c` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/percentile_cont
-- refused: a bigquery source has no function `percentile_cont`

-- @ forms/percentile_cont_filtered
-- refused: a bigquery source has no function `percentile_cont`

-- @ forms/percentile_disc
-- refused: a bigquery source has no function `percentile_disc`

-- @ forms/mode
-- refused: a bigquery source has no function `mode`

-- @ forms/group_by
SELECT r0.`status` AS `status`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` HAVING (COUNT(*) > 1) ORDER BY 2 DESC NULLS FIRST, r0.`status` NULLS LAST

-- @ forms/group_by_expression
SELECT (COALESCE(r0.`status`, 'none') || '!') AS `s`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY COALESCE(r0.`status`, 'none') ORDER BY COALESCE(r0.`status`, 'none') NULLS LAST

-- @ forms/group_by_constant
SELECT 'x' AS `a`, 7 AS `b`, COUNT(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY CAST('x' AS STRING), CAST(7 AS INT64)

-- @ forms/order
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST, r0.`alias` DESC NULLS FIRST, r0.`owner` NULLS FIRST, r0.`tags` DESC NULLS LAST

-- @ forms/order_by_output
SELECT r0.`name` AS `name`, CHAR_LENGTH(r0.`name`) AS `l` FROM `elementary`.`dbt_models` AS r0 ORDER BY 2 DESC NULLS FIRST LIMIT 5

-- @ forms/limit
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 10

-- @ forms/limit_offset
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 10 OFFSET 20

-- @ forms/offset
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 9223372036854775807 OFFSET 20

-- @ forms/fetch
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 3 OFFSET 5

-- @ forms/distinct
SELECT DISTINCT COALESCE(r0.`owner`, 'x') AS `a` FROM `elementary`.`dbt_models` AS r0 ORDER BY 1 NULLS LAST

-- @ forms/distinct_on
SELECT d.v0 AS `test_unique_id`, d.v1 AS `status`, d.v2 AS `detected_at` FROM (SELECT r0.`test_unique_id` AS v0, r0.`status` AS v1, r0.`detected_at` AS v2, r0.`test_unique_id` AS s0, r0.`detected_at` AS s1, ROW_NUMBER() OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`test_unique_id` NULLS LAST, r0.`detected_at` DESC NULLS FIRST) AS n FROM `elementary`.`elementary_test_results` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST

-- @ forms/distinct_on_bare
SELECT d.v0 AS `owner`, d.v1 AS `name` FROM (SELECT r0.`owner` AS v0, r0.`name` AS v1, ROW_NUMBER() OVER (PARTITION BY r0.`owner` ORDER BY r0.`owner`) AS n FROM `elementary`.`dbt_models` AS r0) AS d WHERE (d.n = 1)

-- @ forms/joins
SELECT r0.`status` AS `status`, r1.`short_name` AS `short_name` FROM `elementary`.`elementary_test_results` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`unique_id` = r0.`test_unique_id`) LEFT JOIN `elementary`.`dbt_models` AS r2 ON (r2.`unique_id` = r0.`model_unique_id`)

-- @ forms/join_right
SELECT r0.`status` AS `status`, r1.`short_name` AS `short_name` FROM `elementary`.`elementary_test_results` AS r0 RIGHT JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`unique_id` = r0.`test_unique_id`)

-- @ forms/join_full
SELECT r1.`status` AS `status`, COALESCE(r0.`unique_id`, r1.`unique_id`) AS `unique_id` FROM `elementary`.`dbt_tests` AS r0 FULL JOIN `elementary`.`dbt_run_results` AS r1 ON (r0.`unique_id` = r1.`unique_id`)

-- @ forms/join_cross
SELECT r0.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r0 CROSS JOIN `elementary`.`dbt_tests` AS r1

-- @ forms/join_nested
SELECT r0.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r0 LEFT JOIN (`elementary`.`dbt_tests` AS r1 INNER JOIN `elementary`.`dbt_models` AS r2 ON (r2.`unique_id` = r1.`parent_model_unique_id`)) ON (r1.`unique_id` = r0.`test_unique_id`)

-- @ forms/derived
SELECT r1.`n` AS `n` FROM (SELECT COUNT(*) AS `n` FROM `elementary`.`dbt_models` AS r0) AS r1

-- @ forms/derived_doubled_names
SELECT r1.k1 AS `b` FROM (SELECT r0.`name` AS k0, r0.`owner` AS k1 FROM `elementary`.`dbt_models` AS r0) AS r1

-- @ forms/cte
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, MAX(r0.`detected_at`) AS `at` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`test_unique_id`) SELECT r1.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r1 INNER JOIN c0 AS r2 ON ((r2.`test_unique_id` = r1.`test_unique_id`) AND (r2.`at` = r1.`detected_at`))

-- @ forms/cte_materialized
WITH c0 AS (SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0), c1 AS (SELECT r1.`name` AS `name` FROM c0 AS r1) SELECT r2.`name` AS `name` FROM c1 AS r2

-- @ forms/cte_doubled_names
WITH c0 AS (SELECT r0.`name` AS k0, r0.`name` AS k1 FROM `elementary`.`dbt_models` AS r0) SELECT r1.k1 AS `y` FROM c0 AS r1

-- @ forms/union
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1)

-- @ forms/union_all_sorted
(SELECT r0.`name` AS `n` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1) ORDER BY 1 NULLS LAST LIMIT 3

-- @ forms/intersect
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) INTERSECT DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1)

-- @ forms/except
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) EXCEPT DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1)

-- @ forms/intersect_all
-- refused: a bigquery source does not have with one meaning: INTERSECT ALL and EXCEPT ALL

-- @ forms/except_all
-- refused: a bigquery source does not have with one meaning: INTERSECT ALL and EXCEPT ALL

-- @ forms/scalar_subquery
SELECT r0.`name` AS `name`, (SELECT COUNT(*) AS `count` FROM `elementary`.`dbt_tests` AS r1) AS `n` FROM `elementary`.`dbt_models` AS r0

-- @ forms/window_ranks
SELECT ROW_NUMBER() OVER (PARTITION BY r0.`owner` ORDER BY r0.`name` NULLS LAST) AS `a`, RANK() OVER (ORDER BY r0.`name` NULLS LAST) AS `b`, DENSE_RANK() OVER (ORDER BY r0.`name` DESC NULLS FIRST) AS `c` FROM `elementary`.`dbt_models` AS r0

-- @ forms/window_shares
SELECT PERCENT_RANK() OVER (ORDER BY r0.`name` NULLS LAST) AS `a`, CUME_DIST() OVER (ORDER BY r0.`name` NULLS LAST) AS `b`, NTILE(4) OVER (ORDER BY r0.`name` NULLS LAST) AS `c` FROM `elementary`.`dbt_models` AS r0

-- @ forms/window_neighbours
SELECT LAG(r0.`status`) OVER (ORDER BY r0.`detected_at` NULLS LAST) AS `a`, LEAD(r0.`status`, 2) OVER (ORDER BY r0.`detected_at` NULLS LAST) AS `b` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/window_neighbours_default
SELECT LAG(r0.`status`, 1, 'none') OVER (ORDER BY r0.`detected_at` NULLS LAST) AS `a` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/window_values
SELECT FIRST_VALUE(r0.`status`) OVER (ORDER BY (r0.`detected_at` IS NULL), r0.`detected_at` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `a`, LAST_VALUE(r0.`status`) OVER (ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `b`, NTH_VALUE(r0.`status`, 2) OVER (ORDER BY (r0.`detected_at` IS NULL), r0.`detected_at` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `c` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/window_sum
SELECT SUM(r0.`failures`) OVER (PARTITION BY r0.`test_unique_id`) AS `a` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/window_running_sum
SELECT SUM(r0.`failures`) OVER (ORDER BY (r0.`detected_at` IS NULL), r0.`detected_at` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `a` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/window_rows
SELECT AVG(CAST(r0.`failures` AS FLOAT64)) OVER (ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS `a`, COUNT((CASE WHEN (r0.`status` = 'fail') THEN 1 END)) OVER (ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS `b` FROM `elementary`.`elementary_test_results` AS r0

-- @ forms/window_range
-- refused: a bigquery source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ forms/window_groups
-- refused: a bigquery source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ forms/window_named
SELECT SUM(r0.`failures`) OVER (PARTITION BY r0.`status` ORDER BY r0.`detected_at` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `a` FROM `elementary`.`elementary_test_results` AS r0

-- @ cases/pub-0089
SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name`, r0.`materialization` AS `materialization` FROM `elementary`.`dbt_models` AS r0

-- @ cases/pub-0090
SELECT r0.`invocation_id` AS `invocation_id`, r0.`job_id` AS `job_id`, r0.`job_name` AS `job_name`, r0.`job_run_id` AS `job_run_id`, r0.`run_started_at` AS `run_started_at`, r0.`run_completed_at` AS `run_completed_at`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`command` AS `command`, r0.`dbt_version` AS `dbt_version`, r0.`elementary_version` AS `elementary_version`, r0.`full_refresh` AS `full_refresh`, r0.`invocation_vars` AS `invocation_vars`, r0.`vars` AS `vars`, r0.`target_name` AS `target_name`, r0.`target_database` AS `target_database`, r0.`target_schema` AS `target_schema`, r0.`target_profile_name` AS `target_profile_name`, r0.`threads` AS `threads`, r0.`selected` AS `selected`, r0.`yaml_selector` AS `yaml_selector`, r0.`project_id` AS `project_id`, r0.`project_name` AS `project_name`, r0.`env` AS `env`, r0.`env_id` AS `env_id`, r0.`cause_category` AS `cause_category`, r0.`cause` AS `cause`, r0.`pull_request_id` AS `pull_request_id`, r0.`git_sha` AS `git_sha`, r0.`orchestrator` AS `orchestrator`, r0.`dbt_user` AS `dbt_user`, r0.`job_url` AS `job_url`, r0.`job_run_url` AS `job_run_url`, r0.`account_id` AS `account_id` FROM `elementary`.`dbt_invocations` AS r0

-- @ cases/pub-0091
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`materialization` = 'view')

-- @ cases/pub-0092
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0

-- @ cases/pub-0093
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0

-- @ cases/pub-0094
SELECT r0.`id` AS `id`, r0.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r0 WHERE (((r0.`status` = 'fail') OR (r0.`status` = 'error')) AND (NOT (r0.`severity` = 'WARN')))

-- @ cases/pub-0095
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`status` IN ('fail', 'warn')) AND (r0.`failures` BETWEEN 1 AND 5) AND (r0.`test_name` LIKE 't%') AND (r0.`column_name` IS NOT NULL))

-- @ cases/pub-0096
SELECT r0.`name` AS `name`, r0.`generated_at` AS `generated_at` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`generated_at` DESC NULLS LAST, r0.`name` NULLS LAST LIMIT 5 OFFSET 2

-- @ cases/pub-0097
SELECT r0.`status` AS `status`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` ORDER BY 2 DESC NULLS FIRST, r0.`status` NULLS LAST

-- @ cases/pub-0098
SELECT COUNT(DISTINCT r0.`test_unique_id`) AS `tests`, COUNT((CASE WHEN (r0.`status` = 'fail') THEN 1 END)) AS `failed`, SUM(r0.`failures`) AS `failures`, ROUND(AVG(CAST(r0.`failures` AS FLOAT64)), 2) AS `avg_failures` FROM `elementary`.`elementary_test_results` AS r0

-- @ cases/pub-0099
SELECT r0.`model_unique_id` AS `model_unique_id`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` <> 'pass') GROUP BY r0.`model_unique_id` HAVING (COUNT(*) >= 3) ORDER BY r0.`model_unique_id` NULLS LAST

-- @ cases/pub-0100
SELECT r0.`test_type` AS `test_type`, SUM((CASE WHEN (r0.`status` IN ('fail', 'error')) THEN 1 ELSE 0 END)) AS `bad`, COUNT(*) AS `total` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`test_type` ORDER BY r0.`test_type` NULLS LAST

-- @ cases/pub-0101
-- refused: a bigquery source does not have with one meaning: a cast of this value to a decimal, which engines round differently

-- @ cases/pub-0102
SELECT TIMESTAMP_TRUNC(r0.`detected_at`, DAY) AS `day`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` > (CURRENT_TIMESTAMP() - INTERVAL 3650 DAY)) GROUP BY TIMESTAMP_TRUNC(r0.`detected_at`, DAY) ORDER BY 1 NULLS LAST

-- @ cases/pub-0103
SELECT CAST(EXTRACT(HOUR FROM r0.`detected_at`) AS FLOAT64) AS `h`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY CAST(EXTRACT(HOUR FROM r0.`detected_at`) AS FLOAT64) ORDER BY 1 NULLS LAST

-- @ cases/pub-0104
-- refused: a bigquery source has no function `split_part`

-- @ cases/pub-0105
SELECT r1.`short_name` AS `short_name`, r0.`status` AS `status`, r2.`owner` AS `owner` FROM `elementary`.`elementary_test_results` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`unique_id` = r0.`test_unique_id`) LEFT JOIN `elementary`.`dbt_models` AS r2 ON (r2.`unique_id` = r0.`model_unique_id`) ORDER BY r0.`id` NULLS LAST LIMIT 20

-- @ cases/pub-0106
SELECT COUNT(*) AS `n` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r0.`invocation_id` = r1.`invocation_id`)

-- @ cases/pub-0107
WITH c0 AS (SELECT r0.`test_unique_id` AS `test_unique_id`, r0.`status` AS `status`, r0.`detected_at` AS `detected_at`, ROW_NUMBER() OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`detected_at` DESC NULLS FIRST) AS `rn` FROM `elementary`.`elementary_test_results` AS r0) SELECT r1.`test_unique_id` AS `test_unique_id`, r1.`status` AS `status` FROM c0 AS r1 WHERE (r1.`rn` = 1) ORDER BY r1.`test_unique_id` NULLS LAST

-- @ cases/pub-0108
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`test_results_description` AS `test_results_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`test_results_query` AS `test_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`failures` AS `failures`, r0.`test_short_name` AS `test_short_name`, r0.`test_alias` AS `test_alias`, r0.`result_rows` AS `result_rows`, r0.`failed_row_count` AS `failed_row_count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` = 'fail')) SELECT COUNT(*) AS `n` FROM c0 AS r1

-- @ cases/pub-0109
SELECT r0.`bucket_start` AS `bucket_start`, r0.`metric_value` AS `metric_value`, LAG(r0.`metric_value`) OVER (ORDER BY r0.`bucket_start` NULLS LAST) AS `previous`, SUM(r0.`metric_value`) OVER (ORDER BY r0.`bucket_start` NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS `week` FROM `elementary`.`data_monitoring_metrics` AS r0 WHERE (r0.`metric_name` = 'row_count') ORDER BY r0.`bucket_start` NULLS LAST

-- @ cases/pub-0110
(SELECT r0.`unique_id` AS `unique_id`, 'model' AS `kind` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT r1.`unique_id` AS `unique_id`, 'test' AS `?column?` FROM `elementary`.`dbt_tests` AS r1) ORDER BY 1 NULLS LAST LIMIT 15

-- @ cases/pub-0111
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((EXISTS (SELECT 1 AS `?column?` FROM `elementary`.`dbt_tests` AS r1 WHERE (r1.`parent_model_unique_id` = r0.`unique_id`))) AND (r0.`unique_id` IN (SELECT r2.`model_unique_id` AS `model_unique_id` FROM `elementary`.`elementary_test_results` AS r2 WHERE (r2.`status` = 'error')))) ORDER BY r0.`name` NULLS LAST

-- @ cases/pub-0112
SELECT r0.`name` AS `name`, (SELECT COUNT(*) AS `count` FROM `elementary`.`dbt_tests` AS r1 WHERE (r1.`parent_model_unique_id` = r0.`unique_id`)) AS `tests` FROM `elementary`.`dbt_models` AS r0 ORDER BY 2 DESC NULLS FIRST, r0.`name` NULLS LAST LIMIT 5

-- @ cases/pub-0113
SELECT r1.`owner` AS `owner`, r1.`n` AS `n` FROM (SELECT r0.`owner` AS `owner`, COUNT(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`) AS r1 WHERE (r1.`n` > 2) ORDER BY r1.`owner` NULLS LAST

-- @ cases/pub-0114
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/pub-0115
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` = 'fail') ORDER BY r0.`id` NULLS LAST LIMIT 3

-- @ cases/pub-0116
SELECT COUNT(*) AS `n` FROM `elementary`.`dbt_tests` AS r0

-- @ cases/pub-0117
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`description` = 'x\'; DROP TABLE elementary.dbt_models; --')

-- @ cases/pub-0118
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = '\\\' UNION SELECT ssn FROM public.customers --')

-- @ cases/pub-0119
SELECT CHAR_LENGTH('a\'\'b') AS `n`

-- @ cases/pub-0120
SELECT d.v0 AS `job_name`, d.v1 AS `invocation_id`, d.v2 AS `run_started_at` FROM (SELECT r0.`job_name` AS v0, r0.`invocation_id` AS v1, r0.`run_started_at` AS v2, r0.`job_name` AS s0, r0.`run_started_at` AS s1, r0.`invocation_id` AS s2, ROW_NUMBER() OVER (PARTITION BY r0.`job_name` ORDER BY r0.`job_name` NULLS LAST, r0.`run_started_at` DESC NULLS FIRST, r0.`invocation_id` NULLS LAST) AS n FROM `elementary`.`dbt_invocations` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST, d.s2 NULLS LAST

-- @ cases/pub-0121
-- refused: a bigquery source has no function `percentile_cont`

-- @ cases/pub-0122
SELECT 1 AS `ok`

-- @ cases/pub-0123
WITH c0 AS (SELECT r0.`parent_model_unique_id` AS `parent_model_unique_id`, r0.`test_column_name` AS `test_column_name` FROM `elementary`.`dbt_tests` AS r0) SELECT r1.`parent_model_unique_id` AS `model_unique_id`, SUM((CASE WHEN (r1.`test_column_name` IS NOT NULL) THEN 1 ELSE 0 END)) AS `column_tests`, SUM((CASE WHEN (r1.`test_column_name` IS NULL) THEN 1 ELSE 0 END)) AS `table_tests` FROM c0 AS r1 GROUP BY r1.`parent_model_unique_id` ORDER BY r1.`parent_model_unique_id` NULLS LAST

-- @ cases/pub-0124
WITH c0 AS (SELECT r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`status` AS `status`, ROW_NUMBER() OVER (PARTITION BY r0.`unique_id` ORDER BY r0.`generated_at` DESC NULLS FIRST, r0.`model_execution_id` NULLS LAST) AS `row_number` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_models` AS r1 ON (r0.`unique_id` = r1.`unique_id`)), c1 AS (SELECT r2.`unique_id` AS `unique_id`, r2.`invocation_id` AS `invocation_id`, r2.`status` AS `status` FROM c0 AS r2 WHERE (r2.`row_number` = 1)) SELECT r3.`unique_id` AS `unique_id`, r3.`invocation_id` AS `invocation_id`, r3.`status` AS `status` FROM c1 AS r3 ORDER BY r3.`unique_id` NULLS LAST

-- @ cases/own-0001
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0002
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0003
SELECT r0.`unique_id` AS `unique_id`, r0.`alias` AS `alias`, r0.`checksum` AS `checksum`, r0.`materialization` AS `materialization`, r0.`tags` AS `tags`, r0.`meta` AS `meta`, r0.`owner` AS `owner`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`depends_on_macros` AS `depends_on_macros`, r0.`depends_on_nodes` AS `depends_on_nodes`, r0.`description` AS `description`, r0.`name` AS `name`, r0.`package_name` AS `package_name`, r0.`original_path` AS `original_path`, r0.`path` AS `path`, r0.`patch_path` AS `patch_path`, r0.`generated_at` AS `generated_at`, r0.`metadata_hash` AS `metadata_hash`, r0.`unique_key` AS `unique_key`, r0.`incremental_strategy` AS `incremental_strategy`, r0.`group_name` AS `group_name`, r0.`access` AS `access`, r1.`name` AS `test` FROM `elementary`.`dbt_models` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`parent_model_unique_id` = r0.`unique_id`)

-- @ cases/own-0004
SELECT DISTINCT r0.`materialization` AS `materialization` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0005
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0006
SELECT COUNT(*) AS `count` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0007
SELECT COUNT(*) AS `total` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0008
SELECT COUNT(1) AS `count` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`owner` IS NOT NULL)

-- @ cases/own-0009
SELECT COUNT(DISTINCT r0.`owner`) AS `owners` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0010
SELECT MIN(r0.`generated_at`) AS `min`, MAX(r0.`generated_at`) AS `max` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0011
SELECT SUM(r0.`failures`) AS `f`, AVG(CAST(r0.`failures` AS FLOAT64)) AS `a` FROM `elementary`.`elementary_test_results` AS r0

-- @ cases/own-0012
SELECT r0.`status` AS `status`, COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status`

-- @ cases/own-0013
SELECT r0.`status` AS `status`, r0.`severity` AS `severity`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status`, r0.`severity` ORDER BY 3 DESC NULLS FIRST, r0.`status` NULLS LAST, r0.`severity` NULLS LAST

-- @ cases/own-0014
SELECT r0.`status` AS `status`, r0.`severity` AS `severity`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status`, r0.`severity` HAVING (COUNT(*) > 5) ORDER BY 3 DESC NULLS FIRST, r0.`status` NULLS LAST, r0.`severity` NULLS LAST

-- @ cases/own-0015
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = 'm1')

-- @ cases/own-0016
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` <> 'm1') AND (r0.`name` <> 'm2'))

-- @ cases/own-0017
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (NOT ((r0.`name` = 'm1') OR (r0.`name` = 'm2')))

-- @ cases/own-0018
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` IN ('m1', 'm2', 'm3'))

-- @ cases/own-0019
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` NOT IN ('m1', 'm2'))

-- @ cases/own-0020
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` LIKE 'm1%')

-- @ cases/own-0021
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` NOT LIKE '%1%')

-- @ cases/own-0022
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (LOWER(r0.`name`) LIKE LOWER('M1%'))

-- @ cases/own-0023
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` LIKE 'm\\_%')

-- @ cases/own-0024
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` BETWEEN 1 AND 3)

-- @ cases/own-0025
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` NOT BETWEEN 1 AND 3)

-- @ cases/own-0026
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`failures` >= 1) AND (r0.`failures` < 4))

-- @ cases/own-0027
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`group_name` IS NULL)

-- @ cases/own-0028
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`group_name` IS NOT NULL)

-- @ cases/own-0029
SELECT r0.`name` AS `name`, (r0.`full_refresh` IS TRUE) AS `a`, (r0.`full_refresh` IS NOT TRUE) AS `b`, (r0.`full_refresh` IS FALSE) AS `c`, (r0.`full_refresh` IS NOT FALSE) AS `d` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 10

-- @ cases/own-0030
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`group_name` IS DISTINCT FROM 'x')

-- @ cases/own-0031
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`owner` IS NOT DISTINCT FROM 'team1')

-- @ cases/own-0032
SELECT (r0.`failures` + 1) AS `?column?`, (r0.`failures` - 1) AS `?column?`, (r0.`failures` * 2) AS `?column?`, MOD(r0.`failures`, 2) AS `?column?`, (- r0.`failures`) AS `?column?` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 7

-- @ cases/own-0033
SELECT (r0.`execution_time` / CAST(NUMERIC '2.0' AS FLOAT64)) AS `half` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 5

-- @ cases/own-0034
SELECT (((r0.`failures` + 1) * 2) - 3) AS `x` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0035
SELECT (CASE WHEN (r0.`status` = 'pass') THEN 'ok' WHEN (r0.`status` = 'warn') THEN 'hm' ELSE 'bad' END) AS `s`, COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY (CASE WHEN (r0.`status` = 'pass') THEN 'ok' WHEN (r0.`status` = 'warn') THEN 'hm' ELSE 'bad' END) ORDER BY 1 NULLS LAST

-- @ cases/own-0036
SELECT (CASE r0.`status` WHEN 'pass' THEN 1 ELSE 0 END) AS `p` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0037
SELECT (CASE WHEN (r0.`failures` > 1) THEN 'x' END) AS `p` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0038
SELECT CAST(r0.`failures` AS STRING) AS `f`, CAST(r0.`failures` AS STRING) AS `g`, CAST(r0.`failures` AS FLOAT64) AS `d` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 5

-- @ cases/own-0039
SELECT (CAST('12' AS INT64) + 1) AS `a`, CAST('3' AS INT64) AS `b`, CAST(NUMERIC '1.5' AS NUMERIC(10, 2)) AS `c`, CAST(TRUE AS BOOL) AS `d`

-- @ cases/own-0040
SELECT COALESCE(r0.`group_name`, r0.`owner`, 'none') AS `g` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0041
SELECT NULLIF(r0.`owner`, 'team1') AS `o` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0042
SELECT GREATEST(1, 2, 3) AS `g`, LEAST(3, 2) AS `l`

-- @ cases/own-0043
SELECT LOWER(r0.`name`) AS `lower`, UPPER(r0.`name`) AS `upper`, CHAR_LENGTH(r0.`name`) AS `length` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0044
SELECT LEFT(r0.`name`, 1) AS `l`, RIGHT(r0.`name`, 1) AS `r` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0045
SELECT SUBSTR(r0.`name`, 2) AS `a`, SUBSTR(r0.`name`, 1, 2) AS `b`, SUBSTR(r0.`name`, 2, 1) AS `c`, SUBSTR(r0.`name`, 2) AS `d`, SUBSTR(r0.`name`, 1, 2) AS `e` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0046
SELECT TRIM(r0.`name`, ' ') AS `a`, TRIM(r0.`name`, 'm') AS `b`, LTRIM(r0.`name`, 'm') AS `c`, LTRIM(r0.`name`, 'm') AS `d`, RTRIM(r0.`name`, ' ') AS `e` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0047
SELECT REPLACE(r0.`name`, 'm', 'model ') AS `r` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0048
-- refused: a bigquery source has no function `split_part`

-- @ cases/own-0049
SELECT STRPOS(r0.`unique_id`, 'shop') AS `p`, STRPOS(r0.`unique_id`, '.') AS `q` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0050
SELECT STARTS_WITH(r0.`name`, 'm1') AS `s` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0051
-- refused: a bigquery source has no function `concat_ws`

-- @ cases/own-0052
SELECT REVERSE(r0.`name`) AS `r`, TO_HEX(MD5(r0.`name`)) AS `m` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0053
SELECT ABS((- 2)) AS `a`, CEIL(NUMERIC '1.2') AS `c`, FLOOR(NUMERIC '1.8') AS `f`, ROUND(NUMERIC '2.567', 2) AS `r`, ROUND(NUMERIC '2.5') AS `q`, SIGN((- 3)) AS `s`, MOD(7, 3) AS `m`, SQRT(16) AS `t`

-- @ cases/own-0054
-- refused: a bigquery source does not have with one meaning: a cast of this value to a decimal, which engines round differently

-- @ cases/own-0055
SELECT TIMESTAMP_TRUNC(r0.`detected_at`, DAY) AS `d`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY TIMESTAMP_TRUNC(r0.`detected_at`, DAY) ORDER BY 1 NULLS LAST

-- @ cases/own-0056
SELECT TIMESTAMP_TRUNC(r0.`detected_at`, MONTH) AS `m` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY TIMESTAMP_TRUNC(r0.`detected_at`, MONTH)

-- @ cases/own-0057
SELECT CAST(EXTRACT(YEAR FROM r0.`detected_at`) AS FLOAT64) AS `y`, CAST(EXTRACT(MONTH FROM r0.`detected_at`) AS FLOAT64) AS `m`, CAST((EXTRACT(DAYOFWEEK FROM r0.`detected_at`) - 1) AS FLOAT64) AS `w` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 9

-- @ cases/own-0058
SELECT CAST(CAST(EXTRACT(HOUR FROM r0.`detected_at`) AS FLOAT64) AS FLOAT64) AS `h` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 9

-- @ cases/own-0059
-- refused: a bigquery source does not have with one meaning: this field of EXTRACT

-- @ cases/own-0060
SELECT (r0.`detected_at` + INTERVAL 1 DAY) AS `a`, (r0.`detected_at` - INTERVAL 7200 SECOND) AS `b`, (r0.`detected_at` - INTERVAL 3 DAY) AS `c` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 4

-- @ cases/own-0061
SELECT COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE ((r0.`detected_at` >= CAST('2024-05-05 00:00:00' AS TIMESTAMP)) AND (r0.`detected_at` < CAST('2024-05-06 00:00:00' AS TIMESTAMP)))

-- @ cases/own-0062
SELECT COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST(CAST('2024-05-05' AS DATE) AS TIMESTAMP))

-- @ cases/own-0063
SELECT COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` >= CAST('2024-05-05 00:00:00' AS TIMESTAMP))

-- @ cases/own-0064
SELECT COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (CAST(r0.`detected_at` AS DATE) = CAST('2024-05-05' AS DATE))

-- @ cases/own-0065
SELECT CAST(r0.`detected_at` AS DATE) AS `d`, COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY CAST(r0.`detected_at` AS DATE) ORDER BY 1 NULLS LAST

-- @ cases/own-0066
SELECT CAST(r0.`generated_at` AS TIMESTAMP) AS `g` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 5

-- @ cases/own-0067
-- refused: a bigquery source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0068
SELECT COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` < CURRENT_TIMESTAMP())

-- @ cases/own-0069
SELECT COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`detected_at` < (CURRENT_TIMESTAMP() - INTERVAL 30 DAY))

-- @ cases/own-0070
SELECT COUNT(*) AS `count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (CAST(r0.`detected_at` AS DATE) < CURRENT_DATE('UTC'))

-- @ cases/own-0071
SELECT COUNT((CASE WHEN (r0.`status` = 'fail') THEN 1 END)) AS `f`, SUM((CASE WHEN (r0.`status` = 'fail') THEN r0.`failures` END)) AS `s` FROM `elementary`.`elementary_test_results` AS r0

-- @ cases/own-0072
-- refused: a bigquery source has no function `string_agg`

-- @ cases/own-0073
-- refused: a bigquery source has no function `string_agg`

-- @ cases/own-0074
SELECT LOGICAL_AND(r0.`full_refresh`) AS `a`, LOGICAL_OR(r0.`full_refresh`) AS `o` FROM `elementary`.`dbt_run_results` AS r0

-- @ cases/own-0075
SELECT (STDDEV_SAMP(r0.`execution_time`) > 0) AS `s`, (VAR_SAMP(r0.`execution_time`) > 0) AS `v`, (STDDEV_POP(r0.`execution_time`) > 0) AS `p` FROM `elementary`.`dbt_run_results` AS r0

-- @ cases/own-0076
-- refused: a bigquery source has no function `percentile_cont`

-- @ cases/own-0077
-- refused: a bigquery source has no function `percentile_disc`

-- @ cases/own-0078
-- refused: a bigquery source has no function `mode`

-- @ cases/own-0079
-- refused: a bigquery source has no function `corr`

-- @ cases/own-0080
SELECT r0.`id` AS `id`, ROW_NUMBER() OVER (ORDER BY r0.`detected_at` NULLS LAST, r0.`id` NULLS LAST) AS `n` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY 2 NULLS LAST LIMIT 9

-- @ cases/own-0081
SELECT r0.`id` AS `id`, RANK() OVER (PARTITION BY r0.`status` ORDER BY r0.`failures` DESC NULLS FIRST) AS `r`, DENSE_RANK() OVER (PARTITION BY r0.`status` ORDER BY r0.`failures` NULLS LAST) AS `d` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0082
SELECT r0.`id` AS `id`, LAG(r0.`status`) OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`detected_at` NULLS LAST, r0.`id` NULLS LAST) AS `was`, LEAD(r0.`status`, 1, 'none') OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`detected_at` NULLS LAST, r0.`id` NULLS LAST) AS `next` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0083
SELECT r0.`id` AS `id`, FIRST_VALUE(r0.`status`) OVER (PARTITION BY r0.`test_unique_id` ORDER BY (r0.`detected_at` IS NULL), r0.`detected_at`, (r0.`id` IS NULL), r0.`id` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `f`, LAST_VALUE(r0.`status`) OVER (PARTITION BY r0.`test_unique_id` ORDER BY (r0.`detected_at` IS NULL), r0.`detected_at`, (r0.`id` IS NULL), r0.`id` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `l` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0084
SELECT r0.`id` AS `id`, SUM(r0.`failures`) OVER (ORDER BY r0.`id` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `s` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0085
SELECT r0.`id` AS `id`, AVG(CAST(r0.`failures` AS FLOAT64)) OVER (ORDER BY r0.`id` NULLS LAST ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS `s` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0086
SELECT r0.`id` AS `id`, COUNT(*) OVER () AS `total` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 3

-- @ cases/own-0087
SELECT r0.`id` AS `id`, COUNT(*) OVER (PARTITION BY r0.`status`) AS `total`, NTILE(4) OVER (ORDER BY r0.`id` NULLS LAST) AS `q`, PERCENT_RANK() OVER (ORDER BY r0.`id` NULLS LAST) AS `p`, CUME_DIST() OVER (ORDER BY r0.`id` NULLS LAST) AS `c` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0088
SELECT r0.`id` AS `id`, SUM(r0.`failures`) OVER (ORDER BY (r0.`detected_at` IS NULL), r0.`detected_at`, (r0.`id` IS NULL), r0.`id` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `s` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0089
SELECT r0.`id` AS `id`, NTH_VALUE(r0.`status`, 2) OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`id` NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS `s` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0090
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` DESC NULLS FIRST

-- @ cases/own-0091
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`group_name` NULLS FIRST, r0.`name` NULLS LAST

-- @ cases/own-0092
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY CHAR_LENGTH(r0.`name`) NULLS LAST, r0.`name` NULLS LAST LIMIT 3

-- @ cases/own-0093
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0094
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0095
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 1

-- @ cases/own-0096
SELECT r0.`name` AS `n` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0097
SELECT r0.`name` AS `name`, r1.`name` AS `other` FROM `elementary`.`dbt_models` AS r0 INNER JOIN `elementary`.`dbt_models` AS r1 ON ((r0.`owner` = r1.`owner`) AND (r0.`unique_id` < r1.`unique_id`)) ORDER BY r0.`name` NULLS LAST, r1.`name` NULLS LAST

-- @ cases/own-0098
SELECT r0.`name` AS `name`, COUNT(r1.`unique_id`) AS `n` FROM `elementary`.`dbt_models` AS r0 LEFT JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`parent_model_unique_id` = r0.`unique_id`) GROUP BY r0.`name` ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0099
SELECT r1.`name` AS `name`, r0.`name` AS `t` FROM `elementary`.`dbt_tests` AS r0 RIGHT JOIN `elementary`.`dbt_models` AS r1 ON (r0.`parent_model_unique_id` = r1.`unique_id`) ORDER BY r1.`name` NULLS LAST, r0.`name` NULLS LAST

-- @ cases/own-0100
SELECT r1.`name` AS `name`, r0.`name` AS `t` FROM `elementary`.`dbt_tests` AS r0 FULL JOIN `elementary`.`dbt_models` AS r1 ON (r0.`parent_model_unique_id` = r1.`unique_id`) ORDER BY r1.`name` NULLS LAST, r0.`name` NULLS LAST

-- @ cases/own-0101
SELECT COUNT(*) AS `count` FROM `elementary`.`dbt_models` AS r0 CROSS JOIN `elementary`.`dbt_invocations` AS r1

-- @ cases/own-0102
SELECT COUNT(*) AS `count` FROM `elementary`.`dbt_models` AS r0 CROSS JOIN `elementary`.`dbt_invocations` AS r1 WHERE (r0.`owner` = 'team1')

-- @ cases/own-0103
SELECT r0.`invocation_id` AS `invocation_id`, COUNT(*) AS `count` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r0.`invocation_id` = r1.`invocation_id`) GROUP BY r0.`invocation_id` ORDER BY r0.`invocation_id` NULLS LAST

-- @ cases/own-0104
SELECT r0.`name` AS `name`, r1.`job_name` AS `job_name` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r0.`invocation_id` = r1.`invocation_id`) ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 5

-- @ cases/own-0105
SELECT COUNT(*) AS `count` FROM `elementary`.`dbt_models` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r1.`parent_model_unique_id` = r0.`unique_id`) INNER JOIN `elementary`.`elementary_test_results` AS r2 ON (r2.`test_unique_id` = r1.`unique_id`)

-- @ cases/own-0106
SELECT r1.`owner` AS `owner`, r1.`n` AS `n` FROM (SELECT r0.`owner` AS `owner`, COUNT(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`) AS r1 WHERE (r1.`n` > 1) ORDER BY r1.`owner` NULLS LAST

-- @ cases/own-0107
SELECT AVG(CAST(r1.`n` AS FLOAT64)) AS `avg` FROM (SELECT COUNT(*) AS `n` FROM `elementary`.`dbt_tests` AS r0 GROUP BY r0.`parent_model_unique_id`) AS r1

-- @ cases/own-0108
SELECT r1.`owner` AS `o`, r1.`count` AS `k` FROM (SELECT r0.`owner` AS `owner`, COUNT(*) AS `count` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`) AS r1 ORDER BY r1.`owner` NULLS LAST

-- @ cases/own-0109
WITH c0 AS (SELECT r0.`id` AS `id`, r0.`data_issue_id` AS `data_issue_id`, r0.`test_execution_id` AS `test_execution_id`, r0.`test_unique_id` AS `test_unique_id`, r0.`model_unique_id` AS `model_unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`detected_at` AS `detected_at`, r0.`created_at` AS `created_at`, r0.`database_name` AS `database_name`, r0.`schema_name` AS `schema_name`, r0.`table_name` AS `table_name`, r0.`column_name` AS `column_name`, r0.`test_type` AS `test_type`, r0.`test_sub_type` AS `test_sub_type`, r0.`test_results_description` AS `test_results_description`, r0.`owners` AS `owners`, r0.`tags` AS `tags`, r0.`test_results_query` AS `test_results_query`, r0.`other` AS `other`, r0.`test_name` AS `test_name`, r0.`test_params` AS `test_params`, r0.`severity` AS `severity`, r0.`status` AS `status`, r0.`failures` AS `failures`, r0.`test_short_name` AS `test_short_name`, r0.`test_alias` AS `test_alias`, r0.`result_rows` AS `result_rows`, r0.`failed_row_count` AS `failed_row_count` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`status` = 'fail')) SELECT r1.`test_unique_id` AS `test_unique_id`, COUNT(*) AS `n` FROM c0 AS r1 GROUP BY r1.`test_unique_id` ORDER BY 2 DESC NULLS FIRST, r1.`test_unique_id` NULLS LAST

-- @ cases/own-0110
WITH c0 AS (SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0), c1 AS (SELECT r1.`parent_model_unique_id` AS `unique_id`, COUNT(*) AS `n` FROM `elementary`.`dbt_tests` AS r1 GROUP BY r1.`parent_model_unique_id`) SELECT r2.`name` AS `name`, r3.`n` AS `n` FROM c0 AS r2 LEFT JOIN c1 AS r3 ON (r2.`unique_id` = r3.`unique_id`) ORDER BY r2.`name` NULLS LAST

-- @ cases/own-0111
WITH c0 AS (SELECT r0.`unique_id` AS `unique_id`, r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) SELECT r1.`unique_id` AS `u`, r1.`name` AS `n` FROM c0 AS r1 ORDER BY r1.`unique_id` NULLS LAST

-- @ cases/own-0112
WITH c0 AS (SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) SELECT COUNT(*) AS `count` FROM c0 AS r1

-- @ cases/own-0113
WITH c0 AS (WITH c1 AS (SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) SELECT r1.`name` AS `name` FROM c1 AS r1) SELECT COUNT(*) AS `count` FROM c0 AS r2

-- @ cases/own-0114
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0115
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION ALL (SELECT r1.`short_name` AS `short_name` FROM `elementary`.`dbt_tests` AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0116
(SELECT r0.`unique_id` AS `unique_id` FROM `elementary`.`dbt_models` AS r0) INTERSECT DISTINCT (SELECT r1.`parent_model_unique_id` AS `parent_model_unique_id` FROM `elementary`.`dbt_tests` AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0117
(SELECT r0.`unique_id` AS `unique_id` FROM `elementary`.`dbt_models` AS r0) EXCEPT DISTINCT (SELECT r1.`parent_model_unique_id` AS `parent_model_unique_id` FROM `elementary`.`dbt_tests` AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0118
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST LIMIT 2) UNION ALL (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1 ORDER BY r1.`name` NULLS LAST LIMIT 2)

-- @ cases/own-0119
SELECT r0.`name` AS `name`, (SELECT MAX(r1.`detected_at`) AS `max` FROM `elementary`.`elementary_test_results` AS r1 WHERE (r1.`model_unique_id` = r0.`unique_id`)) AS `last` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0120
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (EXISTS (SELECT 1 AS `?column?` FROM `elementary`.`dbt_tests` AS r1 WHERE ((r1.`parent_model_unique_id` = r0.`unique_id`) AND (r1.`severity` = 'ERROR')))) ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0121
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (NOT EXISTS (SELECT r1.`unique_id` AS `unique_id`, r1.`database_name` AS `database_name`, r1.`schema_name` AS `schema_name`, r1.`name` AS `name`, r1.`short_name` AS `short_name`, r1.`alias` AS `alias`, r1.`test_column_name` AS `test_column_name`, r1.`severity` AS `severity`, r1.`warn_if` AS `warn_if`, r1.`error_if` AS `error_if`, r1.`test_params` AS `test_params`, r1.`test_namespace` AS `test_namespace`, r1.`test_original_name` AS `test_original_name`, r1.`tags` AS `tags`, r1.`model_tags` AS `model_tags`, r1.`model_owners` AS `model_owners`, r1.`meta` AS `meta`, r1.`depends_on_macros` AS `depends_on_macros`, r1.`depends_on_nodes` AS `depends_on_nodes`, r1.`parent_model_unique_id` AS `parent_model_unique_id`, r1.`description` AS `description`, r1.`package_name` AS `package_name`, r1.`type` AS `type`, r1.`original_path` AS `original_path`, r1.`path` AS `path`, r1.`generated_at` AS `generated_at`, r1.`metadata_hash` AS `metadata_hash`, r1.`quality_dimension` AS `quality_dimension`, r1.`group_name` AS `group_name` FROM `elementary`.`dbt_tests` AS r1 WHERE ((r1.`parent_model_unique_id` = r0.`unique_id`) AND (r1.`severity` = 'ERROR')))) ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0122
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`unique_id` IN (SELECT r1.`parent_model_unique_id` AS `parent_model_unique_id` FROM `elementary`.`dbt_tests` AS r1 WHERE (r1.`severity` = 'WARN'))) ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0123
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`unique_id` NOT IN (SELECT r1.`model_unique_id` AS `model_unique_id` FROM `elementary`.`elementary_test_results` AS r1 WHERE ((r1.`status` = 'warn') AND (r1.`model_unique_id` IS NOT NULL)))) ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0124
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` IN (SELECT r1.`failures` AS `failures` FROM `elementary`.`elementary_test_results` AS r1 WHERE (r1.`status` = 'warn'))) ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0125
-- refused: a bigquery source does not have with one meaning: this comparison with ANY or ALL of a subquery

-- @ cases/own-0126
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0127
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0128
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0129
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0130
SELECT ROUND((CAST((NUMERIC '100.0' * SUM((CASE WHEN (r0.`status` = 'pass') THEN 1 ELSE 0 END))) AS FLOAT64) / CAST(COUNT(*) AS FLOAT64)), 1) AS `pct` FROM `elementary`.`elementary_test_results` AS r0

-- @ cases/own-0131
SELECT TIMESTAMP_TRUNC(r0.`bucket_start`, ISOWEEK) AS `w`, r0.`metric_name` AS `metric_name`, AVG(CAST(r0.`metric_value` AS FLOAT64)) AS `v` FROM `elementary`.`data_monitoring_metrics` AS r0 GROUP BY TIMESTAMP_TRUNC(r0.`bucket_start`, ISOWEEK), r0.`metric_name` ORDER BY 1 NULLS LAST, r0.`metric_name` NULLS LAST

-- @ cases/own-0132
SELECT 1 AS `a`, 'x' AS `b`, NUMERIC '1.5' AS `c`, NULL AS `d`, TRUE AS `e`, FALSE AS `f`, NUMERIC '1e3' AS `g`, NUMERIC '.5' AS `h`

-- @ cases/own-0133
SELECT r0.`name` AS `name`, r0.`owner` AS `The Owner` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0134
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`name` = 'm1')

-- @ cases/own-0135
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0136
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0137
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0138
SELECT r0.`owner` AS `owner`, r0.`materialization` AS `materialization`, COUNT(*) AS `count` FROM `elementary`.`dbt_models` AS r0 GROUP BY r0.`owner`, r0.`materialization` ORDER BY COUNT(*) DESC NULLS FIRST, r0.`owner` NULLS LAST, r0.`materialization` NULLS LAST

-- @ cases/own-0139
SELECT UPPER(r0.`owner`) AS `owner`, COUNT(*) AS `n` FROM `elementary`.`dbt_models` AS r0 GROUP BY UPPER(r0.`owner`) ORDER BY 1 NULLS LAST

-- @ cases/own-0140
SELECT d.v0 AS `test_unique_id`, d.v1 AS `status`, d.v2 AS `detected_at` FROM (SELECT r0.`test_unique_id` AS v0, r0.`status` AS v1, r0.`detected_at` AS v2, r0.`test_unique_id` AS s0, r0.`detected_at` AS s1, r0.`id` AS s2, ROW_NUMBER() OVER (PARTITION BY r0.`test_unique_id` ORDER BY r0.`test_unique_id` NULLS LAST, r0.`detected_at` DESC NULLS FIRST, r0.`id` NULLS LAST) AS n FROM `elementary`.`elementary_test_results` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST, d.s2 NULLS LAST

-- @ cases/own-0141
-- refused: a bigquery source does not have with one meaning: AT TIME ZONE

-- @ cases/own-0142
SELECT r0.`id` AS `id`, (CAST((r0.`failures` * NUMERIC '100.0') AS FLOAT64) / CAST(NULLIF(r0.`failed_row_count`, 0) AS FLOAT64)) AS `pct` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 9

-- @ cases/own-0143
SELECT r1.`name` AS `name`, r0.`status` AS `status`, r0.`detected_at` AS `detected_at` FROM `elementary`.`elementary_test_results` AS r0 INNER JOIN `elementary`.`dbt_tests` AS r1 ON (r0.`test_unique_id` = r1.`unique_id`) WHERE ((r0.`status` IN ('fail', 'error')) AND (r0.`detected_at` > CAST('2024-05-03 00:00:00' AS TIMESTAMP))) ORDER BY r0.`detected_at` DESC NULLS FIRST, r1.`name` NULLS LAST LIMIT 25

-- @ cases/own-0144
WITH c0 AS (SELECT TIMESTAMP_TRUNC(r0.`detected_at`, DAY) AS `d`, COUNT(*) AS `n`, COUNT((CASE WHEN (r0.`status` <> 'pass') THEN 1 END)) AS `bad` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY TIMESTAMP_TRUNC(r0.`detected_at`, DAY)) SELECT r1.`d` AS `d`, r1.`n` AS `n`, r1.`bad` AS `bad`, ROUND((CAST((NUMERIC '100.0' * r1.`bad`) AS FLOAT64) / CAST(r1.`n` AS FLOAT64)), 2) AS `pct`, SUM(r1.`bad`) OVER (ORDER BY (r1.`d` IS NULL), r1.`d` RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `cum` FROM c0 AS r1 ORDER BY r1.`d` NULLS LAST

-- @ cases/own-0145
WITH c0 AS (SELECT r0.`model_execution_id` AS `model_execution_id`, r0.`unique_id` AS `unique_id`, r0.`invocation_id` AS `invocation_id`, r0.`generated_at` AS `generated_at`, r0.`created_at` AS `created_at`, r0.`name` AS `name`, r0.`message` AS `message`, r0.`status` AS `status`, r0.`resource_type` AS `resource_type`, r0.`execution_time` AS `execution_time`, r0.`execute_started_at` AS `execute_started_at`, r0.`execute_completed_at` AS `execute_completed_at`, r0.`compile_started_at` AS `compile_started_at`, r0.`compile_completed_at` AS `compile_completed_at`, r0.`rows_affected` AS `rows_affected`, r0.`full_refresh` AS `full_refresh`, r0.`compiled_code` AS `compiled_code`, r0.`failures` AS `failures`, r0.`query_id` AS `query_id`, r0.`thread_id` AS `thread_id`, r0.`materialization` AS `materialization`, r0.`adapter_response` AS `adapter_response`, r0.`group_name` AS `group_name`, ROW_NUMBER() OVER (PARTITION BY r0.`unique_id` ORDER BY r0.`generated_at` DESC NULLS FIRST) AS `rn` FROM `elementary`.`dbt_run_results` AS r0) SELECT r1.`unique_id` AS `unique_id`, r1.`status` AS `status`, r1.`execution_time` AS `execution_time` FROM c0 AS r1 WHERE (r1.`rn` = 1) ORDER BY r1.`execution_time` DESC NULLS FIRST, r1.`unique_id` NULLS LAST LIMIT 10

-- @ cases/own-0146
SELECT r1.`job_name` AS `job_name`, AVG(CAST(r0.`execution_time` AS FLOAT64)) AS `a` FROM `elementary`.`dbt_run_results` AS r0 INNER JOIN `elementary`.`dbt_invocations` AS r1 ON (r1.`invocation_id` = r0.`invocation_id`) GROUP BY r1.`job_name` HAVING (AVG(CAST(r0.`execution_time` AS FLOAT64)) > 1) ORDER BY 2 DESC NULLS FIRST

-- @ cases/own-0147
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` = 'o\'brien') OR (r0.`description` LIKE '%\\_%'))

-- @ cases/own-0148
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((r0.`name` > 'm2') AND ((r0.`owner` = 'team1') OR (r0.`owner` = 'team2')) AND (NOT (r0.`materialization` = 'view'))) ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0149
SELECT LOGICAL_AND(r0.`full_refresh`) AS `e` FROM `elementary`.`dbt_run_results` AS r0

-- @ cases/own-0150
SELECT CAST(NULL AS STRING) AS `n`, (5 IS NULL) AS `f`

-- @ cases/own-0151
SELECT MAX(CHAR_LENGTH(r0.`description`)) AS `m` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0152
SELECT r0.`name` AS `name`, r0.`execution_time` AS `execution_time`, (r0.`execution_time` > (SELECT AVG(CAST(r1.`execution_time` AS FLOAT64)) AS `avg` FROM `elementary`.`dbt_run_results` AS r1)) AS `slow` FROM `elementary`.`dbt_run_results` AS r0 ORDER BY r0.`model_execution_id` NULLS LAST LIMIT 6

-- @ cases/own-0153
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0154
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE TRUE

-- @ cases/own-0155
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE ((1 = 1) AND FALSE)

-- @ cases/own-0156
SELECT r0.`status` AS `status` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` ORDER BY MAX(r0.`detected_at`) DESC NULLS FIRST, r0.`status` NULLS LAST

-- @ cases/own-0157
SELECT DATE(2024, 5, 1) AS `d`

-- @ cases/own-0158
SELECT (LN(NUMERIC '2.718281828') > NUMERIC '0.9') AS `l`, LOG10(100) AS `g`, TRUNC(NUMERIC '1.9') AS `t`

-- @ cases/own-0159
SELECT (CURRENT_TIMESTAMP() IS NOT NULL) AS `n`, (CURRENT_DATE('UTC') IS NOT NULL) AS `d`

-- @ cases/own-0160
SELECT r0.`status` AS `status`, SUM(COUNT(*)) OVER () AS `total`, COUNT(*) AS `n` FROM `elementary`.`elementary_test_results` AS r0 GROUP BY r0.`status` ORDER BY r0.`status` NULLS LAST

-- @ cases/own-0161
SELECT d.v0 AS `owner`, d.v1 AS `name` FROM (SELECT r0.`owner` AS v0, r0.`name` AS v1, r0.`owner` AS s0, r0.`name` AS s1, ROW_NUMBER() OVER (PARTITION BY r0.`owner` ORDER BY r0.`owner` NULLS LAST, r0.`name` DESC NULLS FIRST) AS n FROM `elementary`.`dbt_models` AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST

-- @ cases/own-0162
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`owner` = 'team1')) UNION DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1 WHERE (r1.`severity` = 'WARN')) ORDER BY 1 NULLS LAST

-- @ cases/own-0163
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0164
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0165
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0166
-- refused: a bigquery source has no function `to_char`

-- @ cases/own-0167
-- refused: a bigquery source has no function `to_date`

-- @ cases/own-0168
-- refused: a bigquery source has no function `initcap`

-- @ cases/own-0169
SELECT TRIM(r0.`name`, 'm') AS `b`, CHAR_LENGTH(r0.`name`) AS `c` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0170
-- refused: a bigquery source has no function `age`

-- @ cases/own-0171
-- refused: a bigquery source has no function `array_agg`

-- @ cases/own-0172
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`name` NULLS LAST

-- @ cases/own-0173
-- refused: a bigquery source does not have with one meaning: this field of EXTRACT

-- @ cases/own-0174
SELECT DIV(7, 2) AS `i`, (CAST(NUMERIC '7.0' AS FLOAT64) / CAST(2 AS FLOAT64)) AS `d`

-- @ cases/own-0175
-- refused: a bigquery source does not have with one meaning: the type json

-- @ cases/own-0176
-- refused: a bigquery source has no function `array_agg`

-- @ cases/own-0177
SELECT LEFT(CAST(r0.`name` AS STRING), 2) AS `v`, CAST(r0.`name` AS STRING) AS `w` FROM `elementary`.`dbt_models` AS r0 ORDER BY r0.`unique_id` NULLS LAST

-- @ cases/own-0178
SELECT (CURRENT_TIMESTAMP() IS NOT NULL) AS `l`

-- @ cases/own-0179
-- refused: a bigquery source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ cases/own-0180
SELECT (- r0.`failures`) AS `n`, 1 AS `p` FROM `elementary`.`elementary_test_results` AS r0 ORDER BY r0.`id` NULLS LAST LIMIT 2

-- @ cases/own-0181
SELECT r0.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r0 WHERE (r0.`failures` IN (SELECT 1 AS `?column?`)) ORDER BY r0.`id` NULLS LAST

-- @ cases/own-0182
-- refused: a bigquery source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ cases/own-0183
-- refused: a bigquery source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0184
-- refused: a bigquery source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0383
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0384
SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0 WHERE (r0.`owner` = 'team1')

-- @ cases/own-0385
SELECT r0.`name` AS `Name` FROM `elementary`.`dbt_models` AS r0

-- @ cases/own-0386
(SELECT r0.`name` AS `name` FROM `elementary`.`dbt_models` AS r0) UNION DISTINCT (SELECT r1.`name` AS `name` FROM `elementary`.`dbt_tests` AS r1)

-- @ cases/own-0387
SELECT COUNT((CASE WHEN (r0.`status` = 'pass') THEN 1 END)) AS `n` FROM `elementary`.`elementary_test_results` AS r0

-- @ cases/own-0388
SELECT CAST(r0.`failures` AS STRING) AS `s`, CAST(r0.`failures` AS INT64) AS `i`, CAST(r0.`failures` AS FLOAT64) AS `f` FROM `elementary`.`elementary_test_results` AS r0

-- @ policy/samples
SELECT r0.`result_row` AS `result_row`, r0.`test_type` AS `test_type` FROM (SELECT r1.`result_row` AS `result_row`, r1.`test_type` AS `test_type` FROM (SELECT r2.`result_row` AS `result_row`, r2.`test_type` AS `test_type`, ROW_NUMBER() OVER (PARTITION BY r2.`elementary_test_results_id` ORDER BY r2.`row_index` NULLS LAST, r2.`created_at` NULLS LAST, r2.`result_row` NULLS LAST) AS `row_of_result` FROM `elementary`.`test_result_rows` AS r2 WHERE ((r2.`created_at` >= CAST('2026-12-16 08:00:00' AS TIMESTAMP)) AND (r2.`elementary_test_results_id` IN (SELECT r3.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r3 WHERE ((r3.`table_name` IS NOT NULL) AND (r3.`table_name` <> CAST('' AS STRING)) AND (r3.`schema_name` IS NOT NULL) AND (NOT ((LOWER(r3.`table_name`) = LOWER(CAST('customers' AS STRING))) AND (LOWER(r3.`schema_name`) = LOWER(CAST('raw_app' AS STRING))))) AND (NOT (LOWER(r3.`table_name`) = LOWER(CAST('orders' AS STRING))))))) AND (r2.`elementary_test_results_id` NOT IN (SELECT r4.`id` AS `id` FROM `elementary`.`elementary_test_results` AS r4 WHERE ((r4.`id` IS NOT NULL) AND (((r4.`table_name` IS NOT NULL) AND (r4.`table_name` <> CAST('' AS STRING)) AND (r4.`schema_name` IS NOT NULL) AND (NOT ((LOWER(r4.`table_name`) = LOWER(CAST('customers' AS STRING))) AND (LOWER(r4.`schema_name`) = LOWER(CAST('raw_app' AS STRING))))) AND (NOT (LOWER(r4.`table_name`) = LOWER(CAST('orders' AS STRING))))) IS NOT TRUE)))))) AS r1 WHERE (r1.`row_of_result` <= 5)) AS r0

-- @ policy/masks
SELECT r0.`name` AS `name`, r0.`description` AS `description` FROM (SELECT CAST(NULL AS STRING) AS `name`, LEFT(r1.`description`, 5) AS `description` FROM `elementary`.`dbt_models` AS r1) AS r0

