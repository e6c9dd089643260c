UPDATE vault
SET revision = revision + 1, saved_day = $3, blob = $4
WHERE key = $1 AND public_key = $2 AND revision = $5 AND blob IS NOT NULL; -- $5: the base revision
