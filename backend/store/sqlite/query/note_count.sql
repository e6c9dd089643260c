SELECT count(*) FROM note WHERE clinic = :clinic AND day > :day
