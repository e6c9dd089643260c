INSERT INTO log (log, size, offered_size) VALUES ($1, 0, 0)
