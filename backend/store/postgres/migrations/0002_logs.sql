-- +goose Up
-- The two logs: 1 keys, 2 msgs. size rises with every batch; offered is the newest checkpoint that
-- was signed, kept before anybody saw it.
CREATE TABLE log (
    log          smallint PRIMARY KEY CHECK (log IN (1, 2)),
    size         bigint   NOT NULL CHECK (size >= 0),
    offered_size bigint   NOT NULL CHECK (offered_size >= 0 AND offered_size <= size),
    offered      bytea
) WITH (fillfactor = 50);

INSERT INTO log (log, size, offered_size, offered) VALUES (1, 0, 0, NULL), (2, 0, 0, NULL);

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

-- One row for each message; sealed is NULL once it is deleted. Ciphertext is never compressed.
CREATE TABLE envelope (
    lookup  bytea  PRIMARY KEY CHECK (octet_length(lookup) = 16),
    digest  bytea  NOT NULL CHECK (octet_length(digest) = 32),          -- of the request
    idx     bigint NOT NULL,                                            -- of the leaf in msgs
    until   bigint NOT NULL,                                            -- last day kept, since 1970-01-01 UTC
    message bytea  NOT NULL UNIQUE CHECK (octet_length(message) = 32),  -- its commit
    sealed  bytea
);

ALTER TABLE envelope ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE INDEX envelope_kept ON envelope (until) WHERE sealed IS NOT NULL;

CREATE INDEX envelope_mark ON envelope (until) WHERE sealed IS NULL;

CREATE TABLE inbox (
    watch  bytea  NOT NULL CHECK (octet_length(watch) = 16),
    idx    bigint NOT NULL,
    until  bigint NOT NULL,
    sealed bytea  NOT NULL,
    PRIMARY KEY (watch, idx)
);

ALTER TABLE inbox ALTER COLUMN sealed SET STORAGE EXTERNAL;

CREATE INDEX inbox_until ON inbox (until);

-- What the keys log holds, by clinic. The notes are leaves.
CREATE TABLE note (
    hash   bytea  PRIMARY KEY CHECK (octet_length(hash) = 32),
    clinic bytea  NOT NULL CHECK (octet_length(clinic) = 32),
    serial text,                                                        -- NULL: none
    day    bigint NOT NULL,
    idx    bigint NOT NULL UNIQUE,
    UNIQUE (clinic, idx)
);

CREATE UNIQUE INDEX note_serial ON note (clinic, serial) WHERE serial IS NOT NULL;
