INSERT INTO vault (key, public_key, revision, saved_day, blob)
VALUES (:key, :public_key, 1, :day, :blob)
ON CONFLICT (key) DO NOTHING
