//go:build !chaperonetest

package main

import "time"

// clock returns the clock of the program.
func clock() func() time.Time { return time.Now }

// cost returns the cost of passphrases: the usual one.
func cost() int { return 0 }
