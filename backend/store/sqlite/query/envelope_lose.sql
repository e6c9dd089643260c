UPDATE envelope SET log = 0 WHERE log = :log AND idx >= :size
