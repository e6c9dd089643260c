//go:build !linux && !darwin

package leave

import (
	"os"

	"golang.org/x/term"
)

// saved is the settings of a terminal as they were found.
type saved struct{ s *term.State }

func save(f *os.File) *saved {
	if f == nil || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	s, err := term.GetState(int(f.Fd()))
	if err != nil {
		return nil
	}
	return &saved{s}
}

func (s *saved) restore(f *os.File) { _ = term.Restore(int(f.Fd()), s.s) }

// lines leaves the console as it is: it has its own line editing.
func (s *saved) lines(*os.File, bool) {}

// drop does nothing here.
func drop(*os.File) {}
