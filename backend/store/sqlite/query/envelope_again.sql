DELETE FROM envelope WHERE log = 0 AND lookup = :lookup AND digest = :digest
