UPDATE log SET size = :new
WHERE log = :log AND size = :old AND policy IS NULL
