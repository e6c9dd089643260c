SELECT log, offered_size, offered, policy FROM log WHERE policy IS NOT NULL ORDER BY log
