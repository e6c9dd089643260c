// Package e2e holds tests over the real programs: it builds chaperone and chaperoned once,
// runs them as a person would, on pseudo-terminals and through pipes, and looks at what they
// show, what they leave on disk and how they end.
//
// It promises that nothing in it is a stand-in: real processes, a real server on a port
// chosen by the system, a real full disk. It never skips; where it cannot do its work it
// fails and says why. It imports nothing of the programs it tests.
package e2e
