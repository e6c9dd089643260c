// Package contact decides whether a message really comes from a patient's clinic. It is the
// only verifier; every face (terminal, SDK, page) shows what it returns.
//
// [Verify] judges a bundle, [VerifyCode] a code and what servers answered to it, [VerifyCopy] a
// message from an inbox, and [Learn] takes in what a server says about a clinic. What they
// learn is a [Memory], which the caller keeps and which only grows. Notes are read by the
// Parse functions and written by Marshal; [SealBearer], [SealEnrolled] and [SealCopy] seal
// messages.
//
// It promises that wrong evidence is red, missing evidence is grey, and that removing
// evidence never leads to amber or green. It is pure: no network, no disk, no clock and no
// randomness of its own. Bytes that differ from their own canonical serialisation are
// malformed.
//
// The protocol is docs/contact-protocol.md.
package contact
