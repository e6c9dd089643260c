INSERT INTO envelope (lookup, digest, log, idx, until, message, message_hash, sealed)
SELECT :lookup, :digest, :log, :idx, :until, :message, :message_hash, :sealed
WHERE NOT EXISTS (SELECT 1 FROM envelope WHERE message_hash = :message_hash AND message = :message)
ON CONFLICT DO NOTHING
