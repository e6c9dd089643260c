package patient

import (
	"context"
	"fmt"
)

// Wipe removes everything on this device and, if remote is set, the server's copy first. When
// the server cannot be told, nothing is removed and the error says why; remote without a
// server is ErrNoServer. The device is closed afterwards.
//
// Files are overwritten before they are removed, which helps on some disks and on flash
// storage seldom: what the files held was sealed, and the key is removed first.
func (d *Device) Wipe(ctx context.Context, remote bool) error {
	if remote {
		if err := d.wipeRemote(ctx); err != nil {
			return fmt.Errorf("wipe vault: %w", err)
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fmt.Errorf("wipe vault: %w", ErrClosed)
	}
	d.drop()
	err := d.disk.RemoveAll()
	if unlockErr := d.unlock(); err == nil {
		err = unlockErr
	}
	if err != nil {
		return fmt.Errorf("wipe vault: %w", err)
	}
	return nil
}

func (d *Device) wipeRemote(ctx context.Context) error {
	d.syncing.Lock()
	defer d.syncing.Unlock()
	s, err := d.startSync()
	if err != nil {
		return err
	}
	defer s.remote.keys.Zero()
	return s.remote.delete(ctx)
}
