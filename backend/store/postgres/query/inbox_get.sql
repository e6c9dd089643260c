SELECT idx, sealed FROM inbox
WHERE watch = $1 AND idx > $2
ORDER BY idx LIMIT $3
