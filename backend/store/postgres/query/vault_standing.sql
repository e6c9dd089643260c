SELECT public_key, revision, blob IS NULL AS deleted, coalesce(blob = $2, false) AS same
FROM vault
WHERE key = $1;
