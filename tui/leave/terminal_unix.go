//go:build linux || darwin

package leave

import (
	"os"

	"golang.org/x/sys/unix"
)

// saved is the settings of a terminal as they were found.
type saved struct{ t unix.Termios }

func save(f *os.File) *saved {
	if f == nil {
		return nil
	}
	t, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		return nil
	}
	return &saved{*t}
}

func (s *saved) restore(f *os.File) {
	t := s.t
	_ = unix.IoctlSetTermios(int(f.Fd()), setTermios, &t)
}

// lines sets a terminal up for reading lines: the terminal's own editing and echo stay, so
// that a screen reader hears what it is used to, but Ctrl-X and Esc end a line too and so
// arrive at once.
func (s *saved) lines(f *os.File, hidden bool) {
	t := s.t
	t.Lflag |= unix.ICANON | unix.ISIG | unix.IEXTEN | unix.ECHO
	if hidden {
		t.Lflag &^= unix.ECHO
		t.Lflag |= unix.ECHONL
	}
	t.Iflag |= unix.ICRNL
	t.Cc[unix.VEOL] = ctrlX
	t.Cc[unix.VEOL2] = esc
	_ = unix.IoctlSetTermios(int(f.Fd()), setTermios, &t)
}
