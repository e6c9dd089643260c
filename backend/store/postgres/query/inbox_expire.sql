DELETE FROM inbox
WHERE (watch, idx) IN (SELECT watch, idx FROM inbox WHERE until < $1 LIMIT $2)
