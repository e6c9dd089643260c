UPDATE log SET size = $3
WHERE log = $1 AND size = $2 AND policy IS NULL
