SELECT size, checkpoint FROM log_checkpoint
WHERE log = $1 AND size > $2
ORDER BY size LIMIT 1
