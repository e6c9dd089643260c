SELECT n.clinic, n.idx, l.leaf
FROM note n JOIN log_leaf l ON l.log = n.log AND l.idx = n.idx
WHERE n.clinic = :clinic AND n.log = :log AND n.idx > :after
ORDER BY n.idx LIMIT :most
