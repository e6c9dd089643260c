UPDATE log SET size = :new
WHERE log = :log AND size = :old
