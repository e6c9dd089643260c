SELECT t.hashes
FROM unnest($2::smallint[], $3::bigint[]) WITH ORDINALITY AS want (level, idx, place)
JOIN log_tile t ON t.log = $1 AND t.level = want.level AND t.idx = want.idx
ORDER BY want.place
