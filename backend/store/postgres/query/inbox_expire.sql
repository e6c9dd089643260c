DELETE FROM inbox
WHERE (watch, log, idx) IN (SELECT watch, log, idx FROM inbox WHERE until < $1 LIMIT $2)
