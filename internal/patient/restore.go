package patient

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Restored describes a vault that was just restored.
type Restored struct {
	SavedAt time.Time
	SavedOn string
	Pins    []contact.Pin
}

// Restore fetches the vault that belongs to a recovery code and opens it on a disk that has
// none. The result says when and on which device it was last saved, and lists the pins that
// the patient must confirm before they count; and until a clinic's server has answered, none of
// its messages is amber or green. The server that had the vault is saved as the
// one to sync with, unless another was saved before.
//
// It fails with ErrVaultExists, ErrNoServer, ErrNotFound, ErrDeleted, ErrOffline, ErrRefused,
// ErrClock, ErrDisk or vault.ErrNewer; the disk then has no vault, as before.
func Restore(ctx context.Context, cfg Config, code humancode.Code) (*Device, Restored, error) {
	keys, err := vault.DeriveKeys(code)
	if err != nil {
		return nil, Restored{}, fmt.Errorf("restore vault: %w", err)
	}
	defer keys.Zero()
	d, err := newEmpty(cfg)
	if err != nil {
		return nil, Restored{}, fmt.Errorf("restore vault: %w", err)
	}
	restored, err := d.restore(ctx, cfg, keys)
	if err != nil {
		d.giveUp()
		return nil, Restored{}, fmt.Errorf("restore vault: %w", err)
	}
	return d, restored, nil
}

func (d *Device) restore(ctx context.Context, cfg Config, keys vault.Keys) (Restored, error) {
	server := d.Server()
	if server == "" {
		return Restored{}, ErrNoServer
	}
	revision, blob, err := d.remote(server, keys).get(ctx, 0)
	if err != nil {
		return Restored{}, err
	}
	state, err := vault.OpenBlob(&keys, revision, blob)
	if errors.Is(err, vault.ErrNewer) {
		return Restored{}, err
	}
	if err != nil {
		return Restored{}, badAnswer("blob")
	}
	mark, err := newMark(revision, blob, &state)
	if err != nil {
		return Restored{}, err
	}
	mark.At = d.now().Unix()
	restored := Restored{SavedAt: time.Unix(state.SavedAt, 0), SavedOn: state.SavedOn}
	state.Revision = revision
	local := vault.Local{State: state, Keys: keys, Marks: map[string]vault.Mark{server: mark}}
	for _, p := range state.Contact.Pins {
		local.Unasked = append(local.Unasked, hex.EncodeToString(p.Clinic[:]))
	}
	if err := d.begin(ctx, cfg, local); err != nil {
		return Restored{}, err
	}
	restored.Pins = d.State().Contact.Pins
	if err := d.saveFirstServer(server); err != nil {
		return Restored{}, err
	}
	return restored, nil
}

// saveFirstServer writes server.json when there is none.
func (d *Device) saveFirstServer(server string) error {
	if _, err := d.disk.Read(serverFile); err == nil {
		return nil
	}
	return d.UseServer(server)
}
