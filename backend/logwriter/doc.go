// Package logwriter writes the server's two transparency logs: it gives every entry its place,
// keeps the Merkle tree in tiles, signs heads and has them witnessed.
//
// It promises:
//   - an entry and the rows that belong to it enter in one database transaction, many entries at
//     a time, and what was acknowledged is there, provable, once ([Sequencer]);
//   - a checkpoint is signed for a tree that is committed, never for another, and is written down
//     before anybody sees it ([Signer]);
//   - a checkpoint is frozen with the first cosignatures that satisfy the policy. Only frozen ones
//     are given away; the proof of an entry always names the smallest that holds it;
//   - when a witness knows a greater or another tree than the store holds, nothing is signed any
//     more and nothing is accepted: a log is never repaired.
//
// A store never computes a hash and this package never sees what a row holds.
//
// The formats are C2SP's: tlog-checkpoint, tlog-tiles, tlog-proof, tlog-cosignature and
// tlog-witness. Trees are RFC 6962 with SHA-256. See docs/design/0009-two-logs.md.
package logwriter
