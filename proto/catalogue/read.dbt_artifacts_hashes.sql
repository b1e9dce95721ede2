-- name: read.dbt_artifacts_hashes
-- purpose: Rows of dbt_artifacts_hashes in the order of their key, for a sync or a pull.
-- parameter: after text = ''  -- Lower bound of artifacts_model, included; empty for all rows.
-- parameter: limit integer 1..10000000 = 1000  -- Rows at the most.
--
-- A next page begins at the last row of this one: `after` its artifacts_model. That row comes again, so that
-- nothing is lost where a key occurs twice; ask for more rows than share one value. A row without
-- artifacts_model is not returned.
SELECT
    t.artifacts_model, t.metadata_hash
FROM dbt_artifacts_hashes AS t
WHERE t.artifacts_model >= :after
ORDER BY t.artifacts_model NULLS LAST, t.metadata_hash NULLS LAST
LIMIT :limit
