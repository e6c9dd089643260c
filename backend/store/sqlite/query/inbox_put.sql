INSERT INTO inbox (watch, idx, until, sealed) VALUES (:watch, :idx, :until, :sealed)
