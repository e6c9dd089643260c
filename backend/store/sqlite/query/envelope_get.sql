SELECT idx, sealed FROM envelope WHERE lookup = :lookup
