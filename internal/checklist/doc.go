// Package checklist holds the privacy checklist: the signed content pack and the engine
// that turns four answers and the progress so far into a plan.
//
// It promises that the engine is pure and deterministic (the same answers, progress, pack
// and time give the same plan on every device), that a pack whose signature does not verify
// never replaces the one in use, and that a fact past its review date falls back to the help
// link. It never asks for a name, a procedure or a number, and never talks to a network.
//
// The content model and the rules R0 to R11 are described in docs/design and beside the
// code that implements them.
package checklist
