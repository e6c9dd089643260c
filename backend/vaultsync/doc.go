// Package vaultsync keeps patients' sealed vaults, so that a second device can fetch what the
// first one saved. It is the service behind VaultService, and knows nothing of the wire.
//
// What it can see is one opaque blob of exactly 16, 64 or 256 KiB for each vault, the key that
// signs requests for it, a revision, and the day of the last save. Rows are keyed by SHA-256 of
// the vault id; the id itself is never kept, logged or put into an error.
//
// It promises:
//   - what Put or Delete acknowledged is durable, and of several devices that save from the same
//     base revision exactly one wins;
//   - a request that was sent again is answered as it was the first time: Put with identical
//     bytes gives the same revision, Delete succeeds;
//   - a deleted vault stays deleted: its mark refuses writes for a year ([MarkDays]);
//   - nobody without the recovery code learns whether a vault exists by Get. A bad signature is
//     [ErrProof] before the store is asked; a good signature by a key that is not the vault's is
//     [ErrNotFound], the same as no vault at all.
//
// Put and Delete by a key that is not the vault's are [ErrProof]. That tells the caller that the
// vault exists, but so would success; a vault id cannot be guessed (it is derived from 133 bits)
// and only the first Put or Delete fixes the key.
//
// It never opens a blob, never keeps a time finer than a day, and never logs anything that came
// with a request.
package vaultsync
