INSERT INTO note (log, hash, clinic, serial, sort, day, idx)
SELECT $7, hash, clinic, nullif(serial, ''), sort, day, $1 + place - 1
FROM unnest($2::bytea[], $3::bytea[], $4::text[], $5::bigint[], $6::smallint[])
     WITH ORDINALITY AS n (hash, clinic, serial, day, sort, place)
ON CONFLICT DO NOTHING
