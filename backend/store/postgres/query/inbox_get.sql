SELECT idx, sealed FROM inbox
WHERE watch = $1 AND log = $2 AND idx > $3
ORDER BY idx LIMIT $4
