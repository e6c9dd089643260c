UPDATE vault
SET revision = revision + 1, saved_day = :day, blob = :blob
WHERE key = :key AND public_key = :public_key AND revision = :base AND blob IS NOT NULL
