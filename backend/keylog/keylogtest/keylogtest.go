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
	"strings"
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
	for _, root := range []string{RootA, RootB} {
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
	c.keys[Desk] = c.Device
	for _, key := range []string{Desk2, Monitor, Monitor2, Revoker} {
		c.keys[key] = private(name + key)
	}
	return c
}

// The roots, and the names of the other keys that a clinic has.
const (
	RootA    = "root-a.example.com"
	RootB    = "root-b.example.com"
	Desk     = "frontdesk.example.com" // Device
	Desk2    = "desk-two.example.com"
	Monitor  = "monitor.example.com"
	Monitor2 = "monitor-two.example.com"
	Revoker  = "revoker.example.com"
)

// Key returns a public key by its name.
func (c *Clinic) Key(tb testing.TB, name string) translog.Key {
	tb.Helper()
	k, err := translog.NewKey(name, c.keys[name].Public().(ed25519.PublicKey))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

// GrantKey returns a grant of a key in a role from a time on, for 30 days, signed by the roots. The
// holder is called as the key.
func (c *Clinic) GrantKey(tb testing.TB, name string, role contact.Role, from time.Time, kinds ...contact.Kind) []byte {
	tb.Helper()
	holder, _, _ := strings.Cut(name, ".")
	return c.all(contact.Grant{
		Clinic: c.ID, Key: c.Key(tb, name), Role: role, Kinds: kinds, Label: "A key", Holder: holder,
		NotBefore: from.Unix(), NotAfter: from.Add(30 * 24 * time.Hour).Unix(), Cap: 100,
	}.Marshal())
}

// Status returns a status issued at a time, signed by a monitor key.
func (c *Clinic) Status(issued time.Time, by string) []byte {
	return c.Sign(contact.Status{Clinic: c.ID, Issued: issued.Unix()}.Marshal(), by)
}

// Rotate returns the n-th rotation, to the roots of another clinic and signed by both sets.
// Afterwards these are the clinic's own.
func (c *Clinic) Rotate(tb testing.TB, n int64, to *Clinic) []byte {
	tb.Helper()
	next := contact.RootSet{Threshold: 2}
	for _, root := range []string{RootA, RootB} {
		name := fmt.Sprintf("root-%d%s", n, root)
		c.keys[name] = to.keys[root]
		next.Keys = append(next.Keys, c.Key(tb, name))
	}
	slices.SortFunc(next.Keys, func(a, b translog.Key) int { return strings.Compare(a.String(), b.String()) })
	text := contact.Rotate{Clinic: c.ID, N: n, Old: c.Roots.Hash(), Roots: next}.Marshal()
	by := append(slices.Clone(c.roots()), next.Keys[0].Name, next.Keys[1].Name)
	slices.Sort(by)
	c.Roots = next
	return c.Sign(text, by...)
}

// roots are the names of the root keys, rising.
func (c *Clinic) roots() []string {
	var names []string
	for _, k := range c.Roots.Keys {
		names = append(names, k.Name)
	}
	slices.Sort(names)
	return names
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

func (c *Clinic) all(text string) []byte { return c.Sign(text, c.roots()...) }

// SignRoots signs a text by the whole root set.
func (c *Clinic) SignRoots(text string) []byte { return c.all(text) }

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
	return c.all(contact.Grant{
		Clinic: c.ID, Key: c.Key(tb, Desk), Role: contact.RoleDevice, Kinds: []contact.Kind{contact.KindNotice},
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
