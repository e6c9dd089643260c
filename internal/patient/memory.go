package patient

import (
	"bytes"
	"io/fs"
	"sync"
)

// Memory is a [Disk] that forgets everything when the program ends.
type Memory struct {
	mu     sync.Mutex
	locked bool
	files  map[string][]byte
}

var _ Disk = (*Memory)(nil)

// NewMemory returns an empty disk.
func NewMemory() *Memory { return &Memory{files: map[string][]byte{}} }

// Read implements [Disk].
func (m *Memory) Read(name string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}
	return bytes.Clone(data), nil
}

// Write implements [Disk].
func (m *Memory) Write(name string, data []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files[name] = bytes.Clone(data)
	return nil
}

// Remove implements [Disk].
func (m *Memory) Remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.files[name])
	delete(m.files, name)
	return nil
}

// Lock implements [Disk].
func (m *Memory) Lock() (unlock func() error, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked {
		return nil, ErrAlreadyOpen
	}
	m.locked = true
	return func() error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.locked = false
		return nil
	}, nil
}

// RemoveAll implements [Disk].
func (m *Memory) RemoveAll() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.files {
		clear(m.files[name])
	}
	clear(m.files)
	return nil
}
