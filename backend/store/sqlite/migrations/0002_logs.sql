-- Keys stand inside their tables: a statement of its own for each index would take longer than the
-- rest of the start.

-- The two logs: 1 keys, 2 msgs. size rises with every batch; offered is the newest checkpoint that
-- was signed, kept before anybody saw it.
CREATE TABLE log (
    log          INTEGER PRIMARY KEY CHECK (log IN (1, 2)),
    size         INTEGER NOT NULL CHECK (size >= 0),
    offered_size INTEGER NOT NULL CHECK (offered_size >= 0 AND offered_size <= size),
    offered      BLOB
) STRICT;

INSERT INTO log (log, size, offered_size, offered) VALUES (1, 0, 0, NULL), (2, 0, 0, NULL);

CREATE TABLE log_tile (
    id     INTEGER PRIMARY KEY,
    log    INTEGER NOT NULL,
    level  INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hashes BLOB    NOT NULL CHECK (length(hashes) % 32 = 0),
    UNIQUE (log, level, idx)
) STRICT;

CREATE TABLE log_leaf (
    id   INTEGER PRIMARY KEY,
    log  INTEGER NOT NULL,
    idx  INTEGER NOT NULL,
    leaf BLOB    NOT NULL,
    UNIQUE (log, idx)
) STRICT;

-- Only checkpoints with a quorum of cosignatures, each once.
CREATE TABLE log_checkpoint (
    id         INTEGER PRIMARY KEY,
    log        INTEGER NOT NULL,
    size       INTEGER NOT NULL CHECK (size > 0),
    checkpoint BLOB    NOT NULL,
    UNIQUE (log, size)
) STRICT;

-- One row for each message; sealed is NULL once it is deleted. The blob stands last.
CREATE TABLE envelope (
    id       INTEGER PRIMARY KEY,
    lookup   BLOB    NOT NULL CHECK (length(lookup) = 16),
    digest   BLOB    NOT NULL CHECK (length(digest) = 32),       -- of the request
    idx      INTEGER NOT NULL,                                   -- of the leaf in msgs
    until    INTEGER NOT NULL,                                   -- last day kept, since 1970-01-01 UTC
    message  BLOB    NOT NULL CHECK (length(message) = 32),      -- its commit
    sealed   BLOB,
    UNIQUE (lookup),
    UNIQUE (message)
) STRICT;

CREATE INDEX envelope_kept ON envelope (until) WHERE sealed IS NOT NULL;

CREATE INDEX envelope_mark ON envelope (until) WHERE sealed IS NULL;

CREATE TABLE inbox (
    id     INTEGER PRIMARY KEY,
    watch  BLOB    NOT NULL CHECK (length(watch) = 16),
    idx    INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    sealed BLOB    NOT NULL,
    UNIQUE (watch, idx)
) STRICT;

CREATE INDEX inbox_until ON inbox (until);

-- What the keys log holds, by clinic. The notes are leaves.
CREATE TABLE note (
    id     INTEGER PRIMARY KEY,
    clinic BLOB    NOT NULL CHECK (length(clinic) = 32),
    hash   BLOB    NOT NULL CHECK (length(hash) = 32),
    serial TEXT,                                                 -- NULL: none
    day    INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    UNIQUE (hash),
    UNIQUE (clinic, serial),
    UNIQUE (clinic, idx),
    UNIQUE (idx)
) STRICT;

CREATE UNIQUE INDEX note_serial ON note (clinic, serial) WHERE serial IS NOT NULL;
