INSERT INTO log_checkpoint (log, size, checkpoint)
VALUES (:log, :size, :checkpoint)
ON CONFLICT (log, size) DO NOTHING
