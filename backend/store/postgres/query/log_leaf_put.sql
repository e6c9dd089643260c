INSERT INTO log_leaf (log, idx, leaf)
SELECT $1, $2 + place - 1, leaf
FROM unnest($3::bytea[]) WITH ORDINALITY AS l (leaf, place)
