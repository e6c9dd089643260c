UPDATE envelope SET sealed = NULL
WHERE lookup IN (SELECT lookup FROM envelope WHERE sealed IS NOT NULL AND until < $1 LIMIT $2)
