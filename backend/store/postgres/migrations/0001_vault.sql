-- +goose Up
-- One row for each vault. Blobs are ciphertext: kept out of line, never compressed.
CREATE TABLE vault (
    key        bytea   PRIMARY KEY CHECK (octet_length(key) = 32),      -- SHA-256 of the vault id
    public_key bytea   NOT NULL CHECK (octet_length(public_key) = 32),  -- Ed25519
    revision   bigint  NOT NULL CHECK (revision >= 0),
    saved_day  bigint  NOT NULL,                                        -- days since 1970-01-01 UTC
    blob       bytea   CHECK (blob IS NULL OR revision >= 1)            -- NULL: deleted
);

ALTER TABLE vault ALTER COLUMN blob SET STORAGE EXTERNAL;

CREATE INDEX vault_mark ON vault (saved_day) WHERE blob IS NULL;
