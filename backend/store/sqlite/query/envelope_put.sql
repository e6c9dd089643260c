INSERT INTO envelope (lookup, digest, idx, until, message, sealed)
VALUES (:lookup, :digest, :idx, :until, :message, :sealed)
ON CONFLICT DO NOTHING
