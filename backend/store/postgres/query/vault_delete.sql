INSERT INTO vault AS v (key, public_key, revision, saved_day, blob)
VALUES ($1, $2, 0, $3, NULL)
ON CONFLICT (key) DO UPDATE
SET saved_day = excluded.saved_day, blob = NULL
WHERE v.public_key = excluded.public_key AND v.blob IS NOT NULL;
