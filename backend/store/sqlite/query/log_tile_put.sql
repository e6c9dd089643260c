INSERT INTO log_tile (log, level, idx, hashes)
VALUES (:log, :level, :idx, :hashes)
ON CONFLICT (log, level, idx) DO UPDATE SET hashes = excluded.hashes
