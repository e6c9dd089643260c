SELECT n.clinic, n.idx, l.leaf
FROM log_leaf l JOIN note n ON n.log = l.log AND n.idx = l.idx
WHERE l.log = $1 AND l.idx > $2
ORDER BY l.idx LIMIT $3
