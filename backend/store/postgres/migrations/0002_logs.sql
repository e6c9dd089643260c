-- +goose Up
-- The logs: 1 keys, 2 msgs, and 3, 4 and so on what replaced them. size rises with every batch;
-- offered is the newest checkpoint that was signed, kept before anybody saw it. A log that was
-- replaced has the text of its policy, and as offered the last checkpoint that holds.
CREATE TABLE log (
    log          smallint PRIMARY KEY CHECK (log > 0),
    size         bigint   NOT NULL CHECK (size >= 0),
    offered_size bigint   NOT NULL CHECK (offered_size >= 0 AND offered_size <= size),
    offered      bytea,
    policy       bytea
) WITH (fillfactor = 50);

INSERT INTO log (log, size, offered_size) VALUES (1, 0, 0), (2, 0, 0);

CREATE TABLE log_tile (
    log    smallint NOT NULL,
    level  smallint NOT NULL,
    idx    bigint   NOT NULL,
    hashes bytea    NOT NULL CHECK (octet_length(hashes) % 32 = 0),
    PRIMARY KEY (log, level, idx)
);

ALTER TABLE log_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;

CREATE TABLE log_leaf (
    log  smallint NOT NULL,
    idx  bigint   NOT NULL,
    leaf bytea    NOT NULL,
    PRIMARY KEY (log, idx)
);

-- Only checkpoints with a quorum of cosignatures, each once.
CREATE TABLE log_checkpoint (
    log        smallint NOT NULL,
    size       bigint   NOT NULL CHECK (size > 0),
    checkpoint bytea    NOT NULL,
    PRIMARY KEY (log, size)
);

-- One row for each message; sealed is NULL once it is deleted. log is 0 when its place was in a
-- damaged log, above the last checkpoint that holds. Ciphertext is never compressed.
CREATE TABLE envelope (
    lookup  bytea  PRIMARY KEY CHECK (octet_length(lookup) = 16),
    digest  bytea  NOT NULL CHECK (octet_length(digest) = 32),          -- of the request
    log     smallint NOT NULL,
    idx     bigint NOT NULL,                                            -- of the leaf
    until   bigint NOT NULL,                                            -- last day kept, since 1970-01-01 UTC
    message bytea  NOT NULL UNIQUE CHECK (octet_length(message) = 32),  -- its commit
    sealed  bytea
);

ALTER TABLE envelope ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE INDEX envelope_kept ON envelope (until) WHERE sealed IS NOT NULL;

CREATE INDEX envelope_mark ON envelope (until) WHERE sealed IS NULL;

CREATE TABLE inbox (
    watch  bytea  NOT NULL CHECK (octet_length(watch) = 16),
    log    smallint NOT NULL,
    idx    bigint NOT NULL,
    until  bigint NOT NULL,
    sealed bytea  NOT NULL,
    PRIMARY KEY (watch, log, idx)
);

ALTER TABLE inbox ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE INDEX inbox_until ON inbox (until);

-- What the keys logs hold, by clinic. The notes are leaves.
CREATE TABLE note (
    hash   bytea  NOT NULL CHECK (octet_length(hash) = 32),
    log    smallint NOT NULL,
    clinic bytea  NOT NULL CHECK (octet_length(clinic) = 32),
    serial text,                                                        -- NULL: none
    sort   smallint NOT NULL,                                           -- on whose word
    day    bigint NOT NULL,
    idx    bigint NOT NULL,
    PRIMARY KEY (hash, log),
    UNIQUE (log, idx),
    UNIQUE (clinic, log, idx)
);

CREATE UNIQUE INDEX note_serial ON note (clinic, log, serial) WHERE serial IS NOT NULL;

-- The newest status note of each monitor key.
CREATE TABLE status (
    clinic bytea  NOT NULL CHECK (octet_length(clinic) = 32),
    signer bytea  NOT NULL CHECK (octet_length(signer) = 32),           -- hash of the key
    issued bigint NOT NULL,
    note   bytea  NOT NULL,
    PRIMARY KEY (clinic, signer)
);
