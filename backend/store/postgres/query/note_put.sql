INSERT INTO note (hash, clinic, serial, day, idx)
SELECT hash, clinic, nullif(serial, ''), day, $1 + place - 1
FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::bigint[])
     WITH ORDINALITY AS n (hash, clinic, serial, day, place)
ON CONFLICT DO NOTHING
