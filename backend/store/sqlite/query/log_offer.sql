UPDATE log SET offered_size = :size, offered = :checkpoint
WHERE log = :log AND offered_size <= :size AND size >= :size AND policy IS NULL
