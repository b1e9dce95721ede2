-- @ catalogue/alerts.pending
((((SELECT r0."ALERT_ID" AS "alert_id", r0."ALERT_TYPE" AS "alert_type", r0."DETECTED_AT" AS "detected_at", r0."TEST_UNIQUE_ID" AS "unique_id", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."TEST_SHORT_NAME" AS "name", r0."SUB_TYPE" AS "sub_type", r0."SEVERITY" AS "severity", r0."STATUS" AS "status", r0."OWNERS" AS "owners", r0."TAGS" AS "tags" FROM "ELEMENTARY"."ALERTS_DBT_TESTS" AS r0 WHERE (r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ))) UNION ALL (SELECT r1."ALERT_ID" AS "alert_id", r1."ALERT_TYPE" AS "alert_type", r1."DETECTED_AT" AS "detected_at", r1."TEST_UNIQUE_ID" AS "test_unique_id", r1."MODEL_UNIQUE_ID" AS "model_unique_id", r1."TABLE_NAME" AS "table_name", r1."COLUMN_NAME" AS "column_name", r1."TEST_SHORT_NAME" AS "test_short_name", r1."SUB_TYPE" AS "sub_type", r1."SEVERITY" AS "severity", r1."STATUS" AS "status", r1."OWNERS" AS "owners", r1."TAGS" AS "tags" FROM "ELEMENTARY"."ALERTS_ANOMALY_DETECTION" AS r1 WHERE (r1."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)))) UNION ALL (SELECT r2."ALERT_ID" AS "alert_id", r2."ALERT_TYPE" AS "alert_type", r2."DETECTED_AT" AS "detected_at", r2."TEST_UNIQUE_ID" AS "test_unique_id", r2."MODEL_UNIQUE_ID" AS "model_unique_id", r2."TABLE_NAME" AS "table_name", r2."COLUMN_NAME" AS "column_name", r2."TEST_SHORT_NAME" AS "test_short_name", r2."SUB_TYPE" AS "sub_type", r2."SEVERITY" AS "severity", r2."STATUS" AS "status", r2."OWNERS" AS "owners", r2."TAGS" AS "tags" FROM "ELEMENTARY"."ALERTS_SCHEMA_CHANGES" AS r2 WHERE (r2."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)))) UNION ALL (SELECT r3."ALERT_ID" AS "alert_id", :2 AS "?column?", r3."DETECTED_AT" AS "detected_at", r3."UNIQUE_ID" AS "unique_id", r3."UNIQUE_ID" AS "unique_id", r3."ALIAS" AS "alias", CAST(NULL AS VARCHAR) AS "text", r3."ALIAS" AS "alias", r3."MATERIALIZATION" AS "materialization", CAST(NULL AS VARCHAR) AS "text", r3."STATUS" AS "status", r3."OWNERS" AS "owners", r3."TAGS" AS "tags" FROM "ELEMENTARY"."ALERTS_DBT_MODELS" AS r3 WHERE (r3."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)))) UNION ALL (SELECT r4."ALERT_ID" AS "alert_id", :3 AS "?column?", r4."DETECTED_AT" AS "detected_at", r4."UNIQUE_ID" AS "unique_id", r4."UNIQUE_ID" AS "unique_id", r4."IDENTIFIER" AS "identifier", CAST(NULL AS VARCHAR) AS "text", r4."SOURCE_NAME" AS "source_name", CAST(NULL AS VARCHAR) AS "text", CAST(NULL AS VARCHAR) AS "text", r4."STATUS" AS "status", r4."OWNER" AS "owner", r4."TAGS" AS "tags" FROM "ELEMENTARY"."ALERTS_DBT_SOURCE_FRESHNESS" AS r4 WHERE (r4."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ))) ORDER BY 3 NULLS LAST, 1 NULLS LAST LIMIT 7

-- @ catalogue/artifacts.hashes
SELECT r0."ARTIFACTS_MODEL" AS "artifacts_model", r0."METADATA_HASH" AS "metadata_hash" FROM "ELEMENTARY"."DBT_ARTIFACTS_HASHES" AS r0 ORDER BY r0."ARTIFACTS_MODEL" NULLS LAST, r0."METADATA_HASH" NULLS LAST LIMIT 7

-- @ catalogue/counts.by_day
WITH c0 AS ((((((SELECT :1 AS "table_name", r0."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."DATA_MONITORING_METRICS" AS r0) UNION ALL (SELECT :2 AS "?column?", r1."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."DBT_INVOCATIONS" AS r1)) UNION ALL (SELECT :3 AS "?column?", r2."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r2)) UNION ALL (SELECT :4 AS "?column?", r3."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."DBT_SOURCE_FRESHNESS_RESULTS" AS r3)) UNION ALL (SELECT :5 AS "?column?", r4."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r4)) UNION ALL (SELECT :6 AS "?column?", r5."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."SCHEMA_COLUMNS_SNAPSHOT" AS r5)) SELECT r6."table_name" AS "table_name", CAST(r6."created_at" AS DATE) AS "day", COUNT(*) AS "row_count", MIN(r6."created_at") AS "first_created_at", MAX(r6."created_at") AS "last_created_at" FROM c0 AS r6 WHERE (r6."created_at" >= CAST(:7 AS TIMESTAMP_NTZ)) GROUP BY r6."table_name", CAST(r6."created_at" AS DATE) ORDER BY r6."table_name" NULLS LAST, 2 NULLS LAST LIMIT 7

-- @ catalogue/freshness.results
SELECT r0."CREATED_AT" AS "created_at", r0."UNIQUE_ID" AS "unique_id", r1."SOURCE_NAME" AS "source_name", r1."NAME" AS "table_name", r1."SCHEMA_NAME" AS "schema_name", r0."STATUS" AS "status", r0."MAX_LOADED_AT" AS "max_loaded_at", r0."MAX_LOADED_AT_TIME_AGO_IN_S" AS "max_loaded_at_time_ago_in_s", r0."WARN_AFTER" AS "warn_after", r0."ERROR_AFTER" AS "error_after", r1."OWNER" AS "owner", r1."TAGS" AS "tags", r0."INVOCATION_ID" AS "invocation_id", r0."SOURCE_FRESHNESS_EXECUTION_ID" AS "source_freshness_execution_id" FROM "ELEMENTARY"."DBT_SOURCE_FRESHNESS_RESULTS" AS r0 LEFT JOIN "ELEMENTARY"."DBT_SOURCES" AS r1 ON (r1."UNIQUE_ID" = r0."UNIQUE_ID") WHERE (r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) ORDER BY r0."CREATED_AT" DESC NULLS FIRST, r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/invocations.recent
WITH c0 AS (SELECT r0."INVOCATION_ID" AS "invocation_id", COUNT(*) AS "nodes", COUNT((CASE WHEN (r0."STATUS" IN (:1, :2, :3)) THEN 1 END)) AS "nodes_failed", COUNT((CASE WHEN (r0."STATUS" = :4) THEN 1 END)) AS "nodes_warned", COUNT((CASE WHEN (r0."STATUS" = :5) THEN 1 END)) AS "nodes_skipped", SUM(r0."EXECUTION_TIME") AS "node_seconds" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 GROUP BY r0."INVOCATION_ID") SELECT r1."CREATED_AT" AS "created_at", r1."INVOCATION_ID" AS "invocation_id", r1."COMMAND" AS "command", r1."DBT_USER" AS "dbt_user", r1."ORCHESTRATOR" AS "orchestrator", r1."JOB_NAME" AS "job_name", r1."JOB_RUN_ID" AS "job_run_id", r1."RUN_STARTED_AT" AS "run_started_at", r1."RUN_COMPLETED_AT" AS "run_completed_at", r1."FULL_REFRESH" AS "full_refresh", r1."CAUSE_CATEGORY" AS "cause_category", r1."PULL_REQUEST_ID" AS "pull_request_id", r1."GIT_SHA" AS "git_sha", r1."PROJECT_NAME" AS "project_name", r1."TARGET_NAME" AS "target_name", r1."DBT_VERSION" AS "dbt_version", r1."ELEMENTARY_VERSION" AS "elementary_version", r2."nodes" AS "nodes", r2."nodes_failed" AS "nodes_failed", r2."nodes_warned" AS "nodes_warned", r2."nodes_skipped" AS "nodes_skipped", r2."node_seconds" AS "node_seconds" FROM "ELEMENTARY"."DBT_INVOCATIONS" AS r1 LEFT JOIN c0 AS r2 ON (r2."invocation_id" = r1."INVOCATION_ID") WHERE (r1."CREATED_AT" >= CAST(:6 AS TIMESTAMP_NTZ)) ORDER BY r1."CREATED_AT" DESC NULLS FIRST, r1."INVOCATION_ID" NULLS LAST LIMIT 7

-- @ catalogue/lineage.nodes
((((((SELECT :1 AS "resource_type", r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name", r0."PACKAGE_NAME" AS "package_name", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."DEPENDS_ON_NODES" AS "depends_on_nodes" FROM "ELEMENTARY"."DBT_MODELS" AS r0) UNION ALL (SELECT :2 AS "?column?", r1."UNIQUE_ID" AS "unique_id", r1."NAME" AS "name", r1."PACKAGE_NAME" AS "package_name", r1."DATABASE_NAME" AS "database_name", r1."SCHEMA_NAME" AS "schema_name", r1."DEPENDS_ON_NODES" AS "depends_on_nodes" FROM "ELEMENTARY"."DBT_SNAPSHOTS" AS r1)) UNION ALL (SELECT :3 AS "?column?", r2."UNIQUE_ID" AS "unique_id", r2."NAME" AS "name", r2."PACKAGE_NAME" AS "package_name", r2."DATABASE_NAME" AS "database_name", r2."SCHEMA_NAME" AS "schema_name", :4 AS "?column?" FROM "ELEMENTARY"."DBT_SEEDS" AS r2)) UNION ALL (SELECT :5 AS "?column?", r3."UNIQUE_ID" AS "unique_id", r3."NAME" AS "name", r3."PACKAGE_NAME" AS "package_name", r3."DATABASE_NAME" AS "database_name", r3."SCHEMA_NAME" AS "schema_name", :6 AS "?column?" FROM "ELEMENTARY"."DBT_SOURCES" AS r3)) UNION ALL (SELECT :7 AS "?column?", r4."UNIQUE_ID" AS "unique_id", r4."NAME" AS "name", r4."PACKAGE_NAME" AS "package_name", CAST(NULL AS VARCHAR) AS "text", CAST(NULL AS VARCHAR) AS "text", r4."DEPENDS_ON_NODES" AS "depends_on_nodes" FROM "ELEMENTARY"."DBT_EXPOSURES" AS r4)) UNION ALL (SELECT :8 AS "?column?", r5."UNIQUE_ID" AS "unique_id", r5."NAME" AS "name", r5."PACKAGE_NAME" AS "package_name", CAST(NULL AS VARCHAR) AS "text", CAST(NULL AS VARCHAR) AS "text", r5."DEPENDS_ON_NODES" AS "depends_on_nodes" FROM "ELEMENTARY"."DBT_METRICS" AS r5)) UNION ALL (SELECT :9 AS "?column?", r6."UNIQUE_ID" AS "unique_id", r6."NAME" AS "name", r6."PACKAGE_NAME" AS "package_name", r6."DATABASE_NAME" AS "database_name", r6."SCHEMA_NAME" AS "schema_name", r6."DEPENDS_ON_NODES" AS "depends_on_nodes" FROM "ELEMENTARY"."DBT_TESTS" AS r6) ORDER BY 1 NULLS LAST, 2 NULLS LAST LIMIT 7

-- @ catalogue/metrics.anomalies
WITH c0 AS (SELECT r0."ID" AS "id", r0."FULL_TABLE_NAME" AS "full_table_name", r0."COLUMN_NAME" AS "column_name", r0."METRIC_NAME" AS "metric_name", r0."BUCKET_START" AS "bucket_start", r0."BUCKET_END" AS "bucket_end", r0."LATEST_METRIC_VALUE" AS "latest_metric_value", r0."TRAINING_AVG" AS "training_avg", r0."TRAINING_STDDEV" AS "training_stddev", r0."TRAINING_SET_SIZE" AS "training_set_size", r0."ANOMALY_SCORE" AS "anomaly_score", r0."UPDATED_AT" AS "updated_at", ROW_NUMBER() OVER (PARTITION BY r0."FULL_TABLE_NAME", r0."COLUMN_NAME", r0."METRIC_NAME", r0."BUCKET_START", r0."BUCKET_END" ORDER BY r0."UPDATED_AT" DESC NULLS FIRST, r0."ID" NULLS LAST) AS "recency" FROM "ELEMENTARY"."METRICS_ANOMALY_SCORE" AS r0 WHERE ((r0."METRIC_NAME" <> :1) AND (r0."DIMENSION" IS NULL) AND (r0."BUCKET_END" >= CAST(:2 AS TIMESTAMP_NTZ)))) SELECT r1."full_table_name" AS "full_table_name", r1."column_name" AS "column_name", r1."metric_name" AS "metric_name", r1."bucket_start" AS "bucket_start", r1."bucket_end" AS "bucket_end", r1."latest_metric_value" AS "latest_metric_value", (r1."training_avg" - (CAST(:3 AS DOUBLE) * r1."training_stddev")) AS "expected_low", (r1."training_avg" + (CAST(:3 AS DOUBLE) * r1."training_stddev")) AS "expected_high", r1."training_set_size" AS "training_set_size", r1."anomaly_score" AS "anomaly_score", r1."updated_at" AS "updated_at" FROM c0 AS r1 WHERE ((r1."recency" = 1) AND (ABS(r1."anomaly_score") > CAST(:3 AS DOUBLE))) ORDER BY r1."bucket_end" DESC NULLS FIRST, r1."full_table_name" NULLS LAST, r1."column_name" NULLS FIRST, r1."metric_name" NULLS LAST, r1."id" NULLS LAST LIMIT 7

-- @ catalogue/models.failed
SELECT r0."CREATED_AT" AS "created_at", r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name", r0."RESOURCE_TYPE" AS "resource_type", r0."STATUS" AS "status", r0."EXECUTION_TIME" AS "execution_time", r0."MATERIALIZATION" AS "materialization", r0."INVOCATION_ID" AS "invocation_id", r0."MODEL_EXECUTION_ID" AS "model_execution_id", r0."MESSAGE" AS "message" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 WHERE ((r0."RESOURCE_TYPE" IN (:1, :2, :3)) AND (r0."STATUS" IN (:4, :5, :6)) AND (r0."CREATED_AT" >= CAST(:7 AS TIMESTAMP_NTZ))) ORDER BY r0."CREATED_AT" DESC NULLS FIRST, r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 7

-- @ catalogue/models.run_history
SELECT r0."CREATED_AT" AS "created_at", r0."STATUS" AS "status", r0."EXECUTION_TIME" AS "execution_time", r0."ROWS_AFFECTED" AS "rows_affected", r0."FULL_REFRESH" AS "full_refresh", r0."MATERIALIZATION" AS "materialization", r0."INVOCATION_ID" AS "invocation_id", r0."EXECUTE_STARTED_AT" AS "execute_started_at", r0."EXECUTE_COMPLETED_AT" AS "execute_completed_at", r0."THREAD_ID" AS "thread_id", r0."QUERY_ID" AS "query_id", r0."MODEL_EXECUTION_ID" AS "model_execution_id", r0."MESSAGE" AS "message", r0."COMPILED_CODE" AS "compiled_code" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 WHERE ((r0."UNIQUE_ID" = CAST(:1 AS VARCHAR)) AND (r0."CREATED_AT" >= CAST(:2 AS TIMESTAMP_NTZ))) ORDER BY r0."CREATED_AT" DESC NULLS FIRST, r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 7

-- @ catalogue/models.slowest
WITH c0 AS (SELECT r0."UNIQUE_ID" AS "unique_id", COUNT(*) AS "runs", COUNT((CASE WHEN (r0."STATUS" <> :4) THEN 1 END)) AS "runs_not_succeeded", SUM(r0."EXECUTION_TIME") AS "total_seconds", AVG(CAST(r0."EXECUTION_TIME" AS DOUBLE)) AS "average_seconds", MAX(r0."EXECUTION_TIME") AS "longest_seconds", PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY r0."EXECUTION_TIME") AS "median_seconds", MAX(r0."CREATED_AT") AS "last_run_at" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 WHERE ((r0."RESOURCE_TYPE" = :1) AND (r0."STATUS" <> :2) AND (r0."CREATED_AT" >= CAST(:3 AS TIMESTAMP_NTZ))) GROUP BY r0."UNIQUE_ID") SELECT r1."unique_id" AS "unique_id", r2."NAME" AS "name", r2."MATERIALIZATION" AS "materialization", r2."OWNER" AS "owner", r1."runs" AS "runs", r1."runs_not_succeeded" AS "runs_not_succeeded", r1."total_seconds" AS "total_seconds", r1."average_seconds" AS "average_seconds", r1."median_seconds" AS "median_seconds", r1."longest_seconds" AS "longest_seconds", r1."last_run_at" AS "last_run_at" FROM c0 AS r1 LEFT JOIN "ELEMENTARY"."DBT_MODELS" AS r2 ON (r2."UNIQUE_ID" = r1."unique_id") ORDER BY r1."total_seconds" DESC NULLS LAST, r1."unique_id" NULLS LAST LIMIT 7

-- @ catalogue/package.version
SELECT r0."DBT_PKG_VERSION" AS "dbt_pkg_version" FROM "ELEMENTARY"."METADATA" AS r0 ORDER BY r0."DBT_PKG_VERSION" NULLS LAST LIMIT 10

-- @ catalogue/read.alerts_anomaly_detection
SELECT r0."ALERT_ID" AS "alert_id", r0."DATA_ISSUE_ID" AS "data_issue_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."DETECTED_AT" AS "detected_at", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."ALERT_TYPE" AS "alert_type", r0."SUB_TYPE" AS "sub_type", r0."ALERT_DESCRIPTION" AS "alert_description", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."ALERT_RESULTS_QUERY" AS "alert_results_query", r0."OTHER" AS "other", r0."TEST_NAME" AS "test_name", r0."TEST_SHORT_NAME" AS "test_short_name", r0."TEST_PARAMS" AS "test_params", r0."SEVERITY" AS "severity", r0."STATUS" AS "status", r0."RESULT_ROWS" AS "result_rows" FROM "ELEMENTARY"."ALERTS_ANOMALY_DETECTION" AS r0 WHERE ((r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."DETECTED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ALERT_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ALERT_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_dbt_models
SELECT r0."ALERT_ID" AS "alert_id", r0."UNIQUE_ID" AS "unique_id", r0."DETECTED_AT" AS "detected_at", r0."DATABASE_NAME" AS "database_name", r0."MATERIALIZATION" AS "materialization", r0."PATH" AS "path", r0."ORIGINAL_PATH" AS "original_path", r0."SCHEMA_NAME" AS "schema_name", r0."MESSAGE" AS "message", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."ALIAS" AS "alias", r0."STATUS" AS "status", r0."FULL_REFRESH" AS "full_refresh" FROM "ELEMENTARY"."ALERTS_DBT_MODELS" AS r0 WHERE ((r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."DETECTED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ALERT_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ALERT_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_dbt_source_freshness
SELECT r0."ALERT_ID" AS "alert_id", r0."MAX_LOADED_AT" AS "max_loaded_at", r0."SNAPSHOTTED_AT" AS "snapshotted_at", r0."DETECTED_AT" AS "detected_at", r0."MAX_LOADED_AT_TIME_AGO_IN_S" AS "max_loaded_at_time_ago_in_s", r0."STATUS" AS "status", r0."ERROR" AS "error", r0."WARN_AFTER" AS "warn_after", r0."ERROR_AFTER" AS "error_after", r0."FILTER" AS "filter", r0."UNIQUE_ID" AS "unique_id", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."SOURCE_NAME" AS "source_name", r0."IDENTIFIER" AS "identifier", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."PACKAGE_NAME" AS "package_name", r0."PATH" AS "path", r0."FRESHNESS_ERROR_AFTER" AS "freshness_error_after", r0."FRESHNESS_WARN_AFTER" AS "freshness_warn_after", r0."FRESHNESS_FILTER" AS "freshness_filter" FROM "ELEMENTARY"."ALERTS_DBT_SOURCE_FRESHNESS" AS r0 WHERE ((r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."DETECTED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ALERT_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ALERT_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_dbt_tests
SELECT r0."ALERT_ID" AS "alert_id", r0."DATA_ISSUE_ID" AS "data_issue_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."DETECTED_AT" AS "detected_at", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."ALERT_TYPE" AS "alert_type", r0."SUB_TYPE" AS "sub_type", r0."ALERT_DESCRIPTION" AS "alert_description", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."ALERT_RESULTS_QUERY" AS "alert_results_query", r0."OTHER" AS "other", r0."TEST_NAME" AS "test_name", r0."TEST_SHORT_NAME" AS "test_short_name", r0."TEST_PARAMS" AS "test_params", r0."SEVERITY" AS "severity", r0."STATUS" AS "status", r0."RESULT_ROWS" AS "result_rows" FROM "ELEMENTARY"."ALERTS_DBT_TESTS" AS r0 WHERE ((r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."DETECTED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ALERT_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ALERT_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_schema_changes
SELECT r0."ALERT_ID" AS "alert_id", r0."DATA_ISSUE_ID" AS "data_issue_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."DETECTED_AT" AS "detected_at", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."ALERT_TYPE" AS "alert_type", r0."SUB_TYPE" AS "sub_type", r0."ALERT_DESCRIPTION" AS "alert_description", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."ALERT_RESULTS_QUERY" AS "alert_results_query", r0."OTHER" AS "other", r0."TEST_NAME" AS "test_name", r0."TEST_SHORT_NAME" AS "test_short_name", r0."TEST_PARAMS" AS "test_params", r0."SEVERITY" AS "severity", r0."STATUS" AS "status", r0."RESULT_ROWS" AS "result_rows" FROM "ELEMENTARY"."ALERTS_SCHEMA_CHANGES" AS r0 WHERE ((r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."DETECTED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ALERT_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ALERT_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.alerts_v2
SELECT r0."ALERT_ID" AS "alert_id", r0."ALERT_CLASS_ID" AS "alert_class_id", r0."TYPE" AS "type", r0."DETECTED_AT" AS "detected_at", r0."CREATED_AT" AS "created_at", r0."UPDATED_AT" AS "updated_at", r0."STATUS" AS "status", r0."DATA" AS "data", r0."SENT_AT" AS "sent_at" FROM "ELEMENTARY"."ALERTS_V2" AS r0 WHERE ((r0."UPDATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."UPDATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ALERT_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."UPDATED_AT" NULLS LAST, r0."ALERT_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.anomaly_threshold_sensitivity
SELECT r0."FULL_TABLE_NAME" AS "full_table_name", r0."COLUMN_NAME" AS "column_name", r0."METRIC_NAME" AS "metric_name", r0."LATEST_METRIC_VALUE" AS "latest_metric_value", r0."METRIC_AVG" AS "metric_avg", r0."METRIC_STDDEV" AS "metric_stddev", r0."ANOMALY_SCORE" AS "anomaly_score", r0."IS_ANOMALY_1_5" AS "is_anomaly_1_5", r0."IS_ANOMALY_2" AS "is_anomaly_2", r0."IS_ANOMALY_2_5" AS "is_anomaly_2_5", r0."IS_ANOMALY_3" AS "is_anomaly_3", r0."IS_ANOMALY_3_5" AS "is_anomaly_3_5", r0."IS_ANOMALY_4" AS "is_anomaly_4", r0."IS_ANOMALY_4_5" AS "is_anomaly_4_5" FROM "ELEMENTARY"."ANOMALY_THRESHOLD_SENSITIVITY" AS r0 WHERE (r0."FULL_TABLE_NAME" >= CAST(:1 AS VARCHAR)) ORDER BY r0."FULL_TABLE_NAME" NULLS LAST, r0."COLUMN_NAME" NULLS LAST, r0."METRIC_NAME" NULLS LAST LIMIT 7

-- @ catalogue/read.data_monitoring_metrics
SELECT r0."ID" AS "id", r0."FULL_TABLE_NAME" AS "full_table_name", r0."COLUMN_NAME" AS "column_name", r0."METRIC_NAME" AS "metric_name", r0."METRIC_TYPE" AS "metric_type", r0."METRIC_VALUE" AS "metric_value", r0."SOURCE_VALUE" AS "source_value", r0."BUCKET_START" AS "bucket_start", r0."BUCKET_END" AS "bucket_end", r0."BUCKET_DURATION_HOURS" AS "bucket_duration_hours", r0."UPDATED_AT" AS "updated_at", r0."DIMENSION" AS "dimension", r0."DIMENSION_VALUE" AS "dimension_value", r0."METRIC_PROPERTIES" AS "metric_properties", r0."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."DATA_MONITORING_METRICS" AS r0 WHERE ((r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."CREATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."CREATED_AT" NULLS LAST, r0."ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_artifacts_hashes
SELECT r0."ARTIFACTS_MODEL" AS "artifacts_model", r0."METADATA_HASH" AS "metadata_hash" FROM "ELEMENTARY"."DBT_ARTIFACTS_HASHES" AS r0 WHERE (r0."ARTIFACTS_MODEL" >= CAST(:1 AS VARCHAR)) ORDER BY r0."ARTIFACTS_MODEL" NULLS LAST, r0."METADATA_HASH" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_columns
SELECT r0."UNIQUE_ID" AS "unique_id", r0."PARENT_UNIQUE_ID" AS "parent_unique_id", r0."NAME" AS "name", r0."DATA_TYPE" AS "data_type", r0."TAGS" AS "tags", r0."META" AS "meta", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."TABLE_NAME" AS "table_name", r0."DESCRIPTION" AS "description", r0."RESOURCE_TYPE" AS "resource_type", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash" FROM "ELEMENTARY"."DBT_COLUMNS" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_exposures
SELECT r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name", r0."MATURITY" AS "maturity", r0."TYPE" AS "type", r0."OWNER_EMAIL" AS "owner_email", r0."OWNER_NAME" AS "owner_name", r0."URL" AS "url", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."DEPENDS_ON_COLUMNS" AS "depends_on_columns", r0."DESCRIPTION" AS "description", r0."TAGS" AS "tags", r0."META" AS "meta", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."LABEL" AS "label", r0."RAW_QUERIES" AS "raw_queries" FROM "ELEMENTARY"."DBT_EXPOSURES" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_groups
SELECT r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name", r0."OWNER_EMAIL" AS "owner_email", r0."OWNER_NAME" AS "owner_name", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash" FROM "ELEMENTARY"."DBT_GROUPS" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_invocations
SELECT r0."INVOCATION_ID" AS "invocation_id", r0."JOB_ID" AS "job_id", r0."JOB_NAME" AS "job_name", r0."JOB_RUN_ID" AS "job_run_id", r0."RUN_STARTED_AT" AS "run_started_at", r0."RUN_COMPLETED_AT" AS "run_completed_at", r0."GENERATED_AT" AS "generated_at", r0."CREATED_AT" AS "created_at", r0."COMMAND" AS "command", r0."DBT_VERSION" AS "dbt_version", r0."ELEMENTARY_VERSION" AS "elementary_version", r0."FULL_REFRESH" AS "full_refresh", r0."INVOCATION_VARS" AS "invocation_vars", r0."VARS" AS "vars", r0."TARGET_NAME" AS "target_name", r0."TARGET_DATABASE" AS "target_database", r0."TARGET_SCHEMA" AS "target_schema", r0."TARGET_PROFILE_NAME" AS "target_profile_name", r0."THREADS" AS "threads", r0."SELECTED" AS "selected", r0."YAML_SELECTOR" AS "yaml_selector", r0."PROJECT_ID" AS "project_id", r0."PROJECT_NAME" AS "project_name", r0."ENV" AS "env", r0."ENV_ID" AS "env_id", r0."CAUSE_CATEGORY" AS "cause_category", r0."CAUSE" AS "cause", r0."PULL_REQUEST_ID" AS "pull_request_id", r0."GIT_SHA" AS "git_sha", r0."ORCHESTRATOR" AS "orchestrator", r0."DBT_USER" AS "dbt_user", r0."JOB_URL" AS "job_url", r0."JOB_RUN_URL" AS "job_run_url", r0."ACCOUNT_ID" AS "account_id", r0."TARGET_ADAPTER_SPECIFIC_FIELDS" AS "target_adapter_specific_fields" FROM "ELEMENTARY"."DBT_INVOCATIONS" AS r0 WHERE ((r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."CREATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."INVOCATION_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."CREATED_AT" NULLS LAST, r0."INVOCATION_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_metrics
SELECT r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name", r0."LABEL" AS "label", r0."MODEL" AS "model", r0."TYPE" AS "type", r0."SQL" AS "sql", r0."TIMESTAMP" AS "timestamp", r0."FILTERS" AS "filters", r0."TIME_GRAINS" AS "time_grains", r0."DIMENSIONS" AS "dimensions", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."DESCRIPTION" AS "description", r0."TAGS" AS "tags", r0."META" AS "meta", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."GROUP_NAME" AS "group_name" FROM "ELEMENTARY"."DBT_METRICS" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_models
SELECT r0."UNIQUE_ID" AS "unique_id", r0."ALIAS" AS "alias", r0."CHECKSUM" AS "checksum", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."DESCRIPTION" AS "description", r0."NAME" AS "name", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."PATCH_PATH" AS "patch_path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."UNIQUE_KEY" AS "unique_key", r0."INCREMENTAL_STRATEGY" AS "incremental_strategy", r0."GROUP_NAME" AS "group_name", r0."ACCESS" AS "access" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_run_results
SELECT r0."MODEL_EXECUTION_ID" AS "model_execution_id", r0."UNIQUE_ID" AS "unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."GENERATED_AT" AS "generated_at", r0."CREATED_AT" AS "created_at", r0."NAME" AS "name", r0."MESSAGE" AS "message", r0."STATUS" AS "status", r0."RESOURCE_TYPE" AS "resource_type", r0."EXECUTION_TIME" AS "execution_time", r0."EXECUTE_STARTED_AT" AS "execute_started_at", r0."EXECUTE_COMPLETED_AT" AS "execute_completed_at", r0."COMPILE_STARTED_AT" AS "compile_started_at", r0."COMPILE_COMPLETED_AT" AS "compile_completed_at", r0."ROWS_AFFECTED" AS "rows_affected", r0."FULL_REFRESH" AS "full_refresh", r0."COMPILED_CODE" AS "compiled_code", r0."FAILURES" AS "failures", r0."QUERY_ID" AS "query_id", r0."THREAD_ID" AS "thread_id", r0."MATERIALIZATION" AS "materialization", r0."ADAPTER_RESPONSE" AS "adapter_response", r0."GROUP_NAME" AS "group_name" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 WHERE ((r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."CREATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."MODEL_EXECUTION_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."CREATED_AT" NULLS LAST, r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_seeds
SELECT r0."UNIQUE_ID" AS "unique_id", r0."ALIAS" AS "alias", r0."CHECKSUM" AS "checksum", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."DESCRIPTION" AS "description", r0."NAME" AS "name", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."GROUP_NAME" AS "group_name" FROM "ELEMENTARY"."DBT_SEEDS" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_snapshots
SELECT r0."UNIQUE_ID" AS "unique_id", r0."ALIAS" AS "alias", r0."CHECKSUM" AS "checksum", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."DESCRIPTION" AS "description", r0."NAME" AS "name", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."PATCH_PATH" AS "patch_path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."UNIQUE_KEY" AS "unique_key", r0."INCREMENTAL_STRATEGY" AS "incremental_strategy", r0."GROUP_NAME" AS "group_name", r0."ACCESS" AS "access" FROM "ELEMENTARY"."DBT_SNAPSHOTS" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_source_freshness_results
SELECT r0."SOURCE_FRESHNESS_EXECUTION_ID" AS "source_freshness_execution_id", r0."UNIQUE_ID" AS "unique_id", r0."MAX_LOADED_AT" AS "max_loaded_at", r0."SNAPSHOTTED_AT" AS "snapshotted_at", r0."GENERATED_AT" AS "generated_at", r0."CREATED_AT" AS "created_at", r0."MAX_LOADED_AT_TIME_AGO_IN_S" AS "max_loaded_at_time_ago_in_s", r0."STATUS" AS "status", r0."ERROR" AS "error", r0."COMPILE_STARTED_AT" AS "compile_started_at", r0."COMPILE_COMPLETED_AT" AS "compile_completed_at", r0."EXECUTE_STARTED_AT" AS "execute_started_at", r0."EXECUTE_COMPLETED_AT" AS "execute_completed_at", r0."INVOCATION_ID" AS "invocation_id", r0."WARN_AFTER" AS "warn_after", r0."ERROR_AFTER" AS "error_after", r0."FILTER" AS "filter" FROM "ELEMENTARY"."DBT_SOURCE_FRESHNESS_RESULTS" AS r0 WHERE ((r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."CREATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."SOURCE_FRESHNESS_EXECUTION_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."CREATED_AT" NULLS LAST, r0."SOURCE_FRESHNESS_EXECUTION_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_sources
SELECT r0."UNIQUE_ID" AS "unique_id", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."SOURCE_NAME" AS "source_name", r0."NAME" AS "name", r0."IDENTIFIER" AS "identifier", r0."LOADED_AT_FIELD" AS "loaded_at_field", r0."FRESHNESS_WARN_AFTER" AS "freshness_warn_after", r0."FRESHNESS_ERROR_AFTER" AS "freshness_error_after", r0."FRESHNESS_FILTER" AS "freshness_filter", r0."FRESHNESS_DESCRIPTION" AS "freshness_description", r0."RELATION_NAME" AS "relation_name", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."SOURCE_DESCRIPTION" AS "source_description", r0."DESCRIPTION" AS "description", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash" FROM "ELEMENTARY"."DBT_SOURCES" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.dbt_tests
SELECT r0."UNIQUE_ID" AS "unique_id", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."NAME" AS "name", r0."SHORT_NAME" AS "short_name", r0."ALIAS" AS "alias", r0."TEST_COLUMN_NAME" AS "test_column_name", r0."SEVERITY" AS "severity", r0."WARN_IF" AS "warn_if", r0."ERROR_IF" AS "error_if", r0."TEST_PARAMS" AS "test_params", r0."TEST_NAMESPACE" AS "test_namespace", r0."TEST_ORIGINAL_NAME" AS "test_original_name", r0."TAGS" AS "tags", r0."MODEL_TAGS" AS "model_tags", r0."MODEL_OWNERS" AS "model_owners", r0."META" AS "meta", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."PARENT_MODEL_UNIQUE_ID" AS "parent_model_unique_id", r0."DESCRIPTION" AS "description", r0."PACKAGE_NAME" AS "package_name", r0."TYPE" AS "type", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."QUALITY_DIMENSION" AS "quality_dimension", r0."GROUP_NAME" AS "group_name" FROM "ELEMENTARY"."DBT_TESTS" AS r0 WHERE (r0."UNIQUE_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.elementary_test_results
SELECT r0."ID" AS "id", r0."DATA_ISSUE_ID" AS "data_issue_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."DETECTED_AT" AS "detected_at", r0."CREATED_AT" AS "created_at", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."TEST_TYPE" AS "test_type", r0."TEST_SUB_TYPE" AS "test_sub_type", r0."TEST_RESULTS_DESCRIPTION" AS "test_results_description", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."TEST_RESULTS_QUERY" AS "test_results_query", r0."OTHER" AS "other", r0."TEST_NAME" AS "test_name", r0."TEST_PARAMS" AS "test_params", r0."SEVERITY" AS "severity", r0."STATUS" AS "status", r0."FAILURES" AS "failures", r0."TEST_SHORT_NAME" AS "test_short_name", r0."TEST_ALIAS" AS "test_alias", r0."RESULT_ROWS" AS "result_rows", r0."FAILED_ROW_COUNT" AS "failed_row_count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."CREATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."CREATED_AT" NULLS LAST, r0."ID" NULLS LAST LIMIT 7

-- @ catalogue/read.job_run_results
SELECT r0."NAME" AS "name", r0."ID" AS "id", r0."RUN_ID" AS "run_id", r0."RUN_STARTED_AT" AS "run_started_at", r0."RUN_COMPLETED_AT" AS "run_completed_at", r0."RUN_EXECUTION_TIME" AS "run_execution_time" FROM "ELEMENTARY"."JOB_RUN_RESULTS" AS r0 WHERE ((r0."RUN_STARTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."RUN_STARTED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."RUN_STARTED_AT" NULLS LAST, r0."ID" NULLS LAST, r0."RUN_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.metadata
SELECT r0."DBT_PKG_VERSION" AS "dbt_pkg_version" FROM "ELEMENTARY"."METADATA" AS r0 LIMIT 7

-- @ catalogue/read.metrics_anomaly_score
SELECT r0."ID" AS "id", r0."FULL_TABLE_NAME" AS "full_table_name", r0."COLUMN_NAME" AS "column_name", r0."DIMENSION" AS "dimension", r0."DIMENSION_VALUE" AS "dimension_value", r0."METRIC_NAME" AS "metric_name", r0."ANOMALY_SCORE" AS "anomaly_score", r0."LATEST_METRIC_VALUE" AS "latest_metric_value", r0."BUCKET_START" AS "bucket_start", r0."BUCKET_END" AS "bucket_end", r0."TRAINING_AVG" AS "training_avg", r0."TRAINING_STDDEV" AS "training_stddev", r0."TRAINING_START" AS "training_start", r0."TRAINING_END" AS "training_end", r0."TRAINING_SET_SIZE" AS "training_set_size", r0."UPDATED_AT" AS "updated_at", r0."IS_ANOMALY" AS "is_anomaly" FROM "ELEMENTARY"."METRICS_ANOMALY_SCORE" AS r0 WHERE ((r0."UPDATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."UPDATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."UPDATED_AT" NULLS LAST, r0."ID" NULLS LAST LIMIT 7

-- @ catalogue/read.model_run_results
SELECT r0."MODEL_EXECUTION_ID" AS "model_execution_id", r0."UNIQUE_ID" AS "unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."QUERY_ID" AS "query_id", r0."NAME" AS "name", r0."GENERATED_AT" AS "generated_at", r0."STATUS" AS "status", r0."FULL_REFRESH" AS "full_refresh", r0."MESSAGE" AS "message", r0."EXECUTION_TIME" AS "execution_time", r0."EXECUTE_STARTED_AT" AS "execute_started_at", r0."EXECUTE_COMPLETED_AT" AS "execute_completed_at", r0."COMPILE_STARTED_AT" AS "compile_started_at", r0."COMPILE_COMPLETED_AT" AS "compile_completed_at", r0."COMPILED_CODE" AS "compiled_code", r0."ADAPTER_RESPONSE" AS "adapter_response", r0."THREAD_ID" AS "thread_id", r0."GROUP_NAME" AS "group_name", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."PACKAGE_NAME" AS "package_name", r0."PATH" AS "path", r0."ORIGINAL_PATH" AS "original_path", r0."OWNER" AS "owner", r0."ALIAS" AS "alias", r0."MODEL_INVOCATION_REVERSE_INDEX" AS "model_invocation_reverse_index", r0."IS_THE_FIRST_INVOCATION_OF_THE_DAY" AS "is_the_first_invocation_of_the_day", r0."IS_THE_LAST_INVOCATION_OF_THE_DAY" AS "is_the_last_invocation_of_the_day" FROM "ELEMENTARY"."MODEL_RUN_RESULTS" AS r0 WHERE (r0."MODEL_EXECUTION_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.monitors_runs
SELECT r0."FULL_TABLE_NAME" AS "full_table_name", r0."COLUMN_NAME" AS "column_name", r0."METRIC_NAME" AS "metric_name", r0."METRIC_PROPERTIES" AS "metric_properties", r0."LAST_BUCKET_END" AS "last_bucket_end", r0."FIRST_BUCKET_END" AS "first_bucket_end" FROM "ELEMENTARY"."MONITORS_RUNS" AS r0 WHERE ((r0."LAST_BUCKET_END" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."LAST_BUCKET_END" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."FULL_TABLE_NAME" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."LAST_BUCKET_END" NULLS LAST, r0."FULL_TABLE_NAME" NULLS LAST, r0."COLUMN_NAME" NULLS LAST, r0."METRIC_NAME" NULLS LAST LIMIT 7

-- @ catalogue/read.schema_columns_snapshot
SELECT r0."COLUMN_STATE_ID" AS "column_state_id", r0."FULL_COLUMN_NAME" AS "full_column_name", r0."FULL_TABLE_NAME" AS "full_table_name", r0."COLUMN_NAME" AS "column_name", r0."DATA_TYPE" AS "data_type", r0."IS_NEW" AS "is_new", r0."DETECTED_AT" AS "detected_at", r0."CREATED_AT" AS "created_at" FROM "ELEMENTARY"."SCHEMA_COLUMNS_SNAPSHOT" AS r0 WHERE ((r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."CREATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."COLUMN_STATE_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."CREATED_AT" NULLS LAST, r0."COLUMN_STATE_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.seed_run_results
SELECT r0."MODEL_EXECUTION_ID" AS "model_execution_id", r0."UNIQUE_ID" AS "unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."QUERY_ID" AS "query_id", r0."NAME" AS "name", r0."GENERATED_AT" AS "generated_at", r0."STATUS" AS "status", r0."FULL_REFRESH" AS "full_refresh", r0."MESSAGE" AS "message", r0."EXECUTION_TIME" AS "execution_time", r0."EXECUTE_STARTED_AT" AS "execute_started_at", r0."EXECUTE_COMPLETED_AT" AS "execute_completed_at", r0."COMPILE_STARTED_AT" AS "compile_started_at", r0."COMPILE_COMPLETED_AT" AS "compile_completed_at", r0."COMPILED_CODE" AS "compiled_code", r0."ADAPTER_RESPONSE" AS "adapter_response", r0."THREAD_ID" AS "thread_id", r0."GROUP_NAME" AS "group_name", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."PACKAGE_NAME" AS "package_name", r0."PATH" AS "path", r0."ORIGINAL_PATH" AS "original_path", r0."OWNER" AS "owner", r0."ALIAS" AS "alias" FROM "ELEMENTARY"."SEED_RUN_RESULTS" AS r0 WHERE (r0."MODEL_EXECUTION_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.snapshot_run_results
SELECT r0."MODEL_EXECUTION_ID" AS "model_execution_id", r0."UNIQUE_ID" AS "unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."QUERY_ID" AS "query_id", r0."NAME" AS "name", r0."GENERATED_AT" AS "generated_at", r0."STATUS" AS "status", r0."FULL_REFRESH" AS "full_refresh", r0."MESSAGE" AS "message", r0."EXECUTION_TIME" AS "execution_time", r0."EXECUTE_STARTED_AT" AS "execute_started_at", r0."EXECUTE_COMPLETED_AT" AS "execute_completed_at", r0."COMPILE_STARTED_AT" AS "compile_started_at", r0."COMPILE_COMPLETED_AT" AS "compile_completed_at", r0."COMPILED_CODE" AS "compiled_code", r0."ADAPTER_RESPONSE" AS "adapter_response", r0."THREAD_ID" AS "thread_id", r0."GROUP_NAME" AS "group_name", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."PACKAGE_NAME" AS "package_name", r0."PATH" AS "path", r0."ORIGINAL_PATH" AS "original_path", r0."OWNER" AS "owner", r0."ALIAS" AS "alias" FROM "ELEMENTARY"."SNAPSHOT_RUN_RESULTS" AS r0 WHERE (r0."MODEL_EXECUTION_ID" >= CAST(:1 AS VARCHAR)) ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 7

-- @ catalogue/read.test_result_rows
SELECT r0."ELEMENTARY_TEST_RESULTS_ID" AS "elementary_test_results_id", r0."RESULT_ROW" AS "result_row", r0."DETECTED_AT" AS "detected_at", r0."CREATED_AT" AS "created_at", r0."ROW_INDEX" AS "row_index", r0."TEST_TYPE" AS "test_type" FROM "ELEMENTARY"."TEST_RESULT_ROWS" AS r0 WHERE ((r0."CREATED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND ((r0."CREATED_AT" > CAST(:1 AS TIMESTAMP_NTZ)) OR (r0."ELEMENTARY_TEST_RESULTS_ID" >= CAST(:2 AS VARCHAR)))) ORDER BY r0."CREATED_AT" NULLS LAST, r0."ELEMENTARY_TEST_RESULTS_ID" NULLS LAST, r0."ROW_INDEX" NULLS LAST LIMIT 7

-- @ catalogue/schema.changes
SELECT r0."DETECTED_AT" AS "detected_at", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."TEST_SUB_TYPE" AS "test_sub_type", r0."STATUS" AS "status", r0."SEVERITY" AS "severity", r0."SCHEMA_NAME" AS "schema_name", r0."DATABASE_NAME" AS "database_name", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."ID" AS "id", r0."TEST_RESULTS_DESCRIPTION" AS "test_results_description" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."TEST_TYPE" = :1) AND (r0."STATUS" NOT IN (:2, :3)) AND (r0."DETECTED_AT" >= CAST(:4 AS TIMESTAMP_NTZ))) ORDER BY r0."DETECTED_AT" DESC NULLS FIRST, r0."ID" NULLS LAST LIMIT 7

-- @ catalogue/tests.coverage
WITH c0 AS (SELECT r0."PARENT_MODEL_UNIQUE_ID" AS "unique_id", COUNT(*) AS "tests", COUNT((CASE WHEN (r0."TEST_COLUMN_NAME" IS NOT NULL) THEN 1 END)) AS "column_tests", COUNT(DISTINCT r0."TEST_COLUMN_NAME") AS "tested_columns" FROM "ELEMENTARY"."DBT_TESTS" AS r0 GROUP BY r0."PARENT_MODEL_UNIQUE_ID"), c1 AS (SELECT r1."PARENT_UNIQUE_ID" AS "unique_id", COUNT(*) AS "columns" FROM "ELEMENTARY"."DBT_COLUMNS" AS r1 GROUP BY r1."PARENT_UNIQUE_ID") SELECT r2."UNIQUE_ID" AS "unique_id", r2."NAME" AS "name", r2."PACKAGE_NAME" AS "package_name", r2."SCHEMA_NAME" AS "schema_name", r2."MATERIALIZATION" AS "materialization", r2."OWNER" AS "owner", r2."TAGS" AS "tags", COALESCE(r3."tests", 0) AS "tests", COALESCE(r3."column_tests", 0) AS "column_tests", COALESCE((r3."tests" - r3."column_tests"), 0) AS "table_tests", COALESCE(r3."tested_columns", 0) AS "tested_columns", COALESCE(r4."columns", 0) AS "documented_columns" FROM "ELEMENTARY"."DBT_MODELS" AS r2 LEFT JOIN c0 AS r3 ON (r3."unique_id" = r2."UNIQUE_ID") LEFT JOIN c1 AS r4 ON (r4."unique_id" = r2."UNIQUE_ID") WHERE ((CAST(:1 AS VARCHAR) = :2) OR (r2."PACKAGE_NAME" = CAST(:1 AS VARCHAR))) ORDER BY 8 NULLS LAST, 11 NULLS LAST, r2."UNIQUE_ID" NULLS LAST LIMIT 7

-- @ catalogue/tests.failed_rows
SELECT r0."ELEMENTARY_TEST_RESULTS_ID" AS "elementary_test_results_id", r0."ROW_INDEX" AS "row_index", r0."TEST_TYPE" AS "test_type", r0."DETECTED_AT" AS "detected_at", r0."RESULT_ROW" AS "result_row" FROM "ELEMENTARY"."TEST_RESULT_ROWS" AS r0 WHERE (r0."ELEMENTARY_TEST_RESULTS_ID" = CAST(:1 AS VARCHAR)) ORDER BY r0."ROW_INDEX" NULLS LAST, r0."DETECTED_AT" NULLS LAST LIMIT 7

-- @ catalogue/tests.failing
WITH c0 AS (SELECT r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", MAX(r0."DETECTED_AT") AS "detected_at", MAX((CASE r0."STATUS" WHEN :3 THEN 4 WHEN :4 THEN 3 WHEN :5 THEN 2 ELSE 1 END)) AS "worst", MAX(r0."MODEL_UNIQUE_ID") AS "model_unique_id", MAX(r0."TABLE_NAME") AS "table_name", MAX(r0."TEST_TYPE") AS "test_type", MAX(r0."TEST_SHORT_NAME") AS "test_short_name" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND (r0."STATUS" <> :2)) GROUP BY r0."TEST_UNIQUE_ID", r0."TEST_EXECUTION_ID"), c1 AS (SELECT r1."test_unique_id" AS "test_unique_id", r1."test_execution_id" AS "test_execution_id", r1."detected_at" AS "detected_at", r1."worst" AS "worst", r1."model_unique_id" AS "model_unique_id", r1."table_name" AS "table_name", r1."test_type" AS "test_type", r1."test_short_name" AS "test_short_name", ROW_NUMBER() OVER (PARTITION BY r1."test_unique_id" ORDER BY r1."detected_at" DESC NULLS FIRST, r1."test_execution_id" DESC NULLS FIRST) AS "recency" FROM c0 AS r1), c2 AS (SELECT r2."test_unique_id" AS "test_unique_id", MAX(r2."test_short_name") AS "test_short_name", MAX(r2."test_type") AS "test_type", MAX(r2."model_unique_id") AS "model_unique_id", MAX(r2."table_name") AS "table_name", COUNT(*) AS "executions", COUNT((CASE WHEN (r2."worst" > 1) THEN 1 END)) AS "executions_not_passed", MIN((CASE WHEN (r2."worst" > 1) THEN r2."detected_at" END)) AS "first_not_passed_at", MAX((CASE WHEN (r2."worst" > 1) THEN r2."detected_at" END)) AS "last_not_passed_at", MAX((CASE WHEN (r2."recency" = 1) THEN r2."worst" END)) AS "latest" FROM c1 AS r2 GROUP BY r2."test_unique_id" HAVING (MAX(r2."worst") > 1)) SELECT r3."test_unique_id" AS "test_unique_id", r3."test_short_name" AS "test_short_name", r3."test_type" AS "test_type", r3."model_unique_id" AS "model_unique_id", r3."table_name" AS "table_name", (CASE r3."latest" WHEN 4 THEN :6 WHEN 3 THEN :7 WHEN 2 THEN :8 ELSE :9 END) AS "latest_status", r3."executions" AS "executions", r3."executions_not_passed" AS "executions_not_passed", r3."first_not_passed_at" AS "first_not_passed_at", r3."last_not_passed_at" AS "last_not_passed_at", r4."TEST_COLUMN_NAME" AS "test_column_name", r4."SEVERITY" AS "severity", r4."MODEL_OWNERS" AS "model_owners", r4."TAGS" AS "tags", r5."OWNER" AS "model_owner", r5."GROUP_NAME" AS "group_name" FROM c2 AS r3 LEFT JOIN "ELEMENTARY"."DBT_TESTS" AS r4 ON (r4."UNIQUE_ID" = r3."test_unique_id") LEFT JOIN "ELEMENTARY"."DBT_MODELS" AS r5 ON (r5."UNIQUE_ID" = r3."model_unique_id") ORDER BY r3."latest" DESC NULLS FIRST, r3."last_not_passed_at" DESC NULLS FIRST, r3."test_unique_id" NULLS LAST LIMIT 7

-- @ catalogue/tests.flaky
WITH c0 AS (SELECT r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", MAX(r0."DETECTED_AT") AS "detected_at", MAX((CASE WHEN (r0."STATUS" IN (:3, :4, :5)) THEN 1 ELSE 0 END)) AS "not_passed", MAX(r0."MODEL_UNIQUE_ID") AS "model_unique_id", MAX(r0."TEST_SHORT_NAME") AS "test_short_name", MAX(r0."OWNERS") AS "owners" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) AND (r0."STATUS" <> :2)) GROUP BY r0."TEST_UNIQUE_ID", r0."TEST_EXECUTION_ID"), c1 AS (SELECT r1."test_unique_id" AS "test_unique_id", r1."test_execution_id" AS "test_execution_id", r1."detected_at" AS "detected_at", r1."not_passed" AS "not_passed", r1."model_unique_id" AS "model_unique_id", r1."test_short_name" AS "test_short_name", r1."owners" AS "owners", LAG(r1."not_passed") OVER (PARTITION BY r1."test_unique_id" ORDER BY r1."detected_at" NULLS LAST, r1."test_execution_id" NULLS LAST) AS "before" FROM c0 AS r1) SELECT r2."test_unique_id" AS "test_unique_id", MAX(r2."test_short_name") AS "test_short_name", MAX(r2."model_unique_id") AS "model_unique_id", MAX(r2."owners") AS "owners", COUNT(*) AS "executions", COUNT((CASE WHEN (r2."not_passed" = 1) THEN 1 END)) AS "executions_not_passed", COUNT((CASE WHEN (r2."not_passed" <> r2."before") THEN 1 END)) AS "changes", MAX((CASE WHEN (r2."not_passed" <> r2."before") THEN r2."detected_at" END)) AS "last_changed_at" FROM c1 AS r2 GROUP BY r2."test_unique_id" HAVING (COUNT((CASE WHEN (r2."not_passed" <> r2."before") THEN 1 END)) >= CAST(:6 AS BIGINT)) ORDER BY 7 DESC NULLS FIRST, r2."test_unique_id" NULLS LAST LIMIT 7

-- @ catalogue/tests.history
SELECT r0."ID" AS "id", r0."DETECTED_AT" AS "detected_at", r0."STATUS" AS "status", r0."SEVERITY" AS "severity", r0."FAILURES" AS "failures", r0."FAILED_ROW_COUNT" AS "failed_row_count", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."TEST_TYPE" AS "test_type", r0."TEST_SUB_TYPE" AS "test_sub_type", r0."INVOCATION_ID" AS "invocation_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", r0."OWNERS" AS "owners", r0."TEST_RESULTS_DESCRIPTION" AS "test_results_description", r0."TEST_RESULTS_QUERY" AS "test_results_query", r0."TEST_PARAMS" AS "test_params" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."TEST_UNIQUE_ID" = CAST(:1 AS VARCHAR)) AND (r0."DETECTED_AT" >= CAST(:2 AS TIMESTAMP_NTZ))) ORDER BY r0."DETECTED_AT" DESC NULLS FIRST, r0."ID" NULLS LAST LIMIT 7

-- @ catalogue/tests.latest_status
WITH c0 AS (SELECT r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", MAX(r0."DETECTED_AT") AS "detected_at", MAX((CASE r0."STATUS" WHEN :2 THEN 4 WHEN :3 THEN 3 WHEN :4 THEN 2 WHEN :5 THEN 1 ELSE 0 END)) AS "worst", COUNT(*) AS "results", COUNT((CASE WHEN (r0."STATUS" IN (:6, :7, :8)) THEN 1 END)) AS "results_not_passed", CAST(SUM(r0."FAILURES") AS BIGINT) AS "failures", MAX(r0."MODEL_UNIQUE_ID") AS "model_unique_id", MAX(r0."TABLE_NAME") AS "table_name", MAX(r0."TEST_TYPE") AS "test_type", MAX(r0."TEST_SHORT_NAME") AS "test_short_name", MAX(r0."SEVERITY") AS "severity", MAX(r0."OWNERS") AS "owners", MAX(r0."TAGS") AS "tags" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" >= CAST(:1 AS TIMESTAMP_NTZ)) GROUP BY r0."TEST_UNIQUE_ID", r0."TEST_EXECUTION_ID"), c1 AS (SELECT r1."test_unique_id" AS "test_unique_id", r1."test_execution_id" AS "test_execution_id", r1."detected_at" AS "detected_at", r1."worst" AS "worst", r1."results" AS "results", r1."results_not_passed" AS "results_not_passed", r1."failures" AS "failures", r1."model_unique_id" AS "model_unique_id", r1."table_name" AS "table_name", r1."test_type" AS "test_type", r1."test_short_name" AS "test_short_name", r1."severity" AS "severity", r1."owners" AS "owners", r1."tags" AS "tags", ROW_NUMBER() OVER (PARTITION BY r1."test_unique_id" ORDER BY r1."detected_at" DESC NULLS FIRST, r1."test_execution_id" DESC NULLS FIRST) AS "recency" FROM c0 AS r1) SELECT r2."test_unique_id" AS "test_unique_id", r2."test_short_name" AS "test_short_name", r2."test_type" AS "test_type", r2."model_unique_id" AS "model_unique_id", r2."table_name" AS "table_name", (CASE r2."worst" WHEN 4 THEN :9 WHEN 3 THEN :10 WHEN 2 THEN :11 WHEN 1 THEN :12 ELSE :13 END) AS "status", r2."severity" AS "severity", r2."detected_at" AS "detected_at", r2."results" AS "results", r2."results_not_passed" AS "results_not_passed", r2."failures" AS "failures", r2."owners" AS "owners", r2."tags" AS "tags", r2."test_execution_id" AS "test_execution_id" FROM c1 AS r2 WHERE (r2."recency" = 1) ORDER BY r2."worst" DESC NULLS FIRST, r2."detected_at" DESC NULLS FIRST, r2."test_unique_id" NULLS LAST LIMIT 7

-- @ catalogue/volume.anomalies
WITH c0 AS (SELECT r0."ID" AS "id", r0."FULL_TABLE_NAME" AS "full_table_name", r0."BUCKET_START" AS "bucket_start", r0."BUCKET_END" AS "bucket_end", r0."LATEST_METRIC_VALUE" AS "latest_metric_value", r0."TRAINING_AVG" AS "training_avg", r0."TRAINING_STDDEV" AS "training_stddev", r0."TRAINING_SET_SIZE" AS "training_set_size", r0."ANOMALY_SCORE" AS "anomaly_score", r0."UPDATED_AT" AS "updated_at", ROW_NUMBER() OVER (PARTITION BY r0."FULL_TABLE_NAME", r0."BUCKET_START", r0."BUCKET_END" ORDER BY r0."UPDATED_AT" DESC NULLS FIRST, r0."ID" NULLS LAST) AS "recency" FROM "ELEMENTARY"."METRICS_ANOMALY_SCORE" AS r0 WHERE ((r0."METRIC_NAME" = :1) AND (r0."DIMENSION" IS NULL) AND (r0."BUCKET_END" >= CAST(:2 AS TIMESTAMP_NTZ)))) SELECT r1."full_table_name" AS "full_table_name", r1."bucket_start" AS "bucket_start", r1."bucket_end" AS "bucket_end", r1."latest_metric_value" AS "row_count", GREATEST_IGNORE_NULLS((r1."training_avg" - (CAST(:3 AS DOUBLE) * r1."training_stddev")), 0) AS "expected_low", (r1."training_avg" + (CAST(:3 AS DOUBLE) * r1."training_stddev")) AS "expected_high", r1."training_avg" AS "training_avg", r1."training_stddev" AS "training_stddev", r1."training_set_size" AS "training_set_size", r1."anomaly_score" AS "anomaly_score", r1."updated_at" AS "updated_at" FROM c0 AS r1 WHERE ((r1."recency" = 1) AND (ABS(r1."anomaly_score") > CAST(:3 AS DOUBLE))) ORDER BY r1."bucket_end" DESC NULLS FIRST, r1."full_table_name" NULLS LAST, r1."id" NULLS LAST LIMIT 7

-- @ forms/columns
SELECT r0."NAME" AS "name", r0."OWNER" AS "owner", r0."NAME" AS "Odd "" name" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/star
SELECT r0."ELEMENTARY_TEST_RESULTS_ID" AS "elementary_test_results_id", r0."RESULT_ROW" AS "result_row", r0."DETECTED_AT" AS "detected_at", r0."CREATED_AT" AS "created_at", r0."ROW_INDEX" AS "row_index", r0."TEST_TYPE" AS "test_type" FROM "ELEMENTARY"."TEST_RESULT_ROWS" AS r0

-- @ forms/no_from
SELECT 1 AS "one", 'it''s' AS "t", NULL AS "n", TRUE AS "y", FALSE AS "f", 1.50 AS "d", 2147483648 AS "big"

-- @ forms/backslash
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" = '\\'' UNION SELECT ssn FROM public.customers --')

-- @ forms/quote_and_dollar
SELECT 'a''b' AS "a", '${x}' AS "b", '`' AS "c", '"' AS "d", '{p1:String}' AS "e", '? $1 :1 @p1' AS "f"

-- @ forms/comparisons
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."FAILURES" = 1) OR ((r0."FAILURES" <> 2) AND (r0."FAILURES" < 3)) OR ((r0."FAILURES" <= 4) AND (r0."FAILURES" > 5)) OR (r0."FAILURES" >= 6))

-- @ forms/not
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (NOT (r0."STATUS" = 'pass'))

-- @ forms/is_null
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."STATUS" IS NULL) OR (r0."SEVERITY" IS NOT NULL))

-- @ forms/is_true
SELECT r0."MODEL_EXECUTION_ID" AS "model_execution_id" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 WHERE ((COALESCE(r0."FULL_REFRESH", FALSE)) OR (NOT COALESCE(r0."FULL_REFRESH", FALSE)) OR (NOT COALESCE(r0."FULL_REFRESH", TRUE)) OR (COALESCE(r0."FULL_REFRESH", TRUE)))

-- @ forms/is_distinct
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."STATUS" IS DISTINCT FROM 'pass') AND (r0."SEVERITY" IS NOT DISTINCT FROM 'ERROR'))

-- @ forms/in_list
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."STATUS" IN ('fail', 'warn')) AND (r0."FAILURES" NOT IN (1, 2, 3)))

-- @ forms/in_query
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((r0."UNIQUE_ID" IN (SELECT r1."MODEL_UNIQUE_ID" AS "model_unique_id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r1)) AND (r0."UNIQUE_ID" NOT IN (SELECT r2."UNIQUE_ID" AS "unique_id" FROM "ELEMENTARY"."DBT_TESTS" AS r2 WHERE (r2."UNIQUE_ID" IS NOT NULL))))

-- @ forms/exists
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((EXISTS (SELECT 1 AS "?column?" FROM "ELEMENTARY"."DBT_TESTS" AS r1 WHERE (r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID"))) AND (NOT EXISTS (SELECT 1 AS "?column?" FROM "ELEMENTARY"."DBT_TESTS" AS r2 WHERE (r2."NAME" = r0."NAME"))))

-- @ forms/quantified
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."FAILURES" IN (SELECT r1."FAILURES" AS "failures" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r1)) AND (r0."FAILURES" NOT IN (SELECT r2."ROWS_AFFECTED" AS "rows_affected" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r2)))

-- @ forms/quantified_order
-- refused: a snowflake source does not have with one meaning: this comparison with ANY or ALL of a subquery

-- @ forms/between
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."FAILURES" BETWEEN 1 AND 5) AND (r0."DETECTED_AT" NOT BETWEEN CAST('2026-01-01 00:00:00' AS TIMESTAMP_NTZ) AND CAST('2026-02-01 00:00:00' AS TIMESTAMP_NTZ)))

-- @ forms/text_beside_time
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" >= CAST('2026-01-01 00:00:00' AS TIMESTAMP_NTZ))

-- @ forms/like
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((r0."NAME" LIKE 'stg%') AND (r0."NAME" NOT LIKE '%\\_x' ESCAPE '\\') AND (r0."NAME" LIKE 'a\\%b!' ESCAPE '\\'))

-- @ forms/ilike
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((r0."NAME" ILIKE 'STG%') OR (r0."NAME" NOT ILIKE '%\\_X' ESCAPE '\\'))

-- @ forms/like_column
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" LIKE r0."ALIAS" ESCAPE '\\')

-- @ forms/arithmetic
SELECT (r0."FAILURES" + 1) AS "a", (r0."FAILURES" - 1) AS "s", (r0."FAILURES" * 2) AS "m", (- r0."FAILURES") AS "n", MOD(r0."FAILURES", 7) AS "r" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/divide_whole
SELECT CAST(((r0."FAILURES" - MOD(r0."FAILURES", 2)) / 2) AS BIGINT) AS "q" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/divide_float
SELECT (r0."EXECUTION_TIME" / CAST(2 AS DOUBLE)) AS "q", (r0."EXECUTION_TIME" / CAST(r0."FAILURES" AS DOUBLE)) AS "r", (CAST(SUM(r0."FAILURES") AS DOUBLE) / CAST(COUNT(*) AS DOUBLE)) AS "mean" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 GROUP BY r0."EXECUTION_TIME", r0."FAILURES"

-- @ forms/divide_decimal
SELECT (CAST(7.0 AS DOUBLE) / CAST(2 AS DOUBLE)) AS "q"

-- @ forms/concat_operator
SELECT ((r0."NAME" || '.') || r0."ALIAS") AS "a", (r0."NAME" || CAST(1 AS VARCHAR)) AS "b" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/concat_float
-- refused: a snowflake source does not have with one meaning: a value that is neither text nor a whole number, joined to a text

-- @ forms/case_searched
SELECT (CASE WHEN (r0."STATUS" = 'fail') THEN 1 WHEN (r0."STATUS" = 'warn') THEN 2 ELSE 0 END) AS "c" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/case_simple
SELECT (CASE r0."STATUS" WHEN 'fail' THEN 'bad' ELSE 'good' END) AS "c" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/cast_numbers
SELECT CAST(r0."FAILURES" AS SMALLINT) AS "a", CAST(r0."FAILURES" AS INTEGER) AS "b", CAST('7' AS BIGINT) AS "c", CAST(r0."FAILURES" AS DOUBLE) AS "d", CAST(r0."FAILURES" AS NUMBER(12, 2)) AS "e", CAST(r0."FAILURES" AS DOUBLE) AS "f" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/cast_real
-- refused: a snowflake source does not have with one meaning: the type real; use double precision

-- @ forms/cast_fraction
-- refused: a snowflake source does not have with one meaning: a cast of a fraction to a whole number, which engines round differently; use floor or ceil

-- @ forms/cast_floor
SELECT CAST(FLOOR(r0."EXECUTION_TIME") AS INTEGER) AS "i" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/cast_text
SELECT CAST(r0."FAILURES" AS VARCHAR) AS "a", LEFT(CAST(r0."STATUS" AS VARCHAR), 3) AS "b" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/cast_boolean_text
SELECT CAST(r0."FULL_REFRESH" AS VARCHAR) AS "a" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/cast_time_text
-- refused: a snowflake source does not have with one meaning: a cast to text of a value that engines write differently

-- @ forms/cast_boolean
SELECT CAST(1 AS BOOLEAN) AS "b"

-- @ forms/cast_times
SELECT CAST(r0."DETECTED_AT" AS DATE) AS "d", CAST('2026-01-02' AS DATE) AS "e", CAST('2026-01-02 03:04:05' AS TIMESTAMP_NTZ) AS "f" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/cast_timestamptz
-- refused: a snowflake source does not have with one meaning: the type timestamp with time zone

-- @ forms/cast_time
-- refused: a snowflake source does not have with one meaning: the type time

-- @ forms/cast_interval
-- refused: a snowflake source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ forms/cast_json
-- refused: a snowflake source does not have with one meaning: the type json

-- @ forms/cast_uuid
-- refused: a snowflake source does not have with one meaning: the type uuid

-- @ forms/typed_literals
SELECT CAST('2026-01-02' AS DATE) AS "d", CAST('2026-01-02 03:04:05' AS TIMESTAMP_NTZ) AS "t"

-- @ forms/typed_time
-- refused: a snowflake source does not have with one meaning: the type time

-- @ forms/typed_timestamptz
-- refused: a snowflake source does not have with one meaning: the type timestamp with time zone

-- @ forms/interval_plus
SELECT (((r0."DETECTED_AT" + INTERVAL '1 MONTH') + INTERVAL '2 DAY') + INTERVAL '10800 SECOND') AS "a", (r0."DETECTED_AT" - INTERVAL '5400 SECOND') AS "b" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/interval_days
SELECT (r0."DETECTED_AT" - INTERVAL '7 DAY') AS "a", (r0."CREATED_AT" - INTERVAL '10800 SECOND') AS "b" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/interval_now
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" > (SYSDATE() - INTERVAL '7 DAY'))

-- @ forms/interval_alone
-- refused: a snowflake source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ forms/interval_of_times
-- refused: a snowflake source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ forms/extract_parts
SELECT CAST(EXTRACT(year FROM r0."DETECTED_AT") AS DOUBLE) AS "a", CAST(EXTRACT(quarter FROM r0."DETECTED_AT") AS DOUBLE) AS "b", CAST(EXTRACT(month FROM r0."DETECTED_AT") AS DOUBLE) AS "c", CAST(EXTRACT(day FROM r0."DETECTED_AT") AS DOUBLE) AS "e", CAST(EXTRACT(hour FROM r0."DETECTED_AT") AS DOUBLE) AS "f", CAST(EXTRACT(minute FROM r0."DETECTED_AT") AS DOUBLE) AS "g", CAST(MOD(DAYOFWEEKISO(r0."DETECTED_AT"), 7) AS DOUBLE) AS "h", CAST(DAYOFYEAR(r0."DETECTED_AT") AS DOUBLE) AS "j" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/extract_weeks
SELECT CAST(WEEKISO(r0."DETECTED_AT") AS DOUBLE) AS "d" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/extract_iso
SELECT CAST(DAYOFWEEKISO(r0."DETECTED_AT") AS DOUBLE) AS "i", CAST(YEAROFWEEKISO(r0."DETECTED_AT") AS DOUBLE) AS "k" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/extract_second
-- refused: a snowflake source does not have with one meaning: this field of EXTRACT

-- @ forms/extract_epoch
-- refused: a snowflake source does not have with one meaning: this field of EXTRACT

-- @ forms/date_part
SELECT CAST(CAST(EXTRACT(hour FROM r0."DETECTED_AT") AS DOUBLE) AS DOUBLE) AS "h" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/date_trunc
SELECT DATE_TRUNC('year', r0."DETECTED_AT") AS "a", DATE_TRUNC('quarter', r0."DETECTED_AT") AS "b", DATE_TRUNC('month', r0."DETECTED_AT") AS "c", DATE_TRUNC('day', r0."DETECTED_AT") AS "d", DATE_TRUNC('hour', r0."DETECTED_AT") AS "e", DATE_TRUNC('minute', r0."DETECTED_AT") AS "f", DATE_TRUNC('second', r0."DETECTED_AT") AS "g" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/date_trunc_week
SELECT DATEADD(DAY, (1 - DAYOFWEEKISO(r0."DETECTED_AT")), DATE_TRUNC('day', r0."DETECTED_AT")) AS "a" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/at_time_zone
-- refused: a snowflake source does not have with one meaning: AT TIME ZONE

-- @ forms/json_arrow
-- refused: a snowflake source does not have with one meaning: the type json

-- @ forms/json_functions
-- refused: a snowflake source does not have with one meaning: the type json

-- @ forms/json_typeof
-- refused: a snowflake source does not have with one meaning: the type json

-- @ forms/numbers
SELECT ABS(r0."FAILURES") AS "a", CEIL(r0."EXECUTION_TIME") AS "b", CEIL(r0."EXECUTION_TIME") AS "c", FLOOR(r0."EXECUTION_TIME") AS "d", SIGN(r0."EXECUTION_TIME") AS "e", MOD(r0."FAILURES", 7) AS "f", SQRT(r0."EXECUTION_TIME") AS "g", LN(r0."EXECUTION_TIME") AS "h", LOG(10, r0."EXECUTION_TIME") AS "i" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/round_float
-- refused: a snowflake source does not have with one meaning: round of a float, whose halves engines round differently

-- @ forms/round_mean
SELECT ROUND(AVG(CAST(r0."FAILURES" AS DOUBLE))) AS "a" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/round_decimal
SELECT ROUND(2.675, 2) AS "a"

-- @ forms/trunc
SELECT TRUNC(2.7) AS "a"

-- @ forms/trunc_digits
SELECT TRUNC(2.675, 2) AS "a"

-- @ forms/log_base
-- refused: a snowflake source has no function `log`

-- @ forms/texts
SELECT LOWER(r0."NAME") AS "a", UPPER(r0."NAME") AS "b", LENGTH(r0."NAME") AS "c", LENGTH(r0."NAME") AS "d", LEFT(r0."NAME", 2) AS "e", SUBSTR(r0."NAME", 2, 3) AS "f", SUBSTR(r0."NAME", 2) AS "g", CHARINDEX('a', r0."NAME") AS "h", REPLACE(r0."NAME", 'a', 'b') AS "i", REVERSE(r0."NAME") AS "j", MD5(r0."NAME") AS "k" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/right
SELECT RIGHT(r0."NAME", 2) AS "a" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/left_negative
-- refused: a snowflake source does not have with one meaning: left, right, substr and split_part of what is not a literal, or below one

-- @ forms/trims
SELECT TRIM(r0."NAME", ' ') AS "a", LTRIM(r0."NAME", ' ') AS "b", RTRIM(r0."NAME", ' ') AS "c" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/trims_of
SELECT TRIM(r0."NAME", 'xy') AS "a", LTRIM(r0."NAME", 'x') AS "b", RTRIM(r0."NAME", 'x') AS "c" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/split_part
SELECT SPLIT_PART(r0."UNIQUE_ID", '.', 2) AS "a" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/starts_with
SELECT STARTSWITH(r0."NAME", 'stg') AS "a" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/initcap
-- refused: a snowflake source has no function `initcap`

-- @ forms/concat
SELECT (COALESCE(r0."NAME", '') || '-' || COALESCE(r0."ALIAS", '') || COALESCE(CAST(1 AS VARCHAR), '')) AS "a" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/concat_ws
-- refused: a snowflake source has no function `concat_ws`

-- @ forms/age
-- refused: a snowflake source has no function `age`

-- @ forms/to_char
-- refused: a snowflake source has no function `to_char`

-- @ forms/to_date
-- refused: a snowflake source has no function `to_date`

-- @ forms/to_timestamp
-- refused: a snowflake source has no function `to_timestamp`

-- @ forms/make_date
-- refused: a snowflake source has no function `make_date`

-- @ forms/coalesce
SELECT COALESCE(r0."DESCRIPTION", 'none') AS "a", NULLIF(r0."NAME", '') AS "b", COALESCE(r1."DETECTED_AT", CAST('2026-01-01 00:00:00' AS TIMESTAMP_NTZ)) AS "c" FROM "ELEMENTARY"."DBT_MODELS" AS r0 CROSS JOIN "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r1

-- @ forms/greatest
SELECT GREATEST_IGNORE_NULLS(r0."FAILURES", 1, 2) AS "a", LEAST_IGNORE_NULLS(r0."FAILURES", 1) AS "b" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/clock
SELECT SYSDATE() AS "a", SYSDATE() AS "b", SYSDATE() AS "c", CAST(SYSDATE() AS DATE) AS "d"

-- @ forms/aggregates
SELECT COUNT(*) AS "a", COUNT(r0."FAILURES") AS "b", COUNT(DISTINCT r0."STATUS") AS "c", SUM(r0."FAILURES") AS "d", AVG(CAST(r0."FAILURES" AS DOUBLE)) AS "e", MIN(r0."DETECTED_AT") AS "f", MAX(r0."DETECTED_AT") AS "g" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/deviations
SELECT STDDEV_POP(r0."EXECUTION_TIME") AS "a", VAR_POP(r0."EXECUTION_TIME") AS "b" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/deviations_of_samples
SELECT STDDEV_SAMP(r0."EXECUTION_TIME") AS "a", STDDEV_SAMP(r0."EXECUTION_TIME") AS "b", VAR_SAMP(r0."EXECUTION_TIME") AS "c", VAR_SAMP(r0."EXECUTION_TIME") AS "d" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/booleans
SELECT BOOLAND_AGG(r0."FULL_REFRESH") AS "a", BOOLOR_AGG(r0."FULL_REFRESH") AS "b", BOOLAND_AGG(r0."FULL_REFRESH") AS "c" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/corr
-- refused: a snowflake source has no function `corr`

-- @ forms/string_agg
-- refused: a snowflake source has no function `string_agg`

-- @ forms/string_agg_sorted
-- refused: a snowflake source has no function `string_agg`

-- @ forms/array_agg
-- refused: a snowflake source has no function `array_agg`

-- @ forms/filter
SELECT COUNT((CASE WHEN (r0."STATUS" = 'fail') THEN 1 END)) AS "a", SUM((CASE WHEN (r0."STATUS" <> 'pass') THEN r0."FAILURES" END)) AS "b", MAX((CASE WHEN (r0."FAILURES" > 0) THEN r0."DETECTED_AT" END)) AS "c" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/percentile_cont
SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY r0."EXECUTION_TIME") AS "a" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/percentile_cont_filtered
SELECT PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY (CASE WHEN (r0."STATUS" = 'success') THEN r0."EXECUTION_TIME" END)) AS "a" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/percentile_disc
SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY r0."EXECUTION_TIME" DESC) AS "a" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ forms/mode
-- refused: a snowflake source has no function `mode`

-- @ forms/group_by
SELECT r0."STATUS" AS "status", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."STATUS" HAVING (COUNT(*) > 1) ORDER BY 2 DESC NULLS FIRST, r0."STATUS" NULLS LAST

-- @ forms/group_by_expression
SELECT (COALESCE(r0."STATUS", 'none') || '!') AS "s", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY COALESCE(r0."STATUS", 'none') ORDER BY COALESCE(r0."STATUS", 'none') NULLS LAST

-- @ forms/group_by_constant
SELECT 'x' AS "a", 7 AS "b", COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0 GROUP BY CAST('x' AS VARCHAR), CAST(7 AS BIGINT)

-- @ forms/order
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST, r0."ALIAS" DESC NULLS FIRST, r0."OWNER" NULLS FIRST, r0."TAGS" DESC NULLS LAST

-- @ forms/order_by_output
SELECT r0."NAME" AS "name", LENGTH(r0."NAME") AS "l" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY 2 DESC NULLS FIRST LIMIT 5

-- @ forms/limit
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT 10

-- @ forms/limit_offset
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT 10 OFFSET 20

-- @ forms/offset
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT NULL OFFSET 20

-- @ forms/fetch
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT 3 OFFSET 5

-- @ forms/distinct
SELECT DISTINCT COALESCE(r0."OWNER", 'x') AS "a" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY 1 NULLS LAST

-- @ forms/distinct_on
SELECT d.v0 AS "test_unique_id", d.v1 AS "status", d.v2 AS "detected_at" FROM (SELECT r0."TEST_UNIQUE_ID" AS v0, r0."STATUS" AS v1, r0."DETECTED_AT" AS v2, r0."TEST_UNIQUE_ID" AS s0, r0."DETECTED_AT" AS s1, ROW_NUMBER() OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."TEST_UNIQUE_ID" NULLS LAST, r0."DETECTED_AT" DESC NULLS FIRST) AS n FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST

-- @ forms/distinct_on_bare
SELECT d.v0 AS "owner", d.v1 AS "name" FROM (SELECT r0."OWNER" AS v0, r0."NAME" AS v1, ROW_NUMBER() OVER (PARTITION BY r0."OWNER" ORDER BY r0."OWNER") AS n FROM "ELEMENTARY"."DBT_MODELS" AS r0) AS d WHERE (d.n = 1)

-- @ forms/joins
SELECT r0."STATUS" AS "status", r1."SHORT_NAME" AS "short_name" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_TESTS" AS r1 ON (r1."UNIQUE_ID" = r0."TEST_UNIQUE_ID") LEFT JOIN "ELEMENTARY"."DBT_MODELS" AS r2 ON (r2."UNIQUE_ID" = r0."MODEL_UNIQUE_ID")

-- @ forms/join_right
SELECT r0."STATUS" AS "status", r1."SHORT_NAME" AS "short_name" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 RIGHT JOIN "ELEMENTARY"."DBT_TESTS" AS r1 ON (r1."UNIQUE_ID" = r0."TEST_UNIQUE_ID")

-- @ forms/join_full
SELECT r1."STATUS" AS "status", COALESCE(r0."UNIQUE_ID", r1."UNIQUE_ID") AS "unique_id" FROM "ELEMENTARY"."DBT_TESTS" AS r0 FULL JOIN "ELEMENTARY"."DBT_RUN_RESULTS" AS r1 ON (r0."UNIQUE_ID" = r1."UNIQUE_ID")

-- @ forms/join_cross
SELECT r0."STATUS" AS "status" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 CROSS JOIN "ELEMENTARY"."DBT_TESTS" AS r1

-- @ forms/join_nested
SELECT r0."STATUS" AS "status" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 LEFT JOIN ("ELEMENTARY"."DBT_TESTS" AS r1 INNER JOIN "ELEMENTARY"."DBT_MODELS" AS r2 ON (r2."UNIQUE_ID" = r1."PARENT_MODEL_UNIQUE_ID")) ON (r1."UNIQUE_ID" = r0."TEST_UNIQUE_ID")

-- @ forms/derived
SELECT r1."n" AS "n" FROM (SELECT COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0) AS r1

-- @ forms/derived_doubled_names
SELECT r1.k1 AS "b" FROM (SELECT r0."NAME" AS k0, r0."OWNER" AS k1 FROM "ELEMENTARY"."DBT_MODELS" AS r0) AS r1

-- @ forms/cte
WITH c0 AS (SELECT r0."TEST_UNIQUE_ID" AS "test_unique_id", MAX(r0."DETECTED_AT") AS "at" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."TEST_UNIQUE_ID") SELECT r1."STATUS" AS "status" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r1 INNER JOIN c0 AS r2 ON ((r2."test_unique_id" = r1."TEST_UNIQUE_ID") AND (r2."at" = r1."DETECTED_AT"))

-- @ forms/cte_materialized
WITH c0 AS (SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0), c1 AS (SELECT r1."name" AS "name" FROM c0 AS r1) SELECT r2."name" AS "name" FROM c1 AS r2

-- @ forms/cte_doubled_names
WITH c0 AS (SELECT r0."NAME" AS k0, r0."NAME" AS k1 FROM "ELEMENTARY"."DBT_MODELS" AS r0) SELECT r1.k1 AS "y" FROM c0 AS r1

-- @ forms/union
(SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) UNION (SELECT r1."NAME" AS "name" FROM "ELEMENTARY"."DBT_TESTS" AS r1)

-- @ forms/union_all_sorted
(SELECT r0."NAME" AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0) UNION ALL (SELECT r1."NAME" AS "name" FROM "ELEMENTARY"."DBT_TESTS" AS r1) ORDER BY 1 NULLS LAST LIMIT 3

-- @ forms/intersect
(SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) INTERSECT (SELECT r1."NAME" AS "name" FROM "ELEMENTARY"."DBT_TESTS" AS r1)

-- @ forms/except
(SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) EXCEPT (SELECT r1."NAME" AS "name" FROM "ELEMENTARY"."DBT_TESTS" AS r1)

-- @ forms/intersect_all
-- refused: a snowflake source does not have with one meaning: INTERSECT ALL and EXCEPT ALL

-- @ forms/except_all
-- refused: a snowflake source does not have with one meaning: INTERSECT ALL and EXCEPT ALL

-- @ forms/scalar_subquery
SELECT r0."NAME" AS "name", (SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_TESTS" AS r1) AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/window_ranks
SELECT ROW_NUMBER() OVER (PARTITION BY r0."OWNER" ORDER BY r0."NAME" NULLS LAST) AS "a", RANK() OVER (ORDER BY r0."NAME" NULLS LAST) AS "b", DENSE_RANK() OVER (ORDER BY r0."NAME" DESC NULLS FIRST) AS "c" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/window_shares
SELECT PERCENT_RANK() OVER (ORDER BY r0."NAME" NULLS LAST) AS "a", CUME_DIST() OVER (ORDER BY r0."NAME" NULLS LAST) AS "b", NTILE(4) OVER (ORDER BY r0."NAME" NULLS LAST) AS "c" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ forms/window_neighbours
SELECT LAG(r0."STATUS") OVER (ORDER BY r0."DETECTED_AT" NULLS LAST) AS "a", LEAD(r0."STATUS", 2) OVER (ORDER BY r0."DETECTED_AT" NULLS LAST) AS "b" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/window_neighbours_default
SELECT LAG(r0."STATUS", 1, 'none') OVER (ORDER BY r0."DETECTED_AT" NULLS LAST) AS "a" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/window_values
SELECT FIRST_VALUE(r0."STATUS") OVER (ORDER BY r0."DETECTED_AT" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "a", LAST_VALUE(r0."STATUS") OVER (ORDER BY r0."DETECTED_AT" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "b", NTH_VALUE(r0."STATUS", 2) OVER (ORDER BY r0."DETECTED_AT" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "c" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/window_sum
SELECT SUM(r0."FAILURES") OVER (PARTITION BY r0."TEST_UNIQUE_ID") AS "a" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/window_running_sum
SELECT SUM(r0."FAILURES") OVER (ORDER BY r0."DETECTED_AT" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "a" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/window_rows
SELECT AVG(CAST(r0."FAILURES" AS DOUBLE)) OVER (ORDER BY r0."DETECTED_AT" NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS "a", COUNT((CASE WHEN (r0."STATUS" = 'fail') THEN 1 END)) OVER (ORDER BY r0."DETECTED_AT" NULLS LAST ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS "b" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ forms/window_range
-- refused: a snowflake source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ forms/window_groups
-- refused: a snowflake source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ forms/window_named
SELECT SUM(r0."FAILURES") OVER (PARTITION BY r0."STATUS" ORDER BY r0."DETECTED_AT" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "a" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ cases/pub-0089
SELECT r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name", r0."MATERIALIZATION" AS "materialization" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/pub-0090
SELECT r0."INVOCATION_ID" AS "invocation_id", r0."JOB_ID" AS "job_id", r0."JOB_NAME" AS "job_name", r0."JOB_RUN_ID" AS "job_run_id", r0."RUN_STARTED_AT" AS "run_started_at", r0."RUN_COMPLETED_AT" AS "run_completed_at", r0."GENERATED_AT" AS "generated_at", r0."CREATED_AT" AS "created_at", r0."COMMAND" AS "command", r0."DBT_VERSION" AS "dbt_version", r0."ELEMENTARY_VERSION" AS "elementary_version", r0."FULL_REFRESH" AS "full_refresh", r0."INVOCATION_VARS" AS "invocation_vars", r0."VARS" AS "vars", r0."TARGET_NAME" AS "target_name", r0."TARGET_DATABASE" AS "target_database", r0."TARGET_SCHEMA" AS "target_schema", r0."TARGET_PROFILE_NAME" AS "target_profile_name", r0."THREADS" AS "threads", r0."SELECTED" AS "selected", r0."YAML_SELECTOR" AS "yaml_selector", r0."PROJECT_ID" AS "project_id", r0."PROJECT_NAME" AS "project_name", r0."ENV" AS "env", r0."ENV_ID" AS "env_id", r0."CAUSE_CATEGORY" AS "cause_category", r0."CAUSE" AS "cause", r0."PULL_REQUEST_ID" AS "pull_request_id", r0."GIT_SHA" AS "git_sha", r0."ORCHESTRATOR" AS "orchestrator", r0."DBT_USER" AS "dbt_user", r0."JOB_URL" AS "job_url", r0."JOB_RUN_URL" AS "job_run_url", r0."ACCOUNT_ID" AS "account_id" FROM "ELEMENTARY"."DBT_INVOCATIONS" AS r0

-- @ cases/pub-0091
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."MATERIALIZATION" = 'view')

-- @ cases/pub-0092
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/pub-0093
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/pub-0094
SELECT r0."ID" AS "id", r0."STATUS" AS "status" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (((r0."STATUS" = 'fail') OR (r0."STATUS" = 'error')) AND (NOT (r0."SEVERITY" = 'WARN')))

-- @ cases/pub-0095
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."STATUS" IN ('fail', 'warn')) AND (r0."FAILURES" BETWEEN 1 AND 5) AND (r0."TEST_NAME" LIKE 't%') AND (r0."COLUMN_NAME" IS NOT NULL))

-- @ cases/pub-0096
SELECT r0."NAME" AS "name", r0."GENERATED_AT" AS "generated_at" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."GENERATED_AT" DESC NULLS LAST, r0."NAME" NULLS LAST LIMIT 5 OFFSET 2

-- @ cases/pub-0097
SELECT r0."STATUS" AS "status", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."STATUS" ORDER BY 2 DESC NULLS FIRST, r0."STATUS" NULLS LAST

-- @ cases/pub-0098
SELECT COUNT(DISTINCT r0."TEST_UNIQUE_ID") AS "tests", COUNT((CASE WHEN (r0."STATUS" = 'fail') THEN 1 END)) AS "failed", SUM(r0."FAILURES") AS "failures", ROUND(AVG(CAST(r0."FAILURES" AS DOUBLE)), 2) AS "avg_failures" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ cases/pub-0099
SELECT r0."MODEL_UNIQUE_ID" AS "model_unique_id", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."STATUS" <> 'pass') GROUP BY r0."MODEL_UNIQUE_ID" HAVING (COUNT(*) >= 3) ORDER BY r0."MODEL_UNIQUE_ID" NULLS LAST

-- @ cases/pub-0100
SELECT r0."TEST_TYPE" AS "test_type", SUM((CASE WHEN (r0."STATUS" IN ('fail', 'error')) THEN 1 ELSE 0 END)) AS "bad", COUNT(*) AS "total" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."TEST_TYPE" ORDER BY r0."TEST_TYPE" NULLS LAST

-- @ cases/pub-0101
-- refused: a snowflake source does not have with one meaning: a cast of this value to a decimal, which engines round differently

-- @ cases/pub-0102
SELECT DATE_TRUNC('day', r0."DETECTED_AT") AS "day", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" > (SYSDATE() - INTERVAL '3650 DAY')) GROUP BY DATE_TRUNC('day', r0."DETECTED_AT") ORDER BY 1 NULLS LAST

-- @ cases/pub-0103
SELECT CAST(EXTRACT(hour FROM r0."DETECTED_AT") AS DOUBLE) AS "h", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY CAST(EXTRACT(hour FROM r0."DETECTED_AT") AS DOUBLE) ORDER BY 1 NULLS LAST

-- @ cases/pub-0104
SELECT LOWER(r0."OWNER") AS "o", UPPER(r0."NAME") AS "u", LENGTH(r0."PATH") AS "l", COALESCE(r0."GROUP_NAME", 'none') AS "g", SPLIT_PART(r0."UNIQUE_ID", '.', 2) AS "pkg" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY 2 NULLS LAST

-- @ cases/pub-0105
SELECT r1."SHORT_NAME" AS "short_name", r0."STATUS" AS "status", r2."OWNER" AS "owner" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_TESTS" AS r1 ON (r1."UNIQUE_ID" = r0."TEST_UNIQUE_ID") LEFT JOIN "ELEMENTARY"."DBT_MODELS" AS r2 ON (r2."UNIQUE_ID" = r0."MODEL_UNIQUE_ID") ORDER BY r0."ID" NULLS LAST LIMIT 20

-- @ cases/pub-0106
SELECT COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_INVOCATIONS" AS r1 ON (r0."INVOCATION_ID" = r1."INVOCATION_ID")

-- @ cases/pub-0107
WITH c0 AS (SELECT r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."STATUS" AS "status", r0."DETECTED_AT" AS "detected_at", ROW_NUMBER() OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."DETECTED_AT" DESC NULLS FIRST) AS "rn" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0) SELECT r1."test_unique_id" AS "test_unique_id", r1."status" AS "status" FROM c0 AS r1 WHERE (r1."rn" = 1) ORDER BY r1."test_unique_id" NULLS LAST

-- @ cases/pub-0108
WITH c0 AS (SELECT r0."ID" AS "id", r0."DATA_ISSUE_ID" AS "data_issue_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."DETECTED_AT" AS "detected_at", r0."CREATED_AT" AS "created_at", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."TEST_TYPE" AS "test_type", r0."TEST_SUB_TYPE" AS "test_sub_type", r0."TEST_RESULTS_DESCRIPTION" AS "test_results_description", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."TEST_RESULTS_QUERY" AS "test_results_query", r0."OTHER" AS "other", r0."TEST_NAME" AS "test_name", r0."TEST_PARAMS" AS "test_params", r0."SEVERITY" AS "severity", r0."STATUS" AS "status", r0."FAILURES" AS "failures", r0."TEST_SHORT_NAME" AS "test_short_name", r0."TEST_ALIAS" AS "test_alias", r0."RESULT_ROWS" AS "result_rows", r0."FAILED_ROW_COUNT" AS "failed_row_count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."STATUS" = 'fail')) SELECT COUNT(*) AS "n" FROM c0 AS r1

-- @ cases/pub-0109
SELECT r0."BUCKET_START" AS "bucket_start", r0."METRIC_VALUE" AS "metric_value", LAG(r0."METRIC_VALUE") OVER (ORDER BY r0."BUCKET_START" NULLS LAST) AS "previous", SUM(r0."METRIC_VALUE") OVER (ORDER BY r0."BUCKET_START" NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS "week" FROM "ELEMENTARY"."DATA_MONITORING_METRICS" AS r0 WHERE (r0."METRIC_NAME" = 'row_count') ORDER BY r0."BUCKET_START" NULLS LAST

-- @ cases/pub-0110
(SELECT r0."UNIQUE_ID" AS "unique_id", 'model' AS "kind" FROM "ELEMENTARY"."DBT_MODELS" AS r0) UNION ALL (SELECT r1."UNIQUE_ID" AS "unique_id", 'test' AS "?column?" FROM "ELEMENTARY"."DBT_TESTS" AS r1) ORDER BY 1 NULLS LAST LIMIT 15

-- @ cases/pub-0111
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((EXISTS (SELECT 1 AS "?column?" FROM "ELEMENTARY"."DBT_TESTS" AS r1 WHERE (r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID"))) AND (r0."UNIQUE_ID" IN (SELECT r2."MODEL_UNIQUE_ID" AS "model_unique_id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r2 WHERE (r2."STATUS" = 'error')))) ORDER BY r0."NAME" NULLS LAST

-- @ cases/pub-0112
SELECT r0."NAME" AS "name", (SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_TESTS" AS r1 WHERE (r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID")) AS "tests" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY 2 DESC NULLS FIRST, r0."NAME" NULLS LAST LIMIT 5

-- @ cases/pub-0113
SELECT r1."owner" AS "owner", r1."n" AS "n" FROM (SELECT r0."OWNER" AS "owner", COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0 GROUP BY r0."OWNER") AS r1 WHERE (r1."n" > 2) ORDER BY r1."owner" NULLS LAST

-- @ cases/pub-0114
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/pub-0115
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."STATUS" = 'fail') ORDER BY r0."ID" NULLS LAST LIMIT 3

-- @ cases/pub-0116
SELECT COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_TESTS" AS r0

-- @ cases/pub-0117
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."DESCRIPTION" = 'x''; DROP TABLE elementary.dbt_models; --')

-- @ cases/pub-0118
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" = '\\'' UNION SELECT ssn FROM public.customers --')

-- @ cases/pub-0119
SELECT LENGTH('a''''b') AS "n"

-- @ cases/pub-0120
SELECT d.v0 AS "job_name", d.v1 AS "invocation_id", d.v2 AS "run_started_at" FROM (SELECT r0."JOB_NAME" AS v0, r0."INVOCATION_ID" AS v1, r0."RUN_STARTED_AT" AS v2, r0."JOB_NAME" AS s0, r0."RUN_STARTED_AT" AS s1, r0."INVOCATION_ID" AS s2, ROW_NUMBER() OVER (PARTITION BY r0."JOB_NAME" ORDER BY r0."JOB_NAME" NULLS LAST, r0."RUN_STARTED_AT" DESC NULLS FIRST, r0."INVOCATION_ID" NULLS LAST) AS n FROM "ELEMENTARY"."DBT_INVOCATIONS" AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST, d.s2 NULLS LAST

-- @ cases/pub-0121
SELECT r0."MATERIALIZATION" AS "materialization", PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY r0."EXECUTION_TIME") AS "median" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 GROUP BY r0."MATERIALIZATION" ORDER BY r0."MATERIALIZATION" NULLS LAST

-- @ cases/pub-0122
SELECT 1 AS "ok"

-- @ cases/pub-0123
WITH c0 AS (SELECT r0."PARENT_MODEL_UNIQUE_ID" AS "parent_model_unique_id", r0."TEST_COLUMN_NAME" AS "test_column_name" FROM "ELEMENTARY"."DBT_TESTS" AS r0) SELECT r1."parent_model_unique_id" AS "model_unique_id", SUM((CASE WHEN (r1."test_column_name" IS NOT NULL) THEN 1 ELSE 0 END)) AS "column_tests", SUM((CASE WHEN (r1."test_column_name" IS NULL) THEN 1 ELSE 0 END)) AS "table_tests" FROM c0 AS r1 GROUP BY r1."parent_model_unique_id" ORDER BY r1."parent_model_unique_id" NULLS LAST

-- @ cases/pub-0124
WITH c0 AS (SELECT r0."UNIQUE_ID" AS "unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."STATUS" AS "status", ROW_NUMBER() OVER (PARTITION BY r0."UNIQUE_ID" ORDER BY r0."GENERATED_AT" DESC NULLS FIRST, r0."MODEL_EXECUTION_ID" NULLS LAST) AS "row_number" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_MODELS" AS r1 ON (r0."UNIQUE_ID" = r1."UNIQUE_ID")), c1 AS (SELECT r2."unique_id" AS "unique_id", r2."invocation_id" AS "invocation_id", r2."status" AS "status" FROM c0 AS r2 WHERE (r2."row_number" = 1)) SELECT r3."unique_id" AS "unique_id", r3."invocation_id" AS "invocation_id", r3."status" AS "status" FROM c1 AS r3 ORDER BY r3."unique_id" NULLS LAST

-- @ cases/own-0001
SELECT r0."UNIQUE_ID" AS "unique_id", r0."ALIAS" AS "alias", r0."CHECKSUM" AS "checksum", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."DESCRIPTION" AS "description", r0."NAME" AS "name", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."PATCH_PATH" AS "patch_path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."UNIQUE_KEY" AS "unique_key", r0."INCREMENTAL_STRATEGY" AS "incremental_strategy", r0."GROUP_NAME" AS "group_name", r0."ACCESS" AS "access" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0002
SELECT r0."UNIQUE_ID" AS "unique_id", r0."ALIAS" AS "alias", r0."CHECKSUM" AS "checksum", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."DESCRIPTION" AS "description", r0."NAME" AS "name", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."PATCH_PATH" AS "patch_path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."UNIQUE_KEY" AS "unique_key", r0."INCREMENTAL_STRATEGY" AS "incremental_strategy", r0."GROUP_NAME" AS "group_name", r0."ACCESS" AS "access" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0003
SELECT r0."UNIQUE_ID" AS "unique_id", r0."ALIAS" AS "alias", r0."CHECKSUM" AS "checksum", r0."MATERIALIZATION" AS "materialization", r0."TAGS" AS "tags", r0."META" AS "meta", r0."OWNER" AS "owner", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."DEPENDS_ON_MACROS" AS "depends_on_macros", r0."DEPENDS_ON_NODES" AS "depends_on_nodes", r0."DESCRIPTION" AS "description", r0."NAME" AS "name", r0."PACKAGE_NAME" AS "package_name", r0."ORIGINAL_PATH" AS "original_path", r0."PATH" AS "path", r0."PATCH_PATH" AS "patch_path", r0."GENERATED_AT" AS "generated_at", r0."METADATA_HASH" AS "metadata_hash", r0."UNIQUE_KEY" AS "unique_key", r0."INCREMENTAL_STRATEGY" AS "incremental_strategy", r0."GROUP_NAME" AS "group_name", r0."ACCESS" AS "access", r1."NAME" AS "test" FROM "ELEMENTARY"."DBT_MODELS" AS r0 INNER JOIN "ELEMENTARY"."DBT_TESTS" AS r1 ON (r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID")

-- @ cases/own-0004
SELECT DISTINCT r0."MATERIALIZATION" AS "materialization" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0005
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0006
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0007
SELECT COUNT(*) AS "total" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0008
SELECT COUNT(1) AS "count" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."OWNER" IS NOT NULL)

-- @ cases/own-0009
SELECT COUNT(DISTINCT r0."OWNER") AS "owners" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0010
SELECT MIN(r0."GENERATED_AT") AS "min", MAX(r0."GENERATED_AT") AS "max" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0011
SELECT SUM(r0."FAILURES") AS "f", AVG(CAST(r0."FAILURES" AS DOUBLE)) AS "a" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ cases/own-0012
SELECT r0."STATUS" AS "status", COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."STATUS"

-- @ cases/own-0013
SELECT r0."STATUS" AS "status", r0."SEVERITY" AS "severity", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."STATUS", r0."SEVERITY" ORDER BY 3 DESC NULLS FIRST, r0."STATUS" NULLS LAST, r0."SEVERITY" NULLS LAST

-- @ cases/own-0014
SELECT r0."STATUS" AS "status", r0."SEVERITY" AS "severity", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."STATUS", r0."SEVERITY" HAVING (COUNT(*) > 5) ORDER BY 3 DESC NULLS FIRST, r0."STATUS" NULLS LAST, r0."SEVERITY" NULLS LAST

-- @ cases/own-0015
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" = 'm1')

-- @ cases/own-0016
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((r0."NAME" <> 'm1') AND (r0."NAME" <> 'm2'))

-- @ cases/own-0017
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (NOT ((r0."NAME" = 'm1') OR (r0."NAME" = 'm2')))

-- @ cases/own-0018
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" IN ('m1', 'm2', 'm3'))

-- @ cases/own-0019
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" NOT IN ('m1', 'm2'))

-- @ cases/own-0020
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" LIKE 'm1%')

-- @ cases/own-0021
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" NOT LIKE '%1%')

-- @ cases/own-0022
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" ILIKE 'M1%')

-- @ cases/own-0023
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" LIKE 'm\\_%' ESCAPE '\\')

-- @ cases/own-0024
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."FAILURES" BETWEEN 1 AND 3)

-- @ cases/own-0025
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."FAILURES" NOT BETWEEN 1 AND 3)

-- @ cases/own-0026
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."FAILURES" >= 1) AND (r0."FAILURES" < 4))

-- @ cases/own-0027
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."GROUP_NAME" IS NULL)

-- @ cases/own-0028
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."GROUP_NAME" IS NOT NULL)

-- @ cases/own-0029
SELECT r0."NAME" AS "name", (COALESCE(r0."FULL_REFRESH", FALSE)) AS "a", (NOT COALESCE(r0."FULL_REFRESH", FALSE)) AS "b", (NOT COALESCE(r0."FULL_REFRESH", TRUE)) AS "c", (COALESCE(r0."FULL_REFRESH", TRUE)) AS "d" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 10

-- @ cases/own-0030
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."GROUP_NAME" IS DISTINCT FROM 'x')

-- @ cases/own-0031
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."OWNER" IS NOT DISTINCT FROM 'team1')

-- @ cases/own-0032
SELECT (r0."FAILURES" + 1) AS "?column?", (r0."FAILURES" - 1) AS "?column?", (r0."FAILURES" * 2) AS "?column?", MOD(r0."FAILURES", 2) AS "?column?", (- r0."FAILURES") AS "?column?" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 7

-- @ cases/own-0033
SELECT (r0."EXECUTION_TIME" / CAST(2.0 AS DOUBLE)) AS "half" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 5

-- @ cases/own-0034
SELECT (((r0."FAILURES" + 1) * 2) - 3) AS "x" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0035
SELECT (CASE WHEN (r0."STATUS" = 'pass') THEN 'ok' WHEN (r0."STATUS" = 'warn') THEN 'hm' ELSE 'bad' END) AS "s", COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY (CASE WHEN (r0."STATUS" = 'pass') THEN 'ok' WHEN (r0."STATUS" = 'warn') THEN 'hm' ELSE 'bad' END) ORDER BY 1 NULLS LAST

-- @ cases/own-0036
SELECT (CASE r0."STATUS" WHEN 'pass' THEN 1 ELSE 0 END) AS "p" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0037
SELECT (CASE WHEN (r0."FAILURES" > 1) THEN 'x' END) AS "p" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0038
SELECT CAST(r0."FAILURES" AS VARCHAR) AS "f", CAST(r0."FAILURES" AS VARCHAR) AS "g", CAST(r0."FAILURES" AS DOUBLE) AS "d" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 5

-- @ cases/own-0039
SELECT (CAST('12' AS INTEGER) + 1) AS "a", CAST('3' AS BIGINT) AS "b", CAST(1.5 AS NUMBER(10, 2)) AS "c", CAST(TRUE AS BOOLEAN) AS "d"

-- @ cases/own-0040
SELECT COALESCE(r0."GROUP_NAME", r0."OWNER", 'none') AS "g" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0041
SELECT NULLIF(r0."OWNER", 'team1') AS "o" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0042
SELECT GREATEST_IGNORE_NULLS(1, 2, 3) AS "g", LEAST_IGNORE_NULLS(3, 2) AS "l"

-- @ cases/own-0043
SELECT LOWER(r0."NAME") AS "lower", UPPER(r0."NAME") AS "upper", LENGTH(r0."NAME") AS "length" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0044
SELECT LEFT(r0."NAME", 1) AS "l", RIGHT(r0."NAME", 1) AS "r" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0045
SELECT SUBSTR(r0."NAME", 2) AS "a", SUBSTR(r0."NAME", 1, 2) AS "b", SUBSTR(r0."NAME", 2, 1) AS "c", SUBSTR(r0."NAME", 2) AS "d", SUBSTR(r0."NAME", 1, 2) AS "e" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0046
SELECT TRIM(r0."NAME", ' ') AS "a", TRIM(r0."NAME", 'm') AS "b", LTRIM(r0."NAME", 'm') AS "c", LTRIM(r0."NAME", 'm') AS "d", RTRIM(r0."NAME", ' ') AS "e" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0047
SELECT REPLACE(r0."NAME", 'm', 'model ') AS "r" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0048
SELECT SPLIT_PART(r0."UNIQUE_ID", '.', 3) AS "p" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY 1 NULLS LAST

-- @ cases/own-0049
SELECT CHARINDEX('shop', r0."UNIQUE_ID") AS "p", CHARINDEX('.', r0."UNIQUE_ID") AS "q" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0050
SELECT STARTSWITH(r0."NAME", 'm1') AS "s" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0051
-- refused: a snowflake source has no function `concat_ws`

-- @ cases/own-0052
SELECT REVERSE(r0."NAME") AS "r", MD5(r0."NAME") AS "m" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0053
SELECT ABS((- 2)) AS "a", CEIL(1.2) AS "c", FLOOR(1.8) AS "f", ROUND(2.567, 2) AS "r", ROUND(2.5) AS "q", SIGN((- 3)) AS "s", MOD(7, 3) AS "m", SQRT(16) AS "t"

-- @ cases/own-0054
-- refused: a snowflake source does not have with one meaning: a cast of this value to a decimal, which engines round differently

-- @ cases/own-0055
SELECT DATE_TRUNC('day', r0."DETECTED_AT") AS "d", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY DATE_TRUNC('day', r0."DETECTED_AT") ORDER BY 1 NULLS LAST

-- @ cases/own-0056
SELECT DATE_TRUNC('month', r0."DETECTED_AT") AS "m" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY DATE_TRUNC('month', r0."DETECTED_AT")

-- @ cases/own-0057
SELECT CAST(EXTRACT(year FROM r0."DETECTED_AT") AS DOUBLE) AS "y", CAST(EXTRACT(month FROM r0."DETECTED_AT") AS DOUBLE) AS "m", CAST(MOD(DAYOFWEEKISO(r0."DETECTED_AT"), 7) AS DOUBLE) AS "w" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 9

-- @ cases/own-0058
SELECT CAST(CAST(EXTRACT(hour FROM r0."DETECTED_AT") AS DOUBLE) AS DOUBLE) AS "h" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 9

-- @ cases/own-0059
-- refused: a snowflake source does not have with one meaning: this field of EXTRACT

-- @ cases/own-0060
SELECT (r0."DETECTED_AT" + INTERVAL '1 DAY') AS "a", (r0."DETECTED_AT" - INTERVAL '7200 SECOND') AS "b", (r0."DETECTED_AT" - INTERVAL '3 DAY') AS "c" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 4

-- @ cases/own-0061
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE ((r0."DETECTED_AT" >= CAST('2024-05-05 00:00:00' AS TIMESTAMP_NTZ)) AND (r0."DETECTED_AT" < CAST('2024-05-06 00:00:00' AS TIMESTAMP_NTZ)))

-- @ cases/own-0062
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" >= CAST(CAST('2024-05-05' AS DATE) AS TIMESTAMP_NTZ))

-- @ cases/own-0063
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" >= CAST('2024-05-05 00:00:00' AS TIMESTAMP_NTZ))

-- @ cases/own-0064
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (CAST(r0."DETECTED_AT" AS DATE) = CAST('2024-05-05' AS DATE))

-- @ cases/own-0065
SELECT CAST(r0."DETECTED_AT" AS DATE) AS "d", COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY CAST(r0."DETECTED_AT" AS DATE) ORDER BY 1 NULLS LAST

-- @ cases/own-0066
SELECT CAST(r0."GENERATED_AT" AS TIMESTAMP_NTZ) AS "g" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 5

-- @ cases/own-0067
-- refused: a snowflake source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0068
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" < SYSDATE())

-- @ cases/own-0069
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."DETECTED_AT" < (SYSDATE() - INTERVAL '30 DAY'))

-- @ cases/own-0070
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (CAST(r0."DETECTED_AT" AS DATE) < CAST(SYSDATE() AS DATE))

-- @ cases/own-0071
SELECT COUNT((CASE WHEN (r0."STATUS" = 'fail') THEN 1 END)) AS "f", SUM((CASE WHEN (r0."STATUS" = 'fail') THEN r0."FAILURES" END)) AS "s" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ cases/own-0072
-- refused: a snowflake source has no function `string_agg`

-- @ cases/own-0073
-- refused: a snowflake source has no function `string_agg`

-- @ cases/own-0074
SELECT BOOLAND_AGG(r0."FULL_REFRESH") AS "a", BOOLOR_AGG(r0."FULL_REFRESH") AS "o" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ cases/own-0075
SELECT (STDDEV_SAMP(r0."EXECUTION_TIME") > 0) AS "s", (VAR_SAMP(r0."EXECUTION_TIME") > 0) AS "v", (STDDEV_POP(r0."EXECUTION_TIME") > 0) AS "p" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ cases/own-0076
SELECT PERCENTILE_CONT(0.95) WITHIN GROUP (ORDER BY r0."EXECUTION_TIME") AS "p95" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ cases/own-0077
SELECT PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY r0."EXECUTION_TIME") AS "p" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ cases/own-0078
-- refused: a snowflake source has no function `mode`

-- @ cases/own-0079
-- refused: a snowflake source has no function `corr`

-- @ cases/own-0080
SELECT r0."ID" AS "id", ROW_NUMBER() OVER (ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ID" NULLS LAST) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY 2 NULLS LAST LIMIT 9

-- @ cases/own-0081
SELECT r0."ID" AS "id", RANK() OVER (PARTITION BY r0."STATUS" ORDER BY r0."FAILURES" DESC NULLS FIRST) AS "r", DENSE_RANK() OVER (PARTITION BY r0."STATUS" ORDER BY r0."FAILURES" NULLS LAST) AS "d" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0082
SELECT r0."ID" AS "id", LAG(r0."STATUS") OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ID" NULLS LAST) AS "was", LEAD(r0."STATUS", 1, 'none') OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ID" NULLS LAST) AS "next" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0083
SELECT r0."ID" AS "id", FIRST_VALUE(r0."STATUS") OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ID" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "f", LAST_VALUE(r0."STATUS") OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ID" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "l" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0084
SELECT r0."ID" AS "id", SUM(r0."FAILURES") OVER (ORDER BY r0."ID" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "s" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0085
SELECT r0."ID" AS "id", AVG(CAST(r0."FAILURES" AS DOUBLE)) OVER (ORDER BY r0."ID" NULLS LAST ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS "s" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0086
SELECT r0."ID" AS "id", COUNT(*) OVER () AS "total" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 3

-- @ cases/own-0087
SELECT r0."ID" AS "id", COUNT(*) OVER (PARTITION BY r0."STATUS") AS "total", NTILE(4) OVER (ORDER BY r0."ID" NULLS LAST) AS "q", PERCENT_RANK() OVER (ORDER BY r0."ID" NULLS LAST) AS "p", CUME_DIST() OVER (ORDER BY r0."ID" NULLS LAST) AS "c" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0088
SELECT r0."ID" AS "id", SUM(r0."FAILURES") OVER (ORDER BY r0."DETECTED_AT" NULLS LAST, r0."ID" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "s" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0089
SELECT r0."ID" AS "id", NTH_VALUE(r0."STATUS", 2) OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."ID" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "s" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0090
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" DESC NULLS FIRST

-- @ cases/own-0091
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."GROUP_NAME" NULLS FIRST, r0."NAME" NULLS LAST

-- @ cases/own-0092
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY LENGTH(r0."NAME") NULLS LAST, r0."NAME" NULLS LAST LIMIT 3

-- @ cases/own-0093
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0094
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0095
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT 1

-- @ cases/own-0096
SELECT r0."NAME" AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0097
SELECT r0."NAME" AS "name", r1."NAME" AS "other" FROM "ELEMENTARY"."DBT_MODELS" AS r0 INNER JOIN "ELEMENTARY"."DBT_MODELS" AS r1 ON ((r0."OWNER" = r1."OWNER") AND (r0."UNIQUE_ID" < r1."UNIQUE_ID")) ORDER BY r0."NAME" NULLS LAST, r1."NAME" NULLS LAST

-- @ cases/own-0098
SELECT r0."NAME" AS "name", COUNT(r1."UNIQUE_ID") AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0 LEFT JOIN "ELEMENTARY"."DBT_TESTS" AS r1 ON (r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID") GROUP BY r0."NAME" ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0099
SELECT r1."NAME" AS "name", r0."NAME" AS "t" FROM "ELEMENTARY"."DBT_TESTS" AS r0 RIGHT JOIN "ELEMENTARY"."DBT_MODELS" AS r1 ON (r0."PARENT_MODEL_UNIQUE_ID" = r1."UNIQUE_ID") ORDER BY r1."NAME" NULLS LAST, r0."NAME" NULLS LAST

-- @ cases/own-0100
SELECT r1."NAME" AS "name", r0."NAME" AS "t" FROM "ELEMENTARY"."DBT_TESTS" AS r0 FULL JOIN "ELEMENTARY"."DBT_MODELS" AS r1 ON (r0."PARENT_MODEL_UNIQUE_ID" = r1."UNIQUE_ID") ORDER BY r1."NAME" NULLS LAST, r0."NAME" NULLS LAST

-- @ cases/own-0101
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_MODELS" AS r0 CROSS JOIN "ELEMENTARY"."DBT_INVOCATIONS" AS r1

-- @ cases/own-0102
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_MODELS" AS r0 CROSS JOIN "ELEMENTARY"."DBT_INVOCATIONS" AS r1 WHERE (r0."OWNER" = 'team1')

-- @ cases/own-0103
SELECT r0."INVOCATION_ID" AS "invocation_id", COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_INVOCATIONS" AS r1 ON (r0."INVOCATION_ID" = r1."INVOCATION_ID") GROUP BY r0."INVOCATION_ID" ORDER BY r0."INVOCATION_ID" NULLS LAST

-- @ cases/own-0104
SELECT r0."NAME" AS "name", r1."JOB_NAME" AS "job_name" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_INVOCATIONS" AS r1 ON (r0."INVOCATION_ID" = r1."INVOCATION_ID") ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 5

-- @ cases/own-0105
SELECT COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_MODELS" AS r0 INNER JOIN "ELEMENTARY"."DBT_TESTS" AS r1 ON (r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID") INNER JOIN "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r2 ON (r2."TEST_UNIQUE_ID" = r1."UNIQUE_ID")

-- @ cases/own-0106
SELECT r1."owner" AS "owner", r1."n" AS "n" FROM (SELECT r0."OWNER" AS "owner", COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0 GROUP BY r0."OWNER") AS r1 WHERE (r1."n" > 1) ORDER BY r1."owner" NULLS LAST

-- @ cases/own-0107
SELECT AVG(CAST(r1."n" AS DOUBLE)) AS "avg" FROM (SELECT COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_TESTS" AS r0 GROUP BY r0."PARENT_MODEL_UNIQUE_ID") AS r1

-- @ cases/own-0108
SELECT r1."owner" AS "o", r1."count" AS "k" FROM (SELECT r0."OWNER" AS "owner", COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_MODELS" AS r0 GROUP BY r0."OWNER") AS r1 ORDER BY r1."owner" NULLS LAST

-- @ cases/own-0109
WITH c0 AS (SELECT r0."ID" AS "id", r0."DATA_ISSUE_ID" AS "data_issue_id", r0."TEST_EXECUTION_ID" AS "test_execution_id", r0."TEST_UNIQUE_ID" AS "test_unique_id", r0."MODEL_UNIQUE_ID" AS "model_unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."DETECTED_AT" AS "detected_at", r0."CREATED_AT" AS "created_at", r0."DATABASE_NAME" AS "database_name", r0."SCHEMA_NAME" AS "schema_name", r0."TABLE_NAME" AS "table_name", r0."COLUMN_NAME" AS "column_name", r0."TEST_TYPE" AS "test_type", r0."TEST_SUB_TYPE" AS "test_sub_type", r0."TEST_RESULTS_DESCRIPTION" AS "test_results_description", r0."OWNERS" AS "owners", r0."TAGS" AS "tags", r0."TEST_RESULTS_QUERY" AS "test_results_query", r0."OTHER" AS "other", r0."TEST_NAME" AS "test_name", r0."TEST_PARAMS" AS "test_params", r0."SEVERITY" AS "severity", r0."STATUS" AS "status", r0."FAILURES" AS "failures", r0."TEST_SHORT_NAME" AS "test_short_name", r0."TEST_ALIAS" AS "test_alias", r0."RESULT_ROWS" AS "result_rows", r0."FAILED_ROW_COUNT" AS "failed_row_count" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."STATUS" = 'fail')) SELECT r1."test_unique_id" AS "test_unique_id", COUNT(*) AS "n" FROM c0 AS r1 GROUP BY r1."test_unique_id" ORDER BY 2 DESC NULLS FIRST, r1."test_unique_id" NULLS LAST

-- @ cases/own-0110
WITH c0 AS (SELECT r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0), c1 AS (SELECT r1."PARENT_MODEL_UNIQUE_ID" AS "unique_id", COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_TESTS" AS r1 GROUP BY r1."PARENT_MODEL_UNIQUE_ID") SELECT r2."name" AS "name", r3."n" AS "n" FROM c0 AS r2 LEFT JOIN c1 AS r3 ON (r2."unique_id" = r3."unique_id") ORDER BY r2."name" NULLS LAST

-- @ cases/own-0111
WITH c0 AS (SELECT r0."UNIQUE_ID" AS "unique_id", r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) SELECT r1."unique_id" AS "u", r1."name" AS "n" FROM c0 AS r1 ORDER BY r1."unique_id" NULLS LAST

-- @ cases/own-0112
WITH c0 AS (SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) SELECT COUNT(*) AS "count" FROM c0 AS r1

-- @ cases/own-0113
WITH c0 AS (WITH c1 AS (SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) SELECT r1."name" AS "name" FROM c1 AS r1) SELECT COUNT(*) AS "count" FROM c0 AS r2

-- @ cases/own-0114
(SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) UNION (SELECT r1."NAME" AS "name" FROM "ELEMENTARY"."DBT_TESTS" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0115
(SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0) UNION ALL (SELECT r1."SHORT_NAME" AS "short_name" FROM "ELEMENTARY"."DBT_TESTS" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0116
(SELECT r0."UNIQUE_ID" AS "unique_id" FROM "ELEMENTARY"."DBT_MODELS" AS r0) INTERSECT (SELECT r1."PARENT_MODEL_UNIQUE_ID" AS "parent_model_unique_id" FROM "ELEMENTARY"."DBT_TESTS" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0117
(SELECT r0."UNIQUE_ID" AS "unique_id" FROM "ELEMENTARY"."DBT_MODELS" AS r0) EXCEPT (SELECT r1."PARENT_MODEL_UNIQUE_ID" AS "parent_model_unique_id" FROM "ELEMENTARY"."DBT_TESTS" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0118
(SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST LIMIT 2) UNION ALL (SELECT r1."NAME" AS "name" FROM "ELEMENTARY"."DBT_TESTS" AS r1 ORDER BY r1."NAME" NULLS LAST LIMIT 2)

-- @ cases/own-0119
SELECT r0."NAME" AS "name", (SELECT MAX(r1."DETECTED_AT") AS "max" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r1 WHERE (r1."MODEL_UNIQUE_ID" = r0."UNIQUE_ID")) AS "last" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0120
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (EXISTS (SELECT 1 AS "?column?" FROM "ELEMENTARY"."DBT_TESTS" AS r1 WHERE ((r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID") AND (r1."SEVERITY" = 'ERROR')))) ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0121
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (NOT EXISTS (SELECT r1."UNIQUE_ID" AS "unique_id", r1."DATABASE_NAME" AS "database_name", r1."SCHEMA_NAME" AS "schema_name", r1."NAME" AS "name", r1."SHORT_NAME" AS "short_name", r1."ALIAS" AS "alias", r1."TEST_COLUMN_NAME" AS "test_column_name", r1."SEVERITY" AS "severity", r1."WARN_IF" AS "warn_if", r1."ERROR_IF" AS "error_if", r1."TEST_PARAMS" AS "test_params", r1."TEST_NAMESPACE" AS "test_namespace", r1."TEST_ORIGINAL_NAME" AS "test_original_name", r1."TAGS" AS "tags", r1."MODEL_TAGS" AS "model_tags", r1."MODEL_OWNERS" AS "model_owners", r1."META" AS "meta", r1."DEPENDS_ON_MACROS" AS "depends_on_macros", r1."DEPENDS_ON_NODES" AS "depends_on_nodes", r1."PARENT_MODEL_UNIQUE_ID" AS "parent_model_unique_id", r1."DESCRIPTION" AS "description", r1."PACKAGE_NAME" AS "package_name", r1."TYPE" AS "type", r1."ORIGINAL_PATH" AS "original_path", r1."PATH" AS "path", r1."GENERATED_AT" AS "generated_at", r1."METADATA_HASH" AS "metadata_hash", r1."QUALITY_DIMENSION" AS "quality_dimension", r1."GROUP_NAME" AS "group_name" FROM "ELEMENTARY"."DBT_TESTS" AS r1 WHERE ((r1."PARENT_MODEL_UNIQUE_ID" = r0."UNIQUE_ID") AND (r1."SEVERITY" = 'ERROR')))) ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0122
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."UNIQUE_ID" IN (SELECT r1."PARENT_MODEL_UNIQUE_ID" AS "parent_model_unique_id" FROM "ELEMENTARY"."DBT_TESTS" AS r1 WHERE (r1."SEVERITY" = 'WARN'))) ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0123
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."UNIQUE_ID" NOT IN (SELECT r1."MODEL_UNIQUE_ID" AS "model_unique_id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r1 WHERE ((r1."STATUS" = 'warn') AND (r1."MODEL_UNIQUE_ID" IS NOT NULL)))) ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0124
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."FAILURES" IN (SELECT r1."FAILURES" AS "failures" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r1 WHERE (r1."STATUS" = 'warn'))) ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0125
-- refused: a snowflake source does not have with one meaning: this comparison with ANY or ALL of a subquery

-- @ cases/own-0126
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0127
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0128
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0129
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0130
SELECT ROUND((CAST((100.0 * SUM((CASE WHEN (r0."STATUS" = 'pass') THEN 1 ELSE 0 END))) AS DOUBLE) / CAST(COUNT(*) AS DOUBLE)), 1) AS "pct" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ cases/own-0131
SELECT DATEADD(DAY, (1 - DAYOFWEEKISO(r0."BUCKET_START")), DATE_TRUNC('day', r0."BUCKET_START")) AS "w", r0."METRIC_NAME" AS "metric_name", AVG(CAST(r0."METRIC_VALUE" AS DOUBLE)) AS "v" FROM "ELEMENTARY"."DATA_MONITORING_METRICS" AS r0 GROUP BY DATEADD(DAY, (1 - DAYOFWEEKISO(r0."BUCKET_START")), DATE_TRUNC('day', r0."BUCKET_START")), r0."METRIC_NAME" ORDER BY 1 NULLS LAST, r0."METRIC_NAME" NULLS LAST

-- @ cases/own-0132
SELECT 1 AS "a", 'x' AS "b", 1.5 AS "c", NULL AS "d", TRUE AS "e", FALSE AS "f", 1e3 AS "g", .5 AS "h"

-- @ cases/own-0133
SELECT r0."NAME" AS "name", r0."OWNER" AS "The Owner" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0134
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."NAME" = 'm1')

-- @ cases/own-0135
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0136
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0137
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0138
SELECT r0."OWNER" AS "owner", r0."MATERIALIZATION" AS "materialization", COUNT(*) AS "count" FROM "ELEMENTARY"."DBT_MODELS" AS r0 GROUP BY r0."OWNER", r0."MATERIALIZATION" ORDER BY COUNT(*) DESC NULLS FIRST, r0."OWNER" NULLS LAST, r0."MATERIALIZATION" NULLS LAST

-- @ cases/own-0139
SELECT UPPER(r0."OWNER") AS "owner", COUNT(*) AS "n" FROM "ELEMENTARY"."DBT_MODELS" AS r0 GROUP BY UPPER(r0."OWNER") ORDER BY 1 NULLS LAST

-- @ cases/own-0140
SELECT d.v0 AS "test_unique_id", d.v1 AS "status", d.v2 AS "detected_at" FROM (SELECT r0."TEST_UNIQUE_ID" AS v0, r0."STATUS" AS v1, r0."DETECTED_AT" AS v2, r0."TEST_UNIQUE_ID" AS s0, r0."DETECTED_AT" AS s1, r0."ID" AS s2, ROW_NUMBER() OVER (PARTITION BY r0."TEST_UNIQUE_ID" ORDER BY r0."TEST_UNIQUE_ID" NULLS LAST, r0."DETECTED_AT" DESC NULLS FIRST, r0."ID" NULLS LAST) AS n FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST, d.s2 NULLS LAST

-- @ cases/own-0141
-- refused: a snowflake source does not have with one meaning: AT TIME ZONE

-- @ cases/own-0142
SELECT r0."ID" AS "id", (CAST((r0."FAILURES" * 100.0) AS DOUBLE) / CAST(NULLIF(r0."FAILED_ROW_COUNT", 0) AS DOUBLE)) AS "pct" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 9

-- @ cases/own-0143
SELECT r1."NAME" AS "name", r0."STATUS" AS "status", r0."DETECTED_AT" AS "detected_at" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_TESTS" AS r1 ON (r0."TEST_UNIQUE_ID" = r1."UNIQUE_ID") WHERE ((r0."STATUS" IN ('fail', 'error')) AND (r0."DETECTED_AT" > CAST('2024-05-03 00:00:00' AS TIMESTAMP_NTZ))) ORDER BY r0."DETECTED_AT" DESC NULLS FIRST, r1."NAME" NULLS LAST LIMIT 25

-- @ cases/own-0144
WITH c0 AS (SELECT DATE_TRUNC('day', r0."DETECTED_AT") AS "d", COUNT(*) AS "n", COUNT((CASE WHEN (r0."STATUS" <> 'pass') THEN 1 END)) AS "bad" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY DATE_TRUNC('day', r0."DETECTED_AT")) SELECT r1."d" AS "d", r1."n" AS "n", r1."bad" AS "bad", ROUND((CAST((100.0 * r1."bad") AS DOUBLE) / CAST(r1."n" AS DOUBLE)), 2) AS "pct", SUM(r1."bad") OVER (ORDER BY r1."d" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "cum" FROM c0 AS r1 ORDER BY r1."d" NULLS LAST

-- @ cases/own-0145
WITH c0 AS (SELECT r0."MODEL_EXECUTION_ID" AS "model_execution_id", r0."UNIQUE_ID" AS "unique_id", r0."INVOCATION_ID" AS "invocation_id", r0."GENERATED_AT" AS "generated_at", r0."CREATED_AT" AS "created_at", r0."NAME" AS "name", r0."MESSAGE" AS "message", r0."STATUS" AS "status", r0."RESOURCE_TYPE" AS "resource_type", r0."EXECUTION_TIME" AS "execution_time", r0."EXECUTE_STARTED_AT" AS "execute_started_at", r0."EXECUTE_COMPLETED_AT" AS "execute_completed_at", r0."COMPILE_STARTED_AT" AS "compile_started_at", r0."COMPILE_COMPLETED_AT" AS "compile_completed_at", r0."ROWS_AFFECTED" AS "rows_affected", r0."FULL_REFRESH" AS "full_refresh", r0."COMPILED_CODE" AS "compiled_code", r0."FAILURES" AS "failures", r0."QUERY_ID" AS "query_id", r0."THREAD_ID" AS "thread_id", r0."MATERIALIZATION" AS "materialization", r0."ADAPTER_RESPONSE" AS "adapter_response", r0."GROUP_NAME" AS "group_name", ROW_NUMBER() OVER (PARTITION BY r0."UNIQUE_ID" ORDER BY r0."GENERATED_AT" DESC NULLS FIRST) AS "rn" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0) SELECT r1."unique_id" AS "unique_id", r1."status" AS "status", r1."execution_time" AS "execution_time" FROM c0 AS r1 WHERE (r1."rn" = 1) ORDER BY r1."execution_time" DESC NULLS FIRST, r1."unique_id" NULLS LAST LIMIT 10

-- @ cases/own-0146
SELECT r1."JOB_NAME" AS "job_name", AVG(CAST(r0."EXECUTION_TIME" AS DOUBLE)) AS "a" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 INNER JOIN "ELEMENTARY"."DBT_INVOCATIONS" AS r1 ON (r1."INVOCATION_ID" = r0."INVOCATION_ID") GROUP BY r1."JOB_NAME" HAVING (AVG(CAST(r0."EXECUTION_TIME" AS DOUBLE)) > 1) ORDER BY 2 DESC NULLS FIRST

-- @ cases/own-0147
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((r0."NAME" = 'o''brien') OR (r0."DESCRIPTION" LIKE '%\\_%' ESCAPE '\\'))

-- @ cases/own-0148
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((r0."NAME" > 'm2') AND ((r0."OWNER" = 'team1') OR (r0."OWNER" = 'team2')) AND (NOT (r0."MATERIALIZATION" = 'view'))) ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0149
SELECT BOOLAND_AGG(r0."FULL_REFRESH") AS "e" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0

-- @ cases/own-0150
SELECT CAST(NULL AS VARCHAR) AS "n", (5 IS NULL) AS "f"

-- @ cases/own-0151
SELECT MAX(LENGTH(r0."DESCRIPTION")) AS "m" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0152
SELECT r0."NAME" AS "name", r0."EXECUTION_TIME" AS "execution_time", (r0."EXECUTION_TIME" > (SELECT AVG(CAST(r1."EXECUTION_TIME" AS DOUBLE)) AS "avg" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r1)) AS "slow" FROM "ELEMENTARY"."DBT_RUN_RESULTS" AS r0 ORDER BY r0."MODEL_EXECUTION_ID" NULLS LAST LIMIT 6

-- @ cases/own-0153
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0154
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE TRUE

-- @ cases/own-0155
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE ((1 = 1) AND FALSE)

-- @ cases/own-0156
SELECT r0."STATUS" AS "status" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."STATUS" ORDER BY MAX(r0."DETECTED_AT") DESC NULLS FIRST, r0."STATUS" NULLS LAST

-- @ cases/own-0157
-- refused: a snowflake source has no function `make_date`

-- @ cases/own-0158
SELECT (LN(2.718281828) > 0.9) AS "l", LOG(10, 100) AS "g", TRUNC(1.9) AS "t"

-- @ cases/own-0159
SELECT (SYSDATE() IS NOT NULL) AS "n", (CAST(SYSDATE() AS DATE) IS NOT NULL) AS "d"

-- @ cases/own-0160
SELECT r0."STATUS" AS "status", SUM(COUNT(*)) OVER () AS "total", COUNT(*) AS "n" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 GROUP BY r0."STATUS" ORDER BY r0."STATUS" NULLS LAST

-- @ cases/own-0161
SELECT d.v0 AS "owner", d.v1 AS "name" FROM (SELECT r0."OWNER" AS v0, r0."NAME" AS v1, r0."OWNER" AS s0, r0."NAME" AS s1, ROW_NUMBER() OVER (PARTITION BY r0."OWNER" ORDER BY r0."OWNER" NULLS LAST, r0."NAME" DESC NULLS FIRST) AS n FROM "ELEMENTARY"."DBT_MODELS" AS r0) AS d WHERE (d.n = 1) ORDER BY d.s0 NULLS LAST, d.s1 DESC NULLS FIRST

-- @ cases/own-0162
(SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 WHERE (r0."OWNER" = 'team1')) UNION (SELECT r1."NAME" AS "name" FROM "ELEMENTARY"."DBT_TESTS" AS r1 WHERE (r1."SEVERITY" = 'WARN')) ORDER BY 1 NULLS LAST

-- @ cases/own-0163
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0164
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0165
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0166
-- refused: a snowflake source has no function `to_char`

-- @ cases/own-0167
-- refused: a snowflake source has no function `to_date`

-- @ cases/own-0168
-- refused: a snowflake source has no function `initcap`

-- @ cases/own-0169
SELECT TRIM(r0."NAME", 'm') AS "b", LENGTH(r0."NAME") AS "c" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0170
-- refused: a snowflake source has no function `age`

-- @ cases/own-0171
-- refused: a snowflake source has no function `array_agg`

-- @ cases/own-0172
SELECT r0."NAME" AS "name" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."NAME" NULLS LAST

-- @ cases/own-0173
-- refused: a snowflake source does not have with one meaning: this field of EXTRACT

-- @ cases/own-0174
SELECT CAST(((7 - MOD(7, 2)) / 2) AS BIGINT) AS "i", (CAST(7.0 AS DOUBLE) / CAST(2 AS DOUBLE)) AS "d"

-- @ cases/own-0175
-- refused: a snowflake source does not have with one meaning: the type json

-- @ cases/own-0176
-- refused: a snowflake source has no function `array_agg`

-- @ cases/own-0177
SELECT LEFT(CAST(r0."NAME" AS VARCHAR), 2) AS "v", CAST(r0."NAME" AS VARCHAR) AS "w" FROM "ELEMENTARY"."DBT_MODELS" AS r0 ORDER BY r0."UNIQUE_ID" NULLS LAST

-- @ cases/own-0178
SELECT (SYSDATE() IS NOT NULL) AS "l"

-- @ cases/own-0179
-- refused: a snowflake source does not have with one meaning: an interval that is not added to a time or subtracted from one

-- @ cases/own-0180
SELECT (- r0."FAILURES") AS "n", 1 AS "p" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 ORDER BY r0."ID" NULLS LAST LIMIT 2

-- @ cases/own-0181
SELECT r0."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0 WHERE (r0."FAILURES" IN (SELECT 1 AS "?column?")) ORDER BY r0."ID" NULLS LAST

-- @ cases/own-0182
-- refused: a snowflake source does not have with one meaning: this frame of a window (the default is one of RANGE; write ROWS)

-- @ cases/own-0183
-- refused: a snowflake source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0184
-- refused: a snowflake source does not have with one meaning: arithmetic with values that are not numbers, or of unknown type; cast them

-- @ cases/own-0377
SELECT r0."NAME" AS "NAME" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0378
SELECT r0."NAME" AS "NAME" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ cases/own-0379
SELECT r1."NAME" AS "NAME" FROM (SELECT r0."NAME" AS "NAME", (ROW_NUMBER() OVER (PARTITION BY r0."OWNER" ORDER BY r0."NAME" NULLS LAST) = 1) AS "qualify0" FROM "ELEMENTARY"."DBT_MODELS" AS r0) AS r1 WHERE r1."qualify0"

-- @ cases/own-0380
SELECT (CASE WHEN (r0."STATUS" = 'pass') THEN 1 ELSE 0 END) AS "P" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r0

-- @ cases/own-0381
SELECT SYSDATE() AS "T"

-- @ cases/own-0382
SELECT COALESCE(r0."GROUP_NAME", 'x') AS "G" FROM "ELEMENTARY"."DBT_MODELS" AS r0

-- @ policy/samples
SELECT r0."result_row" AS "result_row", r0."test_type" AS "test_type" FROM (SELECT r1."result_row" AS "result_row", r1."test_type" AS "test_type" FROM (SELECT r2."RESULT_ROW" AS "result_row", r2."TEST_TYPE" AS "test_type", ROW_NUMBER() OVER (PARTITION BY r2."ELEMENTARY_TEST_RESULTS_ID" ORDER BY r2."ROW_INDEX" NULLS LAST, r2."CREATED_AT" NULLS LAST, r2."RESULT_ROW" NULLS LAST) AS "row_of_result" FROM "ELEMENTARY"."TEST_RESULT_ROWS" AS r2 WHERE ((r2."CREATED_AT" >= CAST('2026-12-16 08:00:00' AS TIMESTAMP_NTZ)) AND (r2."ELEMENTARY_TEST_RESULTS_ID" IN (SELECT r3."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r3 WHERE ((r3."TABLE_NAME" IS NOT NULL) AND (r3."TABLE_NAME" <> CAST('' AS VARCHAR)) AND (r3."SCHEMA_NAME" IS NOT NULL) AND (NOT ((LOWER(r3."TABLE_NAME") = LOWER(CAST('customers' AS VARCHAR))) AND (LOWER(r3."SCHEMA_NAME") = LOWER(CAST('raw_app' AS VARCHAR))))) AND (NOT (LOWER(r3."TABLE_NAME") = LOWER(CAST('orders' AS VARCHAR))))))) AND (r2."ELEMENTARY_TEST_RESULTS_ID" NOT IN (SELECT r4."ID" AS "id" FROM "ELEMENTARY"."ELEMENTARY_TEST_RESULTS" AS r4 WHERE ((r4."ID" IS NOT NULL) AND (NOT COALESCE(((r4."TABLE_NAME" IS NOT NULL) AND (r4."TABLE_NAME" <> CAST('' AS VARCHAR)) AND (r4."SCHEMA_NAME" IS NOT NULL) AND (NOT ((LOWER(r4."TABLE_NAME") = LOWER(CAST('customers' AS VARCHAR))) AND (LOWER(r4."SCHEMA_NAME") = LOWER(CAST('raw_app' AS VARCHAR))))) AND (NOT (LOWER(r4."TABLE_NAME") = LOWER(CAST('orders' AS VARCHAR))))), FALSE))))))) AS r1 WHERE (r1."row_of_result" <= 5)) AS r0

-- @ policy/masks
SELECT r0."name" AS "name", r0."description" AS "description" FROM (SELECT CAST(NULL AS VARCHAR) AS "name", LEFT(r1."DESCRIPTION", 5) AS "description" FROM "ELEMENTARY"."DBT_MODELS" AS r1) AS r0

