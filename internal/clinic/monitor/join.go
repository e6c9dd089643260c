package monitor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Joining is the clinic that a monitor is for.
type Joining struct {
	Profile  []byte   // signed
	Policies [][]byte // texts of its witness policies, which are verified by the profile
	Server   string   // where it publishes
	Known    [][]byte // signed notes in the log that a person looked at
}

// Name is what the clinic calls itself.
func (j Joining) Name() string {
	p, _, err := readProfile(j.Profile)
	if err != nil {
		return ""
	}
	return p.Name
}

// Join tells a monitor which clinic it is for. Whoever calls it vouches for the profile: it was
// brought by hand, or [Find] found it. The monitor must not run. It fails with [ErrProfile]
// unless the profile names the monitor's VRF key, and with [ErrJoined].
func Join(dir string, j Joining) error {
	d, err := disk.Open(dir)
	if err != nil {
		return fmt.Errorf("join clinic: %w", err)
	}
	return errors.Join(join(d, j), d.Close())
}

// Find fetches a clinic's profile by the clinic id, which must come by hand: everything leads to
// it. It fails with [ErrProfile] when the server shows no such clinic.
func Find(ctx context.Context, s Server, id [32]byte) (Joining, error) {
	v := newView(id)
	var out Joining
	for after, pages := int64(0), 0; pages < 100; pages++ {
		page, err := s.GetClinic(ctx, id, after)
		if err != nil {
			return out, fmt.Errorf("find clinic: %w", err)
		}
		out.Policies = page.Policies
		for _, n := range page.Notes {
			before := v.profileHash
			// Who may sign depends on when: a revoker's word counts within the window of its grant.
			head, _, err := clinic.CheckProof(page.Policies, clinic.KeysLog, n.Note, n.Proof)
			if err != nil {
				continue
			}
			if _, err := v.apply(n.Note, head.LoggedAt); err != nil {
				continue
			}
			out.Known = append(out.Known, n.Note)
			if v.profileHash != before {
				out.Profile = n.Note
			}
		}
		if !page.More {
			break
		}
		after = page.Next
	}
	if out.Profile == nil {
		return out, ErrProfile
	}
	return out, nil
}

func join(d *disk.Dir, j Joining) error {
	profile, policies := j.Profile, j.Policies
	var s Settings
	if found, err := readJSON(d, settingsFile, &s); err != nil || !found {
		return errors.Join(ErrSetUp, err)
	}
	if s.Profile != "" {
		return ErrJoined
	}
	p, _, err := readProfile(profile)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(p.Monitors, func(e contact.Epoch) bool { return e.Key == s.VRF }) {
		return ErrProfile
	}
	s.Profile, s.Server = string(profile), j.Server
	for _, note := range j.Known {
		if n, err := translog.ParseSigned(note); err == nil {
			s.Known = append(s.Known, contact.NoteHash(n.Text))
		}
	}
	for _, text := range policies {
		if slices.ContainsFunc(p.Policies, func(r contact.PolicyRef) bool { return r.Hash == contact.PolicyHash(text) }) {
			s.Policies = append(s.Policies, string(text))
		}
	}
	if len(s.Policies) == 0 {
		return fmt.Errorf("%w: none of its policies is at hand", ErrProfile)
	}
	return writeJSON(d, settingsFile, s)
}

// readProfile reads a profile that its own root set signed.
func readProfile(raw []byte) (contact.Profile, [32]byte, error) {
	s, err := translog.ParseSigned(raw)
	if err != nil {
		return contact.Profile{}, [32]byte{}, fmt.Errorf("%w: %w", ErrProfile, err)
	}
	p, err := contact.ParseProfile(s.Text)
	if err != nil || !byRoots(s, p.Roots) {
		return contact.Profile{}, [32]byte{}, ErrProfile
	}
	return p, contact.NoteHash(s.Text), nil
}
