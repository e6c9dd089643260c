// Package translog is the reading side of transparency logs: checkpoints, witness policies,
// inclusion and consistency proofs, and the two times that a quorum of witnesses vouches for.
//
// It promises that whatever it accepts is written in the one canonical spelling: every parser
// re-serialises what it read and compares. It never talks to a log and never signs.
//
// The formats are C2SP's: signed-note (https://c2sp.org/signed-note), tlog-checkpoint,
// tlog-cosignature (cosignature/v1, Ed25519 only), tlog-policy and tlog-proof. Merkle trees
// are RFC 6962 with SHA-256. Where C2SP leaves room we take less: docs/contact-protocol.md
// says what.
package translog
