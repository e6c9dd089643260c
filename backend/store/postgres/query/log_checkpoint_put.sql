INSERT INTO log_checkpoint (log, size, checkpoint)
VALUES ($1, $2, $3)
ON CONFLICT (log, size) DO NOTHING
