SELECT idx, sealed FROM envelope WHERE lookup = $1
