INSERT INTO inbox (watch, idx, until, sealed)
SELECT watch, idx, until, sealed
FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::bytea[]) AS c (watch, idx, until, sealed)
