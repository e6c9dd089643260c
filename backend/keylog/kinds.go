package keylog

import (
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Kind reads one kind of note. More kinds can be added without changing the service.
type Kind interface {
	// FirstLine is how a note of this kind begins.
	FirstLine() string
	// Open reads a note and says who must have signed it. roots returns the root set of a clinic
	// as this log knows it. It fails with [ErrMalformed], or [ErrSignature] when the clinic is not
	// known yet.
	Open(text string, roots func(ClinicID) (contact.RootSet, bool)) (Opened, error)
}

// Opened is what the service needs to know of a note.
type Opened struct {
	Clinic  ClinicID
	Signers contact.RootSet // whose threshold must have signed
	Serial  string          // see [Row]
	N       int64           // rising among the notes of this kind that have a Serial
	Roots   *contact.RootSet
	Device  *contact.Grant // a granted device key
}

// Kinds are the kinds that this server takes.
func Kinds() []Kind { return []Kind{profileKind{}, grantKind{}} }

// profileKind is a clinic's profile. The first one makes the clinic known: its root set hashes to
// the clinic id. Later ones keep that root set.
type profileKind struct{}

func (profileKind) FirstLine() string { return "chaperone/clinic/v1" }

func (profileKind) Open(text string, roots func(ClinicID) (contact.RootSet, bool)) (Opened, error) {
	p, err := contact.ParseProfile(text)
	if err != nil {
		return Opened{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	known, ok := roots(p.Clinic)
	switch {
	case !ok && p.Roots.Hash() != p.Clinic, ok && known.Hash() != p.Roots.Hash():
		return Opened{}, ErrSignature
	}
	return Opened{
		Clinic: p.Clinic, Signers: p.Roots, Serial: fmt.Sprintf("profile %d", p.N), N: p.N, Roots: &p.Roots,
	}, nil
}

// grantKind gives a key to a device, a monitor, an enrolment machine or a revoker.
type grantKind struct{}

func (grantKind) FirstLine() string { return "chaperone/grant/v1" }

func (grantKind) Open(text string, roots func(ClinicID) (contact.RootSet, bool)) (Opened, error) {
	g, err := contact.ParseGrant(text)
	if err != nil {
		return Opened{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	known, ok := roots(g.Clinic)
	if !ok {
		return Opened{}, ErrSignature
	}
	o := Opened{Clinic: g.Clinic, Signers: known}
	if g.Role == contact.RoleDevice {
		o.Device = &g
	}
	return o, nil
}

// signedBy reports whether every line of a note is by a root key, rising by name, and enough
// distinct public keys are among them.
func signedBy(s translog.Signed, rs contact.RootSet) bool {
	signers, err := s.Open(rs.Keys...)
	if err != nil {
		return false
	}
	distinct := map[[32]byte]bool{}
	for i, k := range signers {
		if i > 0 && signers[i-1].Name >= k.Name {
			return false
		}
		distinct[k.Public] = true
	}
	return len(distinct) >= rs.Threshold
}
