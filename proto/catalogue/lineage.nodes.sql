-- name: lineage.nodes
-- purpose: Every node of the dbt project with the nodes that it depends on.
-- parameter: limit integer 1..1000000 = 100000  -- Nodes at the most.
--
-- depends_on_nodes is a JSON array of unique ids, as text; sources and seeds depend on nothing.
SELECT 'model' AS resource_type, m.unique_id, m.name, m.package_name, m.database_name, m.schema_name, m.depends_on_nodes
FROM dbt_models AS m
UNION ALL
SELECT 'snapshot', s.unique_id, s.name, s.package_name, s.database_name, s.schema_name, s.depends_on_nodes
FROM dbt_snapshots AS s
UNION ALL
SELECT 'seed', d.unique_id, d.name, d.package_name, d.database_name, d.schema_name, '[]'
FROM dbt_seeds AS d
UNION ALL
SELECT 'source', o.unique_id, o.name, o.package_name, o.database_name, o.schema_name, '[]'
FROM dbt_sources AS o
UNION ALL
SELECT 'exposure', e.unique_id, e.name, e.package_name, CAST(NULL AS text), CAST(NULL AS text), e.depends_on_nodes
FROM dbt_exposures AS e
UNION ALL
SELECT 'metric', k.unique_id, k.name, k.package_name, CAST(NULL AS text), CAST(NULL AS text), k.depends_on_nodes
FROM dbt_metrics AS k
UNION ALL
SELECT 'test', t.unique_id, t.name, t.package_name, t.database_name, t.schema_name, t.depends_on_nodes
FROM dbt_tests AS t
ORDER BY resource_type, unique_id
LIMIT :limit
