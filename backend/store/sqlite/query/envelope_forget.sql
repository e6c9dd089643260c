DELETE FROM envelope
WHERE id IN (SELECT id FROM envelope WHERE sealed IS NULL AND until < :day LIMIT :most)
