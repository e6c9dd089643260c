SELECT n.clinic, n.idx, l.leaf
FROM note n JOIN log_leaf l ON l.log = n.log AND l.idx = n.idx
WHERE n.clinic = $1 AND n.log = $2 AND n.idx > $3
ORDER BY n.idx LIMIT $4
