INSERT INTO log_leaf (log, idx, leaf) VALUES (:log, :idx, :leaf)
