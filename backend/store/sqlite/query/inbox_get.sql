SELECT idx, sealed FROM inbox
WHERE watch = :watch AND idx > :after
ORDER BY idx LIMIT :most
