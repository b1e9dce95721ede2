//! The files in this binary. A test holds the list against the folder.

macro_rules! files {
    ($($name:literal,)*) => {
        /// Each file's name and text.
        pub(super) const FILES: &[(&str, &str)] =
            &[$((concat!($name, ".sql"), include_str!(concat!("../../catalogue/", $name, ".sql"))),)*];
    };
}

files! {
    "alerts.pending",
    "artifacts.hashes",
    "counts.by_day",
    "freshness.results",
    "invocations.recent",
    "lineage.nodes",
    "metrics.anomalies",
    "models.failed",
    "models.run_history",
    "models.slowest",
    "package.version",
    "read.alerts_anomaly_detection",
    "read.alerts_dbt_models",
    "read.alerts_dbt_source_freshness",
    "read.alerts_dbt_tests",
    "read.alerts_schema_changes",
    "read.alerts_v2",
    "read.anomaly_threshold_sensitivity",
    "read.data_monitoring_metrics",
    "read.dbt_artifacts_hashes",
    "read.dbt_columns",
    "read.dbt_exposures",
    "read.dbt_groups",
    "read.dbt_invocations",
    "read.dbt_metrics",
    "read.dbt_models",
    "read.dbt_run_results",
    "read.dbt_seeds",
    "read.dbt_snapshots",
    "read.dbt_source_freshness_results",
    "read.dbt_sources",
    "read.dbt_tests",
    "read.elementary_test_results",
    "read.job_run_results",
    "read.metadata",
    "read.metrics_anomaly_score",
    "read.model_run_results",
    "read.monitors_runs",
    "read.schema_columns_snapshot",
    "read.seed_run_results",
    "read.snapshot_run_results",
    "read.test_result_rows",
    "schema.changes",
    "tests.coverage",
    "tests.failed_rows",
    "tests.failing",
    "tests.flaky",
    "tests.history",
    "tests.latest_status",
    "volume.anomalies",
}
