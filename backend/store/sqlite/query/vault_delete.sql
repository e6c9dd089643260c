INSERT INTO vault (key, public_key, revision, saved_day, blob)
VALUES (:key, :public_key, 0, :day, NULL)
ON CONFLICT (key) DO UPDATE
SET saved_day = excluded.saved_day, blob = NULL
WHERE public_key = excluded.public_key AND blob IS NOT NULL
