INSERT INTO envelope (lookup, digest, log, idx, until, message, sealed)
SELECT lookup, digest, $7, $1 + place - 1, until, message, sealed
FROM unnest($2::bytea[], $3::bytea[], $4::bigint[], $5::bytea[], $6::bytea[])
     WITH ORDINALITY AS e (lookup, digest, until, message, sealed, place)
ON CONFLICT DO NOTHING
