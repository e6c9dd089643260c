DELETE FROM envelope
WHERE lookup IN (SELECT lookup FROM envelope WHERE sealed IS NULL AND until < $1 LIMIT $2)
