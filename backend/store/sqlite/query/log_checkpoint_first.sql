SELECT size, checkpoint FROM log_checkpoint
WHERE log = :log AND size > :idx
ORDER BY size LIMIT 1
