package office

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Change is what root holders change in the profile. What is not set stays as it is.
type Change struct {
	Phones      []string // in place of the old ones
	Servers     []string // origins that patients ask, in place of the old ones
	StatusHours int64    // 0: as it is
	// Epoch is a new VRF secret of the monitor: it counts for a year from now; the one before ends
	// 47 hours from now at the latest.
	Epoch *clinic.MonitorRequest
	// Policy is the text of a new witness policy, likewise. It is logged with a note of its own.
	Policy []byte
	// Frozen are heads at which logs that were replaced ended. After a keys log the clinic's notes
	// are logged again.
	Frozen []contact.FrozenHead
	Closed bool // patients are told that the clinic has closed, and its monitor proves no more
}

const (
	// overlap is how long the old window goes on; two may overlap by 48 h.
	overlap = 47 * time.Hour
	// early is how much a new window begins before now: witnesses and monitor have clocks too.
	early = 5 * time.Minute
)

// UpdateProfile signs and logs a profile with the next number. Errors are those of
// [Office.Grant], [ErrNoPolicy] for a text that does not read, and [ErrKeyTaken] for an epoch
// that the profile has.
func (o *Office) UpdateProfile(ctx context.Context, r *clinic.Roots, c Change) error {
	if err := o.ownRoots(r); err != nil {
		return err
	}
	p, now := o.view.profile, o.cfg.Now()
	p.N++
	if len(c.Phones) > 0 {
		p.Phones = c.Phones
	}
	if len(c.Servers) > 0 {
		p.Servers = c.Servers
	}
	if c.StatusHours != 0 {
		p.StatusHours = c.StatusHours
	}
	if c.Closed {
		p.Closed = now.Unix()
	}
	if c.Epoch != nil {
		if slices.ContainsFunc(p.Monitors, func(e contact.Epoch) bool { return e.Key == c.Epoch.VRF }) {
			return ErrKeyTaken
		}
		p.Monitors = nextEpoch(p.Monitors, c.Epoch.VRF, now)
	}
	p.Frozen = slices.Clone(p.Frozen)
	for _, f := range c.Frozen {
		if !slices.Contains(p.Frozen, f) {
			p.Frozen = append(p.Frozen, f)
		}
	}
	var notes [][]byte
	if c.Policy != nil {
		if _, err := translog.ParsePolicy(c.Policy); err != nil {
			return ErrNoPolicy
		}
		p.Policies = nextPolicy(p.Policies, contact.PolicyHash(c.Policy), now)
		note, err := r.SignPolicy(contact.PolicyNote{Clinic: o.ID(), Text: string(c.Policy)})
		if err != nil {
			return err
		}
		notes = append(notes, note)
	}
	profile, err := r.SignProfile(p)
	if err != nil {
		return err
	}
	if c.Policy != nil && !slices.Contains(o.book.Policies, string(c.Policy)) {
		o.book.Policies = append(o.book.Policies, string(c.Policy))
	}
	notes = append([][]byte{profile}, notes...)
	if slices.ContainsFunc(c.Frozen, func(f contact.FrozenHead) bool { return strings.HasSuffix(f.Origin, "/"+clinic.KeysLog) }) {
		return o.logAgain(ctx, notes)
	}
	return o.logNotes(ctx, notes...)
}

// nextEpoch opens a window of a year for a VRF key.
func nextEpoch(old []contact.Epoch, key [32]byte, now time.Time) []contact.Epoch {
	next := contact.Epoch{N: 1, Key: key, NotBefore: now.Add(-early).Unix(), NotAfter: now.Add(clinic.YearLife).Unix()}
	var out []contact.Epoch
	for _, e := range old {
		e.NotAfter = min(e.NotAfter, now.Add(overlap).Unix())
		next.N = max(next.N, e.N+1)
		out = append(out, e)
	}
	return append(out, next)
}

// nextPolicy does the same for a policy. One that is listed already has its window opened anew.
func nextPolicy(old []contact.PolicyRef, hash [32]byte, now time.Time) []contact.PolicyRef {
	next := contact.PolicyRef{Hash: hash, NotBefore: now.Add(-early).Unix(), NotAfter: now.Add(clinic.YearLife).Unix()}
	var out []contact.PolicyRef
	for _, r := range old {
		if r.Hash == hash {
			next.NotBefore = r.NotBefore // the same witnesses: their window goes on
			continue
		}
		r.NotAfter = min(r.NotAfter, now.Add(overlap).Unix())
		out = append(out, r)
	}
	return append(out, next)
}

// logAgain logs the clinic's notes in the log that took the place of another, with what is new
// behind the rotations: first profile, rotations, the newest profile, grants that are not over,
// revocations.
func (o *Office) logAgain(ctx context.Context, fresh [][]byte) error {
	var first, rotates, grants, revokes [][]byte
	for _, e := range o.book.Notes {
		note := []byte(e.Note)
		s, err := translog.ParseSigned(note)
		if err != nil {
			continue
		}
		switch kind, _, _ := strings.Cut(s.Text, "\n"); kind {
		case "chaperone/clinic/v1":
			if first == nil {
				first = append(first, note)
			}
		case "chaperone/rotate/v1":
			rotates = append(rotates, note)
		case "chaperone/grant/v1":
			if g, err := contact.ParseGrant(s.Text); err == nil && g.NotAfter >= o.cfg.Now().Unix() {
				grants = append(grants, note)
			}
		case "chaperone/revoke/v1":
			revokes = append(revokes, note)
		}
	}
	if err := o.announce(ctx, fresh...); err != nil {
		return err
	}
	return o.logQueue(ctx, slices.Concat(first, rotates, fresh, grants, revokes))
}
