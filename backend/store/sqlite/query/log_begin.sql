INSERT INTO log (log, size, offered_size) VALUES (:log, 0, 0)
