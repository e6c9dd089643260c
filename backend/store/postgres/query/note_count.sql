SELECT count(*) FROM note WHERE clinic = $1 AND log = $2 AND sort = $3 AND day > $4
