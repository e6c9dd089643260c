package patient

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// The files of a device's disk.
const (
	VaultFile   = "vault.bin"   // the two-slot vault
	keyFile     = "device.key"  // its key, when no passphrase is set
	pendingFile = "pending.bin" // the sealed blob of a Put whose answer is not known yet
	serverFile  = "server.json" // the server's address
	packFile    = "pack/pack.bin"
	policyFile  = "policy.txt" // a witness policy that the patient installed; may be absent

	clinicsFile = "notes/clinics.bin" // what clinics' servers said, sealed
	trustedFile = "notes/trusted.bin" // messages that were shown as trusted, sealed
	beyondFile  = "notes/beyond.bin"  // what was learned of clinics and does not fit into the vault, sealed

	lockFile   = "lock"
	tempSuffix = ".tmp"
)

// owned is the entries of the directory that belong to the program, in the order in which
// RemoveAll removes them: the key first. Nothing else is ever written or removed, so that a
// wrong CHAPERONE_HOME does not cost a person their files.
var owned = [...]string{keyFile, VaultFile, pendingFile, serverFile, policyFile, "pack", "notes", lockFile}

// maxFile is the largest file that is read, in bytes.
const maxFile = 8 << 20

// Dir is a [Disk] on a directory. It is safe for concurrent use.
type Dir struct {
	root string
	// step is called before each step of a change; an error takes the place of the step. It
	// is a seam for tests, which stop or break a change there; nil does nothing.
	step func(name string) error

	mu   sync.Mutex
	lock *os.File // guarded by mu; nil while not locked
}

var _ Disk = (*Dir)(nil)

// NewDir returns the disk at a path, which is made with mode 0700 when it is first written.
// A directory there already is closed to other users.
func NewDir(root string) (*Dir, error) {
	if root == "" {
		return nil, fmt.Errorf("data directory: %w: no path", ErrDisk)
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, diskError("find", "data directory", err)
	}
	return &Dir{root: abs}, nil
}

// diskError makes an error whose text names a file of the disk, but no path outside of it.
func diskError(op, name string, err error) error {
	var p *fs.PathError
	var l *os.LinkError
	var s *os.SyscallError
	switch {
	case errors.As(err, &p):
		err = p.Err
	case errors.As(err, &l):
		err = l.Err
	case errors.As(err, &s):
		err = s.Err
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s %s: %w", op, name, err)
	}
	return fmt.Errorf("%s %s: %w: %w", op, name, ErrDisk, err)
}

// file returns where a name lies, or an error for a name that is not the program's.
func (d *Dir) file(name string) (string, error) {
	top, _, _ := strings.Cut(name, "/")
	if !fs.ValidPath(name) || name == lockFile || !slices.Contains(owned[:], top) || strings.HasSuffix(name, tempSuffix) {
		return "", fmt.Errorf("name of a file: %w: %w", ErrDisk, fs.ErrInvalid)
	}
	return filepath.Join(d.root, filepath.FromSlash(name)), nil
}

// Read implements [Disk].
func (d *Dir) Read(name string) ([]byte, error) {
	file, err := d.file(name)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, diskError("read", name, err)
	}
	defer f.Close()
	size := 0
	if info, err := f.Stat(); err == nil {
		size = int(min(info.Size(), maxFile))
	}
	// One byte more than the file has lets the read see its end without growing.
	data := make([]byte, 0, size+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, diskError("read", name, err)
		case len(data) > maxFile:
			return nil, fmt.Errorf("read %s: %w: too large", name, ErrDisk)
		}
		if len(data) == cap(data) {
			data = slices.Grow(data, 512)
		}
	}
}

// Write implements [Disk]: temporary file, fsync, rename, fsync of the directory.
func (d *Dir) Write(name string, data []byte) error {
	file, err := d.file(name)
	if err != nil {
		return err
	}
	if err := d.makeDir(filepath.Dir(file)); err != nil {
		return diskError("write", name, err)
	}
	temp := file + tempSuffix
	err = d.writeSynced(temp, data)
	if err == nil {
		err = d.at("rename", func() error { return os.Rename(temp, file) })
	}
	if err != nil {
		// What is left of the temporary file holds nothing that counts.
		_ = os.Remove(temp)
		return diskError("write", name, err)
	}
	if err := d.at("sync directory", func() error { return syncDir(filepath.Dir(file)) }); err != nil {
		return diskError("write", name, err)
	}
	return nil
}

// at does one step of a change.
func (d *Dir) at(name string, do func() error) error {
	if d.step != nil {
		if err := d.step(name); err != nil {
			return err
		}
	}
	return do()
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

// Remove implements [Disk]. A file that is not there is no error.
func (d *Dir) Remove(name string) error {
	file, err := d.file(name)
	if err != nil {
		return err
	}
	err = d.at("remove", func() error { return os.Remove(file) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = d.at("sync directory", func() error { return syncDir(filepath.Dir(file)) })
	}
	if err != nil {
		return diskError("remove", name, err)
	}
	return nil
}

// makeDir makes a directory of the disk, and the way to it, on stable storage.
func (d *Dir) makeDir(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return syncDir(filepath.Dir(dir))
}

// Lock implements [Disk]. It also closes the directory to others and clears away what a
// crash left behind.
func (d *Dir) Lock() (unlock func() error, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lock != nil {
		return nil, ErrAlreadyOpen
	}
	if err := d.makeDir(d.root); err != nil {
		return nil, diskError("open", "data directory", err)
	}
	if err := d.closeToOthers(); err != nil {
		return nil, diskError("close to others", "data directory", err)
	}
	f, err := d.takeLock()
	if err != nil {
		return nil, err
	}
	d.lock = f
	d.removeTemps()
	return d.unlock, nil
}

func (d *Dir) closeToOthers() error {
	if runtime.GOOS == "windows" {
		return nil
	}
	info, err := os.Stat(d.root)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return os.Chmod(d.root, info.Mode().Perm()&^0o077)
}

// takeLock locks the lock file and makes sure that it is still the one in the directory: a
// wipe may have removed it between opening and locking.
func (d *Dir) takeLock() (*os.File, error) {
	file := filepath.Join(d.root, lockFile)
	for range 10 {
		f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, diskError("open", lockFile, err)
		}
		if err := tryLock(f); err != nil {
			_ = f.Close()
			if errors.Is(err, ErrAlreadyOpen) {
				return nil, err
			}
			return nil, diskError("take", lockFile, err)
		}
		ours, err1 := f.Stat()
		there, err2 := os.Stat(file)
		if err1 == nil && err2 == nil && os.SameFile(ours, there) {
			return f, nil
		}
		_ = f.Close()
	}
	return nil, fmt.Errorf("take %s: %w", lockFile, ErrAlreadyOpen)
}

func (d *Dir) unlock() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lock == nil {
		return nil
	}
	f := d.lock
	d.lock = nil
	// Closing alone would not do: a child of this process that has not yet run its own program
	// still holds the file.
	if err := errors.Join(giveBack(f), f.Close()); err != nil {
		return diskError("release", lockFile, err)
	}
	return nil
}

// removeTemps clears away temporary files of writes that a crash cut off.
func (d *Dir) removeTemps() {
	for _, name := range owned {
		for _, pattern := range []string{name + tempSuffix, path.Join(name, "*"+tempSuffix)} {
			found, err := filepath.Glob(filepath.Join(d.root, filepath.FromSlash(pattern)))
			if err != nil {
				continue
			}
			for _, file := range found {
				_ = os.Remove(file)
			}
		}
	}
}

// RemoveAll implements [Disk]. It removes the program's own files, the key first, and the
// directory if nothing else is in it. Before it removes a file it overwrites it, which helps
// on some disks and on flash storage seldom. It goes on after an error and reports the first.
func (d *Dir) RemoveAll() error {
	var first error
	keep := func(err error) {
		if first == nil && err != nil && !errors.Is(err, fs.ErrNotExist) {
			first = err
		}
	}
	d.removeTemps()
	for _, name := range owned {
		if name == lockFile {
			continue
		}
		top := filepath.Join(d.root, name)
		keep(filepath.WalkDir(top, func(file string, entry fs.DirEntry, err error) error {
			if err != nil {
				return diskError("remove", name, err)
			}
			if entry.Type().IsRegular() {
				// The file goes away even when it cannot be overwritten.
				_ = overwrite(file)
			}
			return nil
		}))
		if err := os.RemoveAll(top); err != nil {
			keep(diskError("remove", name, err))
		}
	}
	keep(d.unlock())
	if err := os.Remove(filepath.Join(d.root, lockFile)); err != nil {
		keep(diskError("remove", lockFile, err))
	}
	if err := os.Remove(d.root); err == nil {
		keep(syncDir(filepath.Dir(d.root)))
	} else if entries, err2 := os.ReadDir(d.root); err2 == nil && len(entries) == 0 {
		keep(diskError("remove", "data directory", err))
	}
	return first
}

// overwrite writes zeros over a file in its place.
func overwrite(file string) error {
	f, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	zeros := make([]byte, min(info.Size(), 64<<10))
	for left := info.Size(); left > 0; {
		n, err := f.Write(zeros[:min(left, int64(len(zeros)))])
		if err != nil {
			return errors.Join(err, f.Close())
		}
		left -= int64(n)
	}
	return errors.Join(f.Sync(), f.Close())
}
