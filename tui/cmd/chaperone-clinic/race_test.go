//go:build race

package main

// raced says that the tests, and so the server, run under the race detector.
const raced = true
