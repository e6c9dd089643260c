SELECT size, checkpoint FROM log_checkpoint
WHERE log = $1
ORDER BY size DESC LIMIT 1
