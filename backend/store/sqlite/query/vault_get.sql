SELECT public_key, revision, saved_day, blob IS NULL AS deleted,
       CASE WHEN revision = :have THEN NULL ELSE blob END AS blob
FROM vault
WHERE key = :key
