UPDATE log SET offered_size = $2, offered = $3
WHERE log = $1 AND offered_size <= $2 AND size >= $2 AND policy IS NULL
