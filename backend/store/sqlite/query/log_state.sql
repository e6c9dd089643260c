SELECT size, offered FROM log WHERE log = :log
