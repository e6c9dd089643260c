package office

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// ownRoots checks that root keys are those in force.
func (o *Office) ownRoots(r *clinic.Roots) error {
	if err := o.need(); err != nil {
		return err
	}
	set, ok := o.Roots()
	if !ok || set.Hash() != r.Set().Hash() {
		return fmt.Errorf("%w: not those in force", clinic.ErrRoots)
	}
	return nil
}

// GrantRequest is what the root holders decide about a device.
type GrantRequest struct {
	Key    translog.Key
	Label  string // what patients read, such as "Front desk"
	Holder string // a-z, 0-9 and hyphens; who answers for it
	Kinds  []contact.Kind
	Cap    int64 // messages a day without a second person
}

// Grant lets a device sign for 90 days from now. A device that is granted already gets a new grant
// if label and holder are the same; what it signed under the old one stays good. The revocation for the day it is stolen is signed in the
// same breath and kept under the name that is returned. Errors are [ErrKeyTaken] and those of
// signing, and [ErrUnlogged].
func (o *Office) Grant(ctx context.Context, r *clinic.Roots, q GrantRequest) (revocation string, err error) {
	if err := o.ownRoots(r); err != nil {
		return "", err
	}
	if o.taken(q.Key) && !o.renews(q) {
		return "", ErrKeyTaken
	}
	note, err := r.SignGrant(clinic.DeviceGrant(o.ID(), q.Key, q.Label, q.Holder, q.Cap, o.cfg.Now(), q.Kinds...))
	if err != nil {
		return "", err
	}
	sealed, err := r.SignRevoke(clinic.SealedRevocation(o.ID(), q.Key))
	if err != nil {
		return "", err
	}
	revocation = revocationFile(q.Key)
	if err := o.disk.Write(revocation, sealed); err != nil {
		return "", err
	}
	return revocation, o.logNotes(ctx, note)
}

// renews reports whether a grant is that of a device that has one, again.
func (o *Office) renews(q GrantRequest) bool {
	g, ok := o.view.grant(q.Key.String())
	return ok && g.Role == contact.RoleDevice && g.Revoked == nil && g.Label == q.Label && g.Holder == q.Holder
}

// Renew grants a key of the clinic again, as it was: a device for 90 days from now, a monitor or a
// revoker for a year. Errors are [ErrUnknownKey], also for one that was ended, and those of
// [Office.Grant].
func (o *Office) Renew(ctx context.Context, r *clinic.Roots, who string) (Granted, error) {
	if err := o.ownRoots(r); err != nil {
		return Granted{}, err
	}
	old, err := o.find(who)
	if err != nil {
		return Granted{}, err
	}
	if old.Revoked != nil {
		return Granted{}, ErrUnknownKey
	}
	next := *old
	life := clinic.YearLife
	if next.Role == contact.RoleDevice {
		life = clinic.DeviceLife
	}
	next.NotBefore, next.NotAfter = o.cfg.Now().Unix(), o.cfg.Now().Add(life).Unix()
	note, err := r.SignGrant(next.Grant)
	if err != nil {
		return Granted{}, err
	}
	return next, o.logNotes(ctx, note)
}

func revocationFile(k translog.Key) string {
	h := contact.KeyHash(k)
	return sealedDir + "/" + hex.EncodeToString(h[:6]) + ".note"
}

// Revocation returns the revocation that was signed when a key was granted, to be kept apart
// from this machine. It fails with [ErrUnknownKey].
func (o *Office) Revocation(who string) ([]byte, error) {
	g, err := o.find(who)
	if err != nil {
		return nil, err
	}
	note, err := o.disk.Read(revocationFile(g.Key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrUnknownKey
	}
	return note, err
}

// RevokeRequest says whose key ends. One of Roots, Revoker and Sealed signs; without any, the
// revocation that was signed at grant time is used if it lies here.
type RevokeRequest struct {
	Who     string // a key, a label or a holder
	Reason  string // contact.Compromised or contact.Retired
	Since   int64  // Unix seconds; 0: from the grant on, only when compromised
	Roots   *clinic.Roots
	Revoker *clinic.Revoker
	Sealed  []byte // a revocation that was signed at grant time
}

// Revoke ends a key, for good. The note is handed to the monitor too, also when the server takes
// nothing. What was signed at grant time counts only for a key that was stolen, from its grant on:
// else it is [ErrRevocation], or clinic.ErrRoots when it was not brought. Errors are
// [ErrUnknownKey] and those of signing, and [ErrUnlogged].
func (o *Office) Revoke(ctx context.Context, q RevokeRequest) (Granted, error) {
	if err := o.need(); err != nil {
		return Granted{}, err
	}
	g, err := o.find(q.Who)
	if err != nil {
		return Granted{}, err
	}
	granted := *g
	n := contact.Revoke{Clinic: o.ID(), Key: g.Key, Enrol: g.Enrol, Reason: q.Reason, Effective: q.Since}
	if n.Reason == contact.Retired && n.Effective == 0 {
		n.Effective = o.cfg.Now().Unix()
	}
	note := q.Sealed
	switch {
	case q.Roots != nil:
		if err := o.ownRoots(q.Roots); err != nil {
			return Granted{}, err
		}
		note, err = q.Roots.SignRevoke(n)
	case q.Revoker != nil:
		note, err = q.Revoker.SignRevoke(n)
	case note == nil:
		note, err = o.disk.Read(revocationFile(g.Key))
		if errors.Is(err, fs.ErrNotExist) || err == nil && !o.says(note, n) {
			err = clinic.ErrRoots
		}
	case !o.says(note, n):
		err = ErrRevocation
	}
	if err != nil {
		return Granted{}, err
	}
	return granted, o.publishEnd(ctx, note)
}

// says reports whether a note that was signed before is by the roots in force, and is this very
// revocation: it cannot be taken back, and another key or reason would void other messages.
func (o *Office) says(note []byte, n contact.Revoke) bool {
	s, err := translog.ParseSigned(note)
	return err == nil && s.Text == n.Marshal() && len(o.view.sets) > 0 && clinic.SignedByRoots(s, o.view.current())
}

// publishEnd logs a revocation or withdrawal and hands it to the monitor, whatever the server
// says: its owner may be who stole the key. A monitor that is away, or listens to this machine no
// more, is no error: it reads the log.
func (o *Office) publishEnd(ctx context.Context, note []byte) error {
	failed := o.logNotes(ctx, note)
	if failed != nil && !errors.Is(failed, ErrUnlogged) {
		return failed
	}
	if second, err := o.second(ctx); err == nil {
		err := second.Deliver(ctx, note)
		if err != nil && !errors.Is(err, clinic.ErrMonitorAway) && !errors.Is(err, clinic.ErrMonitorRefused) {
			return errors.Join(failed, err)
		}
	}
	if o.book.Here {
		return errors.Join(failed, o.round(ctx, false))
	}
	return failed
}

// Withdraw takes a message back. The device that sent it signs, unless roots do; a message that
// is not the clinic's own is withdrawn by roots or by two persons, see [Office.WithdrawBy].
// Errors are [ErrNoMessage], those of signing, and [ErrUnlogged].
func (o *Office) Withdraw(ctx context.Context, ref, reason string, roots *clinic.Roots) error {
	if err := o.need(); err != nil {
		return err
	}
	commit, it, err := o.commitOf(ref)
	if err != nil {
		return err
	}
	n := contact.Withdraw{Clinic: o.ID(), Commits: [][32]byte{commit}, Reason: reason}
	note, err := o.signWithdraw(n, roots)
	if err != nil {
		return err
	}
	if err := o.markWithdrawn(it, reason); err != nil {
		return err
	}
	return o.publishEnd(ctx, note)
}

// markWithdrawn notes that a message of this outbox was taken back; nil is none of it.
func (o *Office) markWithdrawn(it *Item, reason string) error {
	if it == nil {
		return nil
	}
	box, err := o.box()
	if err != nil {
		return err
	}
	return box.append(event{Type: evWithdrawn, Ref: it.Ref, At: o.cfg.Now().Unix(), Reason: reason})
}

func (o *Office) signWithdraw(n contact.Withdraw, roots *clinic.Roots) ([]byte, error) {
	if roots != nil {
		if err := o.ownRoots(roots); err != nil {
			return nil, err
		}
		return roots.SignWithdraw(n)
	}
	if n.Reason == contact.NotOurs {
		return nil, clinic.ErrRoots
	}
	d, _, err := o.device()
	if err != nil {
		return nil, err
	}
	return d.SignWithdraw(n)
}

// Rotate replaces the root keys. keep takes the new ones away before anything counts. Patients'
// devices use them 72 hours later. The revocations that lie here for the day of a theft are signed
// anew; copies that were taken elsewhere are of no use any more. Errors are those of [Office.Grant].
func (o *Office) Rotate(ctx context.Context, old *clinic.Roots, threshold, holders int, keep func(*clinic.Roots) error) error {
	if err := o.ownRoots(old); err != nil {
		return err
	}
	n := o.view.numbers["rotate"] + 1
	var names []string
	for i := range holders {
		names = append(names, fmt.Sprintf("root-%d-%d.%s", n+1, i+1, o.view.profile.Slug))
	}
	next, err := clinic.NewRoots(threshold, o.cfg.Rand, names...)
	if err != nil {
		return err
	}
	rotate, err := old.SignRotate(o.ID(), n, next)
	if err != nil {
		return err
	}
	p := o.view.profile
	p.N++
	p.Roots = next.Set()
	profile, err := next.SignProfile(p)
	if err != nil {
		return err
	}
	if err := keep(next); err != nil {
		return err
	}
	if err := o.logNotes(ctx, rotate, profile); err != nil {
		return err
	}
	return o.sealAnew(next)
}

// sealAnew signs the revocations for the day of a theft with new root keys: the old ones end
// nothing any more.
func (o *Office) sealAnew(r *clinic.Roots) error {
	for _, g := range o.view.grants {
		if name := revocationFile(g.Key); g.Revoked == nil && o.disk.Has(name) {
			note, err := r.SignRevoke(clinic.SealedRevocation(o.ID(), g.Key))
			if err != nil {
				return err
			}
			if err := o.disk.Write(name, note); err != nil {
				return err
			}
		}
	}
	return nil
}

// Statement is what a clinic says in public after a breach.
type Statement struct {
	Classes  []string
	From, To time.Time
	Body     string
}

// Incident publishes a statement. Of several the newest holds. Errors are those of [Office.Grant].
func (o *Office) Incident(ctx context.Context, r *clinic.Roots, s Statement) error {
	if err := o.ownRoots(r); err != nil {
		return err
	}
	note, err := r.SignIncident(contact.Incident{
		Clinic: o.ID(), N: o.view.numbers["incident"] + 1, Issued: o.cfg.Now().Unix(),
		Classes: s.Classes, From: s.From.Unix(), To: s.To.Unix(), Body: contact.Canon(s.Body),
	})
	if err != nil {
		return err
	}
	return o.publishEnd(ctx, note)
}
