SELECT size, checkpoint FROM log_checkpoint
WHERE log = :log
ORDER BY size DESC LIMIT 1
