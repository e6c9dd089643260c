package patient

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"

	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// pendingPut is a Put whose answer is not known yet: the same bytes are sent again. On disk
// it is SHA-256 of the server's address || base revision u64 || blob.
type pendingPut struct {
	base uint64
	blob []byte
}

const pendingHeader = sha256.Size + 8

// readPending returns the pending Put to a server, or nil when there is none.
func (d *Device) readPending(server string) (*pendingPut, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, ErrClosed
	}
	data, err := d.disk.Read(pendingFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(server))
	if len(data) < pendingHeader || len(data) > pendingHeader+vault.MaxBlob || [sha256.Size]byte(data) != sum {
		return nil, nil
	}
	return &pendingPut{binary.BigEndian.Uint64(data[sha256.Size:]), data[pendingHeader:]}, nil
}

// writePending keeps a Put before it is sent.
func (d *Device) writePending(server string, p *pendingPut) error {
	sum := sha256.Sum256([]byte(server))
	data := make([]byte, 0, pendingHeader+len(p.blob))
	data = append(data, sum[:]...)
	data = binary.BigEndian.AppendUint64(data, p.base)
	data = append(data, p.blob...)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	if err := d.disk.Write(pendingFile, data); err != nil {
		return fmt.Errorf("keep request: %w", err)
	}
	return nil
}

// dropPending forgets a Put whose answer is known.
func (d *Device) dropPending() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	return d.disk.Remove(pendingFile)
}
