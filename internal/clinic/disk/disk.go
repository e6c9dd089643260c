package disk

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Errors of this package.
var (
	ErrAlreadyOpen = errors.New("the folder is in use by another program")
	ErrDisk        = errors.New("the disk could not be read or written") // full, read-only, gone
	ErrDamaged     = errors.New("a journal is damaged")
)

const (
	lockFile   = "lock"
	tempSuffix = ".tmp"
	maxFile    = maxJournal // bytes; a backup reads journals whole
)

// Dir is a folder that this process has to itself. It is not safe for concurrent use.
type Dir struct {
	root string
	lock *os.File
	// Step is called before each step of a change; an error takes the place of the step. It is
	// a seam for tests; nil does nothing.
	Step func(name string) error
}

// Open makes the folder if need be, closes it to other users and locks it. It fails with
// [ErrAlreadyOpen] or [ErrDisk].
func Open(root string) (*Dir, error) {
	if root == "" {
		return nil, fmt.Errorf("open folder: %w: no path", ErrDisk)
	}
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(root, 0o700); err != nil {
			return nil, trouble("make folder", err)
		}
		if err := syncDir(filepath.Dir(root)); err != nil {
			return nil, trouble("make folder", err)
		}
	}
	if info, err := os.Stat(root); err != nil {
		return nil, trouble("open folder", err)
	} else if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(root, info.Mode().Perm()&^0o077); err != nil {
			return nil, trouble("close folder to others", err)
		}
	}
	f, err := os.OpenFile(filepath.Join(root, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, trouble("lock folder", err)
	}
	if err := tryLock(f); err != nil {
		_ = f.Close()
		if errors.Is(err, ErrAlreadyOpen) {
			return nil, err
		}
		return nil, trouble("lock folder", err)
	}
	d := &Dir{root: root, lock: f}
	d.removeTemps()
	return d, nil
}

// Close gives the folder back.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	f := d.lock
	d.lock = nil
	if err := errors.Join(giveBack(f), f.Close()); err != nil {
		return trouble("release folder", err)
	}
	return nil
}

// trouble makes an error without the path, which may hold a name.
func trouble(what string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w: %w", what, ErrDisk, err)
}

// file returns where a name lies. Names are slash-separated and stay inside.
func (d *Dir) file(name string) (string, error) {
	if d.lock == nil {
		return "", fmt.Errorf("folder is closed: %w", ErrDisk)
	}
	if !fs.ValidPath(name) || name == "." || name == lockFile || strings.HasSuffix(name, tempSuffix) {
		return "", fmt.Errorf("name of a file: %w: %w", ErrDisk, fs.ErrInvalid)
	}
	return filepath.Join(d.root, filepath.FromSlash(name)), nil
}

// Read returns a file. It fails with [fs.ErrNotExist] or [ErrDisk].
func (d *Dir) Read(name string) ([]byte, error) {
	file, err := d.file(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, trouble("read "+name, err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, trouble("read "+name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("read %s: %w: too large", name, ErrDisk)
	}
	return data, nil
}

// Has reports whether there is a file of this name.
func (d *Dir) Has(name string) bool {
	file, err := d.file(name)
	if err != nil {
		return false
	}
	_, err = os.Lstat(file)
	return err == nil
}

// List returns the names of the files in a folder of the folder, sorted. One that is not there
// has none.
func (d *Dir) List(folder string) ([]string, error) {
	dir, err := d.file(folder)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, trouble("list "+folder, err)
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() && !strings.HasSuffix(e.Name(), tempSuffix) {
			names = append(names, folder+"/"+e.Name())
		}
	}
	return names, nil
}

// Write replaces a file whole: temporary file, fsync, rename, fsync of the folder. Only this
// account can read it. It fails with [ErrDisk], and the old file is as it was.
func (d *Dir) Write(name string, data []byte) error {
	file, err := d.file(name)
	if err != nil {
		return err
	}
	if dir := filepath.Dir(file); dir != d.root {
		if err := d.makeDir(dir); err != nil {
			return trouble("write "+name, err)
		}
	}
	if err := d.replace(file, data); err != nil {
		return trouble("write "+name, err)
	}
	return nil
}

func (d *Dir) makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

func (d *Dir) replace(file string, data []byte) error {
	temp := file + tempSuffix
	err := d.writeSynced(temp, data)
	if err == nil {
		err = d.at("rename", func() error { return os.Rename(temp, file) })
	}
	if err != nil {
		_ = os.Remove(temp) // what is left of it holds nothing that counts
		return err
	}
	return d.at("sync folder", func() error { return syncDir(filepath.Dir(file)) })
}

func (d *Dir) writeSynced(file string, data []byte) (err error) {
	var f *os.File
	err = d.at("create", func() error {
		f, err = os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		return err
	})
	if err != nil {
		return err
	}
	err = d.at("write", func() error { _, err := f.Write(data); return err })
	if err == nil {
		err = d.at("sync", f.Sync)
	}
	return errors.Join(err, f.Close())
}

// Remove removes a file; one that is not there is no error.
func (d *Dir) Remove(name string) error {
	file, err := d.file(name)
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return trouble("remove "+name, err)
	}
	if err := syncDir(filepath.Dir(file)); err != nil {
		return trouble("remove "+name, err)
	}
	return nil
}

// at does one step of a change.
func (d *Dir) at(name string, do func() error) error {
	if d.Step != nil {
		if err := d.Step(name); err != nil {
			return err
		}
	}
	return do()
}

// removeTemps clears away temporary files of writes that a crash cut off.
func (d *Dir) removeTemps() {
	for _, pattern := range []string{"*" + tempSuffix, filepath.Join("*", "*"+tempSuffix)} {
		found, err := filepath.Glob(filepath.Join(d.root, pattern))
		if err != nil {
			continue
		}
		for _, file := range found {
			_ = os.Remove(file)
		}
	}
}

// SaveNew writes a file outside of any folder of ours, for a person. It never overwrites one;
// only this account can read the new one. It fails with [fs.ErrExist] or [ErrDisk].
func SaveNew(file string, data []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return trouble("create file", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(file) // ours, and half written
		return trouble("write file", err)
	}
	return nil
}
