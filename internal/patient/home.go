package patient

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNoHome says that the system names no place for a person's data.
var ErrNoHome = errors.New("no place for the data directory is known")

// DefaultHome returns where the data directory is: $CHAPERONE_HOME, or
// $XDG_DATA_HOME/chaperone (~/.local/share/chaperone), %LocalAppData%\Chaperone on Windows,
// ~/Library/Application Support/Chaperone on macOS. Apps on phones name their own place.
func DefaultHome() (string, error) { return defaultHome(runtime.GOOS, os.Getenv) }

func defaultHome(system string, env func(string) string) (string, error) {
	if dir := env("CHAPERONE_HOME"); dir != "" {
		return filepath.Abs(dir)
	}
	var parts []string
	switch system {
	case "windows":
		parts = []string{env("LocalAppData"), "Chaperone"}
	case "darwin", "ios":
		parts = []string{env("HOME"), "Library", "Application Support", "Chaperone"}
	case "android":
		return "", ErrNoHome
	default:
		parts = []string{env("XDG_DATA_HOME"), "chaperone"}
		// The XDG specification has relative paths ignored.
		if !filepath.IsAbs(parts[0]) {
			parts = []string{env("HOME"), ".local", "share", "chaperone"}
		}
	}
	if parts[0] == "" {
		return "", ErrNoHome
	}
	return filepath.Join(parts...), nil
}
