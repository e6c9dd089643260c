package keylog

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
)

// Errors of [Service.Authorise].
var (
	// ErrProof: the signature does not verify, or nobody granted this key what it asks for.
	ErrProof = errors.New("key is not granted")
	// ErrClock: the request's time is more than five minutes from the server's.
	ErrClock = errors.New("request is too old or from the future")
)

// view is what the notes in the log say. It is built from the log when it is first needed and
// follows it, also where another server wrote.
type view struct {
	after   int64 // index of the last note read
	roots   map[ClinicID]contact.RootSet
	newest  map[ClinicID]int64 // number of the newest profile
	devices map[[32]byte][]contact.Grant
	cards   map[card.Number]ClinicID // of clinics that have a profile; of two the first
}

func newView() view {
	return view{
		after: -1, roots: map[ClinicID]contact.RootSet{}, newest: map[ClinicID]int64{},
		devices: map[[32]byte][]contact.Grant{}, cards: map[card.Number]ClinicID{},
	}
}

// refresh reads the notes that were logged since the last time.
func (s *Service) refresh(ctx context.Context) error {
	s.mu.Lock()
	after := s.view.after
	s.mu.Unlock()
	for {
		notes, err := s.c.Store.All(ctx, after, step)
		if err != nil {
			return err
		}
		for _, n := range notes {
			// What is in the log was verified before it came there. Kinds of a newer release
			// are not known here.
			_, o, err := s.open(n.Note)
			s.mu.Lock()
			if n.Index > s.view.after {
				if err == nil {
					s.view.learn(o)
				}
				s.view.after = n.Index
			}
			s.mu.Unlock()
			after = n.Index
		}
		if len(notes) < step {
			return nil
		}
	}
}

func (v *view) learn(o Opened) {
	if o.Roots != nil {
		v.roots[o.Clinic] = *o.Roots
		v.newest[o.Clinic] = max(v.newest[o.Clinic], o.N)
		if n := card.Of(o.Clinic); v.cards[n] == (ClinicID{}) {
			v.cards[n] = o.Clinic
		}
	}
	if o.Device != nil {
		v.devices[o.Device.Key.Public] = append(v.devices[o.Device.Key.Public], *o.Device)
	}
}

func (s *Service) roots(c ClinicID) (contact.RootSet, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rs, ok := s.view.roots[c]
	return rs, ok
}

// Find returns the clinic whose card has this number; false when none of the clinics that have a
// profile here has it. It returns [ErrUnavailable].
func (s *Service) Find(ctx context.Context, n card.Number) (ClinicID, bool, error) {
	if err := s.refresh(ctx); err != nil {
		return ClinicID{}, false, s.answer(ctx, "find", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.view.cards[n]
	return id, ok, nil
}

func (s *Service) newestN(c ClinicID) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, ok := s.view.newest[c]
	if !ok {
		return -1
	}
	return n
}

func (s *Service) grants(public [32]byte) []contact.Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view.devices[public]
}

// Request is a call by a device key, and what it signed; see [contact.RequestBytes]. The same
// request sent again is accepted again for five minutes: what a device may ask for is answered
// twice as it was once.
type Request struct {
	Procedure   string
	PublicKey   []byte // 32 bytes
	UnixSeconds int64
	Nonce       []byte // 16 bytes
	Signature   []byte // 64 bytes
	Digest      [32]byte
}

// LogValue keeps requests out of logs.
func (Request) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Authorise returns the clinic that granted the key of a request to one of its devices, if the
// signature verifies, the grant is in force and the clinic is admitted. It returns [ErrProof],
// [ErrClock], [ErrNotAdmitted], [ErrMalformed] or [ErrUnavailable].
func (s *Service) Authorise(ctx context.Context, r Request) (ClinicID, error) {
	if len(r.PublicKey) != ed25519.PublicKeySize || len(r.Nonce) != 16 || len(r.Signature) != ed25519.SignatureSize {
		return ClinicID{}, ErrMalformed
	}
	if !ed25519.Verify(r.PublicKey, contact.RequestBytes(r.Procedure, r.UnixSeconds, [16]byte(r.Nonce), r.Digest), r.Signature) {
		return ClinicID{}, ErrProof
	}
	now := s.c.Now()
	if off := now.Sub(time.Unix(r.UnixSeconds, 0)); off > contact.RequestWindow || off < -contact.RequestWindow {
		return ClinicID{}, ErrClock
	}
	public := [32]byte(r.PublicKey)
	grants := s.grants(public)
	if len(grants) == 0 { // perhaps another server logged it
		if err := s.refresh(ctx); err != nil {
			return ClinicID{}, s.answer(ctx, "authorise", err)
		}
		grants = s.grants(public)
	}
	for _, g := range grants {
		if g.NotBefore > now.Unix() || g.NotAfter < now.Unix() {
			continue
		}
		admitted, err := s.c.Admission.Admitted(g.Clinic)
		if err != nil {
			return ClinicID{}, s.answer(ctx, "authorise", err)
		}
		if !admitted {
			return ClinicID{}, ErrNotAdmitted
		}
		return g.Clinic, nil
	}
	return ClinicID{}, ErrProof
}
