SELECT want.place, e.idx, e.digest = want.digest AND e.lookup = want.lookup AS same
FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS want (lookup, digest, message, place)
JOIN envelope e ON (e.lookup = want.lookup OR e.message = want.message)
     AND NOT (e.log = 0 AND e.digest = want.digest)
ORDER BY same
