// Package clinic is what a clinic's devices do: it makes and holds keys, signs notes, proves
// and logs messages, and puts together what a patient needs to check them.
//
// It promises that it never signs a text that a verifier would refuse, nor a message with a
// link in it, and that the keys of roots, monitor and devices stay apart: each type signs only
// what its role may. [Server] talks to a server and believes nothing that it answers; [Prover]
// is the clinic's second machine. It keeps nothing on disk by itself: that is package office.
//
// The protocol is docs/contact-protocol.md.
package clinic
