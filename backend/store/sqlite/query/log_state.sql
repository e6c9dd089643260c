SELECT size, offered, policy IS NOT NULL AS frozen FROM log WHERE log = :log
