package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// The files of a monitor's directory.
const (
	lockFile     = "lock"
	settingsFile = "monitor.json"
	outboxFile   = "outbox.log"
	notesFile    = "notes.log"
	alarmsFile   = "alarms.log"
	waitingFile  = "waiting.log"
	statusFile   = "status.txt"
	channelDir   = "channels"
	maxFile      = 8 << 20
)

// diskError makes an error whose text names a file of the monitor, but no path outside of it.
func diskError(op, name string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	return fmt.Errorf("%s %s: %w: %w", op, name, ErrDisk, err)
}

// directory is where a monitor keeps its state; only this user may read it.
type directory struct {
	root string
	lock *os.File
	// step is a seam for tests; nil does nothing.
	step func(name string) error
}

// openDirectory makes the directory if it is missing, and takes it for this process. It fails
// with [ErrInUse].
func openDirectory(root string) (*directory, error) {
	for _, dir := range []string{root, filepath.Join(root, channelDir)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, diskError("make", "directory", err)
		}
		if err := os.Chmod(dir, 0o700); err != nil { //nolint:gosec // a directory needs its x bits
			return nil, diskError("close", "directory", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(root, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskError("open", lockFile, err)
	}
	if err := tryLock(f); err != nil {
		if !errors.Is(err, ErrInUse) {
			err = diskError("take", lockFile, err)
		}
		return nil, errors.Join(err, f.Close())
	}
	return &directory{root: root, lock: f}, nil
}

func (d *directory) path(name string) string { return filepath.Join(d.root, filepath.FromSlash(name)) }

// read returns nil when there is no such file.
func (d *directory) read(name string) ([]byte, error) { return readFile(d.root, name) }

func readFile(root, name string) ([]byte, error) {
	path := filepath.Join(root, filepath.FromSlash(name))
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, diskError("read", name, err)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("read %s: %w: too large", name, ErrDamaged)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, diskError("read", name, err)
	}
	return raw, nil
}

func (d *directory) readJSON(name string, v any) (found bool, err error) {
	return readJSON(d.root, name, v)
}

func readJSON(root, name string, v any) (found bool, err error) {
	raw, err := readFile(root, name)
	if err != nil || raw == nil {
		return false, err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return false, fmt.Errorf("%s: %w", name, ErrDamaged)
	}
	return true, nil
}

func (d *directory) writeJSON(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write %s: %w: %w", name, ErrDisk, err)
	}
	return d.write(name, append(raw, '\n'))
}

// write replaces a file as a whole: temporary file, fsync, rename, fsync of the directory. When
// it returns nil, the new content is on disk; otherwise the old one is.
func (d *directory) write(name string, data []byte) error {
	path := d.path(name)
	temp := path + ".tmp"
	if err := d.writeSynced(temp, data); err != nil {
		return errors.Join(diskError("write", name, err), removeQuietly(temp))
	}
	if d.step != nil {
		if err := d.step("rename " + name); err != nil {
			return diskError("write", name, err)
		}
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(diskError("write", name, err), removeQuietly(temp))
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return diskError("write", name, err)
	}
	return nil
}

func (d *directory) writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	return errors.Join(f.Sync(), f.Close())
}

func removeQuietly(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return diskError("remove", "temporary file", err)
	}
	return nil
}

func (d *directory) close() error {
	if d == nil || d.lock == nil {
		return nil
	}
	return errors.Join(giveBack(d.lock), d.lock.Close())
}
