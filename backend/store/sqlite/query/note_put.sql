INSERT INTO note (hash, clinic, serial, day, idx)
VALUES (:hash, :clinic, :serial, :day, :idx)
ON CONFLICT DO NOTHING
