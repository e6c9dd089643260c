// Package contact decides whether a message really comes from a patient's clinic. It is the
// only verifier; every face (terminal, SDK, page) shows what it returns.
//
// It promises that wrong evidence is red, missing evidence is grey, and that removing
// evidence never leads to amber or green. It is pure: no network, no disk, no clock of its
// own. Bytes that differ from their own canonical serialisation are malformed.
//
// The protocol is docs/contact-protocol.md.
package contact
