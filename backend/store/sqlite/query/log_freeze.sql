UPDATE log SET offered_size = :size, offered = :checkpoint, size = max(size, :size), policy = :policy
WHERE log = :log AND policy IS NULL
