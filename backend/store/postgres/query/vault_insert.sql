INSERT INTO vault (key, public_key, revision, saved_day, blob)
VALUES ($1, $2, 1, $3, $4)
ON CONFLICT (key) DO NOTHING;
