UPDATE envelope SET log = 0 WHERE log = $1 AND idx >= $2
