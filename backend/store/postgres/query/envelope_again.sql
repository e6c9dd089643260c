DELETE FROM envelope e
USING unnest($1::bytea[], $2::bytea[]) AS again (lookup, digest)
WHERE e.log = 0 AND e.lookup = again.lookup AND e.digest = again.digest
