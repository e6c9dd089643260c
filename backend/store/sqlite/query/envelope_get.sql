SELECT log, idx, sealed FROM envelope WHERE lookup = :lookup
