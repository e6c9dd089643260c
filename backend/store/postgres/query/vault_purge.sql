DELETE FROM vault
WHERE blob IS NULL AND saved_day < $1;
