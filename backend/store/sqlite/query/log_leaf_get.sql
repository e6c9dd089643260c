SELECT leaf FROM log_leaf
WHERE log = :log AND idx >= :from AND idx < :to
ORDER BY idx
