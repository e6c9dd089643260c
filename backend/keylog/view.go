package keylog

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
)

// Errors of [Service.Authorise].
var (
	// ErrProof: the signature does not verify, or nobody granted this key what it asks for.
	ErrProof = errors.New("key is not granted")
	// ErrRevoked: the clinic has ended this key.
	ErrRevoked = errors.New("key is revoked")
	// ErrClock: the request's time is more than five minutes from the server's.
	ErrClock = errors.New("request is too old or from the future")
)

// view is what the notes in the log say. It is built from the log when it is first needed and
// follows it, also where another server wrote. What a log said that was replaced holds as well:
// a key that was revoked there is not given back by forgetting it.
type view struct {
	after   int64 // index of the last note read of the log
	older   int   // how many of the older logs were read
	clinics map[ClinicID]*Known
	devices map[[32]byte][]ClinicID  // which clinics granted a device key
	cards   map[card.Number]ClinicID // of clinics that have a profile; of two the first
}

func newView() view {
	return view{
		after: -1, clinics: map[ClinicID]*Known{},
		devices: map[[32]byte][]ClinicID{}, cards: map[card.Number]ClinicID{},
	}
}

// learn adds a note of a clinic.
func (v *view) learn(o Opened) {
	k := v.clinics[o.Clinic]
	if k == nil {
		k = &Known{newest: map[string]int64{}}
		v.clinics[o.Clinic] = k
	}
	grants := len(k.Grants)
	o.Learn(k)
	if newest, ok := k.newest[o.Series]; o.Series != "" && (!ok || newest < o.N) {
		k.newest[o.Series] = o.N
	}
	for _, g := range k.Grants[grants:] {
		if g.Role == contact.RoleDevice && !slices.Contains(v.devices[g.Key.Public], o.Clinic) {
			v.devices[g.Key.Public] = append(v.devices[g.Key.Public], o.Clinic)
		}
	}
	if n := card.Of(o.Clinic); k.Roots != nil && v.cards[n] == (ClinicID{}) {
		v.cards[n] = o.Clinic
	}
}

// shared lets callers that ask at the same time share one answer. The zero value is ready.
type shared struct {
	mu    sync.Mutex // held while somebody reads
	begun uint64     // readings so far; under count
	done  uint64     // the last one that succeeded; under mu
	count sync.Mutex
}

// do returns when a call of read that began after this one has succeeded, or its own has failed.
func (s *shared) do(read func() error) error {
	s.count.Lock()
	need := s.begun + 1
	s.count.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done >= need {
		return nil
	}
	s.count.Lock()
	s.begun++
	mine := s.begun
	s.count.Unlock()
	err := read()
	if err == nil {
		s.done = mine
	}
	return err
}

// refresh reads the notes that were logged since the last time.
func (s *Service) refresh(ctx context.Context) error {
	return s.reading.do(func() error {
		s.mu.RLock()
		after, older := s.view.after, s.view.older
		s.mu.RUnlock()
		for ; older < len(s.c.Older); older++ {
			if err := s.follow(ctx, s.c.Older[older], -1, func(int64) {}); err != nil {
				return err
			}
			s.mu.Lock()
			s.view.older = older + 1
			s.mu.Unlock()
		}
		return s.follow(ctx, s.c.Store, after, func(read int64) { s.view.after = read })
	})
}

// follow learns from the notes of a store after an index. at is called under mu.
func (s *Service) follow(ctx context.Context, store Store, after int64, at func(read int64)) error {
	for {
		notes, err := store.All(ctx, after, step)
		if err != nil {
			return err
		}
		for _, n := range notes {
			// What is in the log was verified before it came there. Kinds of a newer release
			// are not known here.
			_, o, err := s.open(n.Note)
			s.mu.Lock()
			if err == nil {
				s.view.learn(o)
			}
			at(n.Index)
			s.mu.Unlock()
			after = n.Index
		}
		if len(notes) < step {
			return nil
		}
	}
}

// fresh makes the view as new as the log, also where other servers write it.
func (s *Service) fresh(ctx context.Context) error {
	if s.c.Alone && s.read.Load() {
		return nil // what this process logs it learns at once
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	s.read.Store(true)
	return nil
}

// Find returns the clinic whose card has this number; false when none of the clinics that have a
// profile here has it. It returns [ErrUnavailable].
func (s *Service) Find(ctx context.Context, n card.Number) (ClinicID, bool, error) {
	if err := s.fresh(ctx); err != nil {
		return ClinicID{}, false, s.answer(ctx, "find", err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	id, ok := s.view.cards[n]
	return id, ok, nil
}

// known returns what the log says of a clinic. The caller holds mu and changes nothing.
func (s *Service) known(c ClinicID) *Known {
	if k := s.view.clinics[c]; k != nil {
		return k
	}
	return &Known{}
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

// Authorise returns the clinics that granted the key of a request to one of their devices, if the
// signature verifies. Only those are among them whose grant is in force, which did not revoke the
// key, in this log or one that it replaced, by whichever server, and which are admitted. There can
// be several, because public keys are public: whoever grants another clinic's key to itself must
// neither speak for it nor stand in its way, so what one of them may not do another still may. It
// returns [ErrProof], [ErrRevoked], [ErrClock], [ErrNotAdmitted], [ErrMalformed] or [ErrUnavailable].
func (s *Service) Authorise(ctx context.Context, r Request) ([]ClinicID, error) {
	if len(r.PublicKey) != ed25519.PublicKeySize || len(r.Nonce) != 16 || len(r.Signature) != ed25519.SignatureSize {
		return nil, ErrMalformed
	}
	if !ed25519.Verify(r.PublicKey, contact.RequestBytes(r.Procedure, r.UnixSeconds, [16]byte(r.Nonce), r.Digest), r.Signature) {
		return nil, ErrProof
	}
	now := s.c.Now()
	if off := now.Sub(time.Unix(r.UnixSeconds, 0)); off > contact.RequestWindow || off < -contact.RequestWindow {
		return nil, ErrClock
	}
	if err := s.fresh(ctx); err != nil {
		return nil, s.answer(ctx, "authorise", err)
	}
	granters, err := s.granters([32]byte(r.PublicKey), now.Unix())
	if err != nil {
		return nil, err
	}
	var admitted []ClinicID
	for _, clinic := range granters {
		ok, err := s.c.Admission.Admitted(clinic)
		if err != nil {
			return nil, s.answer(ctx, "authorise", err)
		}
		if ok {
			admitted = append(admitted, clinic)
		}
	}
	if len(admitted) == 0 {
		return nil, ErrNotAdmitted
	}
	return admitted, nil
}

// granters returns the clinics by whose grant a device key may be used now, in the order of the log.
func (s *Service) granters(public [32]byte, now int64) (out []ClinicID, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	err = ErrProof
	for _, c := range s.view.devices[public] {
		k := s.known(c)
		for _, g := range k.Grants {
			if g.Role != contact.RoleDevice || g.Key.Public != public {
				continue
			}
			switch e := k.usable(g, now); {
			case e == nil && !slices.Contains(out, c):
				out = append(out, c)
			case errors.Is(e, ErrRevoked):
				err = e
			}
		}
	}
	if len(out) > 0 {
		err = nil
	}
	return out, err
}
