SELECT leaf FROM log_leaf
WHERE log = $1 AND idx >= $2 AND idx < $3
ORDER BY idx
