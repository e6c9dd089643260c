SELECT count(*) FROM note WHERE clinic = $1 AND day > $2
