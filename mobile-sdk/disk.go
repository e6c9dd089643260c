package chaperone

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/chaperone-privacy/chaperone/internal/patient"
)

// SecureStore is the host's key store: Android's Keystore, the Keychain, or what a host has
// in their stead. The host implements it; it keeps the one secret that opens the vault.
//
// Values are at most 4 KiB. When Put or Delete returns without an error, the change is on
// stable storage. Get returns no bytes (null or empty) for a name that was never put, and an
// error only when the store could not answer. Deleting what is not there is no error. The
// methods may be called from any thread, and must not call back into the [Client].
type SecureStore interface {
	Get(name string) ([]byte, error)
	Put(name string, value []byte) error
	Delete(name string) error
}

// keyFile is the file of a patient's disk that holds the vault's key in the clear.
const keyFile = "device.key"

var (
	errNoKey    = errors.New("the key store has no such key")
	errKeyStore = errors.New("the key store failed")
)

// keyDisk is a disk whose key file lies in the host's key store; every other file is sealed
// and lies in the directory.
type keyDisk struct {
	patient.Disk
	store SecureStore

	mu     sync.Mutex
	unlock func() error // guarded by mu; nil while not locked
}

var _ patient.Disk = (*keyDisk)(nil)

func (d *keyDisk) Read(name string) ([]byte, error) {
	if name != keyFile {
		return d.Disk.Read(name)
	}
	value, err := d.store.Get(name)
	if err != nil {
		return nil, fmt.Errorf("read key store: %w", errKeyStore)
	}
	if len(value) == 0 {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	seam(value)
	return bytes.Clone(value), nil
}

func (d *keyDisk) Write(name string, data []byte) error {
	if name != keyFile {
		return d.Disk.Write(name, data)
	}
	if err := d.store.Put(name, bytes.Clone(data)); err != nil {
		return fmt.Errorf("write key store: %w", errKeyStore)
	}
	return nil
}

func (d *keyDisk) Remove(name string) error {
	if name != keyFile {
		return d.Disk.Remove(name)
	}
	if err := d.store.Delete(name); err != nil {
		return fmt.Errorf("delete from key store: %w", errKeyStore)
	}
	return nil
}

// Lock remembers how to unlock, for [keyDisk.releaseUnless].
func (d *keyDisk) Lock() (func() error, error) {
	unlock, err := d.Disk.Lock()
	if err != nil {
		return nil, err
	}
	unlock = sync.OnceValue(unlock)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unlock = unlock
	return unlock, nil
}

// releaseUnless gives up the lock when no client came of it: after a panic nobody else does,
// and the data directory would stay "already open" for as long as the app runs.
func (d *keyDisk) releaseUnless(client **Client) {
	if *client != nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.unlock != nil {
		_ = d.unlock() // there is an error to tell already
	}
}

// RemoveAll removes the key first: without it the files mean nothing.
func (d *keyDisk) RemoveAll() error {
	if err := d.Remove(keyFile); err != nil {
		return err
	}
	return d.Disk.RemoveAll()
}
