UPDATE envelope SET sealed = NULL
WHERE id IN (SELECT id FROM envelope WHERE sealed IS NOT NULL AND until < :day LIMIT :most)
