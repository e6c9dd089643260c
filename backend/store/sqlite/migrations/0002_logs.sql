-- Unique keys stand inside their tables: a statement of its own for each index took longer than the
-- rest of the start.

-- The logs: 1 keys, 2 msgs, and 3, 4 and so on what replaced them. size rises with every batch;
-- offered is the newest checkpoint that was signed, kept before anybody saw it. A log that was
-- replaced has the text of its policy, and as offered the last checkpoint that holds.
CREATE TABLE log (
    log          INTEGER PRIMARY KEY CHECK (log > 0),
    size         INTEGER NOT NULL CHECK (size >= 0),
    offered_size INTEGER NOT NULL CHECK (offered_size >= 0 AND offered_size <= size),
    offered      BLOB,
    policy       BLOB
) STRICT;

INSERT INTO log (log, size, offered_size) VALUES (1, 0, 0), (2, 0, 0);

CREATE TABLE log_tile (
    id     INTEGER PRIMARY KEY,
    log    INTEGER NOT NULL,
    level  INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    hashes BLOB    NOT NULL CHECK (length(hashes) % 32 = 0),
    UNIQUE (log, level, idx)
) STRICT;

-- Small rows by their place, without a second index.
CREATE TABLE log_leaf (
    log  INTEGER NOT NULL,
    idx  INTEGER NOT NULL,
    leaf BLOB    NOT NULL,
    PRIMARY KEY (log, idx)
) STRICT, WITHOUT ROWID;

-- Only checkpoints with a quorum of cosignatures, each once.
CREATE TABLE log_checkpoint (
    id         INTEGER PRIMARY KEY,
    log        INTEGER NOT NULL,
    size       INTEGER NOT NULL CHECK (size > 0),
    checkpoint BLOB    NOT NULL,
    UNIQUE (log, size)
) STRICT;

-- One row for each message; sealed is NULL once it is deleted. log is 0 when its place was in a
-- damaged log, above the last checkpoint that holds. The blob stands last.
CREATE TABLE envelope (
    id       INTEGER PRIMARY KEY,
    lookup   BLOB    NOT NULL CHECK (length(lookup) = 16),
    digest   BLOB    NOT NULL CHECK (length(digest) = 32),       -- of the request
    log      INTEGER NOT NULL,
    idx      INTEGER NOT NULL,                                   -- of the leaf
    until    INTEGER NOT NULL,                                   -- last day kept, since 1970-01-01 UTC
    message  BLOB    NOT NULL CHECK (length(message) = 32),      -- its commit
    message_hash INTEGER NOT NULL,                               -- 8 bytes of SHA-256(message)
    sealed   BLOB,
    UNIQUE (lookup)
) STRICT;

-- No two messages have one commit; envelope_put sees to it. Eight bytes find a message as well as
-- thirty-two, and there is one such entry for every message. They are of a hash, for a clinic chooses
-- its commits and could make many begin alike.
CREATE INDEX envelope_message ON envelope (message_hash);

CREATE INDEX envelope_kept ON envelope (until) WHERE sealed IS NOT NULL;

CREATE INDEX envelope_mark ON envelope (until) WHERE sealed IS NULL;

CREATE TABLE inbox (
    id     INTEGER PRIMARY KEY,
    watch  BLOB    NOT NULL CHECK (length(watch) = 16),
    log    INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    sealed BLOB    NOT NULL,
    UNIQUE (watch, log, idx)
) STRICT;

CREATE INDEX inbox_until ON inbox (until);

-- What the keys logs hold, by clinic. The notes are leaves.
CREATE TABLE note (
    id     INTEGER PRIMARY KEY,
    log    INTEGER NOT NULL,
    clinic BLOB    NOT NULL CHECK (length(clinic) = 32),
    hash   BLOB    NOT NULL CHECK (length(hash) = 32),
    serial TEXT,                                                 -- NULL: none
    sort   INTEGER NOT NULL,                                     -- on whose word
    day    INTEGER NOT NULL,
    idx    INTEGER NOT NULL,
    UNIQUE (hash, log),
    UNIQUE (clinic, log, serial),
    UNIQUE (clinic, log, idx),
    UNIQUE (log, idx)
) STRICT;

-- The newest status note of each monitor key.
CREATE TABLE status (
    clinic BLOB    NOT NULL CHECK (length(clinic) = 32),
    signer BLOB    NOT NULL CHECK (length(signer) = 32),         -- hash of the key
    issued INTEGER NOT NULL,
    note   BLOB    NOT NULL,
    PRIMARY KEY (clinic, signer)
) STRICT;
