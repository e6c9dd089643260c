package server

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ErrOrigin: the data belongs to another origin, or none was given where one is needed.
var ErrOrigin = errors.New("origin does not fit")

const localOrigin = "localhost"

// originError says which origin the data has.
type originError struct{ kept, given string }

func (e *originError) Error() string {
	return fmt.Sprintf("%v: the data belongs to %s, not to %s", ErrOrigin, e.kept, e.given)
}

func (e *originError) Unwrap() error { return ErrOrigin }

// settleOrigin returns the server's origin: the one kept in the data directory, or at the first
// start the given one, which it then keeps. A server that others can reach needs a name that
// means something to them.
func settleOrigin(dir, given string, loopback bool) (string, error) {
	path := filepath.Join(dir, "origin")
	kept, err := os.ReadFile(path)
	switch {
	case err == nil:
		origin := strings.TrimSuffix(string(kept), "\n")
		if !originName.MatchString(origin) {
			return "", fmt.Errorf("%w: the file %s is damaged", ErrOrigin, path)
		}
		if given != "" && given != origin {
			return "", &originError{kept: origin, given: given}
		}
		if origin == localOrigin && !loopback {
			return "", &originError{kept: origin, given: "a server that others can reach"}
		}
		return origin, nil
	case !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("read origin: %w", err)
	case given == "" && !loopback, given == localOrigin && !loopback:
		return "", fmt.Errorf("%w: --origin NAME is needed to listen on an address that others can reach", ErrConfig)
	case given == "":
		given = localOrigin
	}
	if err := writeOnce(dir, path, given+"\n"); err != nil {
		return "", fmt.Errorf("keep origin: %w", err)
	}
	return given, nil
}

// writeOnce writes a file so that it is there whole or not at all, also after a power cut.
func writeOnce(dir, path, text string) (err error) {
	tmp, err := os.CreateTemp(dir, ".origin-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, ignoreGone(os.Remove(tmp.Name()))) }()
	if _, err := tmp.WriteString(text); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := tmp.Sync(); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
