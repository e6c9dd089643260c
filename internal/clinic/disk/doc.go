// Package disk is the folder of a clinic's machine: small files that are replaced whole, and
// journals that only grow.
//
// It promises that a change is on stable storage when it is reported done, that a crash or a
// full disk leaves the state before or after a change and nothing between, and that one process
// at a time has the folder. It never reads or writes outside the folder, and knows nothing of
// what the files mean; sealing them is up to who writes them.
package disk
