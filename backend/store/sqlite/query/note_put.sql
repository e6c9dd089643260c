INSERT INTO note (log, hash, clinic, serial, sort, day, idx)
VALUES (:log, :hash, :clinic, :serial, :sort, :day, :idx)
ON CONFLICT DO NOTHING
