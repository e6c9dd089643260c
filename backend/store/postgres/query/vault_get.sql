SELECT public_key, revision, saved_day, blob IS NULL AS deleted,
       CASE WHEN revision = $2 THEN NULL ELSE blob END AS blob -- $2: the revision the caller has
FROM vault
WHERE key = $1;
