package keylog

import (
	"fmt"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Kind reads one kind of note. More kinds can be added without changing the service.
type Kind interface {
	// FirstLine is how a note of this kind begins.
	FirstLine() string
	// Open reads a note's text. It fails with [ErrMalformed].
	Open(text string) (Opened, error)
}

// Opened is what the service needs to know of a note.
type Opened struct {
	Clinic ClinicID
	Series string // notes of a series have numbers that rise; "" for a note without a number
	N      int64  // its number
	// Check says whether the note may be logged now, after what the log says of its clinic, and
	// on whose word. It fails with [ErrSignature] or [ErrRevoked]. It changes nothing.
	Check func(s translog.Signed, k *Known, now int64) (Sort, error)
	// Learn adds what the note says. It is called for notes that are in the log.
	Learn func(k *Known)
}

// serial is what no two notes of a clinic share; "" for nothing.
func (o Opened) serial() string {
	if o.Series == "" {
		return ""
	}
	return fmt.Sprintf("%s %d", o.Series, o.N)
}

// Sort says on whose word a note is logged. Each sort has a yearly limit of its own, so that nobody
// who may write little can keep those out who must always be heard. The values are stored.
type Sort uint8

// The sorts.
const (
	Statement Sort = iota // by the root: profiles, grants, rotations, policies
	Ending                // by the root: revocations, withdrawals, incidents
	ByRevoker             // revocations
	ByMonitor             // withdrawals
	ByDevice              // withdrawals, and incidents by two devices
	Repeated              // notes of a log that was replaced; they have no limit
)

// Kinds are the kinds that this server takes.
func Kinds() []Kind {
	return []Kind{profileKind{}, grantKind{}, rotateKind{}, policyKind{}, revokeKind{}, withdrawKind{}, incidentKind{}}
}

// profileKind is a clinic's profile. The first one makes the clinic known: its root set hashes to
// the clinic id. Later ones name the root set in force.
type profileKind struct{}

func (profileKind) FirstLine() string { return "chaperone/clinic/v1" }

func (profileKind) Open(text string) (Opened, error) {
	p, err := contact.ParseProfile(text)
	if err != nil {
		return Opened{}, malformed(err)
	}
	return Opened{
		Clinic: p.Clinic, Series: "profile", N: p.N,
		Check: func(s translog.Signed, k *Known, _ int64) (Sort, error) {
			if k.Roots == nil && p.Roots.Hash() != p.Clinic || k.Roots != nil && k.Roots.Hash() != p.Roots.Hash() {
				return 0, ErrSignature
			}
			return Statement, byRoots(s, &p.Roots)
		},
		Learn: func(k *Known) {
			if k.Roots == nil {
				k.Roots = &p.Roots
			}
		},
	}, nil
}

// grantKind gives a key to a device, a monitor, an enrolment machine or a revoker. A key has one
// role in a clinic, and never comes back once it was ended.
type grantKind struct{}

func (grantKind) FirstLine() string { return "chaperone/grant/v1" }

func (grantKind) Open(text string) (Opened, error) {
	g, err := contact.ParseGrant(text)
	if err != nil {
		return Opened{}, malformed(err)
	}
	return Opened{
		Clinic: g.Clinic,
		Check: func(s translog.Signed, k *Known, _ int64) (Sort, error) {
			if err := byRoots(s, k.Roots); err != nil {
				return 0, err
			}
			if _, ended := k.ended[granted(g)]; ended {
				return 0, ErrRevoked
			}
			root := slices.ContainsFunc(k.Roots.Keys, func(r translog.Key) bool { return r.Public == g.Key.Public })
			if root || slices.ContainsFunc(k.Grants, func(o contact.Grant) bool {
				return o.Key.Public == g.Key.Public && o.Enrol == g.Enrol && o.Role != g.Role
			}) {
				return 0, fmt.Errorf("%w: the key has another role", ErrMalformed)
			}
			return Statement, nil
		},
		Learn: func(k *Known) { k.Grants = append(k.Grants, g) },
	}, nil
}

// rotateKind replaces the root set. The one before and the new one both sign.
type rotateKind struct{}

func (rotateKind) FirstLine() string { return "chaperone/rotate/v1" }

func (rotateKind) Open(text string) (Opened, error) {
	r, err := contact.ParseRotate(text)
	if err != nil {
		return Opened{}, malformed(err)
	}
	return Opened{
		Clinic: r.Clinic, Series: "rotate", N: r.N,
		Check: func(s translog.Signed, k *Known, _ int64) (Sort, error) {
			if k.Roots == nil || k.Roots.Hash() != r.Old {
				return 0, ErrSignature
			}
			return Statement, byRoots(s, k.Roots, &r.Roots)
		},
		Learn: func(k *Known) {
			// One that is logged again after its log was replaced takes no later one back.
			if newest, ok := k.newest["rotate"]; !ok || r.N > newest {
				k.Roots = &r.Roots
			}
		},
	}, nil
}

// policyKind is the text of a witness policy that the clinic's profile names.
type policyKind struct{}

func (policyKind) FirstLine() string { return "chaperone/policy/v1" }

func (policyKind) Open(text string) (Opened, error) {
	p, err := contact.ParsePolicyNote(text)
	if err != nil {
		return Opened{}, malformed(err)
	}
	return Opened{
		Clinic: p.Clinic,
		Check:  func(s translog.Signed, k *Known, _ int64) (Sort, error) { return Statement, byRoots(s, k.Roots) },
		Learn:  func(*Known) {},
	}, nil
}

func malformed(err error) error { return fmt.Errorf("%w: %w", ErrMalformed, err) }

// byRoots fails with [ErrSignature] unless every line of a note is by a key of one of the sets,
// rising by name, no public key twice, and each set's threshold is met by its own keys. A set that
// is nil is of a clinic that nobody knows.
func byRoots(s translog.Signed, sets ...*contact.RootSet) error {
	var keys []translog.Key
	for _, rs := range sets {
		if rs == nil {
			return ErrSignature
		}
		for _, k := range rs.Keys {
			if !slices.Contains(keys, k) {
				keys = append(keys, k)
			}
		}
	}
	signers, err := s.Open(keys...)
	if err != nil {
		return ErrSignature
	}
	distinct := map[[32]byte]bool{}
	for i, k := range signers {
		if i > 0 && signers[i-1].Name >= k.Name || distinct[k.Public] {
			return ErrSignature
		}
		distinct[k.Public] = true
	}
	for _, rs := range sets {
		n := 0
		for _, k := range rs.Keys {
			if distinct[k.Public] {
				n++
			}
		}
		if n < rs.Threshold {
			return ErrSignature
		}
	}
	return nil
}
