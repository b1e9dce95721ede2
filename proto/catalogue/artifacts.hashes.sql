-- name: artifacts.hashes
-- purpose: The hash of every row of the artefact tables: what a sync compares to find what changed or went away.
-- parameter: limit integer 1..10000000 = 1000000  -- Hashes at the most.
--
-- dbt deletes and inserts an artefact's row when it changes; a deletion shows here only.
SELECT h.artifacts_model, h.metadata_hash
FROM dbt_artifacts_hashes AS h
ORDER BY h.artifacts_model, h.metadata_hash
LIMIT :limit
