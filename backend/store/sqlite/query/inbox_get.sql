SELECT idx, sealed FROM inbox
WHERE watch = :watch AND log = :log AND idx > :after
ORDER BY idx LIMIT :most
