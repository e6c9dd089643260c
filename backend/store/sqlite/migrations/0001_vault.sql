-- One row for each vault. The blob stands last, so that everything else is read without it.
-- A rowid table with a unique index: never WITHOUT ROWID, which copies blobs on every split.
CREATE TABLE vault (
    id         INTEGER PRIMARY KEY,
    key        BLOB    NOT NULL CHECK (length(key) = 32),        -- SHA-256 of the vault id
    public_key BLOB    NOT NULL CHECK (length(public_key) = 32), -- Ed25519
    revision   INTEGER NOT NULL CHECK (revision >= 0),
    saved_day  INTEGER NOT NULL,                                 -- days since 1970-01-01 UTC
    blob       BLOB,                                             -- NULL: deleted
    CHECK (blob IS NULL OR revision >= 1)
) STRICT;

CREATE UNIQUE INDEX vault_key ON vault (key);

CREATE INDEX vault_mark ON vault (saved_day) WHERE blob IS NULL;
