SELECT idx, digest = :digest AND lookup = :lookup AS same
FROM envelope
WHERE lookup = :lookup OR message = :message
ORDER BY same DESC LIMIT 1
