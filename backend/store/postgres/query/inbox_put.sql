INSERT INTO inbox (watch, log, idx, until, sealed)
SELECT watch, $5, idx, until, sealed
FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[]) AS c (watch, idx, until, sealed)
