-- @ catalogue/alerts.pending
((((SELECT r0."alert_id" AS "alert_id", r0."alert_type" AS "alert_type", r0."detected_at" AS "detected_at", r0."test_unique_id" AS "unique_id", r0."model_unique_id" AS "model_unique_id", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."test_short_name" AS "name", r0."sub_type" AS "sub_type", r0."severity" AS "severity", r0."status" AS "status", r0."owners" AS "owners", r0."tags" AS "tags" FROM "elementary"."alerts_dbt_tests" AS r0 WHERE (r0."detected_at" >= CAST($1 AS TIMESTAMP))) UNION ALL (SELECT r1."alert_id" AS "alert_id", r1."alert_type" AS "alert_type", r1."detected_at" AS "detected_at", r1."test_unique_id" AS "test_unique_id", r1."model_unique_id" AS "model_unique_id", r1."table_name" AS "table_name", r1."column_name" AS "column_name", r1."test_short_name" AS "test_short_name", r1."sub_type" AS "sub_type", r1."severity" AS "severity", r1."status" AS "status", r1."owners" AS "owners", r1."tags" AS "tags" FROM "elementary"."alerts_anomaly_detection" AS r1 WHERE (r1."detected_at" >= CAST($1 AS TIMESTAMP)))) UNION ALL (SELECT r2."alert_id" AS "alert_id", r2."alert_type" AS "alert_type", r2."detected_at" AS "detected_at", r2."test_unique_id" AS "test_unique_id", r2."model_unique_id" AS "model_unique_id", r2."table_name" AS "table_name", r2."column_name" AS "column_name", r2."test_short_name" AS "test_short_name", r2."sub_type" AS "sub_type", r2."severity" AS "severity", r2."status" AS "status", r2."owners" AS "owners", r2."tags" AS "tags" FROM "elementary"."alerts_schema_changes" AS r2 WHERE (r2."detected_at" >= CAST($1 AS TIMESTAMP)))) UNION ALL (SELECT r3."alert_id" AS "alert_id", $2 AS "?column?", r3."detected_at" AS "detected_at", r3."unique_id" AS "unique_id", r3."unique_id" AS "unique_id", r3."alias" AS "alias", CAST(NULL AS VARCHAR) AS "text", r3."alias" AS "alias", r3."materialization" AS "materialization", CAST(NULL AS VARCHAR) AS "text", r3."status" AS "status", r3."owners" AS "owners", r3."tags" AS "tags" FROM "elementary"."alerts_dbt_models" AS r3 WHERE (r3."detected_at" >= CAST($1 AS TIMESTAMP)))) UNION ALL (SELECT r4."alert_id" AS "alert_id", $3 AS "?column?", r4."detected_at" AS "detected_at", r4."unique_id" AS "unique_id", r4."unique_id" AS "unique_id", r4."identifier" AS "identifier", CAST(NULL AS VARCHAR) AS "text", r4."source_name" AS "source_name", CAST(NULL AS VARCHAR) AS "text", CAST(NULL AS VARCHAR) AS "text", r4."status" AS "status", r4."owner" AS "owner", r4."tags" AS "tags" FROM "elementary"."alerts_dbt_source_freshness" AS r4 WHERE (r4."detected_at" >= CAST($1 AS TIMESTAMP))) ORDER BY 3 NULLS LAST, 1 NULLS LAST LIMIT CAST($4 AS BIGINT)

-- @ catalogue/artifacts.hashes
SELECT r0."artifacts_model" AS "artifacts_model", r0."metadata_hash" AS "metadata_hash" FROM "elementary"."dbt_artifacts_hashes" AS r0 ORDER BY r0."artifacts_model" NULLS LAST, r0."metadata_hash" NULLS LAST LIMIT CAST($1 AS BIGINT)

-- @ catalogue/counts.by_day
WITH c0 AS ((((((SELECT $1 AS "table_name", r0."created_at" AS "created_at" FROM "elementary"."data_monitoring_metrics" AS r0) UNION ALL (SELECT $2 AS "?column?", r1."created_at" AS "created_at" FROM "elementary"."dbt_invocations" AS r1)) UNION ALL (SELECT $3 AS "?column?", r2."created_at" AS "created_at" FROM "elementary"."dbt_run_results" AS r2)) UNION ALL (SELECT $4 AS "?column?", r3."created_at" AS "created_at" FROM "elementary"."dbt_source_freshness_results" AS r3)) UNION ALL (SELECT $5 AS "?column?", r4."created_at" AS "created_at" FROM "elementary"."elementary_test_results" AS r4)) UNION ALL (SELECT $6 AS "?column?", r5."created_at" AS "created_at" FROM "elementary"."schema_columns_snapshot" AS r5)) SELECT r6."table_name" AS "table_name", CAST(r6."created_at" AS DATE) AS "day", system.main."count"(*) AS "row_count", system.main."min"(r6."created_at") AS "first_created_at", system.main."max"(r6."created_at") AS "last_created_at" FROM c0 AS r6 WHERE (r6."created_at" >= CAST($7 AS TIMESTAMP)) GROUP BY r6."table_name", CAST(r6."created_at" AS DATE) ORDER BY r6."table_name" NULLS LAST, 2 NULLS LAST LIMIT CAST($8 AS BIGINT)

-- @ catalogue/freshness.results
SELECT r0."created_at" AS "created_at", r0."unique_id" AS "unique_id", r1."source_name" AS "source_name", r1."name" AS "table_name", r1."schema_name" AS "schema_name", r0."status" AS "status", r0."max_loaded_at" AS "max_loaded_at", r0."max_loaded_at_time_ago_in_s" AS "max_loaded_at_time_ago_in_s", r0."warn_after" AS "warn_after", r0."error_after" AS "error_after", r1."owner" AS "owner", r1."tags" AS "tags", r0."invocation_id" AS "invocation_id", r0."source_freshness_execution_id" AS "source_freshness_execution_id" FROM ("elementary"."dbt_source_freshness_results" AS r0 LEFT JOIN "elementary"."dbt_sources" AS r1 ON (r1."unique_id" = r0."unique_id")) WHERE (r0."created_at" >= CAST($1 AS TIMESTAMP)) ORDER BY r0."created_at" DESC NULLS FIRST, r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/invocations.recent
WITH c0 AS (SELECT r0."invocation_id" AS "invocation_id", system.main."count"(*) AS "nodes", system.main."count"(*) FILTER (WHERE (r0."status" IN ($1, $2, $3))) AS "nodes_failed", system.main."count"(*) FILTER (WHERE (r0."status" = $4)) AS "nodes_warned", system.main."count"(*) FILTER (WHERE (r0."status" = $5)) AS "nodes_skipped", system.main."sum"(r0."execution_time") AS "node_seconds" FROM "elementary"."dbt_run_results" AS r0 GROUP BY r0."invocation_id") SELECT r1."created_at" AS "created_at", r1."invocation_id" AS "invocation_id", r1."command" AS "command", r1."dbt_user" AS "dbt_user", r1."orchestrator" AS "orchestrator", r1."job_name" AS "job_name", r1."job_run_id" AS "job_run_id", r1."run_started_at" AS "run_started_at", r1."run_completed_at" AS "run_completed_at", r1."full_refresh" AS "full_refresh", r1."cause_category" AS "cause_category", r1."pull_request_id" AS "pull_request_id", r1."git_sha" AS "git_sha", r1."project_name" AS "project_name", r1."target_name" AS "target_name", r1."dbt_version" AS "dbt_version", r1."elementary_version" AS "elementary_version", r2."nodes" AS "nodes", r2."nodes_failed" AS "nodes_failed", r2."nodes_warned" AS "nodes_warned", r2."nodes_skipped" AS "nodes_skipped", r2."node_seconds" AS "node_seconds" FROM ("elementary"."dbt_invocations" AS r1 LEFT JOIN c0 AS r2 ON (r2."invocation_id" = r1."invocation_id")) WHERE (r1."created_at" >= CAST($6 AS TIMESTAMP)) ORDER BY r1."created_at" DESC NULLS FIRST, r1."invocation_id" NULLS LAST LIMIT CAST($7 AS BIGINT)

-- @ catalogue/lineage.nodes
((((((SELECT $1 AS "resource_type", r0."unique_id" AS "unique_id", r0."name" AS "name", r0."package_name" AS "package_name", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_nodes" AS "depends_on_nodes" FROM "elementary"."dbt_models" AS r0) UNION ALL (SELECT $2 AS "?column?", r1."unique_id" AS "unique_id", r1."name" AS "name", r1."package_name" AS "package_name", r1."database_name" AS "database_name", r1."schema_name" AS "schema_name", r1."depends_on_nodes" AS "depends_on_nodes" FROM "elementary"."dbt_snapshots" AS r1)) UNION ALL (SELECT $3 AS "?column?", r2."unique_id" AS "unique_id", r2."name" AS "name", r2."package_name" AS "package_name", r2."database_name" AS "database_name", r2."schema_name" AS "schema_name", $4 AS "?column?" FROM "elementary"."dbt_seeds" AS r2)) UNION ALL (SELECT $5 AS "?column?", r3."unique_id" AS "unique_id", r3."name" AS "name", r3."package_name" AS "package_name", r3."database_name" AS "database_name", r3."schema_name" AS "schema_name", $6 AS "?column?" FROM "elementary"."dbt_sources" AS r3)) UNION ALL (SELECT $7 AS "?column?", r4."unique_id" AS "unique_id", r4."name" AS "name", r4."package_name" AS "package_name", CAST(NULL AS VARCHAR) AS "text", CAST(NULL AS VARCHAR) AS "text", r4."depends_on_nodes" AS "depends_on_nodes" FROM "elementary"."dbt_exposures" AS r4)) UNION ALL (SELECT $8 AS "?column?", r5."unique_id" AS "unique_id", r5."name" AS "name", r5."package_name" AS "package_name", CAST(NULL AS VARCHAR) AS "text", CAST(NULL AS VARCHAR) AS "text", r5."depends_on_nodes" AS "depends_on_nodes" FROM "elementary"."dbt_metrics" AS r5)) UNION ALL (SELECT $9 AS "?column?", r6."unique_id" AS "unique_id", r6."name" AS "name", r6."package_name" AS "package_name", r6."database_name" AS "database_name", r6."schema_name" AS "schema_name", r6."depends_on_nodes" AS "depends_on_nodes" FROM "elementary"."dbt_tests" AS r6) ORDER BY 1 NULLS LAST, 2 NULLS LAST LIMIT CAST($10 AS BIGINT)

-- @ catalogue/metrics.anomalies
WITH c0 AS (SELECT r0."id" AS "id", r0."full_table_name" AS "full_table_name", r0."column_name" AS "column_name", r0."metric_name" AS "metric_name", r0."bucket_start" AS "bucket_start", r0."bucket_end" AS "bucket_end", r0."latest_metric_value" AS "latest_metric_value", r0."training_avg" AS "training_avg", r0."training_stddev" AS "training_stddev", r0."training_set_size" AS "training_set_size", r0."anomaly_score" AS "anomaly_score", r0."updated_at" AS "updated_at", system.main."row_number"() OVER (PARTITION BY r0."full_table_name", r0."column_name", r0."metric_name", r0."bucket_start", r0."bucket_end" ORDER BY r0."updated_at" DESC NULLS FIRST, r0."id" NULLS LAST) AS "recency" FROM "elementary"."metrics_anomaly_score" AS r0 WHERE ((r0."metric_name" <> $1) AND (r0."dimension" IS NULL) AND (r0."bucket_end" >= CAST($2 AS TIMESTAMP)))) SELECT r1."full_table_name" AS "full_table_name", r1."column_name" AS "column_name", r1."metric_name" AS "metric_name", r1."bucket_start" AS "bucket_start", r1."bucket_end" AS "bucket_end", r1."latest_metric_value" AS "latest_metric_value", (r1."training_avg" - (CAST($3 AS DOUBLE) * r1."training_stddev")) AS "expected_low", (r1."training_avg" + (CAST($3 AS DOUBLE) * r1."training_stddev")) AS "expected_high", r1."training_set_size" AS "training_set_size", r1."anomaly_score" AS "anomaly_score", r1."updated_at" AS "updated_at" FROM c0 AS r1 WHERE ((r1."recency" = 1) AND (system.main."abs"(r1."anomaly_score") > CAST($3 AS DOUBLE))) ORDER BY r1."bucket_end" DESC NULLS FIRST, r1."full_table_name" NULLS LAST, r1."column_name" NULLS FIRST, r1."metric_name" NULLS LAST, r1."id" NULLS LAST LIMIT CAST($4 AS BIGINT)

-- @ catalogue/models.failed
SELECT r0."created_at" AS "created_at", r0."unique_id" AS "unique_id", r0."name" AS "name", r0."resource_type" AS "resource_type", r0."status" AS "status", r0."execution_time" AS "execution_time", r0."materialization" AS "materialization", r0."invocation_id" AS "invocation_id", r0."model_execution_id" AS "model_execution_id", r0."message" AS "message" FROM "elementary"."dbt_run_results" AS r0 WHERE ((r0."resource_type" IN ($1, $2, $3)) AND (r0."status" IN ($4, $5, $6)) AND (r0."created_at" >= CAST($7 AS TIMESTAMP))) ORDER BY r0."created_at" DESC NULLS FIRST, r0."model_execution_id" NULLS LAST LIMIT CAST($8 AS BIGINT)

-- @ catalogue/models.run_history
SELECT r0."created_at" AS "created_at", r0."status" AS "status", r0."execution_time" AS "execution_time", r0."rows_affected" AS "rows_affected", r0."full_refresh" AS "full_refresh", r0."materialization" AS "materialization", r0."invocation_id" AS "invocation_id", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."thread_id" AS "thread_id", r0."query_id" AS "query_id", r0."model_execution_id" AS "model_execution_id", r0."message" AS "message", r0."compiled_code" AS "compiled_code" FROM "elementary"."dbt_run_results" AS r0 WHERE ((r0."unique_id" = CAST($1 AS VARCHAR)) AND (r0."created_at" >= CAST($2 AS TIMESTAMP))) ORDER BY r0."created_at" DESC NULLS FIRST, r0."model_execution_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/models.slowest
WITH c0 AS (SELECT r0."unique_id" AS "unique_id", system.main."count"(*) AS "runs", system.main."count"(*) FILTER (WHERE (r0."status" <> $4)) AS "runs_not_succeeded", system.main."sum"(r0."execution_time") AS "total_seconds", system.main."avg"(r0."execution_time") AS "average_seconds", system.main."max"(r0."execution_time") AS "longest_seconds", system.main."percentile_cont"(0.5) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "median_seconds", system.main."max"(r0."created_at") AS "last_run_at" FROM "elementary"."dbt_run_results" AS r0 WHERE ((r0."resource_type" = $1) AND (r0."status" <> $2) AND (r0."created_at" >= CAST($3 AS TIMESTAMP))) GROUP BY r0."unique_id") SELECT r1."unique_id" AS "unique_id", r2."name" AS "name", r2."materialization" AS "materialization", r2."owner" AS "owner", r1."runs" AS "runs", r1."runs_not_succeeded" AS "runs_not_succeeded", r1."total_seconds" AS "total_seconds", r1."average_seconds" AS "average_seconds", r1."median_seconds" AS "median_seconds", r1."longest_seconds" AS "longest_seconds", r1."last_run_at" AS "last_run_at" FROM (c0 AS r1 LEFT JOIN "elementary"."dbt_models" AS r2 ON (r2."unique_id" = r1."unique_id")) ORDER BY r1."total_seconds" DESC NULLS LAST, r1."unique_id" NULLS LAST LIMIT CAST($5 AS BIGINT)

-- @ catalogue/package.version
SELECT r0."dbt_pkg_version" AS "dbt_pkg_version" FROM "elementary"."metadata" AS r0 ORDER BY r0."dbt_pkg_version" NULLS LAST LIMIT 10

-- @ catalogue/read.alerts_anomaly_detection
SELECT r0."alert_id" AS "alert_id", r0."data_issue_id" AS "data_issue_id", r0."test_execution_id" AS "test_execution_id", r0."test_unique_id" AS "test_unique_id", r0."model_unique_id" AS "model_unique_id", r0."detected_at" AS "detected_at", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."alert_type" AS "alert_type", r0."sub_type" AS "sub_type", r0."alert_description" AS "alert_description", r0."owners" AS "owners", r0."tags" AS "tags", r0."alert_results_query" AS "alert_results_query", r0."other" AS "other", r0."test_name" AS "test_name", r0."test_short_name" AS "test_short_name", r0."test_params" AS "test_params", r0."severity" AS "severity", r0."status" AS "status", r0."result_rows" AS "result_rows" FROM "elementary"."alerts_anomaly_detection" AS r0 WHERE ((r0."detected_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."detected_at" > CAST($1 AS TIMESTAMP)) OR (r0."alert_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."detected_at" NULLS LAST, r0."alert_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.alerts_dbt_models
SELECT r0."alert_id" AS "alert_id", r0."unique_id" AS "unique_id", r0."detected_at" AS "detected_at", r0."database_name" AS "database_name", r0."materialization" AS "materialization", r0."path" AS "path", r0."original_path" AS "original_path", r0."schema_name" AS "schema_name", r0."message" AS "message", r0."owners" AS "owners", r0."tags" AS "tags", r0."alias" AS "alias", r0."status" AS "status", r0."full_refresh" AS "full_refresh" FROM "elementary"."alerts_dbt_models" AS r0 WHERE ((r0."detected_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."detected_at" > CAST($1 AS TIMESTAMP)) OR (r0."alert_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."detected_at" NULLS LAST, r0."alert_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.alerts_dbt_source_freshness
SELECT r0."alert_id" AS "alert_id", r0."max_loaded_at" AS "max_loaded_at", r0."snapshotted_at" AS "snapshotted_at", r0."detected_at" AS "detected_at", r0."max_loaded_at_time_ago_in_s" AS "max_loaded_at_time_ago_in_s", r0."status" AS "status", r0."error" AS "error", r0."warn_after" AS "warn_after", r0."error_after" AS "error_after", r0."filter" AS "filter", r0."unique_id" AS "unique_id", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."source_name" AS "source_name", r0."identifier" AS "identifier", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."package_name" AS "package_name", r0."path" AS "path", r0."freshness_error_after" AS "freshness_error_after", r0."freshness_warn_after" AS "freshness_warn_after", r0."freshness_filter" AS "freshness_filter" FROM "elementary"."alerts_dbt_source_freshness" AS r0 WHERE ((r0."detected_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."detected_at" > CAST($1 AS TIMESTAMP)) OR (r0."alert_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."detected_at" NULLS LAST, r0."alert_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.alerts_dbt_tests
SELECT r0."alert_id" AS "alert_id", r0."data_issue_id" AS "data_issue_id", r0."test_execution_id" AS "test_execution_id", r0."test_unique_id" AS "test_unique_id", r0."model_unique_id" AS "model_unique_id", r0."detected_at" AS "detected_at", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."alert_type" AS "alert_type", r0."sub_type" AS "sub_type", r0."alert_description" AS "alert_description", r0."owners" AS "owners", r0."tags" AS "tags", r0."alert_results_query" AS "alert_results_query", r0."other" AS "other", r0."test_name" AS "test_name", r0."test_short_name" AS "test_short_name", r0."test_params" AS "test_params", r0."severity" AS "severity", r0."status" AS "status", r0."result_rows" AS "result_rows" FROM "elementary"."alerts_dbt_tests" AS r0 WHERE ((r0."detected_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."detected_at" > CAST($1 AS TIMESTAMP)) OR (r0."alert_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."detected_at" NULLS LAST, r0."alert_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.alerts_schema_changes
SELECT r0."alert_id" AS "alert_id", r0."data_issue_id" AS "data_issue_id", r0."test_execution_id" AS "test_execution_id", r0."test_unique_id" AS "test_unique_id", r0."model_unique_id" AS "model_unique_id", r0."detected_at" AS "detected_at", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."alert_type" AS "alert_type", r0."sub_type" AS "sub_type", r0."alert_description" AS "alert_description", r0."owners" AS "owners", r0."tags" AS "tags", r0."alert_results_query" AS "alert_results_query", r0."other" AS "other", r0."test_name" AS "test_name", r0."test_short_name" AS "test_short_name", r0."test_params" AS "test_params", r0."severity" AS "severity", r0."status" AS "status", r0."result_rows" AS "result_rows" FROM "elementary"."alerts_schema_changes" AS r0 WHERE ((r0."detected_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."detected_at" > CAST($1 AS TIMESTAMP)) OR (r0."alert_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."detected_at" NULLS LAST, r0."alert_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.alerts_v2
SELECT r0."alert_id" AS "alert_id", r0."alert_class_id" AS "alert_class_id", r0."type" AS "type", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at", r0."updated_at" AS "updated_at", r0."status" AS "status", r0."data" AS "data", r0."sent_at" AS "sent_at" FROM "elementary"."alerts_v2" AS r0 WHERE ((r0."updated_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."updated_at" > CAST($1 AS TIMESTAMP)) OR (r0."alert_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."updated_at" NULLS LAST, r0."alert_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.anomaly_threshold_sensitivity
SELECT r0."full_table_name" AS "full_table_name", r0."column_name" AS "column_name", r0."metric_name" AS "metric_name", r0."latest_metric_value" AS "latest_metric_value", r0."metric_avg" AS "metric_avg", r0."metric_stddev" AS "metric_stddev", r0."anomaly_score" AS "anomaly_score", r0."is_anomaly_1_5" AS "is_anomaly_1_5", r0."is_anomaly_2" AS "is_anomaly_2", r0."is_anomaly_2_5" AS "is_anomaly_2_5", r0."is_anomaly_3" AS "is_anomaly_3", r0."is_anomaly_3_5" AS "is_anomaly_3_5", r0."is_anomaly_4" AS "is_anomaly_4", r0."is_anomaly_4_5" AS "is_anomaly_4_5" FROM "elementary"."anomaly_threshold_sensitivity" AS r0 WHERE (r0."full_table_name" >= CAST($1 AS VARCHAR)) ORDER BY r0."full_table_name" NULLS LAST, r0."column_name" NULLS LAST, r0."metric_name" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.data_monitoring_metrics
SELECT r0."id" AS "id", r0."full_table_name" AS "full_table_name", r0."column_name" AS "column_name", r0."metric_name" AS "metric_name", r0."metric_type" AS "metric_type", r0."metric_value" AS "metric_value", r0."source_value" AS "source_value", r0."bucket_start" AS "bucket_start", r0."bucket_end" AS "bucket_end", r0."bucket_duration_hours" AS "bucket_duration_hours", r0."updated_at" AS "updated_at", r0."dimension" AS "dimension", r0."dimension_value" AS "dimension_value", r0."metric_properties" AS "metric_properties", r0."created_at" AS "created_at" FROM "elementary"."data_monitoring_metrics" AS r0 WHERE ((r0."created_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."created_at" > CAST($1 AS TIMESTAMP)) OR (r0."id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."created_at" NULLS LAST, r0."id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.dbt_artifacts_hashes
SELECT r0."artifacts_model" AS "artifacts_model", r0."metadata_hash" AS "metadata_hash" FROM "elementary"."dbt_artifacts_hashes" AS r0 WHERE (r0."artifacts_model" >= CAST($1 AS VARCHAR)) ORDER BY r0."artifacts_model" NULLS LAST, r0."metadata_hash" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_columns
SELECT r0."unique_id" AS "unique_id", r0."parent_unique_id" AS "parent_unique_id", r0."name" AS "name", r0."data_type" AS "data_type", r0."tags" AS "tags", r0."meta" AS "meta", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."description" AS "description", r0."resource_type" AS "resource_type", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash" FROM "elementary"."dbt_columns" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_exposures
SELECT r0."unique_id" AS "unique_id", r0."name" AS "name", r0."maturity" AS "maturity", r0."type" AS "type", r0."owner_email" AS "owner_email", r0."owner_name" AS "owner_name", r0."url" AS "url", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."depends_on_columns" AS "depends_on_columns", r0."description" AS "description", r0."tags" AS "tags", r0."meta" AS "meta", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."label" AS "label", r0."raw_queries" AS "raw_queries" FROM "elementary"."dbt_exposures" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_groups
SELECT r0."unique_id" AS "unique_id", r0."name" AS "name", r0."owner_email" AS "owner_email", r0."owner_name" AS "owner_name", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash" FROM "elementary"."dbt_groups" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_invocations
SELECT r0."invocation_id" AS "invocation_id", r0."job_id" AS "job_id", r0."job_name" AS "job_name", r0."job_run_id" AS "job_run_id", r0."run_started_at" AS "run_started_at", r0."run_completed_at" AS "run_completed_at", r0."generated_at" AS "generated_at", r0."created_at" AS "created_at", r0."command" AS "command", r0."dbt_version" AS "dbt_version", r0."elementary_version" AS "elementary_version", r0."full_refresh" AS "full_refresh", r0."invocation_vars" AS "invocation_vars", r0."vars" AS "vars", r0."target_name" AS "target_name", r0."target_database" AS "target_database", r0."target_schema" AS "target_schema", r0."target_profile_name" AS "target_profile_name", r0."threads" AS "threads", r0."selected" AS "selected", r0."yaml_selector" AS "yaml_selector", r0."project_id" AS "project_id", r0."project_name" AS "project_name", r0."env" AS "env", r0."env_id" AS "env_id", r0."cause_category" AS "cause_category", r0."cause" AS "cause", r0."pull_request_id" AS "pull_request_id", r0."git_sha" AS "git_sha", r0."orchestrator" AS "orchestrator", r0."dbt_user" AS "dbt_user", r0."job_url" AS "job_url", r0."job_run_url" AS "job_run_url", r0."account_id" AS "account_id", r0."target_adapter_specific_fields" AS "target_adapter_specific_fields" FROM "elementary"."dbt_invocations" AS r0 WHERE ((r0."created_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."created_at" > CAST($1 AS TIMESTAMP)) OR (r0."invocation_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."created_at" NULLS LAST, r0."invocation_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.dbt_metrics
SELECT r0."unique_id" AS "unique_id", r0."name" AS "name", r0."label" AS "label", r0."model" AS "model", r0."type" AS "type", r0."sql" AS "sql", r0."timestamp" AS "timestamp", r0."filters" AS "filters", r0."time_grains" AS "time_grains", r0."dimensions" AS "dimensions", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."tags" AS "tags", r0."meta" AS "meta", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."group_name" AS "group_name" FROM "elementary"."dbt_metrics" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_models
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access" FROM "elementary"."dbt_models" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_run_results
SELECT r0."model_execution_id" AS "model_execution_id", r0."unique_id" AS "unique_id", r0."invocation_id" AS "invocation_id", r0."generated_at" AS "generated_at", r0."created_at" AS "created_at", r0."name" AS "name", r0."message" AS "message", r0."status" AS "status", r0."resource_type" AS "resource_type", r0."execution_time" AS "execution_time", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."compile_started_at" AS "compile_started_at", r0."compile_completed_at" AS "compile_completed_at", r0."rows_affected" AS "rows_affected", r0."full_refresh" AS "full_refresh", r0."compiled_code" AS "compiled_code", r0."failures" AS "failures", r0."query_id" AS "query_id", r0."thread_id" AS "thread_id", r0."materialization" AS "materialization", r0."adapter_response" AS "adapter_response", r0."group_name" AS "group_name" FROM "elementary"."dbt_run_results" AS r0 WHERE ((r0."created_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."created_at" > CAST($1 AS TIMESTAMP)) OR (r0."model_execution_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."created_at" NULLS LAST, r0."model_execution_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.dbt_seeds
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."group_name" AS "group_name" FROM "elementary"."dbt_seeds" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_snapshots
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access" FROM "elementary"."dbt_snapshots" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_source_freshness_results
SELECT r0."source_freshness_execution_id" AS "source_freshness_execution_id", r0."unique_id" AS "unique_id", r0."max_loaded_at" AS "max_loaded_at", r0."snapshotted_at" AS "snapshotted_at", r0."generated_at" AS "generated_at", r0."created_at" AS "created_at", r0."max_loaded_at_time_ago_in_s" AS "max_loaded_at_time_ago_in_s", r0."status" AS "status", r0."error" AS "error", r0."compile_started_at" AS "compile_started_at", r0."compile_completed_at" AS "compile_completed_at", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."invocation_id" AS "invocation_id", r0."warn_after" AS "warn_after", r0."error_after" AS "error_after", r0."filter" AS "filter" FROM "elementary"."dbt_source_freshness_results" AS r0 WHERE ((r0."created_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."created_at" > CAST($1 AS TIMESTAMP)) OR (r0."source_freshness_execution_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."created_at" NULLS LAST, r0."source_freshness_execution_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.dbt_sources
SELECT r0."unique_id" AS "unique_id", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."source_name" AS "source_name", r0."name" AS "name", r0."identifier" AS "identifier", r0."loaded_at_field" AS "loaded_at_field", r0."freshness_warn_after" AS "freshness_warn_after", r0."freshness_error_after" AS "freshness_error_after", r0."freshness_filter" AS "freshness_filter", r0."freshness_description" AS "freshness_description", r0."relation_name" AS "relation_name", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."source_description" AS "source_description", r0."description" AS "description", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash" FROM "elementary"."dbt_sources" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.dbt_tests
SELECT r0."unique_id" AS "unique_id", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."name" AS "name", r0."short_name" AS "short_name", r0."alias" AS "alias", r0."test_column_name" AS "test_column_name", r0."severity" AS "severity", r0."warn_if" AS "warn_if", r0."error_if" AS "error_if", r0."test_params" AS "test_params", r0."test_namespace" AS "test_namespace", r0."test_original_name" AS "test_original_name", r0."tags" AS "tags", r0."model_tags" AS "model_tags", r0."model_owners" AS "model_owners", r0."meta" AS "meta", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."parent_model_unique_id" AS "parent_model_unique_id", r0."description" AS "description", r0."package_name" AS "package_name", r0."type" AS "type", r0."original_path" AS "original_path", r0."path" AS "path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."quality_dimension" AS "quality_dimension", r0."group_name" AS "group_name" FROM "elementary"."dbt_tests" AS r0 WHERE (r0."unique_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."unique_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.elementary_test_results
SELECT r0."id" AS "id", r0."data_issue_id" AS "data_issue_id", r0."test_execution_id" AS "test_execution_id", r0."test_unique_id" AS "test_unique_id", r0."model_unique_id" AS "model_unique_id", r0."invocation_id" AS "invocation_id", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."test_type" AS "test_type", r0."test_sub_type" AS "test_sub_type", r0."test_results_description" AS "test_results_description", r0."owners" AS "owners", r0."tags" AS "tags", r0."test_results_query" AS "test_results_query", r0."other" AS "other", r0."test_name" AS "test_name", r0."test_params" AS "test_params", r0."severity" AS "severity", r0."status" AS "status", r0."failures" AS "failures", r0."test_short_name" AS "test_short_name", r0."test_alias" AS "test_alias", r0."result_rows" AS "result_rows", r0."failed_row_count" AS "failed_row_count" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."created_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."created_at" > CAST($1 AS TIMESTAMP)) OR (r0."id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."created_at" NULLS LAST, r0."id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.job_run_results
SELECT r0."name" AS "name", r0."id" AS "id", r0."run_id" AS "run_id", r0."run_started_at" AS "run_started_at", r0."run_completed_at" AS "run_completed_at", r0."run_execution_time" AS "run_execution_time" FROM "elementary"."job_run_results" AS r0 WHERE ((r0."run_started_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."run_started_at" > CAST($1 AS TIMESTAMP)) OR (r0."id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."run_started_at" NULLS LAST, r0."id" NULLS LAST, r0."run_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.metadata
SELECT r0."dbt_pkg_version" AS "dbt_pkg_version" FROM "elementary"."metadata" AS r0 LIMIT CAST($1 AS BIGINT)

-- @ catalogue/read.metrics_anomaly_score
SELECT r0."id" AS "id", r0."full_table_name" AS "full_table_name", r0."column_name" AS "column_name", r0."dimension" AS "dimension", r0."dimension_value" AS "dimension_value", r0."metric_name" AS "metric_name", r0."anomaly_score" AS "anomaly_score", r0."latest_metric_value" AS "latest_metric_value", r0."bucket_start" AS "bucket_start", r0."bucket_end" AS "bucket_end", r0."training_avg" AS "training_avg", r0."training_stddev" AS "training_stddev", r0."training_start" AS "training_start", r0."training_end" AS "training_end", r0."training_set_size" AS "training_set_size", r0."updated_at" AS "updated_at", r0."is_anomaly" AS "is_anomaly" FROM "elementary"."metrics_anomaly_score" AS r0 WHERE ((r0."updated_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."updated_at" > CAST($1 AS TIMESTAMP)) OR (r0."id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."updated_at" NULLS LAST, r0."id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.model_run_results
SELECT r0."model_execution_id" AS "model_execution_id", r0."unique_id" AS "unique_id", r0."invocation_id" AS "invocation_id", r0."query_id" AS "query_id", r0."name" AS "name", r0."generated_at" AS "generated_at", r0."status" AS "status", r0."full_refresh" AS "full_refresh", r0."message" AS "message", r0."execution_time" AS "execution_time", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."compile_started_at" AS "compile_started_at", r0."compile_completed_at" AS "compile_completed_at", r0."compiled_code" AS "compiled_code", r0."adapter_response" AS "adapter_response", r0."thread_id" AS "thread_id", r0."group_name" AS "group_name", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."package_name" AS "package_name", r0."path" AS "path", r0."original_path" AS "original_path", r0."owner" AS "owner", r0."alias" AS "alias", r0."model_invocation_reverse_index" AS "model_invocation_reverse_index", r0."is_the_first_invocation_of_the_day" AS "is_the_first_invocation_of_the_day", r0."is_the_last_invocation_of_the_day" AS "is_the_last_invocation_of_the_day" FROM "elementary"."model_run_results" AS r0 WHERE (r0."model_execution_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."model_execution_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.monitors_runs
SELECT r0."full_table_name" AS "full_table_name", r0."column_name" AS "column_name", r0."metric_name" AS "metric_name", r0."metric_properties" AS "metric_properties", r0."last_bucket_end" AS "last_bucket_end", r0."first_bucket_end" AS "first_bucket_end" FROM "elementary"."monitors_runs" AS r0 WHERE ((r0."last_bucket_end" >= CAST($1 AS TIMESTAMP)) AND ((r0."last_bucket_end" > CAST($1 AS TIMESTAMP)) OR (r0."full_table_name" >= CAST($2 AS VARCHAR)))) ORDER BY r0."last_bucket_end" NULLS LAST, r0."full_table_name" NULLS LAST, r0."column_name" NULLS LAST, r0."metric_name" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.schema_columns_snapshot
SELECT r0."column_state_id" AS "column_state_id", r0."full_column_name" AS "full_column_name", r0."full_table_name" AS "full_table_name", r0."column_name" AS "column_name", r0."data_type" AS "data_type", r0."is_new" AS "is_new", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at" FROM "elementary"."schema_columns_snapshot" AS r0 WHERE ((r0."created_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."created_at" > CAST($1 AS TIMESTAMP)) OR (r0."column_state_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."created_at" NULLS LAST, r0."column_state_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/read.seed_run_results
SELECT r0."model_execution_id" AS "model_execution_id", r0."unique_id" AS "unique_id", r0."invocation_id" AS "invocation_id", r0."query_id" AS "query_id", r0."name" AS "name", r0."generated_at" AS "generated_at", r0."status" AS "status", r0."full_refresh" AS "full_refresh", r0."message" AS "message", r0."execution_time" AS "execution_time", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."compile_started_at" AS "compile_started_at", r0."compile_completed_at" AS "compile_completed_at", r0."compiled_code" AS "compiled_code", r0."adapter_response" AS "adapter_response", r0."thread_id" AS "thread_id", r0."group_name" AS "group_name", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."package_name" AS "package_name", r0."path" AS "path", r0."original_path" AS "original_path", r0."owner" AS "owner", r0."alias" AS "alias" FROM "elementary"."seed_run_results" AS r0 WHERE (r0."model_execution_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."model_execution_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.snapshot_run_results
SELECT r0."model_execution_id" AS "model_execution_id", r0."unique_id" AS "unique_id", r0."invocation_id" AS "invocation_id", r0."query_id" AS "query_id", r0."name" AS "name", r0."generated_at" AS "generated_at", r0."status" AS "status", r0."full_refresh" AS "full_refresh", r0."message" AS "message", r0."execution_time" AS "execution_time", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."compile_started_at" AS "compile_started_at", r0."compile_completed_at" AS "compile_completed_at", r0."compiled_code" AS "compiled_code", r0."adapter_response" AS "adapter_response", r0."thread_id" AS "thread_id", r0."group_name" AS "group_name", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."package_name" AS "package_name", r0."path" AS "path", r0."original_path" AS "original_path", r0."owner" AS "owner", r0."alias" AS "alias" FROM "elementary"."snapshot_run_results" AS r0 WHERE (r0."model_execution_id" >= CAST($1 AS VARCHAR)) ORDER BY r0."model_execution_id" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/read.test_result_rows
SELECT r0."elementary_test_results_id" AS "elementary_test_results_id", r0."result_row" AS "result_row", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at", r0."row_index" AS "row_index", r0."test_type" AS "test_type" FROM "elementary"."test_result_rows" AS r0 WHERE ((r0."created_at" >= CAST($1 AS TIMESTAMP)) AND ((r0."created_at" > CAST($1 AS TIMESTAMP)) OR (r0."elementary_test_results_id" >= CAST($2 AS VARCHAR)))) ORDER BY r0."created_at" NULLS LAST, r0."elementary_test_results_id" NULLS LAST, r0."row_index" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/schema.changes
SELECT r0."detected_at" AS "detected_at", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."test_sub_type" AS "test_sub_type", r0."status" AS "status", r0."severity" AS "severity", r0."schema_name" AS "schema_name", r0."database_name" AS "database_name", r0."model_unique_id" AS "model_unique_id", r0."test_unique_id" AS "test_unique_id", r0."owners" AS "owners", r0."tags" AS "tags", r0."id" AS "id", r0."test_results_description" AS "test_results_description" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."test_type" = $1) AND (r0."status" NOT IN ($2, $3)) AND (r0."detected_at" >= CAST($4 AS TIMESTAMP))) ORDER BY r0."detected_at" DESC NULLS FIRST, r0."id" NULLS LAST LIMIT CAST($5 AS BIGINT)

-- @ catalogue/tests.coverage
WITH c0 AS (SELECT r0."parent_model_unique_id" AS "unique_id", system.main."count"(*) AS "tests", system.main."count"(*) FILTER (WHERE (r0."test_column_name" IS NOT NULL)) AS "column_tests", system.main."count"(DISTINCT r0."test_column_name") AS "tested_columns" FROM "elementary"."dbt_tests" AS r0 GROUP BY r0."parent_model_unique_id"), c1 AS (SELECT r1."parent_unique_id" AS "unique_id", system.main."count"(*) AS "columns" FROM "elementary"."dbt_columns" AS r1 GROUP BY r1."parent_unique_id") SELECT r2."unique_id" AS "unique_id", r2."name" AS "name", r2."package_name" AS "package_name", r2."schema_name" AS "schema_name", r2."materialization" AS "materialization", r2."owner" AS "owner", r2."tags" AS "tags", COALESCE(r3."tests", 0) AS "tests", COALESCE(r3."column_tests", 0) AS "column_tests", COALESCE((r3."tests" - r3."column_tests"), 0) AS "table_tests", COALESCE(r3."tested_columns", 0) AS "tested_columns", COALESCE(r4."columns", 0) AS "documented_columns" FROM (("elementary"."dbt_models" AS r2 LEFT JOIN c0 AS r3 ON (r3."unique_id" = r2."unique_id")) LEFT JOIN c1 AS r4 ON (r4."unique_id" = r2."unique_id")) WHERE ((CAST($1 AS VARCHAR) = $2) OR (r2."package_name" = CAST($1 AS VARCHAR))) ORDER BY 8 NULLS LAST, 11 NULLS LAST, r2."unique_id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/tests.failed_rows
SELECT r0."elementary_test_results_id" AS "elementary_test_results_id", r0."row_index" AS "row_index", r0."test_type" AS "test_type", r0."detected_at" AS "detected_at", r0."result_row" AS "result_row" FROM "elementary"."test_result_rows" AS r0 WHERE (r0."elementary_test_results_id" = CAST($1 AS VARCHAR)) ORDER BY r0."row_index" NULLS LAST, r0."detected_at" NULLS LAST LIMIT CAST($2 AS BIGINT)

-- @ catalogue/tests.failing
WITH c0 AS (SELECT r0."test_unique_id" AS "test_unique_id", r0."test_execution_id" AS "test_execution_id", system.main."max"(r0."detected_at") AS "detected_at", system.main."max"((CASE r0."status" WHEN $3 THEN 4 WHEN $4 THEN 3 WHEN $5 THEN 2 ELSE 1 END)) AS "worst", system.main."max"(r0."model_unique_id") AS "model_unique_id", system.main."max"(r0."table_name") AS "table_name", system.main."max"(r0."test_type") AS "test_type", system.main."max"(r0."test_short_name") AS "test_short_name" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."detected_at" >= CAST($1 AS TIMESTAMP)) AND (r0."status" <> $2)) GROUP BY r0."test_unique_id", r0."test_execution_id"), c1 AS (SELECT r1."test_unique_id" AS "test_unique_id", r1."test_execution_id" AS "test_execution_id", r1."detected_at" AS "detected_at", r1."worst" AS "worst", r1."model_unique_id" AS "model_unique_id", r1."table_name" AS "table_name", r1."test_type" AS "test_type", r1."test_short_name" AS "test_short_name", system.main."row_number"() OVER (PARTITION BY r1."test_unique_id" ORDER BY r1."detected_at" DESC NULLS FIRST, r1."test_execution_id" DESC NULLS FIRST) AS "recency" FROM c0 AS r1), c2 AS (SELECT r2."test_unique_id" AS "test_unique_id", system.main."max"(r2."test_short_name") AS "test_short_name", system.main."max"(r2."test_type") AS "test_type", system.main."max"(r2."model_unique_id") AS "model_unique_id", system.main."max"(r2."table_name") AS "table_name", system.main."count"(*) AS "executions", system.main."count"(*) FILTER (WHERE (r2."worst" > 1)) AS "executions_not_passed", system.main."min"(r2."detected_at") FILTER (WHERE (r2."worst" > 1)) AS "first_not_passed_at", system.main."max"(r2."detected_at") FILTER (WHERE (r2."worst" > 1)) AS "last_not_passed_at", system.main."max"(r2."worst") FILTER (WHERE (r2."recency" = 1)) AS "latest" FROM c1 AS r2 GROUP BY r2."test_unique_id" HAVING (system.main."max"(r2."worst") > 1)) SELECT r3."test_unique_id" AS "test_unique_id", r3."test_short_name" AS "test_short_name", r3."test_type" AS "test_type", r3."model_unique_id" AS "model_unique_id", r3."table_name" AS "table_name", (CASE r3."latest" WHEN 4 THEN $6 WHEN 3 THEN $7 WHEN 2 THEN $8 ELSE $9 END) AS "latest_status", r3."executions" AS "executions", r3."executions_not_passed" AS "executions_not_passed", r3."first_not_passed_at" AS "first_not_passed_at", r3."last_not_passed_at" AS "last_not_passed_at", r4."test_column_name" AS "test_column_name", r4."severity" AS "severity", r4."model_owners" AS "model_owners", r4."tags" AS "tags", r5."owner" AS "model_owner", r5."group_name" AS "group_name" FROM ((c2 AS r3 LEFT JOIN "elementary"."dbt_tests" AS r4 ON (r4."unique_id" = r3."test_unique_id")) LEFT JOIN "elementary"."dbt_models" AS r5 ON (r5."unique_id" = r3."model_unique_id")) ORDER BY r3."latest" DESC NULLS FIRST, r3."last_not_passed_at" DESC NULLS FIRST, r3."test_unique_id" NULLS LAST LIMIT CAST($10 AS BIGINT)

-- @ catalogue/tests.flaky
WITH c0 AS (SELECT r0."test_unique_id" AS "test_unique_id", r0."test_execution_id" AS "test_execution_id", system.main."max"(r0."detected_at") AS "detected_at", system.main."max"((CASE WHEN (r0."status" IN ($3, $4, $5)) THEN 1 ELSE 0 END)) AS "not_passed", system.main."max"(r0."model_unique_id") AS "model_unique_id", system.main."max"(r0."test_short_name") AS "test_short_name", system.main."max"(r0."owners") AS "owners" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."detected_at" >= CAST($1 AS TIMESTAMP)) AND (r0."status" <> $2)) GROUP BY r0."test_unique_id", r0."test_execution_id"), c1 AS (SELECT r1."test_unique_id" AS "test_unique_id", r1."test_execution_id" AS "test_execution_id", r1."detected_at" AS "detected_at", r1."not_passed" AS "not_passed", r1."model_unique_id" AS "model_unique_id", r1."test_short_name" AS "test_short_name", r1."owners" AS "owners", system.main."lag"(r1."not_passed") OVER (PARTITION BY r1."test_unique_id" ORDER BY r1."detected_at" NULLS LAST, r1."test_execution_id" NULLS LAST) AS "before" FROM c0 AS r1) SELECT r2."test_unique_id" AS "test_unique_id", system.main."max"(r2."test_short_name") AS "test_short_name", system.main."max"(r2."model_unique_id") AS "model_unique_id", system.main."max"(r2."owners") AS "owners", system.main."count"(*) AS "executions", system.main."count"(*) FILTER (WHERE (r2."not_passed" = 1)) AS "executions_not_passed", system.main."count"(*) FILTER (WHERE (r2."not_passed" <> r2."before")) AS "changes", system.main."max"(r2."detected_at") FILTER (WHERE (r2."not_passed" <> r2."before")) AS "last_changed_at" FROM c1 AS r2 GROUP BY r2."test_unique_id" HAVING (system.main."count"(*) FILTER (WHERE (r2."not_passed" <> r2."before")) >= CAST($6 AS BIGINT)) ORDER BY 7 DESC NULLS FIRST, r2."test_unique_id" NULLS LAST LIMIT CAST($7 AS BIGINT)

-- @ catalogue/tests.history
SELECT r0."id" AS "id", r0."detected_at" AS "detected_at", r0."status" AS "status", r0."severity" AS "severity", r0."failures" AS "failures", r0."failed_row_count" AS "failed_row_count", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."test_type" AS "test_type", r0."test_sub_type" AS "test_sub_type", r0."invocation_id" AS "invocation_id", r0."test_execution_id" AS "test_execution_id", r0."owners" AS "owners", r0."test_results_description" AS "test_results_description", r0."test_results_query" AS "test_results_query", r0."test_params" AS "test_params" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."test_unique_id" = CAST($1 AS VARCHAR)) AND (r0."detected_at" >= CAST($2 AS TIMESTAMP))) ORDER BY r0."detected_at" DESC NULLS FIRST, r0."id" NULLS LAST LIMIT CAST($3 AS BIGINT)

-- @ catalogue/tests.latest_status
WITH c0 AS (SELECT r0."test_unique_id" AS "test_unique_id", r0."test_execution_id" AS "test_execution_id", system.main."max"(r0."detected_at") AS "detected_at", system.main."max"((CASE r0."status" WHEN $2 THEN 4 WHEN $3 THEN 3 WHEN $4 THEN 2 WHEN $5 THEN 1 ELSE 0 END)) AS "worst", system.main."count"(*) AS "results", system.main."count"(*) FILTER (WHERE (r0."status" IN ($6, $7, $8))) AS "results_not_passed", CAST(system.main."sum"(r0."failures") AS BIGINT) AS "failures", system.main."max"(r0."model_unique_id") AS "model_unique_id", system.main."max"(r0."table_name") AS "table_name", system.main."max"(r0."test_type") AS "test_type", system.main."max"(r0."test_short_name") AS "test_short_name", system.main."max"(r0."severity") AS "severity", system.main."max"(r0."owners") AS "owners", system.main."max"(r0."tags") AS "tags" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" >= CAST($1 AS TIMESTAMP)) GROUP BY r0."test_unique_id", r0."test_execution_id"), c1 AS (SELECT r1."test_unique_id" AS "test_unique_id", r1."test_execution_id" AS "test_execution_id", r1."detected_at" AS "detected_at", r1."worst" AS "worst", r1."results" AS "results", r1."results_not_passed" AS "results_not_passed", r1."failures" AS "failures", r1."model_unique_id" AS "model_unique_id", r1."table_name" AS "table_name", r1."test_type" AS "test_type", r1."test_short_name" AS "test_short_name", r1."severity" AS "severity", r1."owners" AS "owners", r1."tags" AS "tags", system.main."row_number"() OVER (PARTITION BY r1."test_unique_id" ORDER BY r1."detected_at" DESC NULLS FIRST, r1."test_execution_id" DESC NULLS FIRST) AS "recency" FROM c0 AS r1) SELECT r2."test_unique_id" AS "test_unique_id", r2."test_short_name" AS "test_short_name", r2."test_type" AS "test_type", r2."model_unique_id" AS "model_unique_id", r2."table_name" AS "table_name", (CASE r2."worst" WHEN 4 THEN $9 WHEN 3 THEN $10 WHEN 2 THEN $11 WHEN 1 THEN $12 ELSE $13 END) AS "status", r2."severity" AS "severity", r2."detected_at" AS "detected_at", r2."results" AS "results", r2."results_not_passed" AS "results_not_passed", r2."failures" AS "failures", r2."owners" AS "owners", r2."tags" AS "tags", r2."test_execution_id" AS "test_execution_id" FROM c1 AS r2 WHERE (r2."recency" = 1) ORDER BY r2."worst" DESC NULLS FIRST, r2."detected_at" DESC NULLS FIRST, r2."test_unique_id" NULLS LAST LIMIT CAST($14 AS BIGINT)

-- @ catalogue/volume.anomalies
WITH c0 AS (SELECT r0."id" AS "id", r0."full_table_name" AS "full_table_name", r0."bucket_start" AS "bucket_start", r0."bucket_end" AS "bucket_end", r0."latest_metric_value" AS "latest_metric_value", r0."training_avg" AS "training_avg", r0."training_stddev" AS "training_stddev", r0."training_set_size" AS "training_set_size", r0."anomaly_score" AS "anomaly_score", r0."updated_at" AS "updated_at", system.main."row_number"() OVER (PARTITION BY r0."full_table_name", r0."bucket_start", r0."bucket_end" ORDER BY r0."updated_at" DESC NULLS FIRST, r0."id" NULLS LAST) AS "recency" FROM "elementary"."metrics_anomaly_score" AS r0 WHERE ((r0."metric_name" = $1) AND (r0."dimension" IS NULL) AND (r0."bucket_end" >= CAST($2 AS TIMESTAMP)))) SELECT r1."full_table_name" AS "full_table_name", r1."bucket_start" AS "bucket_start", r1."bucket_end" AS "bucket_end", r1."latest_metric_value" AS "row_count", system.main."greatest"((r1."training_avg" - (CAST($3 AS DOUBLE) * r1."training_stddev")), 0) AS "expected_low", (r1."training_avg" + (CAST($3 AS DOUBLE) * r1."training_stddev")) AS "expected_high", r1."training_avg" AS "training_avg", r1."training_stddev" AS "training_stddev", r1."training_set_size" AS "training_set_size", r1."anomaly_score" AS "anomaly_score", r1."updated_at" AS "updated_at" FROM c0 AS r1 WHERE ((r1."recency" = 1) AND (system.main."abs"(r1."anomaly_score") > CAST($3 AS DOUBLE))) ORDER BY r1."bucket_end" DESC NULLS FIRST, r1."full_table_name" NULLS LAST, r1."id" NULLS LAST LIMIT CAST($4 AS BIGINT)

-- @ forms/columns
SELECT r0."name" AS "name", r0."owner" AS "owner", r0."name" AS "Odd "" name" FROM "elementary"."dbt_models" AS r0

-- @ forms/star
SELECT r0."elementary_test_results_id" AS "elementary_test_results_id", r0."result_row" AS "result_row", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at", r0."row_index" AS "row_index", r0."test_type" AS "test_type" FROM "elementary"."test_result_rows" AS r0

-- @ forms/no_from
SELECT 1 AS "one", 'it''s' AS "t", NULL AS "n", TRUE AS "y", FALSE AS "f", 1.50 AS "d", 2147483648 AS "big"

-- @ forms/backslash
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" = '\'' UNION SELECT ssn FROM public.customers --')

-- @ forms/quote_and_dollar
SELECT 'a''b' AS "a", '${x}' AS "b", '`' AS "c", '"' AS "d", '{p1:String}' AS "e", '? $1 :1 @p1' AS "f"

-- @ forms/comparisons
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."failures" = 1) OR ((r0."failures" <> 2) AND (r0."failures" < 3)) OR ((r0."failures" <= 4) AND (r0."failures" > 5)) OR (r0."failures" >= 6))

-- @ forms/not
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (NOT (r0."status" = 'pass'))

-- @ forms/is_null
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."status" IS NULL) OR (r0."severity" IS NOT NULL))

-- @ forms/is_true
SELECT r0."model_execution_id" AS "model_execution_id" FROM "elementary"."dbt_run_results" AS r0 WHERE ((r0."full_refresh" IS TRUE) OR (r0."full_refresh" IS NOT TRUE) OR (r0."full_refresh" IS FALSE) OR (r0."full_refresh" IS NOT FALSE))

-- @ forms/is_distinct
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."status" IS DISTINCT FROM 'pass') AND (r0."severity" IS NOT DISTINCT FROM 'ERROR'))

-- @ forms/in_list
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."status" IN ('fail', 'warn')) AND (r0."failures" NOT IN (1, 2, 3)))

-- @ forms/in_query
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."unique_id" IN (SELECT r1."model_unique_id" AS "model_unique_id" FROM "elementary"."elementary_test_results" AS r1)) AND (r0."unique_id" NOT IN (SELECT r2."unique_id" AS "unique_id" FROM "elementary"."dbt_tests" AS r2 WHERE (r2."unique_id" IS NOT NULL))))

-- @ forms/exists
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((EXISTS (SELECT 1 AS "?column?" FROM "elementary"."dbt_tests" AS r1 WHERE (r1."parent_model_unique_id" = r0."unique_id"))) AND (NOT EXISTS (SELECT 1 AS "?column?" FROM "elementary"."dbt_tests" AS r2 WHERE (r2."name" = r0."name"))))

-- @ forms/quantified
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."failures" = ANY (SELECT r1."failures" AS "failures" FROM "elementary"."dbt_run_results" AS r1)) AND (r0."failures" <> ALL (SELECT r2."rows_affected" AS "rows_affected" FROM "elementary"."dbt_run_results" AS r2)))

-- @ forms/quantified_order
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" >= ALL (SELECT r1."failures" AS "failures" FROM "elementary"."dbt_run_results" AS r1))

-- @ forms/between
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."failures" BETWEEN 1 AND 5) AND (r0."detected_at" NOT BETWEEN '2026-01-01' AND CAST('2026-02-01 00:00:00' AS TIMESTAMP)))

-- @ forms/text_beside_time
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" >= '2026-01-01 00:00:00')

-- @ forms/like
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" LIKE 'stg%') AND (r0."name" NOT LIKE '%\_x') AND (r0."name" LIKE 'a!%b!!' ESCAPE '!'))

-- @ forms/ilike
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" ILIKE 'STG%') OR (r0."name" NOT ILIKE '%!_X' ESCAPE '!'))

-- @ forms/like_column
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" LIKE r0."alias")

-- @ forms/arithmetic
SELECT (r0."failures" + 1) AS "a", (r0."failures" - 1) AS "s", (r0."failures" * 2) AS "m", (- r0."failures") AS "n", (r0."failures" % 7) AS "r" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/divide_whole
SELECT (r0."failures" / 2) AS "q" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/divide_float
SELECT (r0."execution_time" / 2) AS "q", (r0."execution_time" / r0."failures") AS "r", (system.main."sum"(r0."failures") / system.main."count"(*)) AS "mean" FROM "elementary"."dbt_run_results" AS r0 GROUP BY r0."execution_time", r0."failures"

-- @ forms/divide_decimal
SELECT (7.0 / 2) AS "q"

-- @ forms/concat_operator
SELECT ((r0."name" || '.') || r0."alias") AS "a", (r0."name" || 1) AS "b" FROM "elementary"."dbt_models" AS r0

-- @ forms/concat_float
SELECT (r0."name" || r0."execution_time") AS "b" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/case_searched
SELECT (CASE WHEN (r0."status" = 'fail') THEN 1 WHEN (r0."status" = 'warn') THEN 2 ELSE 0 END) AS "c" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/case_simple
SELECT (CASE r0."status" WHEN 'fail' THEN 'bad' ELSE 'good' END) AS "c" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/cast_numbers
SELECT CAST(r0."failures" AS SMALLINT) AS "a", CAST(r0."failures" AS INTEGER) AS "b", CAST('7' AS BIGINT) AS "c", CAST(r0."failures" AS DOUBLE) AS "d", CAST(r0."failures" AS DECIMAL(12, 2)) AS "e", CAST(r0."failures" AS DOUBLE) AS "f" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/cast_real
SELECT CAST(r0."execution_time" AS REAL) AS "r" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/cast_fraction
SELECT CAST(r0."execution_time" AS INTEGER) AS "i" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/cast_floor
SELECT CAST(system.main."floor"(r0."execution_time") AS INTEGER) AS "i" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/cast_text
SELECT CAST(r0."failures" AS VARCHAR) AS "a", system.main."left"(CAST(r0."status" AS VARCHAR), 3) AS "b" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/cast_boolean_text
SELECT CAST(r0."full_refresh" AS VARCHAR) AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/cast_time_text
SELECT CAST(r0."detected_at" AS VARCHAR) AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/cast_boolean
SELECT CAST(1 AS BOOLEAN) AS "b"

-- @ forms/cast_times
SELECT CAST(r0."detected_at" AS DATE) AS "d", CAST('2026-01-02' AS DATE) AS "e", CAST('2026-01-02 03:04:05' AS TIMESTAMP) AS "f" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/cast_timestamptz
SELECT CAST(r0."detected_at" AS TIMESTAMP WITH TIME ZONE) AS "d" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/cast_time
SELECT CAST('03:04:05' AS TIME) AS "t"

-- @ forms/cast_interval
SELECT CAST('0 months 1 days 0 microseconds' AS INTERVAL) AS "i"

-- @ forms/cast_json
SELECT CAST(r0."tags" AS JSON) AS "j", CAST(r0."tags" AS JSON) AS "b" FROM "elementary"."dbt_models" AS r0

-- @ forms/cast_uuid
SELECT CAST(r0."invocation_id" AS UUID) AS "u" FROM "elementary"."dbt_invocations" AS r0

-- @ forms/typed_literals
SELECT CAST('2026-01-02' AS DATE) AS "d", CAST('2026-01-02 03:04:05' AS TIMESTAMP) AS "t"

-- @ forms/typed_time
SELECT CAST('03:04:05' AS TIME) AS "t"

-- @ forms/typed_timestamptz
SELECT CAST('2026-01-02 03:04:05+02' AS TIMESTAMP WITH TIME ZONE) AS "t"

-- @ forms/interval_plus
SELECT (r0."detected_at" + CAST('1 months 2 days 10800000000 microseconds' AS INTERVAL)) AS "a", (r0."detected_at" - CAST('0 months 0 days 5400000000 microseconds' AS INTERVAL)) AS "b" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/interval_days
SELECT (r0."detected_at" - CAST('0 months 7 days 0 microseconds' AS INTERVAL)) AS "a", (r0."created_at" + CAST('0 months 0 days -10800000000 microseconds' AS INTERVAL)) AS "b" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/interval_now
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" > (system.main."now"() - CAST('0 months 7 days 0 microseconds' AS INTERVAL)))

-- @ forms/interval_alone
SELECT CAST('0 months 1 days 0 microseconds' AS INTERVAL) AS "i"

-- @ forms/interval_of_times
SELECT (r0."detected_at" - r0."created_at") AS "i" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/extract_parts
SELECT CAST(system.main."date_part"('year', r0."detected_at") AS DOUBLE) AS "a", CAST(system.main."date_part"('quarter', r0."detected_at") AS DOUBLE) AS "b", CAST(system.main."date_part"('month', r0."detected_at") AS DOUBLE) AS "c", CAST(system.main."date_part"('day', r0."detected_at") AS DOUBLE) AS "e", CAST(system.main."date_part"('hour', r0."detected_at") AS DOUBLE) AS "f", CAST(system.main."date_part"('minute', r0."detected_at") AS DOUBLE) AS "g", CAST(system.main."date_part"('dow', r0."detected_at") AS DOUBLE) AS "h", CAST(system.main."date_part"('doy', r0."detected_at") AS DOUBLE) AS "j" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/extract_weeks
SELECT CAST(system.main."date_part"('week', r0."detected_at") AS DOUBLE) AS "d" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/extract_iso
SELECT CAST(system.main."date_part"('isodow', r0."detected_at") AS DOUBLE) AS "i", CAST(system.main."date_part"('isoyear', r0."detected_at") AS DOUBLE) AS "k" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/extract_second
SELECT (CAST(system.main."date_part"('microsecond', r0."detected_at") AS DOUBLE) / CAST(1000000 AS DOUBLE)) AS "s" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/extract_epoch
SELECT CAST(system.main."date_part"('epoch', r0."detected_at") AS DOUBLE) AS "s" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/date_part
SELECT CAST(CAST(system.main."date_part"('hour', r0."detected_at") AS DOUBLE) AS DOUBLE) AS "h" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/date_trunc
SELECT system.main."date_trunc"('year', r0."detected_at") AS "a", system.main."date_trunc"('quarter', r0."detected_at") AS "b", system.main."date_trunc"('month', r0."detected_at") AS "c", system.main."date_trunc"('day', r0."detected_at") AS "d", system.main."date_trunc"('hour', r0."detected_at") AS "e", system.main."date_trunc"('minute', r0."detected_at") AS "f", system.main."date_trunc"('second', r0."detected_at") AS "g" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/date_trunc_week
SELECT system.main."date_trunc"('week', r0."detected_at") AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/at_time_zone
SELECT system.main."timezone"(CAST('Europe/Berlin' AS VARCHAR), r0."detected_at") AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/json_arrow
SELECT (CAST(r0."tags" AS JSON) -> 'a') AS "a", (CAST(r0."tags" AS JSON) ->> 'a') AS "b" FROM "elementary"."dbt_models" AS r0

-- @ forms/json_functions
SELECT CAST(system.main."json_array_length"(CAST(r0."tags" AS JSON)) AS INTEGER) AS "a", CAST(system.main."json_array_length"(CAST(r0."tags" AS JSON)) AS INTEGER) AS "b", ((CAST(r0."meta" AS JSON) -> 'a') ->> 'b') AS "c", (CAST(r0."meta" AS JSON) ->> 'a') AS "d" FROM "elementary"."dbt_models" AS r0

-- @ forms/json_typeof
-- refused: a duckdb source has no function `json_typeof`

-- @ forms/numbers
SELECT system.main."abs"(r0."failures") AS "a", system.main."ceil"(r0."execution_time") AS "b", system.main."ceiling"(r0."execution_time") AS "c", system.main."floor"(r0."execution_time") AS "d", system.main."sign"(r0."execution_time") AS "e", system.main."mod"(r0."failures", 7) AS "f", system.main."sqrt"(r0."execution_time") AS "g", system.main."ln"(r0."execution_time") AS "h", system.main."log"(r0."execution_time") AS "i" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/round_float
SELECT system.main."round"(r0."execution_time") AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/round_mean
SELECT system.main."round"(system.main."avg"(r0."failures")) AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/round_decimal
SELECT system.main."round"(2.675, 2) AS "a"

-- @ forms/trunc
SELECT system.main."trunc"(2.7) AS "a"

-- @ forms/trunc_digits
SELECT system.main."trunc"(2.675, 2) AS "a"

-- @ forms/log_base
SELECT system.main."log"(2, 8) AS "a"

-- @ forms/texts
SELECT system.main."lower"(r0."name") AS "a", system.main."upper"(r0."name") AS "b", CAST(system.main."length"(r0."name") AS INTEGER) AS "c", CAST(system.main."char_length"(r0."name") AS INTEGER) AS "d", system.main."left"(r0."name", 2) AS "e", system.main."substr"(r0."name", 2, 3) AS "f", system.main."substr"(r0."name", 2) AS "g", CAST(system.main."strpos"(r0."name", 'a') AS INTEGER) AS "h", system.main."replace"(r0."name", 'a', 'b') AS "i", system.main."reverse"(r0."name") AS "j", system.main."md5"(r0."name") AS "k" FROM "elementary"."dbt_models" AS r0

-- @ forms/right
SELECT system.main."right"(r0."name", 2) AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/left_negative
SELECT system.main."left"(r0."name", (- 1)) AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/trims
SELECT system.main."trim"(r0."name") AS "a", system.main."ltrim"(r0."name") AS "b", system.main."rtrim"(r0."name") AS "c" FROM "elementary"."dbt_models" AS r0

-- @ forms/trims_of
SELECT system.main."trim"(r0."name", 'xy') AS "a", system.main."ltrim"(r0."name", 'x') AS "b", system.main."rtrim"(r0."name", 'x') AS "c" FROM "elementary"."dbt_models" AS r0

-- @ forms/split_part
SELECT system.main."split_part"(r0."unique_id", '.', 2) AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/starts_with
SELECT system.main."starts_with"(r0."name", 'stg') AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/initcap
-- refused: a duckdb source has no function `initcap`

-- @ forms/concat
SELECT system.main."concat"(r0."name", '-', r0."alias", NULL, 1) AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/concat_ws
SELECT system.main."concat_ws"(',', r0."name", r0."alias") AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/age
SELECT system.main."age"(r0."detected_at", r0."created_at") AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/to_char
-- refused: a duckdb source has no function `to_char`

-- @ forms/to_date
-- refused: a duckdb source has no function `to_date`

-- @ forms/to_timestamp
SELECT system.main."to_timestamp"(0) AS "a"

-- @ forms/make_date
SELECT system.main."make_date"(2026, 1, 2) AS "a"

-- @ forms/coalesce
SELECT COALESCE(r0."description", 'none') AS "a", system.main."nullif"(r0."name", '') AS "b", COALESCE(r1."detected_at", '2026-01-01') AS "c" FROM ("elementary"."dbt_models" AS r0 CROSS JOIN "elementary"."elementary_test_results" AS r1)

-- @ forms/greatest
SELECT system.main."greatest"(r0."failures", 1, 2) AS "a", system.main."least"(r0."failures", 1) AS "b" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/clock
SELECT system.main."now"() AS "a", system.main."now"() AS "b", system.main."current_localtimestamp"() AS "c", system.main."current_date"() AS "d"

-- @ forms/aggregates
SELECT system.main."count"(*) AS "a", system.main."count"(r0."failures") AS "b", system.main."count"(DISTINCT r0."status") AS "c", system.main."sum"(r0."failures") AS "d", system.main."avg"(r0."failures") AS "e", system.main."min"(r0."detected_at") AS "f", system.main."max"(r0."detected_at") AS "g" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/deviations
SELECT system.main."stddev_pop"(r0."execution_time") AS "a", system.main."var_pop"(r0."execution_time") AS "b" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/deviations_of_samples
SELECT system.main."stddev"(r0."execution_time") AS "a", system.main."stddev_samp"(r0."execution_time") AS "b", system.main."variance"(r0."execution_time") AS "c", system.main."var_samp"(r0."execution_time") AS "d" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/booleans
SELECT system.main."bool_and"(r0."full_refresh") AS "a", system.main."bool_or"(r0."full_refresh") AS "b", system.main."bool_and"(r0."full_refresh") AS "c" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/corr
SELECT system.main."corr"(r0."execution_time", r0."failures") AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/string_agg
SELECT system.main."string_agg"(r0."name", ', ') AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/string_agg_sorted
SELECT system.main."string_agg"(DISTINCT r0."name", ', ' ORDER BY r0."name" DESC NULLS FIRST) AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/array_agg
SELECT system.main."array_agg"(r0."name" ORDER BY r0."name" NULLS LAST) AS "a" FROM "elementary"."dbt_models" AS r0

-- @ forms/filter
SELECT system.main."count"(*) FILTER (WHERE (r0."status" = 'fail')) AS "a", system.main."sum"(r0."failures") FILTER (WHERE (r0."status" <> 'pass')) AS "b", system.main."max"(r0."detected_at") FILTER (WHERE (r0."failures" > 0)) AS "c" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/percentile_cont
SELECT system.main."percentile_cont"(0.5) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/percentile_cont_filtered
SELECT system.main."percentile_cont"(0.9) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) FILTER (WHERE (r0."status" = 'success')) AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/percentile_disc
SELECT system.main."percentile_disc"(0.5) WITHIN GROUP (ORDER BY r0."execution_time" DESC NULLS FIRST) AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/mode
SELECT system.main."mode"() WITHIN GROUP (ORDER BY r0."status" NULLS LAST) AS "a" FROM "elementary"."dbt_run_results" AS r0

-- @ forms/group_by
SELECT r0."status" AS "status", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" HAVING (system.main."count"(*) > 1) ORDER BY 2 DESC NULLS FIRST, r0."status" NULLS LAST

-- @ forms/group_by_expression
SELECT (COALESCE(r0."status", 'none') || '!') AS "s", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY COALESCE(r0."status", 'none') ORDER BY COALESCE(r0."status", 'none') NULLS LAST

-- @ forms/group_by_constant
SELECT 'x' AS "a", 7 AS "b", system.main."count"(*) AS "n" FROM "elementary"."dbt_models" AS r0 GROUP BY CAST('x' AS VARCHAR), CAST(7 AS BIGINT)

-- @ forms/order
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST, r0."alias" DESC NULLS FIRST, r0."owner" NULLS FIRST, r0."tags" DESC NULLS LAST

-- @ forms/order_by_output
SELECT r0."name" AS "name", CAST(system.main."length"(r0."name") AS INTEGER) AS "l" FROM "elementary"."dbt_models" AS r0 ORDER BY 2 DESC NULLS FIRST LIMIT 5

-- @ forms/limit
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 10

-- @ forms/limit_offset
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 10 OFFSET 20

-- @ forms/offset
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST OFFSET 20

-- @ forms/fetch
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 3 OFFSET 5

-- @ forms/distinct
SELECT DISTINCT COALESCE(r0."owner", 'x') AS "a" FROM "elementary"."dbt_models" AS r0 ORDER BY 1 NULLS LAST

-- @ forms/distinct_on
SELECT DISTINCT ON (r0."test_unique_id") r0."test_unique_id" AS "test_unique_id", r0."status" AS "status", r0."detected_at" AS "detected_at" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."test_unique_id" NULLS LAST, r0."detected_at" DESC NULLS FIRST

-- @ forms/distinct_on_bare
SELECT DISTINCT ON (r0."owner") r0."owner" AS "owner", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0

-- @ forms/joins
SELECT r0."status" AS "status", r1."short_name" AS "short_name" FROM (("elementary"."elementary_test_results" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r1."unique_id" = r0."test_unique_id")) LEFT JOIN "elementary"."dbt_models" AS r2 ON (r2."unique_id" = r0."model_unique_id"))

-- @ forms/join_right
SELECT r0."status" AS "status", r1."short_name" AS "short_name" FROM ("elementary"."elementary_test_results" AS r0 RIGHT JOIN "elementary"."dbt_tests" AS r1 ON (r1."unique_id" = r0."test_unique_id"))

-- @ forms/join_full
SELECT r1."status" AS "status", COALESCE(r0."unique_id", r1."unique_id") AS "unique_id" FROM ("elementary"."dbt_tests" AS r0 FULL JOIN "elementary"."dbt_run_results" AS r1 ON (r0."unique_id" = r1."unique_id"))

-- @ forms/join_cross
SELECT r0."status" AS "status" FROM ("elementary"."elementary_test_results" AS r0 CROSS JOIN "elementary"."dbt_tests" AS r1)

-- @ forms/join_nested
SELECT r0."status" AS "status" FROM ("elementary"."elementary_test_results" AS r0 LEFT JOIN ("elementary"."dbt_tests" AS r1 INNER JOIN "elementary"."dbt_models" AS r2 ON (r2."unique_id" = r1."parent_model_unique_id")) ON (r1."unique_id" = r0."test_unique_id"))

-- @ forms/derived
SELECT r1."n" AS "n" FROM (SELECT system.main."count"(*) AS "n" FROM "elementary"."dbt_models" AS r0) AS r1

-- @ forms/derived_doubled_names
SELECT r1.k1 AS "b" FROM (SELECT r0."name" AS "a", r0."owner" AS "a" FROM "elementary"."dbt_models" AS r0) AS r1(k0, k1)

-- @ forms/cte
WITH c0 AS (SELECT r0."test_unique_id" AS "test_unique_id", system.main."max"(r0."detected_at") AS "at" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."test_unique_id") SELECT r1."status" AS "status" FROM ("elementary"."elementary_test_results" AS r1 INNER JOIN c0 AS r2 ON ((r2."test_unique_id" = r1."test_unique_id") AND (r2."at" = r1."detected_at")))

-- @ forms/cte_materialized
WITH c0 AS MATERIALIZED (SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0), c1 AS NOT MATERIALIZED (SELECT r1."name" AS "name" FROM c0 AS r1) SELECT r2."name" AS "name" FROM c1 AS r2

-- @ forms/cte_doubled_names
WITH c0(k0, k1) AS (SELECT r0."name" AS "name", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) SELECT r1.k1 AS "y" FROM c0 AS r1

-- @ forms/union
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) UNION (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1)

-- @ forms/union_all_sorted
(SELECT r0."name" AS "n" FROM "elementary"."dbt_models" AS r0) UNION ALL (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST LIMIT 3

-- @ forms/intersect
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) INTERSECT (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1)

-- @ forms/except
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) EXCEPT (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1)

-- @ forms/intersect_all
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) INTERSECT ALL (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1)

-- @ forms/except_all
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) EXCEPT ALL (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1)

-- @ forms/scalar_subquery
SELECT r0."name" AS "name", (SELECT system.main."count"(*) AS "count" FROM "elementary"."dbt_tests" AS r1) AS "n" FROM "elementary"."dbt_models" AS r0

-- @ forms/window_ranks
SELECT system.main."row_number"() OVER (PARTITION BY r0."owner" ORDER BY r0."name" NULLS LAST) AS "a", system.main."rank"() OVER (ORDER BY r0."name" NULLS LAST) AS "b", system.main."dense_rank"() OVER (ORDER BY r0."name" DESC NULLS FIRST) AS "c" FROM "elementary"."dbt_models" AS r0

-- @ forms/window_shares
SELECT system.main."percent_rank"() OVER (ORDER BY r0."name" NULLS LAST) AS "a", system.main."cume_dist"() OVER (ORDER BY r0."name" NULLS LAST) AS "b", CAST(system.main."ntile"(4) OVER (ORDER BY r0."name" NULLS LAST) AS INTEGER) AS "c" FROM "elementary"."dbt_models" AS r0

-- @ forms/window_neighbours
SELECT system.main."lag"(r0."status") OVER (ORDER BY r0."detected_at" NULLS LAST) AS "a", system.main."lead"(r0."status", 2) OVER (ORDER BY r0."detected_at" NULLS LAST) AS "b" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_neighbours_default
SELECT system.main."lag"(r0."status", 1, 'none') OVER (ORDER BY r0."detected_at" NULLS LAST) AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_values
SELECT system.main."first_value"(r0."status") OVER (ORDER BY r0."detected_at" NULLS LAST) AS "a", system.main."last_value"(r0."status") OVER (ORDER BY r0."detected_at" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "b", system.main."nth_value"(r0."status", 2) OVER (ORDER BY r0."detected_at" NULLS LAST) AS "c" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_sum
SELECT system.main."sum"(r0."failures") OVER (PARTITION BY r0."test_unique_id") AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_running_sum
SELECT system.main."sum"(r0."failures") OVER (ORDER BY r0."detected_at" NULLS LAST) AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_rows
SELECT system.main."avg"(r0."failures") OVER (ORDER BY r0."detected_at" NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS "a", system.main."count"(*) FILTER (WHERE (r0."status" = 'fail')) OVER (ORDER BY r0."detected_at" NULLS LAST ROWS BETWEEN 1 FOLLOWING AND 2 FOLLOWING) AS "b" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_range
SELECT system.main."sum"(r0."failures") OVER (ORDER BY r0."failures" NULLS LAST RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_groups
SELECT system.main."sum"(r0."failures") OVER (ORDER BY r0."failures" NULLS LAST GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ forms/window_named
SELECT system.main."sum"(r0."failures") OVER (PARTITION BY r0."status" ORDER BY r0."detected_at" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/pub-0089
SELECT r0."unique_id" AS "unique_id", r0."name" AS "name", r0."materialization" AS "materialization" FROM "elementary"."dbt_models" AS r0

-- @ cases/pub-0090
SELECT r0."invocation_id" AS "invocation_id", r0."job_id" AS "job_id", r0."job_name" AS "job_name", r0."job_run_id" AS "job_run_id", r0."run_started_at" AS "run_started_at", r0."run_completed_at" AS "run_completed_at", r0."generated_at" AS "generated_at", r0."created_at" AS "created_at", r0."command" AS "command", r0."dbt_version" AS "dbt_version", r0."elementary_version" AS "elementary_version", r0."full_refresh" AS "full_refresh", r0."invocation_vars" AS "invocation_vars", r0."vars" AS "vars", r0."target_name" AS "target_name", r0."target_database" AS "target_database", r0."target_schema" AS "target_schema", r0."target_profile_name" AS "target_profile_name", r0."threads" AS "threads", r0."selected" AS "selected", r0."yaml_selector" AS "yaml_selector", r0."project_id" AS "project_id", r0."project_name" AS "project_name", r0."env" AS "env", r0."env_id" AS "env_id", r0."cause_category" AS "cause_category", r0."cause" AS "cause", r0."pull_request_id" AS "pull_request_id", r0."git_sha" AS "git_sha", r0."orchestrator" AS "orchestrator", r0."dbt_user" AS "dbt_user", r0."job_url" AS "job_url", r0."job_run_url" AS "job_run_url", r0."account_id" AS "account_id" FROM "elementary"."dbt_invocations" AS r0

-- @ cases/pub-0091
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."materialization" = 'view')

-- @ cases/pub-0092
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0

-- @ cases/pub-0093
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0

-- @ cases/pub-0094
SELECT r0."id" AS "id", r0."status" AS "status" FROM "elementary"."elementary_test_results" AS r0 WHERE (((r0."status" = 'fail') OR (r0."status" = 'error')) AND (NOT (r0."severity" = 'WARN')))

-- @ cases/pub-0095
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."status" IN ('fail', 'warn')) AND (r0."failures" BETWEEN 1 AND 5) AND (r0."test_name" LIKE 't%') AND (r0."column_name" IS NOT NULL))

-- @ cases/pub-0096
SELECT r0."name" AS "name", r0."generated_at" AS "generated_at" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."generated_at" DESC NULLS LAST, r0."name" NULLS LAST LIMIT 5 OFFSET 2

-- @ cases/pub-0097
SELECT r0."status" AS "status", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY 2 DESC NULLS FIRST, r0."status" NULLS LAST

-- @ cases/pub-0098
SELECT system.main."count"(DISTINCT r0."test_unique_id") AS "tests", system.main."count"(*) FILTER (WHERE (r0."status" = 'fail')) AS "failed", system.main."sum"(r0."failures") AS "failures", system.main."round"(system.main."avg"(r0."failures"), 2) AS "avg_failures" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/pub-0099
SELECT r0."model_unique_id" AS "model_unique_id", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."status" <> 'pass') GROUP BY r0."model_unique_id" HAVING (system.main."count"(*) >= 3) ORDER BY r0."model_unique_id" NULLS LAST

-- @ cases/pub-0100
SELECT r0."test_type" AS "test_type", system.main."sum"((CASE WHEN (r0."status" IN ('fail', 'error')) THEN 1 ELSE 0 END)) AS "bad", system.main."count"(*) AS "total" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."test_type" ORDER BY r0."test_type" NULLS LAST

-- @ cases/pub-0101
SELECT r0."unique_id" AS "unique_id", CAST(r0."execution_time" AS DECIMAL(10, 2)) AS "seconds", CAST(r0."rows_affected" AS VARCHAR) AS "rows" FROM "elementary"."dbt_run_results" AS r0 WHERE (CAST(r0."generated_at" AS TIMESTAMP) >= '2024-05-10') ORDER BY r0."unique_id" NULLS LAST, 2 NULLS LAST LIMIT 10

-- @ cases/pub-0102
SELECT system.main."date_trunc"('day', r0."detected_at") AS "day", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" > (system.main."now"() - CAST('0 months 3650 days 0 microseconds' AS INTERVAL))) GROUP BY system.main."date_trunc"('day', r0."detected_at") ORDER BY 1 NULLS LAST

-- @ cases/pub-0103
SELECT CAST(system.main."date_part"('hour', r0."detected_at") AS DOUBLE) AS "h", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY CAST(system.main."date_part"('hour', r0."detected_at") AS DOUBLE) ORDER BY 1 NULLS LAST

-- @ cases/pub-0104
SELECT system.main."lower"(r0."owner") AS "o", system.main."upper"(r0."name") AS "u", CAST(system.main."length"(r0."path") AS INTEGER) AS "l", COALESCE(r0."group_name", 'none') AS "g", system.main."split_part"(r0."unique_id", '.', 2) AS "pkg" FROM "elementary"."dbt_models" AS r0 ORDER BY 2 NULLS LAST

-- @ cases/pub-0105
SELECT r1."short_name" AS "short_name", r0."status" AS "status", r2."owner" AS "owner" FROM (("elementary"."elementary_test_results" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r1."unique_id" = r0."test_unique_id")) LEFT JOIN "elementary"."dbt_models" AS r2 ON (r2."unique_id" = r0."model_unique_id")) ORDER BY r0."id" NULLS LAST LIMIT 20

-- @ cases/pub-0106
SELECT system.main."count"(*) AS "n" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_invocations" AS r1 ON (r0."invocation_id" = r1."invocation_id"))

-- @ cases/pub-0107
WITH c0 AS (SELECT r0."test_unique_id" AS "test_unique_id", r0."status" AS "status", r0."detected_at" AS "detected_at", system.main."row_number"() OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" DESC NULLS FIRST) AS "rn" FROM "elementary"."elementary_test_results" AS r0) SELECT r1."test_unique_id" AS "test_unique_id", r1."status" AS "status" FROM c0 AS r1 WHERE (r1."rn" = 1) ORDER BY r1."test_unique_id" NULLS LAST

-- @ cases/pub-0108
WITH c0 AS (SELECT r0."id" AS "id", r0."data_issue_id" AS "data_issue_id", r0."test_execution_id" AS "test_execution_id", r0."test_unique_id" AS "test_unique_id", r0."model_unique_id" AS "model_unique_id", r0."invocation_id" AS "invocation_id", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."test_type" AS "test_type", r0."test_sub_type" AS "test_sub_type", r0."test_results_description" AS "test_results_description", r0."owners" AS "owners", r0."tags" AS "tags", r0."test_results_query" AS "test_results_query", r0."other" AS "other", r0."test_name" AS "test_name", r0."test_params" AS "test_params", r0."severity" AS "severity", r0."status" AS "status", r0."failures" AS "failures", r0."test_short_name" AS "test_short_name", r0."test_alias" AS "test_alias", r0."result_rows" AS "result_rows", r0."failed_row_count" AS "failed_row_count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."status" = 'fail')) SELECT system.main."count"(*) AS "n" FROM c0 AS r1

-- @ cases/pub-0109
SELECT r0."bucket_start" AS "bucket_start", r0."metric_value" AS "metric_value", system.main."lag"(r0."metric_value") OVER (ORDER BY r0."bucket_start" NULLS LAST) AS "previous", system.main."sum"(r0."metric_value") OVER (ORDER BY r0."bucket_start" NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS "week" FROM "elementary"."data_monitoring_metrics" AS r0 WHERE (r0."metric_name" = 'row_count') ORDER BY r0."bucket_start" NULLS LAST

-- @ cases/pub-0110
(SELECT r0."unique_id" AS "unique_id", 'model' AS "kind" FROM "elementary"."dbt_models" AS r0) UNION ALL (SELECT r1."unique_id" AS "unique_id", 'test' AS "?column?" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST LIMIT 15

-- @ cases/pub-0111
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((EXISTS (SELECT 1 AS "?column?" FROM "elementary"."dbt_tests" AS r1 WHERE (r1."parent_model_unique_id" = r0."unique_id"))) AND (r0."unique_id" IN (SELECT r2."model_unique_id" AS "model_unique_id" FROM "elementary"."elementary_test_results" AS r2 WHERE (r2."status" = 'error')))) ORDER BY r0."name" NULLS LAST

-- @ cases/pub-0112
SELECT r0."name" AS "name", (SELECT system.main."count"(*) AS "count" FROM "elementary"."dbt_tests" AS r1 WHERE (r1."parent_model_unique_id" = r0."unique_id")) AS "tests" FROM "elementary"."dbt_models" AS r0 ORDER BY 2 DESC NULLS FIRST, r0."name" NULLS LAST LIMIT 5

-- @ cases/pub-0113
SELECT r1."owner" AS "owner", r1."n" AS "n" FROM (SELECT r0."owner" AS "owner", system.main."count"(*) AS "n" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner") AS r1 WHERE (r1."n" > 2) ORDER BY r1."owner" NULLS LAST

-- @ cases/pub-0114
SELECT r0."unique_id" AS "unique_id", (CAST(r0."meta" AS JSON) ->> 'owner') AS "owner" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST LIMIT 5

-- @ cases/pub-0115
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."status" = 'fail') ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/pub-0116
SELECT system.main."count"(*) AS "n" FROM "elementary"."dbt_tests" AS r0

-- @ cases/pub-0117
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."description" = 'x''; DROP TABLE elementary.dbt_models; --')

-- @ cases/pub-0118
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" = '\'' UNION SELECT ssn FROM public.customers --')

-- @ cases/pub-0119
SELECT CAST(system.main."length"('a''''b') AS INTEGER) AS "n"

-- @ cases/pub-0120
SELECT DISTINCT ON (r0."job_name") r0."job_name" AS "job_name", r0."invocation_id" AS "invocation_id", r0."run_started_at" AS "run_started_at" FROM "elementary"."dbt_invocations" AS r0 ORDER BY r0."job_name" NULLS LAST, r0."run_started_at" DESC NULLS FIRST, r0."invocation_id" NULLS LAST

-- @ cases/pub-0121
SELECT r0."materialization" AS "materialization", system.main."percentile_cont"(0.5) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "median" FROM "elementary"."dbt_run_results" AS r0 GROUP BY r0."materialization" ORDER BY r0."materialization" NULLS LAST

-- @ cases/pub-0122
SELECT 1 AS "ok"

-- @ cases/pub-0123
WITH c0 AS (SELECT r0."parent_model_unique_id" AS "parent_model_unique_id", r0."test_column_name" AS "test_column_name" FROM "elementary"."dbt_tests" AS r0) SELECT r1."parent_model_unique_id" AS "model_unique_id", system.main."sum"((CASE WHEN (r1."test_column_name" IS NOT NULL) THEN 1 ELSE 0 END)) AS "column_tests", system.main."sum"((CASE WHEN (r1."test_column_name" IS NULL) THEN 1 ELSE 0 END)) AS "table_tests" FROM c0 AS r1 GROUP BY r1."parent_model_unique_id" ORDER BY r1."parent_model_unique_id" NULLS LAST

-- @ cases/pub-0124
WITH c0 AS (SELECT r0."unique_id" AS "unique_id", r0."invocation_id" AS "invocation_id", r0."status" AS "status", system.main."row_number"() OVER (PARTITION BY r0."unique_id" ORDER BY r0."generated_at" DESC NULLS FIRST, r0."model_execution_id" NULLS LAST) AS "row_number" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_models" AS r1 ON (r0."unique_id" = r1."unique_id"))), c1 AS (SELECT r2."unique_id" AS "unique_id", r2."invocation_id" AS "invocation_id", r2."status" AS "status" FROM c0 AS r2 WHERE (r2."row_number" = 1)) SELECT r3."unique_id" AS "unique_id", r3."invocation_id" AS "invocation_id", r3."status" AS "status" FROM c1 AS r3 ORDER BY r3."unique_id" NULLS LAST

-- @ cases/pub-0148
SELECT r0."status" AS "status", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY 2 DESC NULLS LAST, r0."status" NULLS LAST

-- @ cases/pub-0149
WITH c0 AS (SELECT r0."test_unique_id" AS "test_unique_id", r0."status" AS "status", system.main."row_number"() OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" DESC NULLS LAST) AS "rn" FROM "elementary"."elementary_test_results" AS r0) SELECT r1."test_unique_id" AS "test_unique_id", r1."status" AS "status" FROM c0 AS r1 WHERE (r1."rn" = 1) ORDER BY r1."test_unique_id" NULLS LAST

-- @ cases/pub-0150
SELECT r1."short_name" AS "short_name", system.main."count"(*) AS "n" FROM ("elementary"."elementary_test_results" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r1."unique_id" = r0."test_unique_id")) WHERE (r0."status" IN ('fail', 'error')) GROUP BY r1."short_name" ORDER BY r1."short_name" NULLS LAST

-- @ cases/pub-0151
SELECT r0."bucket_start" AS "bucket_start", system.main."avg"(r0."metric_value") OVER (ORDER BY r0."bucket_start" NULLS LAST ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS "ma" FROM "elementary"."data_monitoring_metrics" AS r0 WHERE (r0."metric_name" = 'row_count') ORDER BY r0."bucket_start" NULLS LAST

-- @ cases/pub-0152
SELECT system.main."date_trunc"('day', r0."detected_at") AS "d", system.main."sum"((CASE WHEN (r0."status" = 'pass') THEN 0 ELSE 1 END)) AS "bad" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."date_trunc"('day', r0."detected_at") ORDER BY 1 NULLS LAST

-- @ cases/pub-0153
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" = '\'' UNION SELECT ssn FROM main.customers --')

-- @ cases/pub-0154
SELECT r0."unique_id" AS "unique_id", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."materialization" = 'table') ORDER BY r0."name" NULLS LAST LIMIT 3

-- @ cases/own-0001
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0002
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0003
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access", r1."name" AS "test" FROM ("elementary"."dbt_models" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r1."parent_model_unique_id" = r0."unique_id"))

-- @ cases/own-0004
SELECT DISTINCT r0."materialization" AS "materialization" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0005
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0006
SELECT system.main."count"(*) AS "count" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0007
SELECT system.main."count"(*) AS "total" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0008
SELECT system.main."count"(1) AS "count" FROM "elementary"."dbt_models" AS r0 WHERE (r0."owner" IS NOT NULL)

-- @ cases/own-0009
SELECT system.main."count"(DISTINCT r0."owner") AS "owners" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0010
SELECT system.main."min"(r0."generated_at") AS "min", system.main."max"(r0."generated_at") AS "max" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0011
SELECT system.main."sum"(r0."failures") AS "f", system.main."avg"(r0."failures") AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0012
SELECT r0."status" AS "status", system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status"

-- @ cases/own-0013
SELECT r0."status" AS "status", r0."severity" AS "severity", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status", r0."severity" ORDER BY 3 DESC NULLS FIRST, r0."status" NULLS LAST, r0."severity" NULLS LAST

-- @ cases/own-0014
SELECT r0."status" AS "status", r0."severity" AS "severity", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status", r0."severity" HAVING (system.main."count"(*) > 5) ORDER BY 3 DESC NULLS FIRST, r0."status" NULLS LAST, r0."severity" NULLS LAST

-- @ cases/own-0015
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" = 'm1')

-- @ cases/own-0016
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" <> 'm1') AND (r0."name" <> 'm2'))

-- @ cases/own-0017
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (NOT ((r0."name" = 'm1') OR (r0."name" = 'm2')))

-- @ cases/own-0018
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" IN ('m1', 'm2', 'm3'))

-- @ cases/own-0019
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" NOT IN ('m1', 'm2'))

-- @ cases/own-0020
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" LIKE 'm1%')

-- @ cases/own-0021
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" NOT LIKE '%1%')

-- @ cases/own-0022
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" ILIKE 'M1%')

-- @ cases/own-0023
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" LIKE 'm!_%' ESCAPE '!')

-- @ cases/own-0024
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" BETWEEN 1 AND 3)

-- @ cases/own-0025
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" NOT BETWEEN 1 AND 3)

-- @ cases/own-0026
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."failures" >= 1) AND (r0."failures" < 4))

-- @ cases/own-0027
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."group_name" IS NULL)

-- @ cases/own-0028
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."group_name" IS NOT NULL)

-- @ cases/own-0029
SELECT r0."name" AS "name", (r0."full_refresh" IS TRUE) AS "a", (r0."full_refresh" IS NOT TRUE) AS "b", (r0."full_refresh" IS FALSE) AS "c", (r0."full_refresh" IS NOT FALSE) AS "d" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 10

-- @ cases/own-0030
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."group_name" IS DISTINCT FROM 'x')

-- @ cases/own-0031
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."owner" IS NOT DISTINCT FROM 'team1')

-- @ cases/own-0032
SELECT (r0."failures" + 1) AS "?column?", (r0."failures" - 1) AS "?column?", (r0."failures" * 2) AS "?column?", (r0."failures" % 2) AS "?column?", (- r0."failures") AS "?column?" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 7

-- @ cases/own-0033
SELECT (r0."execution_time" / 2.0) AS "half" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0034
SELECT (((r0."failures" + 1) * 2) - 3) AS "x" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0035
SELECT (CASE WHEN (r0."status" = 'pass') THEN 'ok' WHEN (r0."status" = 'warn') THEN 'hm' ELSE 'bad' END) AS "s", system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 GROUP BY (CASE WHEN (r0."status" = 'pass') THEN 'ok' WHEN (r0."status" = 'warn') THEN 'hm' ELSE 'bad' END) ORDER BY 1 NULLS LAST

-- @ cases/own-0036
SELECT (CASE r0."status" WHEN 'pass' THEN 1 ELSE 0 END) AS "p" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0037
SELECT (CASE WHEN (r0."failures" > 1) THEN 'x' END) AS "p" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0038
SELECT CAST(r0."failures" AS VARCHAR) AS "f", CAST(r0."failures" AS VARCHAR) AS "g", CAST(r0."failures" AS DOUBLE) AS "d" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 5

-- @ cases/own-0039
SELECT (CAST('12' AS INTEGER) + 1) AS "a", CAST('3' AS BIGINT) AS "b", CAST(1.5 AS DECIMAL(10, 2)) AS "c", CAST(TRUE AS BOOLEAN) AS "d"

-- @ cases/own-0040
SELECT COALESCE(r0."group_name", r0."owner", 'none') AS "g" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0041
SELECT system.main."nullif"(r0."owner", 'team1') AS "o" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0042
SELECT system.main."greatest"(1, 2, 3) AS "g", system.main."least"(3, 2) AS "l"

-- @ cases/own-0043
SELECT system.main."lower"(r0."name") AS "lower", system.main."upper"(r0."name") AS "upper", CAST(system.main."length"(r0."name") AS INTEGER) AS "length" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0044
SELECT system.main."left"(r0."name", 1) AS "l", system.main."right"(r0."name", 1) AS "r" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0045
SELECT system.main."substr"(r0."name", 2) AS "a", system.main."substr"(r0."name", 1, 2) AS "b", system.main."substr"(r0."name", 2, 1) AS "c", system.main."substr"(r0."name", 2) AS "d", system.main."substr"(r0."name", 1, 2) AS "e" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0046
SELECT system.main."trim"(r0."name") AS "a", system.main."trim"(r0."name", 'm') AS "b", system.main."ltrim"(r0."name", 'm') AS "c", system.main."ltrim"(r0."name", 'm') AS "d", system.main."rtrim"(r0."name") AS "e" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0047
SELECT system.main."replace"(r0."name", 'm', 'model ') AS "r" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0048
SELECT system.main."split_part"(r0."unique_id", '.', 3) AS "p" FROM "elementary"."dbt_models" AS r0 ORDER BY 1 NULLS LAST

-- @ cases/own-0049
SELECT CAST(system.main."strpos"(r0."unique_id", 'shop') AS INTEGER) AS "p", CAST(system.main."strpos"(r0."unique_id", '.') AS INTEGER) AS "q" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0050
SELECT system.main."starts_with"(r0."name", 'm1') AS "s" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0051
SELECT system.main."concat"(r0."name", '-', r0."owner") AS "c", system.main."concat_ws"('/', r0."name", r0."owner") AS "w", ((r0."name" || '.') || r0."owner") AS "p" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0052
SELECT system.main."reverse"(r0."name") AS "r", system.main."md5"(r0."name") AS "m" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0053
SELECT system.main."abs"((- 2)) AS "a", system.main."ceil"(1.2) AS "c", system.main."floor"(1.8) AS "f", system.main."round"(2.567, 2) AS "r", system.main."round"(2.5) AS "q", system.main."sign"((- 3)) AS "s", system.main."mod"(7, 3) AS "m", system.main."sqrt"(16) AS "t"

-- @ cases/own-0054
SELECT system.main."round"(CAST(system.main."avg"(r0."execution_time") AS DECIMAL(20, 6)), 2) AS "r" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0055
SELECT system.main."date_trunc"('day', r0."detected_at") AS "d", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."date_trunc"('day', r0."detected_at") ORDER BY 1 NULLS LAST

-- @ cases/own-0056
SELECT system.main."date_trunc"('month', r0."detected_at") AS "m" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."date_trunc"('month', r0."detected_at")

-- @ cases/own-0057
SELECT CAST(system.main."date_part"('year', r0."detected_at") AS DOUBLE) AS "y", CAST(system.main."date_part"('month', r0."detected_at") AS DOUBLE) AS "m", CAST(system.main."date_part"('dow', r0."detected_at") AS DOUBLE) AS "w" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 9

-- @ cases/own-0058
SELECT CAST(CAST(system.main."date_part"('hour', r0."detected_at") AS DOUBLE) AS DOUBLE) AS "h" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 9

-- @ cases/own-0059
SELECT CAST(system.main."date_part"('epoch', r0."detected_at") AS DOUBLE) AS "e" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 4

-- @ cases/own-0060
SELECT (r0."detected_at" + CAST('0 months 1 days 0 microseconds' AS INTERVAL)) AS "a", (r0."detected_at" - CAST('0 months 0 days 7200000000 microseconds' AS INTERVAL)) AS "b", (r0."detected_at" - CAST('0 months 3 days 0 microseconds' AS INTERVAL)) AS "c" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 4

-- @ cases/own-0061
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."detected_at" >= CAST('2024-05-05 00:00:00' AS TIMESTAMP)) AND (r0."detected_at" < CAST('2024-05-06' AS TIMESTAMP)))

-- @ cases/own-0062
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" >= CAST('2024-05-05' AS DATE))

-- @ cases/own-0063
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" >= '2024-05-05')

-- @ cases/own-0064
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (CAST(r0."detected_at" AS DATE) = CAST('2024-05-05' AS DATE))

-- @ cases/own-0065
SELECT CAST(r0."detected_at" AS DATE) AS "d", system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 GROUP BY CAST(r0."detected_at" AS DATE) ORDER BY 1 NULLS LAST

-- @ cases/own-0066
SELECT CAST(r0."generated_at" AS TIMESTAMP) AS "g" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0067
SELECT (system.main."max"(r0."detected_at") - system.main."min"(r0."detected_at")) AS "span" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0068
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" < system.main."now"())

-- @ cases/own-0069
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" < (system.main."now"() - CAST('0 months 30 days 0 microseconds' AS INTERVAL)))

-- @ cases/own-0070
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (CAST(r0."detected_at" AS DATE) < system.main."current_date"())

-- @ cases/own-0071
SELECT system.main."count"(*) FILTER (WHERE (r0."status" = 'fail')) AS "f", system.main."sum"(r0."failures") FILTER (WHERE (r0."status" = 'fail')) AS "s" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0072
SELECT system.main."string_agg"(r0."name", ',' ORDER BY r0."name" NULLS LAST) AS "names" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0073
SELECT r0."owner" AS "owner", system.main."string_agg"(DISTINCT r0."materialization", ', ' ORDER BY r0."materialization" NULLS LAST) AS "kinds" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner" ORDER BY r0."owner" NULLS LAST

-- @ cases/own-0074
SELECT system.main."bool_and"(r0."full_refresh") AS "a", system.main."bool_or"(r0."full_refresh") AS "o" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0075
SELECT (system.main."stddev"(r0."execution_time") > 0) AS "s", (system.main."variance"(r0."execution_time") > 0) AS "v", (system.main."stddev_pop"(r0."execution_time") > 0) AS "p" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0076
SELECT system.main."percentile_cont"(0.95) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "p95" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0077
SELECT system.main."percentile_disc"(0.5) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "p" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0078
SELECT system.main."mode"() WITHIN GROUP (ORDER BY r0."status" NULLS LAST) AS "m" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0079
SELECT r0."status" AS "status", system.main."corr"(r0."failures", r0."failed_row_count") AS "c" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY r0."status" NULLS LAST

-- @ cases/own-0080
SELECT r0."id" AS "id", system.main."row_number"() OVER (ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "n" FROM "elementary"."elementary_test_results" AS r0 ORDER BY 2 NULLS LAST LIMIT 9

-- @ cases/own-0081
SELECT r0."id" AS "id", system.main."rank"() OVER (PARTITION BY r0."status" ORDER BY r0."failures" DESC NULLS FIRST) AS "r", system.main."dense_rank"() OVER (PARTITION BY r0."status" ORDER BY r0."failures" NULLS LAST) AS "d" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0082
SELECT r0."id" AS "id", system.main."lag"(r0."status") OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "was", system.main."lead"(r0."status", 1, 'none') OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "next" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0083
SELECT r0."id" AS "id", system.main."first_value"(r0."status") OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "f", system.main."last_value"(r0."status") OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "l" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0084
SELECT r0."id" AS "id", system.main."sum"(r0."failures") OVER (ORDER BY r0."id" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0085
SELECT r0."id" AS "id", system.main."avg"(r0."failures") OVER (ORDER BY r0."id" NULLS LAST ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0086
SELECT r0."id" AS "id", system.main."count"(*) OVER () AS "total" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/own-0087
SELECT r0."id" AS "id", system.main."count"(*) OVER (PARTITION BY r0."status") AS "total", CAST(system.main."ntile"(4) OVER (ORDER BY r0."id" NULLS LAST) AS INTEGER) AS "q", system.main."percent_rank"() OVER (ORDER BY r0."id" NULLS LAST) AS "p", system.main."cume_dist"() OVER (ORDER BY r0."id" NULLS LAST) AS "c" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0088
SELECT r0."id" AS "id", system.main."sum"(r0."failures") OVER (ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0089
SELECT r0."id" AS "id", system.main."nth_value"(r0."status", 2) OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."id" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0090
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" DESC NULLS FIRST

-- @ cases/own-0091
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."group_name" NULLS FIRST, r0."name" NULLS LAST

-- @ cases/own-0092
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY CAST(system.main."length"(r0."name") AS INTEGER) NULLS LAST, r0."name" NULLS LAST LIMIT 3

-- @ cases/own-0093
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0094
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0095
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 1

-- @ cases/own-0096
SELECT r0."name" AS "n" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0097
SELECT r0."name" AS "name", r1."name" AS "other" FROM ("elementary"."dbt_models" AS r0 INNER JOIN "elementary"."dbt_models" AS r1 ON ((r0."owner" = r1."owner") AND (r0."unique_id" < r1."unique_id"))) ORDER BY r0."name" NULLS LAST, r1."name" NULLS LAST

-- @ cases/own-0098
SELECT r0."name" AS "name", system.main."count"(r1."unique_id") AS "n" FROM ("elementary"."dbt_models" AS r0 LEFT JOIN "elementary"."dbt_tests" AS r1 ON (r1."parent_model_unique_id" = r0."unique_id")) GROUP BY r0."name" ORDER BY r0."name" NULLS LAST

-- @ cases/own-0099
SELECT r1."name" AS "name", r0."name" AS "t" FROM ("elementary"."dbt_tests" AS r0 RIGHT JOIN "elementary"."dbt_models" AS r1 ON (r0."parent_model_unique_id" = r1."unique_id")) ORDER BY r1."name" NULLS LAST, r0."name" NULLS LAST

-- @ cases/own-0100
SELECT r1."name" AS "name", r0."name" AS "t" FROM ("elementary"."dbt_tests" AS r0 FULL JOIN "elementary"."dbt_models" AS r1 ON (r0."parent_model_unique_id" = r1."unique_id")) ORDER BY r1."name" NULLS LAST, r0."name" NULLS LAST

-- @ cases/own-0101
SELECT system.main."count"(*) AS "count" FROM ("elementary"."dbt_models" AS r0 CROSS JOIN "elementary"."dbt_invocations" AS r1)

-- @ cases/own-0102
SELECT system.main."count"(*) AS "count" FROM ("elementary"."dbt_models" AS r0 CROSS JOIN "elementary"."dbt_invocations" AS r1) WHERE (r0."owner" = 'team1')

-- @ cases/own-0103
SELECT r0."invocation_id" AS "invocation_id", system.main."count"(*) AS "count" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_invocations" AS r1 ON (r0."invocation_id" = r1."invocation_id")) GROUP BY r0."invocation_id" ORDER BY r0."invocation_id" NULLS LAST

-- @ cases/own-0104
SELECT r0."name" AS "name", r1."job_name" AS "job_name" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_invocations" AS r1 ON (r0."invocation_id" = r1."invocation_id")) ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0105
SELECT system.main."count"(*) AS "count" FROM (("elementary"."dbt_models" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r1."parent_model_unique_id" = r0."unique_id")) INNER JOIN "elementary"."elementary_test_results" AS r2 ON (r2."test_unique_id" = r1."unique_id"))

-- @ cases/own-0106
SELECT r1."owner" AS "owner", r1."n" AS "n" FROM (SELECT r0."owner" AS "owner", system.main."count"(*) AS "n" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner") AS r1 WHERE (r1."n" > 1) ORDER BY r1."owner" NULLS LAST

-- @ cases/own-0107
SELECT system.main."avg"(r1."n") AS "avg" FROM (SELECT system.main."count"(*) AS "n" FROM "elementary"."dbt_tests" AS r0 GROUP BY r0."parent_model_unique_id") AS r1

-- @ cases/own-0108
SELECT r1."owner" AS "o", r1."count" AS "k" FROM (SELECT r0."owner" AS "owner", system.main."count"(*) AS "count" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner") AS r1 ORDER BY r1."owner" NULLS LAST

-- @ cases/own-0109
WITH c0 AS (SELECT r0."id" AS "id", r0."data_issue_id" AS "data_issue_id", r0."test_execution_id" AS "test_execution_id", r0."test_unique_id" AS "test_unique_id", r0."model_unique_id" AS "model_unique_id", r0."invocation_id" AS "invocation_id", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."test_type" AS "test_type", r0."test_sub_type" AS "test_sub_type", r0."test_results_description" AS "test_results_description", r0."owners" AS "owners", r0."tags" AS "tags", r0."test_results_query" AS "test_results_query", r0."other" AS "other", r0."test_name" AS "test_name", r0."test_params" AS "test_params", r0."severity" AS "severity", r0."status" AS "status", r0."failures" AS "failures", r0."test_short_name" AS "test_short_name", r0."test_alias" AS "test_alias", r0."result_rows" AS "result_rows", r0."failed_row_count" AS "failed_row_count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."status" = 'fail')) SELECT r1."test_unique_id" AS "test_unique_id", system.main."count"(*) AS "n" FROM c0 AS r1 GROUP BY r1."test_unique_id" ORDER BY 2 DESC NULLS FIRST, r1."test_unique_id" NULLS LAST

-- @ cases/own-0110
WITH c0 AS (SELECT r0."unique_id" AS "unique_id", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0), c1 AS (SELECT r1."parent_model_unique_id" AS "unique_id", system.main."count"(*) AS "n" FROM "elementary"."dbt_tests" AS r1 GROUP BY r1."parent_model_unique_id") SELECT r2."name" AS "name", r3."n" AS "n" FROM (c0 AS r2 LEFT JOIN c1 AS r3 ON (r2."unique_id" = r3."unique_id")) ORDER BY r2."name" NULLS LAST

-- @ cases/own-0111
WITH c0 AS (SELECT r0."unique_id" AS "unique_id", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) SELECT r1."unique_id" AS "u", r1."name" AS "n" FROM c0 AS r1 ORDER BY r1."unique_id" NULLS LAST

-- @ cases/own-0112
WITH c0 AS MATERIALIZED (SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) SELECT system.main."count"(*) AS "count" FROM c0 AS r1

-- @ cases/own-0113
WITH c0 AS (WITH c1 AS (SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) SELECT r1."name" AS "name" FROM c1 AS r1) SELECT system.main."count"(*) AS "count" FROM c0 AS r2

-- @ cases/own-0114
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) UNION (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0115
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) UNION ALL (SELECT r1."short_name" AS "short_name" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0116
(SELECT r0."unique_id" AS "unique_id" FROM "elementary"."dbt_models" AS r0) INTERSECT (SELECT r1."parent_model_unique_id" AS "parent_model_unique_id" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0117
(SELECT r0."unique_id" AS "unique_id" FROM "elementary"."dbt_models" AS r0) EXCEPT (SELECT r1."parent_model_unique_id" AS "parent_model_unique_id" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0118
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 2) UNION ALL (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1 ORDER BY r1."name" NULLS LAST LIMIT 2)

-- @ cases/own-0119
SELECT r0."name" AS "name", (SELECT system.main."max"(r1."detected_at") AS "max" FROM "elementary"."elementary_test_results" AS r1 WHERE (r1."model_unique_id" = r0."unique_id")) AS "last" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0120
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (EXISTS (SELECT 1 AS "?column?" FROM "elementary"."dbt_tests" AS r1 WHERE ((r1."parent_model_unique_id" = r0."unique_id") AND (r1."severity" = 'ERROR')))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0121
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (NOT EXISTS (SELECT r1."unique_id" AS "unique_id", r1."database_name" AS "database_name", r1."schema_name" AS "schema_name", r1."name" AS "name", r1."short_name" AS "short_name", r1."alias" AS "alias", r1."test_column_name" AS "test_column_name", r1."severity" AS "severity", r1."warn_if" AS "warn_if", r1."error_if" AS "error_if", r1."test_params" AS "test_params", r1."test_namespace" AS "test_namespace", r1."test_original_name" AS "test_original_name", r1."tags" AS "tags", r1."model_tags" AS "model_tags", r1."model_owners" AS "model_owners", r1."meta" AS "meta", r1."depends_on_macros" AS "depends_on_macros", r1."depends_on_nodes" AS "depends_on_nodes", r1."parent_model_unique_id" AS "parent_model_unique_id", r1."description" AS "description", r1."package_name" AS "package_name", r1."type" AS "type", r1."original_path" AS "original_path", r1."path" AS "path", r1."generated_at" AS "generated_at", r1."metadata_hash" AS "metadata_hash", r1."quality_dimension" AS "quality_dimension", r1."group_name" AS "group_name" FROM "elementary"."dbt_tests" AS r1 WHERE ((r1."parent_model_unique_id" = r0."unique_id") AND (r1."severity" = 'ERROR')))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0122
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."unique_id" IN (SELECT r1."parent_model_unique_id" AS "parent_model_unique_id" FROM "elementary"."dbt_tests" AS r1 WHERE (r1."severity" = 'WARN'))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0123
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."unique_id" NOT IN (SELECT r1."model_unique_id" AS "model_unique_id" FROM "elementary"."elementary_test_results" AS r1 WHERE ((r1."status" = 'warn') AND (r1."model_unique_id" IS NOT NULL)))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0124
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" = ANY (SELECT r1."failures" AS "failures" FROM "elementary"."elementary_test_results" AS r1 WHERE (r1."status" = 'warn'))) ORDER BY r0."id" NULLS LAST

-- @ cases/own-0125
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" >= ALL (SELECT r1."failures" AS "failures" FROM "elementary"."elementary_test_results" AS r1 WHERE (r1."failures" IS NOT NULL))) ORDER BY r0."id" NULLS LAST

-- @ cases/own-0126
SELECT (CAST(r0."meta" AS JSON) ->> 'owner') AS "o" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0127
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((CAST(r0."meta" AS JSON) ->> 'owner') = 'team1') ORDER BY r0."name" NULLS LAST

-- @ cases/own-0128
SELECT ((CAST(r0."adapter_response" AS JSON) -> 'rows_affected') IS NOT NULL) AS "r" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0129
SELECT CAST((CAST(r0."adapter_response" AS JSON) ->> 'rows_affected') AS BIGINT) AS "r" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0130
SELECT system.main."round"(((100.0 * system.main."sum"((CASE WHEN (r0."status" = 'pass') THEN 1 ELSE 0 END))) / system.main."count"(*)), 1) AS "pct" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0131
SELECT system.main."date_trunc"('week', r0."bucket_start") AS "w", r0."metric_name" AS "metric_name", system.main."avg"(r0."metric_value") AS "v" FROM "elementary"."data_monitoring_metrics" AS r0 GROUP BY system.main."date_trunc"('week', r0."bucket_start"), r0."metric_name" ORDER BY 1 NULLS LAST, r0."metric_name" NULLS LAST

-- @ cases/own-0132
SELECT 1 AS "a", 'x' AS "b", 1.5 AS "c", NULL AS "d", TRUE AS "e", FALSE AS "f", 1e3 AS "g", .5 AS "h"

-- @ cases/own-0133
SELECT r0."name" AS "name", r0."owner" AS "The Owner" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0134
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" = 'm1')

-- @ cases/own-0135
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0136
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0137
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0138
SELECT r0."owner" AS "owner", r0."materialization" AS "materialization", system.main."count"(*) AS "count" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner", r0."materialization" ORDER BY system.main."count"(*) DESC NULLS FIRST, r0."owner" NULLS LAST, r0."materialization" NULLS LAST

-- @ cases/own-0139
SELECT system.main."upper"(r0."owner") AS "owner", system.main."count"(*) AS "n" FROM "elementary"."dbt_models" AS r0 GROUP BY system.main."upper"(r0."owner") ORDER BY 1 NULLS LAST

-- @ cases/own-0140
SELECT DISTINCT ON (r0."test_unique_id") r0."test_unique_id" AS "test_unique_id", r0."status" AS "status", r0."detected_at" AS "detected_at" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."test_unique_id" NULLS LAST, r0."detected_at" DESC NULLS FIRST, r0."id" NULLS LAST

-- @ cases/own-0141
SELECT (system.main."timezone"(CAST('UTC' AS VARCHAR), r0."detected_at") IS NOT NULL) AS "t" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 2

-- @ cases/own-0142
SELECT r0."id" AS "id", ((r0."failures" * 100.0) / system.main."nullif"(r0."failed_row_count", 0)) AS "pct" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 9

-- @ cases/own-0143
SELECT r1."name" AS "name", r0."status" AS "status", r0."detected_at" AS "detected_at" FROM ("elementary"."elementary_test_results" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r0."test_unique_id" = r1."unique_id")) WHERE ((r0."status" IN ('fail', 'error')) AND (r0."detected_at" > CAST('2024-05-03 00:00:00' AS TIMESTAMP))) ORDER BY r0."detected_at" DESC NULLS FIRST, r1."name" NULLS LAST LIMIT 25

-- @ cases/own-0144
WITH c0 AS (SELECT system.main."date_trunc"('day', r0."detected_at") AS "d", system.main."count"(*) AS "n", system.main."count"(*) FILTER (WHERE (r0."status" <> 'pass')) AS "bad" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."date_trunc"('day', r0."detected_at")) SELECT r1."d" AS "d", r1."n" AS "n", r1."bad" AS "bad", system.main."round"(((100.0 * r1."bad") / r1."n"), 2) AS "pct", system.main."sum"(r1."bad") OVER (ORDER BY r1."d" NULLS LAST) AS "cum" FROM c0 AS r1 ORDER BY r1."d" NULLS LAST

-- @ cases/own-0145
WITH c0 AS (SELECT r0."model_execution_id" AS "model_execution_id", r0."unique_id" AS "unique_id", r0."invocation_id" AS "invocation_id", r0."generated_at" AS "generated_at", r0."created_at" AS "created_at", r0."name" AS "name", r0."message" AS "message", r0."status" AS "status", r0."resource_type" AS "resource_type", r0."execution_time" AS "execution_time", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."compile_started_at" AS "compile_started_at", r0."compile_completed_at" AS "compile_completed_at", r0."rows_affected" AS "rows_affected", r0."full_refresh" AS "full_refresh", r0."compiled_code" AS "compiled_code", r0."failures" AS "failures", r0."query_id" AS "query_id", r0."thread_id" AS "thread_id", r0."materialization" AS "materialization", r0."adapter_response" AS "adapter_response", r0."group_name" AS "group_name", system.main."row_number"() OVER (PARTITION BY r0."unique_id" ORDER BY r0."generated_at" DESC NULLS FIRST) AS "rn" FROM "elementary"."dbt_run_results" AS r0) SELECT r1."unique_id" AS "unique_id", r1."status" AS "status", r1."execution_time" AS "execution_time" FROM c0 AS r1 WHERE (r1."rn" = 1) ORDER BY r1."execution_time" DESC NULLS FIRST, r1."unique_id" NULLS LAST LIMIT 10

-- @ cases/own-0146
SELECT r1."job_name" AS "job_name", system.main."avg"(r0."execution_time") AS "a" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_invocations" AS r1 ON (r1."invocation_id" = r0."invocation_id")) GROUP BY r1."job_name" HAVING (system.main."avg"(r0."execution_time") > 1) ORDER BY 2 DESC NULLS FIRST

-- @ cases/own-0147
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" = 'o''brien') OR (r0."description" LIKE '%\_%'))

-- @ cases/own-0148
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" > 'm2') AND ((r0."owner" = 'team1') OR (r0."owner" = 'team2')) AND (NOT (r0."materialization" = 'view'))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0149
SELECT system.main."bool_and"(r0."full_refresh") AS "e" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0150
SELECT CAST(NULL AS VARCHAR) AS "n", (5 IS NULL) AS "f"

-- @ cases/own-0151
SELECT system.main."max"(CAST(system.main."length"(r0."description") AS INTEGER)) AS "m" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0152
SELECT r0."name" AS "name", r0."execution_time" AS "execution_time", (r0."execution_time" > (SELECT system.main."avg"(r1."execution_time") AS "avg" FROM "elementary"."dbt_run_results" AS r1)) AS "slow" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 6

-- @ cases/own-0153
SELECT CAST(system.main."json_array_length"(CAST(r0."tags" AS JSON)) AS INTEGER) AS "n" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0154
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE TRUE

-- @ cases/own-0155
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((1 = 1) AND FALSE)

-- @ cases/own-0156
SELECT r0."status" AS "status" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY system.main."max"(r0."detected_at") DESC NULLS FIRST, r0."status" NULLS LAST

-- @ cases/own-0157
SELECT system.main."make_date"(2024, 5, 1) AS "d"

-- @ cases/own-0158
SELECT (system.main."ln"(2.718281828) > 0.9) AS "l", system.main."log"(100) AS "g", system.main."trunc"(1.9) AS "t"

-- @ cases/own-0159
SELECT (system.main."now"() IS NOT NULL) AS "n", (system.main."current_date"() IS NOT NULL) AS "d"

-- @ cases/own-0160
SELECT r0."status" AS "status", system.main."sum"(system.main."count"(*)) OVER () AS "total", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY r0."status" NULLS LAST

-- @ cases/own-0161
SELECT DISTINCT ON (r0."owner") r0."owner" AS "owner", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."owner" NULLS LAST, r0."name" DESC NULLS FIRST

-- @ cases/own-0162
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."owner" = 'team1')) UNION (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1 WHERE (r1."severity" = 'WARN')) ORDER BY 1 NULLS LAST

-- @ cases/own-0163
SELECT CAST(system.main."json_array_length"(CAST(r0."tags" AS JSON)) AS INTEGER) AS "n" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0164
SELECT (CAST(r0."meta" AS JSON) ->> 'owner') AS "o" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0165
-- refused: a duckdb source has no function `json_typeof`

-- @ cases/own-0166
-- refused: a duckdb source has no function `to_char`

-- @ cases/own-0167
-- refused: a duckdb source has no function `to_date`

-- @ cases/own-0168
-- refused: a duckdb source has no function `initcap`

-- @ cases/own-0169
SELECT system.main."trim"(r0."name", 'm') AS "b", CAST(system.main."char_length"(r0."name") AS INTEGER) AS "c" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0170
SELECT system.main."age"(system.main."max"(r0."detected_at"), system.main."min"(r0."detected_at")) AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0171
SELECT system.main."array_agg"(r0."name" ORDER BY r0."name" NULLS LAST) AS "a" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0172
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0173
SELECT (CAST(system.main."date_part"('microsecond', r0."detected_at") AS DOUBLE) / CAST(1000000 AS DOUBLE)) AS "s", CAST(system.main."date_part"('isodow', r0."detected_at") AS DOUBLE) AS "d", CAST(system.main."date_part"('doy', r0."detected_at") AS DOUBLE) AS "y", CAST(system.main."date_part"('quarter', r0."detected_at") AS DOUBLE) AS "q", CAST(system.main."date_part"('week', r0."detected_at") AS DOUBLE) AS "w" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 5

-- @ cases/own-0174
SELECT (7 / 2) AS "i", (7.0 / 2) AS "d"

-- @ cases/own-0175
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((CAST(r0."meta" AS JSON) ->> 'owner') = 'team1') ORDER BY r0."name" NULLS LAST

-- @ cases/own-0176
SELECT r0."owner" AS "owner", system.main."array_agg"(DISTINCT r0."materialization") AS "k" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner" ORDER BY r0."owner" NULLS LAST

-- @ cases/own-0177
SELECT system.main."left"(CAST(r0."name" AS VARCHAR), 2) AS "v", CAST(r0."name" AS VARCHAR) AS "w" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0178
SELECT (system.main."current_localtimestamp"() IS NOT NULL) AS "l"

-- @ cases/own-0179
SELECT CAST('14 months 0 days 0 microseconds' AS INTERVAL) AS "i", CAST('0 months 0 days 5400000000 microseconds' AS INTERVAL) AS "j"

-- @ cases/own-0180
SELECT (- r0."failures") AS "n", 1 AS "p" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 2

-- @ cases/own-0181
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" = ANY (SELECT 1 AS "?column?")) ORDER BY r0."id" NULLS LAST

-- @ cases/own-0182
SELECT r0."id" AS "id", system.main."sum"(r0."failures") OVER (ORDER BY r0."id" NULLS LAST GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0183
SELECT (CAST(system.main."max"(r0."detected_at") AS DATE) - CAST(system.main."min"(r0."detected_at") AS DATE)) AS "days" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0184
SELECT (system.main."current_date"() - 7) AS "w"

-- @ cases/own-0185
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0186
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0187
SELECT r0."unique_id" AS "unique_id", r0."alias" AS "alias", r0."checksum" AS "checksum", r0."materialization" AS "materialization", r0."tags" AS "tags", r0."meta" AS "meta", r0."owner" AS "owner", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."depends_on_macros" AS "depends_on_macros", r0."depends_on_nodes" AS "depends_on_nodes", r0."description" AS "description", r0."name" AS "name", r0."package_name" AS "package_name", r0."original_path" AS "original_path", r0."path" AS "path", r0."patch_path" AS "patch_path", r0."generated_at" AS "generated_at", r0."metadata_hash" AS "metadata_hash", r0."unique_key" AS "unique_key", r0."incremental_strategy" AS "incremental_strategy", r0."group_name" AS "group_name", r0."access" AS "access", r1."name" AS "test" FROM ("elementary"."dbt_models" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r1."parent_model_unique_id" = r0."unique_id"))

-- @ cases/own-0188
SELECT DISTINCT r0."materialization" AS "materialization" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0189
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0190
SELECT system.main."count"(*) AS "count" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0191
SELECT system.main."count"(*) AS "total" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0192
SELECT system.main."count"(1) AS "count" FROM "elementary"."dbt_models" AS r0 WHERE (r0."owner" IS NOT NULL)

-- @ cases/own-0193
SELECT system.main."count"(DISTINCT r0."owner") AS "owners" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0194
SELECT system.main."min"(r0."generated_at") AS "min", system.main."max"(r0."generated_at") AS "max" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0195
SELECT system.main."sum"(r0."failures") AS "f", system.main."avg"(r0."failures") AS "a" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0196
SELECT r0."status" AS "status", system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status"

-- @ cases/own-0197
SELECT r0."status" AS "status", r0."severity" AS "severity", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status", r0."severity" ORDER BY 3 DESC NULLS LAST, r0."status" NULLS LAST, r0."severity" NULLS LAST

-- @ cases/own-0198
SELECT r0."status" AS "status", r0."severity" AS "severity", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status", r0."severity" HAVING (system.main."count"(*) > 5) ORDER BY 3 DESC NULLS LAST, r0."status" NULLS LAST, r0."severity" NULLS LAST

-- @ cases/own-0199
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" = 'm1')

-- @ cases/own-0200
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" <> 'm1') AND (r0."name" <> 'm2'))

-- @ cases/own-0201
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (NOT ((r0."name" = 'm1') OR (r0."name" = 'm2')))

-- @ cases/own-0202
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" IN ('m1', 'm2', 'm3'))

-- @ cases/own-0203
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" NOT IN ('m1', 'm2'))

-- @ cases/own-0204
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" LIKE 'm1%')

-- @ cases/own-0205
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" NOT LIKE '%1%')

-- @ cases/own-0206
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" ILIKE 'M1%')

-- @ cases/own-0207
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" LIKE 'm!_%' ESCAPE '!')

-- @ cases/own-0208
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" BETWEEN 1 AND 3)

-- @ cases/own-0209
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" NOT BETWEEN 1 AND 3)

-- @ cases/own-0210
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."failures" >= 1) AND (r0."failures" < 4))

-- @ cases/own-0211
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."group_name" IS NULL)

-- @ cases/own-0212
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."group_name" IS NOT NULL)

-- @ cases/own-0213
SELECT r0."name" AS "name", (r0."full_refresh" IS TRUE) AS "a", (r0."full_refresh" IS NOT TRUE) AS "b", (r0."full_refresh" IS FALSE) AS "c", (r0."full_refresh" IS NOT FALSE) AS "d" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 10

-- @ cases/own-0214
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."group_name" IS DISTINCT FROM 'x')

-- @ cases/own-0215
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."owner" IS NOT DISTINCT FROM 'team1')

-- @ cases/own-0216
SELECT (r0."failures" + 1) AS "?column?", (r0."failures" - 1) AS "?column?", (r0."failures" * 2) AS "?column?", (r0."failures" % 2) AS "?column?", (- r0."failures") AS "?column?" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 7

-- @ cases/own-0217
SELECT (r0."execution_time" / 2.0) AS "half" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0218
SELECT (((r0."failures" + 1) * 2) - 3) AS "x" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0219
SELECT (CASE WHEN (r0."status" = 'pass') THEN 'ok' WHEN (r0."status" = 'warn') THEN 'hm' ELSE 'bad' END) AS "s", system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 GROUP BY (CASE WHEN (r0."status" = 'pass') THEN 'ok' WHEN (r0."status" = 'warn') THEN 'hm' ELSE 'bad' END) ORDER BY 1 NULLS LAST

-- @ cases/own-0220
SELECT (CASE r0."status" WHEN 'pass' THEN 1 ELSE 0 END) AS "p" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0221
SELECT (CASE WHEN (r0."failures" > 1) THEN 'x' END) AS "p" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0222
SELECT CAST(r0."failures" AS VARCHAR) AS "f", CAST(r0."failures" AS VARCHAR) AS "g", CAST(r0."failures" AS DOUBLE) AS "d" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 5

-- @ cases/own-0223
SELECT (CAST('12' AS INTEGER) + 1) AS "a", CAST('3' AS BIGINT) AS "b", CAST(1.5 AS DECIMAL(10, 2)) AS "c", CAST(TRUE AS BOOLEAN) AS "d"

-- @ cases/own-0224
SELECT COALESCE(r0."group_name", r0."owner", 'none') AS "g" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0225
SELECT system.main."nullif"(r0."owner", 'team1') AS "o" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0226
SELECT system.main."greatest"(1, 2, 3) AS "g", system.main."least"(3, 2) AS "l"

-- @ cases/own-0227
SELECT system.main."lower"(r0."name") AS "lower", system.main."upper"(r0."name") AS "upper", CAST(system.main."length"(r0."name") AS INTEGER) AS "length" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0228
SELECT system.main."left"(r0."name", 1) AS "l", system.main."right"(r0."name", 1) AS "r" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0229
SELECT system.main."substr"(r0."name", 2) AS "a", system.main."substr"(r0."name", 1, 2) AS "b", system.main."substr"(r0."name", 2, 1) AS "c", system.main."substr"(r0."name", 2) AS "d", system.main."substr"(r0."name", 1, 2) AS "e" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0230
SELECT system.main."trim"(r0."name") AS "a", system.main."trim"(r0."name", 'm') AS "b", system.main."ltrim"(r0."name", 'm') AS "c", system.main."ltrim"(r0."name", 'm') AS "d", system.main."rtrim"(r0."name") AS "e" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0231
SELECT system.main."replace"(r0."name", 'm', 'model ') AS "r" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0232
SELECT system.main."split_part"(r0."unique_id", '.', 3) AS "p" FROM "elementary"."dbt_models" AS r0 ORDER BY 1 NULLS LAST

-- @ cases/own-0233
SELECT CAST(system.main."strpos"(r0."unique_id", 'shop') AS INTEGER) AS "p", CAST(system.main."strpos"(r0."unique_id", '.') AS INTEGER) AS "q" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0234
SELECT system.main."starts_with"(r0."name", 'm1') AS "s" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0235
SELECT system.main."concat"(r0."name", '-', r0."owner") AS "c", system.main."concat_ws"('/', r0."name", r0."owner") AS "w", ((r0."name" || '.') || r0."owner") AS "p" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0236
SELECT system.main."reverse"(r0."name") AS "r", system.main."md5"(r0."name") AS "m" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0237
SELECT system.main."abs"((- 2)) AS "a", system.main."ceil"(1.2) AS "c", system.main."floor"(1.8) AS "f", system.main."round"(2.567, 2) AS "r", system.main."round"(2.5) AS "q", system.main."sign"((- 3)) AS "s", system.main."mod"(7, 3) AS "m", system.main."sqrt"(16) AS "t"

-- @ cases/own-0238
SELECT system.main."round"(CAST(system.main."avg"(r0."execution_time") AS DECIMAL(20, 6)), 2) AS "r" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0239
SELECT system.main."date_trunc"('day', r0."detected_at") AS "d", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."date_trunc"('day', r0."detected_at") ORDER BY 1 NULLS LAST

-- @ cases/own-0240
SELECT system.main."date_trunc"('month', r0."detected_at") AS "m" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."date_trunc"('month', r0."detected_at")

-- @ cases/own-0241
SELECT CAST(CAST(system.main."date_part"('year', r0."detected_at") AS DOUBLE) AS BIGINT) AS "y", CAST(CAST(system.main."date_part"('month', r0."detected_at") AS DOUBLE) AS BIGINT) AS "m", CAST(CAST(system.main."date_part"('dow', r0."detected_at") AS DOUBLE) AS BIGINT) AS "w" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 9

-- @ cases/own-0242
SELECT CAST(CAST(system.main."date_part"('hour', r0."detected_at") AS DOUBLE) AS BIGINT) AS "h" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 9

-- @ cases/own-0243
SELECT CAST(system.main."date_part"('epoch', r0."detected_at") AS DOUBLE) AS "e" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 4

-- @ cases/own-0244
SELECT (r0."detected_at" + CAST('0 months 1 days 0 microseconds' AS INTERVAL)) AS "a", (r0."detected_at" - CAST('0 months 0 days 7200000000 microseconds' AS INTERVAL)) AS "b", (r0."detected_at" - CAST('0 months 3 days 0 microseconds' AS INTERVAL)) AS "c" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 4

-- @ cases/own-0245
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE ((r0."detected_at" >= CAST('2024-05-05 00:00:00' AS TIMESTAMP)) AND (r0."detected_at" < CAST('2024-05-06' AS TIMESTAMP)))

-- @ cases/own-0246
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" >= CAST('2024-05-05' AS DATE))

-- @ cases/own-0247
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" >= '2024-05-05')

-- @ cases/own-0248
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (CAST(r0."detected_at" AS DATE) = CAST('2024-05-05' AS DATE))

-- @ cases/own-0249
SELECT CAST(r0."detected_at" AS DATE) AS "d", system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 GROUP BY CAST(r0."detected_at" AS DATE) ORDER BY 1 NULLS LAST

-- @ cases/own-0250
SELECT CAST(r0."generated_at" AS TIMESTAMP) AS "g" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0251
SELECT (system.main."max"(r0."detected_at") - system.main."min"(r0."detected_at")) AS "span" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0252
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" < system.main."now"())

-- @ cases/own-0253
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."detected_at" < (system.main."now"() - CAST('0 months 30 days 0 microseconds' AS INTERVAL)))

-- @ cases/own-0254
SELECT system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 WHERE (CAST(r0."detected_at" AS DATE) < system.main."current_date"())

-- @ cases/own-0255
SELECT system.main."count"(*) FILTER (WHERE (r0."status" = 'fail')) AS "f", system.main."sum"(r0."failures") FILTER (WHERE (r0."status" = 'fail')) AS "s" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0256
SELECT system.main."string_agg"(r0."name", ',' ORDER BY r0."name" NULLS LAST) AS "names" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0257
SELECT r0."owner" AS "owner", system.main."string_agg"(DISTINCT r0."materialization", ', ' ORDER BY r0."materialization" NULLS LAST) AS "kinds" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner" ORDER BY r0."owner" NULLS LAST

-- @ cases/own-0258
SELECT system.main."bool_and"(r0."full_refresh") AS "a", system.main."bool_or"(r0."full_refresh") AS "o" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0259
SELECT (system.main."stddev"(r0."execution_time") > 0) AS "s", (system.main."variance"(r0."execution_time") > 0) AS "v", (system.main."stddev_pop"(r0."execution_time") > 0) AS "p" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0260
SELECT system.main."percentile_cont"(0.95) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "p95" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0261
SELECT system.main."percentile_disc"(0.5) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "p" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0262
SELECT system.main."mode"() WITHIN GROUP (ORDER BY r0."status" NULLS LAST) AS "m" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0263
SELECT r0."status" AS "status", system.main."corr"(r0."failures", r0."failed_row_count") AS "c" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY r0."status" NULLS LAST

-- @ cases/own-0264
SELECT r0."id" AS "id", system.main."row_number"() OVER (ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "n" FROM "elementary"."elementary_test_results" AS r0 ORDER BY 2 NULLS LAST LIMIT 9

-- @ cases/own-0265
SELECT r0."id" AS "id", system.main."rank"() OVER (PARTITION BY r0."status" ORDER BY r0."failures" DESC NULLS LAST) AS "r", system.main."dense_rank"() OVER (PARTITION BY r0."status" ORDER BY r0."failures" NULLS LAST) AS "d" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0266
SELECT r0."id" AS "id", system.main."lag"(r0."status") OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "was", system.main."lead"(r0."status", 1, 'none') OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "next" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0267
SELECT r0."id" AS "id", system.main."first_value"(r0."status") OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "f", system.main."last_value"(r0."status") OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST) AS "l" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0268
SELECT r0."id" AS "id", system.main."sum"(r0."failures") OVER (ORDER BY r0."id" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0269
SELECT r0."id" AS "id", system.main."avg"(r0."failures") OVER (ORDER BY r0."id" NULLS LAST ROWS BETWEEN 2 PRECEDING AND 2 FOLLOWING) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0270
SELECT r0."id" AS "id", system.main."count"(*) OVER () AS "total" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/own-0271
SELECT r0."id" AS "id", system.main."count"(*) OVER (PARTITION BY r0."status") AS "total", CAST(system.main."ntile"(4) OVER (ORDER BY r0."id" NULLS LAST) AS INTEGER) AS "q", system.main."percent_rank"() OVER (ORDER BY r0."id" NULLS LAST) AS "p", system.main."cume_dist"() OVER (ORDER BY r0."id" NULLS LAST) AS "c" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0272
SELECT r0."id" AS "id", system.main."sum"(r0."failures") OVER (ORDER BY r0."detected_at" NULLS LAST, r0."id" NULLS LAST RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0273
SELECT r0."id" AS "id", system.main."nth_value"(r0."status", 2) OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."id" NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS "s" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST

-- @ cases/own-0274
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" DESC NULLS LAST

-- @ cases/own-0275
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."group_name" NULLS FIRST, r0."name" NULLS LAST

-- @ cases/own-0276
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY CAST(system.main."length"(r0."name") AS INTEGER) NULLS LAST, r0."name" NULLS LAST LIMIT 3

-- @ cases/own-0277
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0278
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 3 OFFSET 2

-- @ cases/own-0279
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 1

-- @ cases/own-0280
SELECT r0."name" AS "n" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0281
SELECT r0."name" AS "name", r1."name" AS "other" FROM ("elementary"."dbt_models" AS r0 INNER JOIN "elementary"."dbt_models" AS r1 ON ((r0."owner" = r1."owner") AND (r0."unique_id" < r1."unique_id"))) ORDER BY r0."name" NULLS LAST, r1."name" NULLS LAST

-- @ cases/own-0282
SELECT r0."name" AS "name", system.main."count"(r1."unique_id") AS "n" FROM ("elementary"."dbt_models" AS r0 LEFT JOIN "elementary"."dbt_tests" AS r1 ON (r1."parent_model_unique_id" = r0."unique_id")) GROUP BY r0."name" ORDER BY r0."name" NULLS LAST

-- @ cases/own-0283
SELECT r1."name" AS "name", r0."name" AS "t" FROM ("elementary"."dbt_tests" AS r0 RIGHT JOIN "elementary"."dbt_models" AS r1 ON (r0."parent_model_unique_id" = r1."unique_id")) ORDER BY r1."name" NULLS LAST, r0."name" NULLS LAST

-- @ cases/own-0284
SELECT r1."name" AS "name", r0."name" AS "t" FROM ("elementary"."dbt_tests" AS r0 FULL JOIN "elementary"."dbt_models" AS r1 ON (r0."parent_model_unique_id" = r1."unique_id")) ORDER BY r1."name" NULLS LAST, r0."name" NULLS LAST

-- @ cases/own-0285
SELECT system.main."count"(*) AS "count" FROM ("elementary"."dbt_models" AS r0 CROSS JOIN "elementary"."dbt_invocations" AS r1)

-- @ cases/own-0286
SELECT system.main."count"(*) AS "count" FROM ("elementary"."dbt_models" AS r0 CROSS JOIN "elementary"."dbt_invocations" AS r1) WHERE (r0."owner" = 'team1')

-- @ cases/own-0287
SELECT r0."invocation_id" AS "invocation_id", system.main."count"(*) AS "count" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_invocations" AS r1 ON (r0."invocation_id" = r1."invocation_id")) GROUP BY r0."invocation_id" ORDER BY r0."invocation_id" NULLS LAST

-- @ cases/own-0288
SELECT r0."name" AS "name", r1."job_name" AS "job_name" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_invocations" AS r1 ON (r0."invocation_id" = r1."invocation_id")) ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0289
SELECT system.main."count"(*) AS "count" FROM (("elementary"."dbt_models" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r1."parent_model_unique_id" = r0."unique_id")) INNER JOIN "elementary"."elementary_test_results" AS r2 ON (r2."test_unique_id" = r1."unique_id"))

-- @ cases/own-0290
SELECT r1."owner" AS "owner", r1."n" AS "n" FROM (SELECT r0."owner" AS "owner", system.main."count"(*) AS "n" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner") AS r1 WHERE (r1."n" > 1) ORDER BY r1."owner" NULLS LAST

-- @ cases/own-0291
SELECT system.main."avg"(r1."n") AS "avg" FROM (SELECT system.main."count"(*) AS "n" FROM "elementary"."dbt_tests" AS r0 GROUP BY r0."parent_model_unique_id") AS r1

-- @ cases/own-0292
SELECT r1."owner" AS "o", r1."count" AS "k" FROM (SELECT r0."owner" AS "owner", system.main."count"(*) AS "count" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner") AS r1 ORDER BY r1."owner" NULLS LAST

-- @ cases/own-0293
WITH c0 AS (SELECT r0."id" AS "id", r0."data_issue_id" AS "data_issue_id", r0."test_execution_id" AS "test_execution_id", r0."test_unique_id" AS "test_unique_id", r0."model_unique_id" AS "model_unique_id", r0."invocation_id" AS "invocation_id", r0."detected_at" AS "detected_at", r0."created_at" AS "created_at", r0."database_name" AS "database_name", r0."schema_name" AS "schema_name", r0."table_name" AS "table_name", r0."column_name" AS "column_name", r0."test_type" AS "test_type", r0."test_sub_type" AS "test_sub_type", r0."test_results_description" AS "test_results_description", r0."owners" AS "owners", r0."tags" AS "tags", r0."test_results_query" AS "test_results_query", r0."other" AS "other", r0."test_name" AS "test_name", r0."test_params" AS "test_params", r0."severity" AS "severity", r0."status" AS "status", r0."failures" AS "failures", r0."test_short_name" AS "test_short_name", r0."test_alias" AS "test_alias", r0."result_rows" AS "result_rows", r0."failed_row_count" AS "failed_row_count" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."status" = 'fail')) SELECT r1."test_unique_id" AS "test_unique_id", system.main."count"(*) AS "n" FROM c0 AS r1 GROUP BY r1."test_unique_id" ORDER BY 2 DESC NULLS LAST, r1."test_unique_id" NULLS LAST

-- @ cases/own-0294
WITH c0 AS (SELECT r0."unique_id" AS "unique_id", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0), c1 AS (SELECT r1."parent_model_unique_id" AS "unique_id", system.main."count"(*) AS "n" FROM "elementary"."dbt_tests" AS r1 GROUP BY r1."parent_model_unique_id") SELECT r2."name" AS "name", r3."n" AS "n" FROM (c0 AS r2 LEFT JOIN c1 AS r3 ON (r2."unique_id" = r3."unique_id")) ORDER BY r2."name" NULLS LAST

-- @ cases/own-0295
WITH c0 AS (SELECT r0."unique_id" AS "unique_id", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) SELECT r1."unique_id" AS "u", r1."name" AS "n" FROM c0 AS r1 ORDER BY r1."unique_id" NULLS LAST

-- @ cases/own-0296
WITH c0 AS MATERIALIZED (SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) SELECT system.main."count"(*) AS "count" FROM c0 AS r1

-- @ cases/own-0297
WITH c0 AS (WITH c1 AS (SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) SELECT r1."name" AS "name" FROM c1 AS r1) SELECT system.main."count"(*) AS "count" FROM c0 AS r2

-- @ cases/own-0298
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) UNION (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0299
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0) UNION ALL (SELECT r1."short_name" AS "short_name" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0300
(SELECT r0."unique_id" AS "unique_id" FROM "elementary"."dbt_models" AS r0) INTERSECT (SELECT r1."parent_model_unique_id" AS "parent_model_unique_id" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0301
(SELECT r0."unique_id" AS "unique_id" FROM "elementary"."dbt_models" AS r0) EXCEPT (SELECT r1."parent_model_unique_id" AS "parent_model_unique_id" FROM "elementary"."dbt_tests" AS r1) ORDER BY 1 NULLS LAST

-- @ cases/own-0302
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST LIMIT 2) UNION ALL (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1 ORDER BY r1."name" NULLS LAST LIMIT 2)

-- @ cases/own-0303
SELECT r0."name" AS "name", (SELECT system.main."max"(r1."detected_at") AS "max" FROM "elementary"."elementary_test_results" AS r1 WHERE (r1."model_unique_id" = r0."unique_id")) AS "last" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0304
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (EXISTS (SELECT 1 AS "?column?" FROM "elementary"."dbt_tests" AS r1 WHERE ((r1."parent_model_unique_id" = r0."unique_id") AND (r1."severity" = 'ERROR')))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0305
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (NOT EXISTS (SELECT r1."unique_id" AS "unique_id", r1."database_name" AS "database_name", r1."schema_name" AS "schema_name", r1."name" AS "name", r1."short_name" AS "short_name", r1."alias" AS "alias", r1."test_column_name" AS "test_column_name", r1."severity" AS "severity", r1."warn_if" AS "warn_if", r1."error_if" AS "error_if", r1."test_params" AS "test_params", r1."test_namespace" AS "test_namespace", r1."test_original_name" AS "test_original_name", r1."tags" AS "tags", r1."model_tags" AS "model_tags", r1."model_owners" AS "model_owners", r1."meta" AS "meta", r1."depends_on_macros" AS "depends_on_macros", r1."depends_on_nodes" AS "depends_on_nodes", r1."parent_model_unique_id" AS "parent_model_unique_id", r1."description" AS "description", r1."package_name" AS "package_name", r1."type" AS "type", r1."original_path" AS "original_path", r1."path" AS "path", r1."generated_at" AS "generated_at", r1."metadata_hash" AS "metadata_hash", r1."quality_dimension" AS "quality_dimension", r1."group_name" AS "group_name" FROM "elementary"."dbt_tests" AS r1 WHERE ((r1."parent_model_unique_id" = r0."unique_id") AND (r1."severity" = 'ERROR')))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0306
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."unique_id" IN (SELECT r1."parent_model_unique_id" AS "parent_model_unique_id" FROM "elementary"."dbt_tests" AS r1 WHERE (r1."severity" = 'WARN'))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0307
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."unique_id" NOT IN (SELECT r1."model_unique_id" AS "model_unique_id" FROM "elementary"."elementary_test_results" AS r1 WHERE ((r1."status" = 'warn') AND (r1."model_unique_id" IS NOT NULL)))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0308
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" = ANY (SELECT r1."failures" AS "failures" FROM "elementary"."elementary_test_results" AS r1 WHERE (r1."status" = 'warn'))) ORDER BY r0."id" NULLS LAST

-- @ cases/own-0309
SELECT r0."id" AS "id" FROM "elementary"."elementary_test_results" AS r0 WHERE (r0."failures" >= ALL (SELECT r1."failures" AS "failures" FROM "elementary"."elementary_test_results" AS r1 WHERE (r1."failures" IS NOT NULL))) ORDER BY r0."id" NULLS LAST

-- @ cases/own-0310
SELECT (CAST(r0."meta" AS JSON) ->> 'owner') AS "o" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0311
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((CAST(r0."meta" AS JSON) ->> 'owner') = 'team1') ORDER BY r0."name" NULLS LAST

-- @ cases/own-0312
SELECT ((CAST(r0."adapter_response" AS JSON) -> 'rows_affected') IS NOT NULL) AS "r" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0313
SELECT CAST((CAST(r0."adapter_response" AS JSON) ->> 'rows_affected') AS BIGINT) AS "r" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 5

-- @ cases/own-0314
SELECT system.main."round"(((100.0 * system.main."sum"((CASE WHEN (r0."status" = 'pass') THEN 1 ELSE 0 END))) / system.main."count"(*)), 1) AS "pct" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0315
SELECT system.main."date_trunc"('week', r0."bucket_start") AS "w", r0."metric_name" AS "metric_name", system.main."avg"(r0."metric_value") AS "v" FROM "elementary"."data_monitoring_metrics" AS r0 GROUP BY system.main."date_trunc"('week', r0."bucket_start"), r0."metric_name" ORDER BY 1 NULLS LAST, r0."metric_name" NULLS LAST

-- @ cases/own-0316
SELECT 1 AS "a", 'x' AS "b", 1.5 AS "c", NULL AS "d", TRUE AS "e", FALSE AS "f", 1e3 AS "g", .5 AS "h"

-- @ cases/own-0317
SELECT r0."name" AS "name", r0."owner" AS "The Owner" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0318
SELECT r0."name" AS "Name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."name" = 'm1')

-- @ cases/own-0319
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0320
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0321
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0322
SELECT r0."owner" AS "owner", r0."materialization" AS "materialization", system.main."count"(*) AS "count" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner", r0."materialization" ORDER BY system.main."count"(*) DESC NULLS LAST, r0."owner" NULLS LAST, r0."materialization" NULLS LAST

-- @ cases/own-0323
SELECT system.main."upper"(r0."owner") AS "owner", system.main."count"(*) AS "n" FROM "elementary"."dbt_models" AS r0 GROUP BY system.main."upper"(r0."owner") ORDER BY 1 NULLS LAST

-- @ cases/own-0324
SELECT DISTINCT ON (r0."test_unique_id") r0."test_unique_id" AS "test_unique_id", r0."status" AS "status", r0."detected_at" AS "detected_at" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."test_unique_id" NULLS LAST, r0."detected_at" DESC NULLS LAST, r0."id" NULLS LAST

-- @ cases/own-0325
SELECT (system.main."timezone"(CAST('UTC' AS VARCHAR), r0."detected_at") IS NOT NULL) AS "t" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 2

-- @ cases/own-0326
SELECT r0."id" AS "id", ((r0."failures" * 100.0) / system.main."nullif"(r0."failed_row_count", 0)) AS "pct" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 9

-- @ cases/own-0327
SELECT r1."name" AS "name", r0."status" AS "status", r0."detected_at" AS "detected_at" FROM ("elementary"."elementary_test_results" AS r0 INNER JOIN "elementary"."dbt_tests" AS r1 ON (r0."test_unique_id" = r1."unique_id")) WHERE ((r0."status" IN ('fail', 'error')) AND (r0."detected_at" > CAST('2024-05-03 00:00:00' AS TIMESTAMP))) ORDER BY r0."detected_at" DESC NULLS LAST, r1."name" NULLS LAST LIMIT 25

-- @ cases/own-0328
WITH c0 AS (SELECT system.main."date_trunc"('day', r0."detected_at") AS "d", system.main."count"(*) AS "n", system.main."count"(*) FILTER (WHERE (r0."status" <> 'pass')) AS "bad" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."date_trunc"('day', r0."detected_at")) SELECT r1."d" AS "d", r1."n" AS "n", r1."bad" AS "bad", system.main."round"(((100.0 * r1."bad") / r1."n"), 2) AS "pct", system.main."sum"(r1."bad") OVER (ORDER BY r1."d" NULLS LAST) AS "cum" FROM c0 AS r1 ORDER BY r1."d" NULLS LAST

-- @ cases/own-0329
WITH c0 AS (SELECT r0."model_execution_id" AS "model_execution_id", r0."unique_id" AS "unique_id", r0."invocation_id" AS "invocation_id", r0."generated_at" AS "generated_at", r0."created_at" AS "created_at", r0."name" AS "name", r0."message" AS "message", r0."status" AS "status", r0."resource_type" AS "resource_type", r0."execution_time" AS "execution_time", r0."execute_started_at" AS "execute_started_at", r0."execute_completed_at" AS "execute_completed_at", r0."compile_started_at" AS "compile_started_at", r0."compile_completed_at" AS "compile_completed_at", r0."rows_affected" AS "rows_affected", r0."full_refresh" AS "full_refresh", r0."compiled_code" AS "compiled_code", r0."failures" AS "failures", r0."query_id" AS "query_id", r0."thread_id" AS "thread_id", r0."materialization" AS "materialization", r0."adapter_response" AS "adapter_response", r0."group_name" AS "group_name", system.main."row_number"() OVER (PARTITION BY r0."unique_id" ORDER BY r0."generated_at" DESC NULLS LAST) AS "rn" FROM "elementary"."dbt_run_results" AS r0) SELECT r1."unique_id" AS "unique_id", r1."status" AS "status", r1."execution_time" AS "execution_time" FROM c0 AS r1 WHERE (r1."rn" = 1) ORDER BY r1."execution_time" DESC NULLS LAST, r1."unique_id" NULLS LAST LIMIT 10

-- @ cases/own-0330
SELECT r1."job_name" AS "job_name", system.main."avg"(r0."execution_time") AS "a" FROM ("elementary"."dbt_run_results" AS r0 INNER JOIN "elementary"."dbt_invocations" AS r1 ON (r1."invocation_id" = r0."invocation_id")) GROUP BY r1."job_name" HAVING (system.main."avg"(r0."execution_time") > 1) ORDER BY 2 DESC NULLS LAST

-- @ cases/own-0331
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" = 'o''brien') OR (r0."description" LIKE '%\_%'))

-- @ cases/own-0332
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((r0."name" > 'm2') AND ((r0."owner" = 'team1') OR (r0."owner" = 'team2')) AND (NOT (r0."materialization" = 'view'))) ORDER BY r0."name" NULLS LAST

-- @ cases/own-0333
SELECT CAST(NULL AS VARCHAR) AS "n", (5 IS NULL) AS "f"

-- @ cases/own-0334
SELECT system.main."max"(CAST(system.main."length"(r0."description") AS INTEGER)) AS "m" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0335
SELECT r0."name" AS "name", r0."execution_time" AS "execution_time", (r0."execution_time" > (SELECT system.main."avg"(r1."execution_time") AS "avg" FROM "elementary"."dbt_run_results" AS r1)) AS "slow" FROM "elementary"."dbt_run_results" AS r0 ORDER BY r0."model_execution_id" NULLS LAST LIMIT 6

-- @ cases/own-0336
SELECT CAST(system.main."json_array_length"(CAST(r0."tags" AS JSON)) AS INTEGER) AS "n" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0337
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE TRUE

-- @ cases/own-0338
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((1 = 1) AND FALSE)

-- @ cases/own-0339
SELECT r0."status" AS "status" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY system.main."max"(r0."detected_at") DESC NULLS LAST, r0."status" NULLS LAST

-- @ cases/own-0340
SELECT system.main."make_date"(2024, 5, 1) AS "d"

-- @ cases/own-0341
SELECT (system.main."ln"(2.718281828) > 0.9) AS "l", system.main."log"(100) AS "g", system.main."trunc"(1.9) AS "t"

-- @ cases/own-0342
SELECT (system.main."now"() IS NOT NULL) AS "n", (system.main."current_date"() IS NOT NULL) AS "d"

-- @ cases/own-0343
SELECT r0."status" AS "status", system.main."sum"(system.main."count"(*)) OVER () AS "total", system.main."count"(*) AS "n" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."status" ORDER BY r0."status" NULLS LAST

-- @ cases/own-0344
SELECT DISTINCT ON (r0."owner") r0."owner" AS "owner", r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."owner" NULLS LAST, r0."name" DESC NULLS LAST

-- @ cases/own-0345
(SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE (r0."owner" = 'team1')) UNION (SELECT r1."name" AS "name" FROM "elementary"."dbt_tests" AS r1 WHERE (r1."severity" = 'WARN')) ORDER BY 1 NULLS LAST

-- @ cases/own-0346
SELECT r1."id" AS "id", r1."status" AS "status" FROM (SELECT r0."id" AS "id", r0."status" AS "status", (system.main."row_number"() OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" DESC NULLS LAST, r0."id" NULLS LAST) = 1) AS "qualify0", r0."id" AS "qualify1" FROM "elementary"."elementary_test_results" AS r0) AS r1 WHERE r1."qualify0" ORDER BY r1."qualify1" NULLS LAST

-- @ cases/own-0347
SELECT r1."id" AS "id", r1."status" AS "status", r1."rn" AS "rn" FROM (SELECT r0."id" AS "id", r0."status" AS "status", system.main."row_number"() OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" DESC NULLS LAST, r0."id" NULLS LAST) AS "rn", (system.main."row_number"() OVER (PARTITION BY r0."test_unique_id" ORDER BY r0."detected_at" DESC NULLS LAST, r0."id" NULLS LAST) = 1) AS "qualify0", r0."id" AS "qualify1" FROM "elementary"."elementary_test_results" AS r0) AS r1 WHERE r1."qualify0" ORDER BY r1."qualify1" NULLS LAST LIMIT 5

-- @ cases/own-0348
SELECT r1."test_unique_id" AS "test_unique_id", r1."n" AS "n" FROM (SELECT r0."test_unique_id" AS "test_unique_id", system.main."count"(*) AS "n", (system.main."rank"() OVER (ORDER BY system.main."count"(*) DESC NULLS LAST) <= 3) AS "qualify0", r0."test_unique_id" AS "qualify1" FROM "elementary"."elementary_test_results" AS r0 GROUP BY r0."test_unique_id") AS r1 WHERE r1."qualify0" ORDER BY r1."qualify1" NULLS LAST

-- @ cases/own-0349
SELECT r0."name" AS "NAME", r0."owner" AS "Owner" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."name" NULLS LAST

-- @ cases/own-0350
SELECT (r0."detected_at" - CAST('0 months 7 days 0 microseconds' AS INTERVAL)) AS "w" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/own-0351
SELECT system.main."percentile_cont"(0.5) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "m", system.main."percentile_cont"(0.9) WITHIN GROUP (ORDER BY r0."execution_time" NULLS LAST) AS "q" FROM "elementary"."dbt_run_results" AS r0

-- @ cases/own-0352
SELECT COALESCE(r0."group_name", 'none') AS "g", CAST(system.main."length"(r0."name") AS INTEGER) AS "l" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0353
SELECT system.main."count"(*) FILTER (WHERE (r0."status" = 'fail')) AS "f" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0354
SELECT CAST(CAST(system.main."date_part"('year', r0."detected_at") AS DOUBLE) AS BIGINT) AS "y", CAST(CAST(system.main."date_part"('month', r0."detected_at") AS DOUBLE) AS BIGINT) AS "m", CAST(CAST(system.main."date_part"('day', r0."detected_at") AS DOUBLE) AS BIGINT) AS "d" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/own-0355
SELECT (CAST(system.main."strpos"(r0."name", '1') AS INTEGER) > 0) AS "c" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0356
SELECT (CAST(r0."meta" AS JSON) ->> '$.owner') AS "o" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0357
SELECT CAST(system.main."date_part"('epoch', r0."detected_at") AS DOUBLE) AS "e" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/own-0358
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."group_name" DESC NULLS LAST, r0."name" NULLS LAST LIMIT 4

-- @ cases/own-0359
SELECT CAST(1.23456 AS DECIMAL(18, 3)) AS "n", CAST(r0."name" AS VARCHAR) AS "v" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST LIMIT 2

-- @ cases/own-0360
SELECT (7 / 2) AS "h", (1.0 / 3) AS "t"

-- @ cases/own-0361
SELECT (CAST(r0."meta" AS JSON) ->> '$.owner') AS "o" FROM "elementary"."dbt_models" AS r0 ORDER BY r0."unique_id" NULLS LAST

-- @ cases/own-0362
SELECT CAST(system.main."floor"((CAST(system.main."date_part"('microsecond', r0."detected_at") AS DOUBLE) / CAST(1000000 AS DOUBLE))) AS BIGINT) AS "s", CAST(CAST(system.main."date_part"('hour', r0."detected_at") AS DOUBLE) AS BIGINT) AS "h" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/own-0363
SELECT system.main."array_agg"(r0."name" ORDER BY r0."name" NULLS LAST) AS "l" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0364
SELECT r0."name" AS "name" FROM "elementary"."dbt_models" AS r0 WHERE ((CAST(r0."meta" AS JSON) ->> 'owner') = 'team1') ORDER BY r0."name" NULLS LAST

-- @ cases/own-0365
SELECT system.main."strftime"(r0."detected_at", '%Y-%m') AS "m", system.main."count"(*) AS "count" FROM "elementary"."elementary_test_results" AS r0 GROUP BY system.main."strftime"(r0."detected_at", '%Y-%m') ORDER BY 1 NULLS LAST

-- @ cases/own-0366
SELECT system.main."date_diff"('day', system.main."min"(r0."detected_at"), system.main."max"(r0."detected_at")) AS "d" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0367
SELECT system.main."date_diff"('hour', system.main."min"(r0."detected_at"), system.main."max"(r0."detected_at")) AS "d" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0368
SELECT system.main."arg_max"(r0."status", r0."detected_at") AS "s", (system.main."arg_max"(r0."id", r0."detected_at") IS NOT NULL) AS "m" FROM "elementary"."elementary_test_results" AS r0

-- @ cases/own-0369
SELECT system.main."any_value"(r0."project_name") AS "p" FROM "elementary"."dbt_invocations" AS r0

-- @ cases/own-0370
SELECT system.main."approx_count_distinct"(r0."owner") AS "n" FROM "elementary"."dbt_models" AS r0

-- @ cases/own-0371
SELECT system.main."dayname"(r0."detected_at") AS "d", system.main."monthname"(r0."detected_at") AS "m" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ cases/own-0374
SELECT system.main."strptime"('2024-05-01', '%Y-%m-%d') AS "d"

-- @ cases/own-0375
SELECT system.main."max"(r1."x") AS "max" FROM (SELECT r0."owner" AS "owner", system.main."count"(*) AS "x" FROM "elementary"."dbt_models" AS r0 GROUP BY r0."owner") AS r1

-- @ cases/own-0376
SELECT CAST(r0."failures" AS DOUBLE) AS "d", CAST(r0."failures" AS REAL) AS "f", CAST(r0."failures" AS VARCHAR) AS "v" FROM "elementary"."elementary_test_results" AS r0 ORDER BY r0."id" NULLS LAST LIMIT 3

-- @ policy/samples
SELECT r0."result_row" AS "result_row", r0."test_type" AS "test_type" FROM (SELECT r1."result_row" AS "result_row", r1."test_type" AS "test_type" FROM (SELECT r2."result_row" AS "result_row", r2."test_type" AS "test_type", system.main."row_number"() OVER (PARTITION BY r2."elementary_test_results_id" ORDER BY r2."row_index" NULLS LAST, r2."created_at" NULLS LAST, r2."result_row" NULLS LAST) AS "row_of_result" FROM "elementary"."test_result_rows" AS r2 WHERE ((r2."created_at" >= CAST('2026-12-16 08:00:00' AS TIMESTAMP)) AND (r2."elementary_test_results_id" IN (SELECT r3."id" AS "id" FROM "elementary"."elementary_test_results" AS r3 WHERE ((r3."table_name" IS NOT NULL) AND (r3."table_name" <> CAST('' AS VARCHAR)) AND (r3."schema_name" IS NOT NULL) AND (NOT ((system.main."lower"(r3."table_name") = system.main."lower"(CAST('customers' AS VARCHAR))) AND (system.main."lower"(r3."schema_name") = system.main."lower"(CAST('raw_app' AS VARCHAR))))) AND (NOT (system.main."lower"(r3."table_name") = system.main."lower"(CAST('orders' AS VARCHAR))))))) AND (r2."elementary_test_results_id" NOT IN (SELECT r4."id" AS "id" FROM "elementary"."elementary_test_results" AS r4 WHERE ((r4."id" IS NOT NULL) AND (((r4."table_name" IS NOT NULL) AND (r4."table_name" <> CAST('' AS VARCHAR)) AND (r4."schema_name" IS NOT NULL) AND (NOT ((system.main."lower"(r4."table_name") = system.main."lower"(CAST('customers' AS VARCHAR))) AND (system.main."lower"(r4."schema_name") = system.main."lower"(CAST('raw_app' AS VARCHAR))))) AND (NOT (system.main."lower"(r4."table_name") = system.main."lower"(CAST('orders' AS VARCHAR))))) IS NOT TRUE)))))) AS r1 WHERE (r1."row_of_result" <= 5)) AS r0

-- @ policy/masks
SELECT r0."name" AS "name", r0."description" AS "description" FROM (SELECT CAST(NULL AS VARCHAR) AS "name", system.main."left"(r1."description", 5) AS "description" FROM "elementary"."dbt_models" AS r1) AS r0

