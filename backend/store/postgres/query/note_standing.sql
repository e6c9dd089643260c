SELECT want.place, n.idx, n.hash = want.hash AS same
FROM unnest($1::bytea[], $2::bytea[], $3::text[]) WITH ORDINALITY AS want (hash, clinic, serial, place)
JOIN note n ON n.log = $4 AND (n.hash = want.hash OR (n.clinic = want.clinic AND n.serial = want.serial))
ORDER BY same
