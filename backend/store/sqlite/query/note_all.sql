SELECT n.clinic, n.idx, l.leaf
FROM log_leaf l JOIN note n ON n.log = l.log AND n.idx = l.idx
WHERE l.log = :log AND l.idx > :after
ORDER BY l.idx LIMIT :most
