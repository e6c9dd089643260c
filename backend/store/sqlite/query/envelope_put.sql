INSERT INTO envelope (lookup, digest, log, idx, until, message, sealed)
VALUES (:lookup, :digest, :log, :idx, :until, :message, :sealed)
ON CONFLICT DO NOTHING
