SELECT hashes FROM log_tile WHERE log = :log AND level = :level AND idx = :idx
