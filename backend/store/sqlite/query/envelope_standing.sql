SELECT idx, digest = :digest AND lookup = :lookup AS same
FROM envelope
WHERE (lookup = :lookup OR (message_hash = :message_hash AND message = :message))
  AND NOT (log = 0 AND digest = :digest)
ORDER BY same DESC LIMIT 1
