// Package clinic is what a clinic's devices do: it makes and holds keys, signs notes, proves
// and logs messages, and puts together what a patient needs to check them.
//
// It promises that it never signs a text that a verifier would refuse, nor a message with a
// link in it, and that the keys of roots, monitor and devices stay apart: each type signs only
// what its role may. It never keeps a private key on disk by itself and never talks to a
// network; logs are an interface.
//
// The protocol is docs/contact-protocol.md.
package clinic
