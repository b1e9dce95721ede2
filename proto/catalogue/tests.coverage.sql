-- name: tests.coverage
-- purpose: How many tests and tested columns each model has, least covered first.
-- parameter: package text = ''  -- Only models of this dbt package; empty for every one.
-- parameter: limit integer 1..100000 = 5000  -- Models at the most.
WITH tested AS (
    SELECT
        t.parent_model_unique_id AS unique_id,
        count(*) AS tests,
        count(*) FILTER (WHERE t.test_column_name IS NOT NULL) AS column_tests,
        count(DISTINCT t.test_column_name) AS tested_columns
    FROM dbt_tests AS t
    GROUP BY t.parent_model_unique_id
),
documented AS (
    SELECT c.parent_unique_id AS unique_id, count(*) AS columns
    FROM dbt_columns AS c
    GROUP BY c.parent_unique_id
)
SELECT
    m.unique_id,
    m.name,
    m.package_name,
    m.schema_name,
    m.materialization,
    m.owner,
    m.tags,
    coalesce(t.tests, 0) AS tests,
    coalesce(t.column_tests, 0) AS column_tests,
    coalesce(t.tests - t.column_tests, 0) AS table_tests,
    coalesce(t.tested_columns, 0) AS tested_columns,
    coalesce(d.columns, 0) AS documented_columns
FROM dbt_models AS m
LEFT JOIN tested AS t ON t.unique_id = m.unique_id
LEFT JOIN documented AS d ON d.unique_id = m.unique_id
WHERE :package = '' OR m.package_name = :package
ORDER BY tests, tested_columns, m.unique_id
LIMIT :limit
