SELECT idx, hash = :hash AS same
FROM note
WHERE hash = :hash OR (clinic = :clinic AND serial = :serial)
ORDER BY same DESC LIMIT 1
