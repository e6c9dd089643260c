// Package monitor is a clinic's second machine: without its proof no message can be published,
// it signs the clinic's status notes, and it watches both logs for what it did not prove.
//
// It promises:
//   - a proof is given for a message only when the message is by a device that the clinic's root
//     granted, of a kind that was granted, signed just now, within the day's count or approved by
//     a second person, and only after the message stands in the outbox journal on disk;
//   - a copied device key cannot get a proof, and a copy of everything that a device holds is
//     noticed at the latest when the device itself speaks again;
//   - every leaf of the messages log is tried under every VRF secret of the clinic, every note of
//     the keys log is read, and each new head is recomputed from the leaves: what is published in
//     the clinic's name elsewhere, or a log that was rewritten, is an alarm;
//   - an alarm is on disk before anything else happens, and stays until a person answers for it;
//   - a status says only what was read.
//
// It never keeps the text of a message, nor who it is for: a message passes through memory while
// its signature is verified. It grants nothing, and holds no key of a device or of the root.
//
// State is a directory of append-only journals with checksums and of small files that are
// replaced as a whole. The channel's bytes are docs/contact-protocol.md, section 11.
package monitor
