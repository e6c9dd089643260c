//go:build chaperonetest

package main

import (
	"os"
	"time"
)

// cost returns a cost of passphrases that does not keep tests waiting.
func cost() int { return 10 }

// clock returns a clock that CHAPERONE_TEST_NOW_OFFSET (a [time.ParseDuration] text) moves.
// It exists only in programs built for tests.
func clock() func() time.Time {
	offset, err := time.ParseDuration(os.Getenv("CHAPERONE_TEST_NOW_OFFSET"))
	if err != nil {
		return time.Now
	}
	return func() time.Time { return time.Now().Add(offset) }
}
