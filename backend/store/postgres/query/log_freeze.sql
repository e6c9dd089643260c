UPDATE log SET offered_size = $2, offered = $3, size = greatest(size, $2), policy = $4
WHERE log = $1 AND policy IS NULL
