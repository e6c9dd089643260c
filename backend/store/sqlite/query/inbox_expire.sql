DELETE FROM inbox
WHERE id IN (SELECT id FROM inbox WHERE until < :day LIMIT :most)
