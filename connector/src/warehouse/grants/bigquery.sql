-- BigQuery: a service account for the connector that may read the Elementary dataset and nothing else.

-- The account, and the right to run queries in one project (which it is billed to; it gives no data). In a shell:
--   gcloud iam service-accounts create NAME --project {database:raw}
--   gcloud projects add-iam-policy-binding {database:raw} --member serviceAccount:{role:raw} --role roles/bigquery.jobUser
-- Prefer a workload identity to a key file where the connector's host has one.

-- On the dataset and not on the project. It holds for tables and views that dbt re-creates, too: in BigQuery a grant belongs to
-- the dataset and does not go with the object.
GRANT `roles/bigquery.dataViewer` ON SCHEMA {database}.{schema} TO "serviceAccount:{role:raw}";

-- No roles/bigquery.metadataViewer or resourceViewer on the project is needed. What the account has through its groups, folder and
-- organisation is not visible from here: look with the Policy Analyzer (gcloud asset analyze-iam-policy).
