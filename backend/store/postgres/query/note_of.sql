SELECT n.clinic, n.idx, l.leaf
FROM note n JOIN log_leaf l ON l.log = 1 AND l.idx = n.idx
WHERE n.clinic = $1 AND n.idx > $2
ORDER BY n.idx LIMIT $3
