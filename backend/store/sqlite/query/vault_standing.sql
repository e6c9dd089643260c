SELECT public_key, revision, blob IS NULL AS deleted, blob IS :blob AS same
FROM vault
WHERE key = :key
