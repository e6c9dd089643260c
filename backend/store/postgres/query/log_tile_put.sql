INSERT INTO log_tile (log, level, idx, hashes)
SELECT $1, level, idx, hashes
FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]) AS t (level, idx, hashes)
ON CONFLICT (log, level, idx) DO UPDATE SET hashes = excluded.hashes
