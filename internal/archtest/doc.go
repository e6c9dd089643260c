// Package archtest holds the import rules of the house as a test: who may talk to whom, with
// the reason beside each ban. It has no code of its own.
//
// The layout is described in CONTRIBUTING.md. When a rule stands in your way, the package you
// are in is probably the wrong room for what you are adding.
package archtest
