// Package keylogtest makes the notes of a fictional clinic, signed as the keys log wants them, for
// tests of the server.
//
// Everything follows from a name. It never touches disk or network.
package keylogtest

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"filippo.io/mostly-harmless/vrf-r255"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Clinic is a clinic with two root keys, both of which must sign.
type Clinic struct {
	ID     keylog.ClinicID
	Roots  contact.RootSet
	Device ed25519.PrivateKey

	name string
	keys map[string]ed25519.PrivateKey // by key name
}

func private(seed string) ed25519.PrivateKey {
	s := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(s[:])
}

// New makes a clinic.
func New(tb testing.TB, name string) *Clinic {
	tb.Helper()
	c := &Clinic{name: name, keys: map[string]ed25519.PrivateKey{}, Device: private(name + " device")}
	c.Roots.Threshold = 2
	for _, root := range []string{"root-a.example.com", "root-b.example.com"} {
		c.keys[root] = private(name + root)
		k, err := translog.NewKey(root, c.keys[root].Public().(ed25519.PublicKey))
		if err != nil {
			tb.Fatal(err)
		}
		c.Roots.Keys = append(c.Roots.Keys, k)
	}
	slices.SortFunc(c.Roots.Keys, func(a, b translog.Key) int {
		if a.String() < b.String() {
			return -1
		}
		return 1
	})
	c.ID = c.Roots.Hash()
	return c
}

// Sign signs a text by the named roots.
func (c *Clinic) Sign(text string, by ...string) []byte {
	s := translog.Signed{Text: text}
	for _, name := range by {
		k, _ := translog.NewKey(name, c.keys[name].Public().(ed25519.PublicKey)) // was made in New
		s.Sigs = append(s.Sigs, translog.Sig{Name: name, ID: k.ID(), Bytes: ed25519.Sign(c.keys[name], []byte(text))})
	}
	return s.Marshal()
}

func (c *Clinic) all(text string) []byte {
	return c.Sign(text, "root-a.example.com", "root-b.example.com")
}

// ProfileText returns the text of the n-th profile.
func (c *Clinic) ProfileText(tb testing.TB, n int64) string {
	tb.Helper()
	seed := sha256.Sum256([]byte(c.name + " vrf"))
	scalar := make([]byte, 32)
	copy(scalar, seed[:16]) // small enough to be canonical
	key, err := vrf.NewPrivateKey(scalar)
	if err != nil {
		tb.Fatal(err)
	}
	return contact.Profile{
		Clinic: c.ID, N: n, Name: "Example Aesthetics", Slug: "example-aesthetics", Roots: c.Roots,
		StatusHours: 24, Servers: []string{"https://contact.example.com"}, Phones: []string{"+15555550100"},
		Monitors: []contact.Epoch{{N: 1, Key: [32]byte(key.PublicKey().Bytes()), NotBefore: 1, NotAfter: 1 << 40}},
		Policies: []contact.PolicyRef{{Hash: [32]byte{1}, NotBefore: 1, NotAfter: 1 << 40}},
	}.Marshal()
}

// Profile returns the n-th profile, signed.
func (c *Clinic) Profile(tb testing.TB, n int64) []byte {
	tb.Helper()
	return c.all(c.ProfileText(tb, n))
}

// Grant returns a grant of Device from a time on, for 30 days, signed.
func (c *Clinic) Grant(tb testing.TB, label string, from time.Time) []byte {
	tb.Helper()
	k, err := translog.NewKey("frontdesk.example.com", c.Device.Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	return c.all(contact.Grant{
		Clinic: c.ID, Key: k, Role: contact.RoleDevice, Kinds: []contact.Kind{contact.KindNotice},
		Label: label, Holder: "front-desk", NotBefore: from.Unix(), NotAfter: from.Add(30 * 24 * time.Hour).Unix(), Cap: 100,
	}.Marshal())
}

// Request returns a call of procedure by Device.
func (c *Clinic) Request(procedure string, now time.Time, digest [32]byte) keylog.Request {
	nonce := sha256.Sum256(fmt.Append(nil, procedure, now, digest))
	r := keylog.Request{
		Procedure: procedure, PublicKey: c.Device.Public().(ed25519.PublicKey),
		UnixSeconds: now.Unix(), Nonce: nonce[:16], Digest: digest,
	}
	r.Signature = ed25519.Sign(c.Device, contact.RequestBytes(procedure, r.UnixSeconds, [16]byte(r.Nonce), digest))
	return r
}
