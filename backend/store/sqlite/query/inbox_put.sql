INSERT INTO inbox (watch, log, idx, until, sealed) VALUES (:watch, :log, :idx, :until, :sealed)
