//go:build race

package checklist_test

const raceEnabled = true
