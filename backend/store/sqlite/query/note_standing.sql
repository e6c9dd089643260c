SELECT idx, hash = :hash AS same
FROM note
WHERE log = :log AND (hash = :hash OR (clinic = :clinic AND serial = :serial))
ORDER BY same DESC LIMIT 1
