package keylog_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// desk is a clinic with two desks, two monitors and a revoker, all granted.
func desk(t *testing.T) (*keylogtest.Clinic, *world) {
	t.Helper()
	a := keylogtest.New(t, "a")
	w := newWorld(t, a)
	w.append(t, a.Profile(t, 1))
	w.append(t, a.GrantKey(t, keylogtest.Desk, contact.RoleDevice, w.now, contact.KindIncident, contact.KindNotice, contact.KindWithdraw))
	w.append(t, a.GrantKey(t, keylogtest.Desk2, contact.RoleDevice, w.now, contact.KindIncident))
	w.append(t, a.GrantKey(t, keylogtest.Monitor, contact.RoleMonitor, w.now))
	w.append(t, a.GrantKey(t, keylogtest.Monitor2, contact.RoleMonitor, w.now))
	w.append(t, a.GrantKey(t, keylogtest.Revoker, contact.RoleRevoker, w.now))
	return a, w
}

func (w *world) wantErr(t *testing.T, what string, note []byte, want error) {
	t.Helper()
	if _, err := w.Append(t.Context(), note); !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func revoke(t *testing.T, a *keylogtest.Clinic, key, reason string, at int64, by ...string) []byte {
	t.Helper()
	text := contact.Revoke{Clinic: a.ID, Key: a.Key(t, key), Reason: reason, Effective: at}.Marshal()
	if len(by) == 0 {
		return a.SignRoots(text)
	}
	return a.Sign(text, by...)
}

const publish = "/chaperone.v1.ClinicService/Publish"

func (w *world) wantAuthorised(t *testing.T, what string, s *keylog.Service, a *keylogtest.Clinic, want error) {
	t.Helper()
	if _, err := s.Authorise(t.Context(), a.Request(publish, w.now, [32]byte{1})); !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		key      string
		reason   string
		at       int64 // seconds from now; 0: grant
		by       []string
		want     error // of logging it
		wantUsed error // of using Desk's key afterwards
	}{
		{"by the root", keylogtest.Desk, contact.Compromised, 1, nil, nil, keylog.ErrRevoked},
		{"sealed at the grant", keylogtest.Desk, contact.Compromised, 0, nil, nil, keylog.ErrRevoked},
		{"by a revoker", keylogtest.Desk, contact.Compromised, -3600, []string{keylogtest.Revoker}, nil, keylog.ErrRevoked},
		{"sealed by a revoker", keylogtest.Desk, contact.Compromised, 0, []string{keylogtest.Revoker}, nil, keylog.ErrRevoked},
		{"retired", keylogtest.Desk, contact.Retired, -1, nil, nil, keylog.ErrRevoked},
		{"retires later", keylogtest.Desk, contact.Retired, 60, nil, nil, nil},
		{"another key", keylogtest.Desk2, contact.Compromised, 1, nil, nil, nil},
		{"a monitor, by the root", keylogtest.Monitor, contact.Compromised, 1, nil, nil, nil},
		{"a monitor, by a revoker", keylogtest.Monitor, contact.Compromised, 1, []string{keylogtest.Revoker}, keylog.ErrSignature, nil},
		{"a root, by a revoker", keylogtest.RootA, contact.Compromised, 1, []string{keylogtest.Revoker}, keylog.ErrSignature, nil},
		{"itself, by a revoker", keylogtest.Revoker, contact.Compromised, 1, []string{keylogtest.Revoker}, keylog.ErrSignature, nil},
		{"by one root of two", keylogtest.Desk, contact.Compromised, 1, []string{keylogtest.RootA}, keylog.ErrSignature, nil},
		{"by a device", keylogtest.Desk, contact.Compromised, 1, []string{keylogtest.Desk2}, keylog.ErrSignature, nil},
		{"by a monitor", keylogtest.Desk, contact.Compromised, 1, []string{keylogtest.Monitor}, keylog.ErrSignature, nil},
		{"by a revoker and a root", keylogtest.Desk, contact.Compromised, 1, []string{keylogtest.Revoker, keylogtest.RootA}, keylog.ErrSignature, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, w := desk(t)
			other := w.service(t) // a server over the same log
			w.wantAuthorised(t, "before", other, a, nil)
			at := int64(0)
			if tt.at != 0 {
				at = w.now.Unix() + tt.at
			}
			w.wantErr(t, "revoke", revoke(t, a, tt.key, tt.reason, at, tt.by...), tt.want)
			w.wantAuthorised(t, "here", w.Service, a, tt.wantUsed)
			w.wantAuthorised(t, "on the other server", other, a, tt.wantUsed)
			if tt.name == "retires later" {
				w.now = w.now.Add(time.Minute)
				w.wantAuthorised(t, "then", w.Service, a, keylog.ErrRevoked)
			}
		})
	}
}

// A key that was ended never comes back, and what it signs counts for nothing.
func TestEndedKeys(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	for _, key := range []string{keylogtest.Desk, keylogtest.Monitor, keylogtest.Revoker} {
		w.append(t, revoke(t, a, key, contact.Compromised, 0))
	}
	w.wantErr(t, "grant again", a.GrantKey(t, keylogtest.Desk, contact.RoleDevice, w.now.Add(time.Hour), contact.KindNotice), keylog.ErrRevoked)
	w.wantErr(t, "revoked revoker", revoke(t, a, keylogtest.Desk2, contact.Compromised, 0, keylogtest.Revoker), keylog.ErrRevoked)
	gone := contact.Withdraw{Clinic: a.ID, Commits: [][32]byte{{1}}, Reason: contact.InError}.Marshal()
	w.wantErr(t, "withdrawal by a revoked device", a.Sign(gone, keylogtest.Desk), keylog.ErrRevoked)
	w.wantErr(t, "withdrawal by a revoked monitor", a.Sign(gone, keylogtest.Monitor), keylog.ErrRevoked)
	w.wantErr(t, "withdrawal by the other monitor", a.Sign(gone, keylogtest.Monitor2), nil)
}

func TestGrantRoles(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	w.wantErr(t, "a monitor as device", a.GrantKey(t, keylogtest.Monitor, contact.RoleDevice, w.now, contact.KindNotice), keylog.ErrMalformed)
	w.wantErr(t, "a root as device", a.GrantKey(t, keylogtest.RootA, contact.RoleDevice, w.now, contact.KindNotice), keylog.ErrMalformed)
	w.wantErr(t, "a device for longer", a.GrantKey(t, keylogtest.Desk, contact.RoleDevice, w.now.Add(time.Hour), contact.KindNotice), nil)
}

func TestWithdraw(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		by     []string // nil: the roots
		reason string
		want   error
	}{
		{nil, contact.NotOurs, nil},
		{nil, contact.Superseded, nil},
		{[]string{keylogtest.Monitor}, contact.NotOurs, nil},
		{[]string{keylogtest.Monitor}, contact.InError, nil},
		{[]string{keylogtest.Desk}, contact.InError, nil},
		{[]string{keylogtest.Desk}, contact.NotOurs, keylog.ErrSignature},
		{[]string{keylogtest.Desk2}, contact.InError, keylog.ErrSignature}, // may not withdraw
		{[]string{keylogtest.Revoker}, contact.InError, keylog.ErrSignature},
		{[]string{keylogtest.RootB}, contact.NotOurs, keylog.ErrSignature},
		{[]string{keylogtest.Desk, keylogtest.Monitor}, contact.InError, keylog.ErrSignature},
	} {
		t.Run(fmt.Sprint(tt.by, " ", tt.reason), func(t *testing.T) {
			t.Parallel()
			a, w := desk(t)
			text := contact.Withdraw{Clinic: a.ID, Batch: &[16]byte{1}, Reason: tt.reason}.Marshal()
			note := a.SignRoots(text)
			if tt.by != nil {
				note = a.Sign(text, tt.by...)
			}
			w.wantErr(t, "withdraw", note, tt.want)
		})
	}
}

func incident(a *keylogtest.Clinic, n int64) string {
	return contact.Incident{Clinic: a.ID, N: n, Issued: 1, Classes: []string{"contact"}, From: 1, To: 2, Body: "Somebody read our mail.\n"}.Marshal()
}

func TestIncident(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	w.wantErr(t, "one device", a.Sign(incident(a, 1), keylogtest.Desk), keylog.ErrSignature)
	w.wantErr(t, "a device and a monitor", a.Sign(incident(a, 1), keylogtest.Desk, keylogtest.Monitor), keylog.ErrSignature)
	w.wantErr(t, "two devices out of order", a.Sign(incident(a, 1), keylogtest.Desk, keylogtest.Desk2), keylog.ErrSignature)
	w.wantErr(t, "two devices", a.Sign(incident(a, 2), keylogtest.Desk2, keylogtest.Desk), nil)
	w.wantErr(t, "the same again", a.Sign(incident(a, 2), keylogtest.Desk2, keylogtest.Desk), nil)
	w.wantErr(t, "its number", a.SignRoots(strings.Replace(incident(a, 2), "issued 1", "issued 2", 1)), keylog.ErrExists)
	w.wantErr(t, "a smaller number", a.SignRoots(incident(a, 1)), keylog.ErrExists)
	w.wantErr(t, "by the root", a.SignRoots(incident(a, 3)), nil)
	w.append(t, revoke(t, a, keylogtest.Desk2, contact.Compromised, 0))
	w.wantErr(t, "one of two is stolen", a.Sign(incident(a, 4), keylogtest.Desk2, keylogtest.Desk), keylog.ErrRevoked)
}

// Two keys of one person are one person.
func TestIncidentHolders(t *testing.T) {
	t.Parallel()
	a := keylogtest.New(t, "a")
	w := newWorld(t, a)
	w.append(t, a.Profile(t, 1))
	for _, key := range []string{keylogtest.Desk, keylogtest.Desk2} {
		text := contact.Grant{
			Clinic: a.ID, Key: a.Key(t, key), Role: contact.RoleDevice, Kinds: []contact.Kind{contact.KindIncident}, Label: "A key",
			Holder: "one-person", NotBefore: w.now.Unix(), NotAfter: w.now.Unix() + 86400,
		}.Marshal()
		w.append(t, a.SignRoots(text))
	}
	w.wantErr(t, "one holder twice", a.Sign(incident(a, 1), keylogtest.Desk2, keylogtest.Desk), keylog.ErrSignature)
}

func TestRotate(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	before := *a
	stray := *a
	stray.Roots.Threshold = 1 // hashes otherwise
	w.wantErr(t, "from another set", stray.Rotate(t, 1, keylogtest.New(t, "x")), keylog.ErrSignature)
	next := keylogtest.New(t, "b")
	note := a.Rotate(t, 1, next)
	body, _, _ := strings.Cut(string(note), "\n\n")
	w.wantErr(t, "by the old set alone", before.SignRoots(body+"\n"), keylog.ErrSignature)
	w.wantErr(t, "by the new set alone", a.SignRoots(body+"\n"), keylog.ErrSignature)
	w.wantErr(t, "by both", note, nil)
	w.wantErr(t, "again", note, nil)
	w.wantErr(t, "a profile of the old set", before.Profile(t, 2), keylog.ErrSignature)
	w.wantErr(t, "a grant by the old set", before.GrantKey(t, keylogtest.Desk, contact.RoleDevice, w.now.Add(time.Hour), contact.KindNotice), keylog.ErrSignature)
	w.wantErr(t, "a profile of the new set", a.Profile(t, 2), nil)
	w.wantErr(t, "a grant by the new set", a.GrantKey(t, keylogtest.Desk, contact.RoleDevice, w.now.Add(time.Hour), contact.KindNotice), nil)
	w.wantErr(t, "a revocation by the old set", revoke(t, &before, keylogtest.Desk, contact.Compromised, 0), keylog.ErrSignature)
	w.wantErr(t, "back, with a smaller number", a.Rotate(t, 0, keylogtest.New(t, "c")), keylog.ErrExists)
}

func TestPolicyNote(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	witness, err := translog.NewWitnessKey("witness.example.com", a.Device.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	text := contact.PolicyNote{Clinic: a.ID, Text: fmt.Sprintf("log %s\nwitness w %s\nquorum w\n", a.Key(t, keylogtest.Desk2), witness)}
	w.wantErr(t, "by the roots", a.SignRoots(text.Marshal()), nil)
	w.wantErr(t, "by a device", a.Sign(text.Marshal(), keylogtest.Desk), keylog.ErrSignature)
}

// What little keys may log keeps nobody out who must be heard.
func TestReserves(t *testing.T) {
	t.Parallel()
	a, w := desk(t)
	withdraw := func(n int, by ...string) []byte {
		text := contact.Withdraw{Clinic: a.ID, Commits: [][32]byte{{byte(n), byte(n >> 8), 1}}, Reason: contact.InError}.Marshal()
		if by == nil {
			return a.SignRoots(text)
		}
		return a.Sign(text, by...)
	}
	for n := range keylog.MaxYearly {
		w.append(t, withdraw(n, keylogtest.Desk)) // stolen, perhaps
	}
	w.wantErr(t, "one more by a device", withdraw(1000, keylogtest.Desk), keylog.ErrQuota)
	for n := range keylog.MaxYearly {
		w.append(t, withdraw(n, keylogtest.Monitor))
	}
	w.wantErr(t, "one more by a monitor", withdraw(1000, keylogtest.Monitor), keylog.ErrQuota)
	for n := range keylog.MaxYearly - 6 {
		w.append(t, a.Grant(t, fmt.Sprintf("Desk %d", n), w.now))
	}
	w.wantErr(t, "one more grant", a.Grant(t, "One more", w.now), keylog.ErrQuota)
	w.wantErr(t, "a revocation by a revoker", revoke(t, a, keylogtest.Desk, contact.Compromised, 0, keylogtest.Revoker), nil)
	w.wantErr(t, "a revocation by the root", revoke(t, a, keylogtest.Monitor, contact.Compromised, 0), nil)
	w.wantErr(t, "a withdrawal by the root", withdraw(1000), nil)
	w.wantErr(t, "an incident", a.SignRoots(incident(a, 1)), nil)
}
