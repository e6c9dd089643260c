SELECT count(*) FROM note WHERE clinic = :clinic AND log = :log AND sort = :sort AND day > :day
