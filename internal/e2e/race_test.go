//go:build linux && race

package e2e

// raced says that the tests, and so the programs, run under the race detector.
const raced = true
