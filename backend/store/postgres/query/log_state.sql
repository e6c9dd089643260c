SELECT size, offered FROM log WHERE log = $1
