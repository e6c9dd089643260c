// Package office is what a clinic's machine keeps and does: its sealed keys, the clinic's notes
// with their proofs, the outbox, and the way of a message from a draft to a code.
//
// It promises that
//   - private keys, drafts, codes and messages lie on disk sealed, and one passphrase opens them;
//   - what it reported as kept survives a crash, a full disk and kill -9, and a message that was
//     begun is finished as the same message or, when it is too old, made again under a new code;
//   - a code is given out only after the monitor's proof and the log's proof verified here;
//   - a server is believed nothing: notes count when the clinic signed them and witnesses have
//     seen them.
//
// It never keeps a root key: those are handed to the caller when they are made. It sends no mail.
package office
