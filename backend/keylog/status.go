package keylog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Limits of status notes.
const (
	// StatusAhead is how far a status may be ahead of the server's clock: patients' devices
	// believe no more.
	StatusAhead = time.Hour
	// MaxStatuses is how many status notes a clinic may hand over in a day. A monitor signs one
	// every few hours, and one after each revocation.
	MaxStatuses = 500
)

// Errors of [Service.PutStatus].
var (
	// ErrFuture: the status was issued later than the server's clock allows.
	ErrFuture = errors.New("status is from the future")
	// ErrTooMany: the clinic handed over too many status notes in a day.
	ErrTooMany = errors.New("clinic has sent too many status notes today")
)

// Status is a status note of one monitor key.
type Status struct {
	Clinic ClinicID
	Signer [32]byte // H(vkey)
	Issued int64    // Unix seconds
	Note   []byte
}

// PutStatus keeps a status note, if no newer one of its key is kept; an older one changes nothing.
// Its signature is the right to hand it over. Errors are [ErrMalformed], [ErrNotAdmitted],
// [ErrSignature] (not by a monitor of this clinic), [ErrRevoked], [ErrFuture], [ErrTooMany] and
// [ErrUnavailable].
func (s *Service) PutStatus(ctx context.Context, note []byte) error {
	if len(note) > MaxNote {
		return ErrMalformed
	}
	signed, err := translog.ParseSigned(note)
	if err != nil {
		return ErrMalformed
	}
	st, err := contact.ParseStatus(signed.Text)
	if err != nil {
		return malformed(err)
	}
	clinic := ClinicID(st.Clinic)
	if err := s.admitted(ctx, "status", clinic); err != nil {
		return err
	}
	if err := s.fresh(ctx); err != nil {
		return s.answer(ctx, "status", err)
	}
	now := s.c.Now()
	signer, err := s.monitor(clinic, signed, st.Issued, now.Unix())
	if err != nil {
		return err
	}
	if st.Issued > now.Add(StatusAhead).Unix() {
		return ErrFuture
	}
	// Anybody can hand back what stands on the clinic's page: that must not use up its day.
	kept, err := s.c.Store.Statuses(ctx, clinic)
	if err != nil {
		return s.answer(ctx, "status", err)
	}
	if slices.ContainsFunc(kept, func(k Status) bool { return k.Signer == signer && k.Issued >= st.Issued }) {
		return nil
	}
	if !s.statuses.Take(clinic) {
		return ErrTooMany
	}
	if err := s.c.Store.PutStatus(ctx, Status{Clinic: clinic, Signer: signer, Issued: st.Issued, Note: note}); err != nil {
		return s.answer(ctx, "status", err)
	}
	return nil
}

// monitor returns the hash of the monitor key that signed a status and may do so.
func (s *Service) monitor(clinic ClinicID, signed translog.Signed, issued, now int64) ([32]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := s.known(clinic)
	g, err := k.signer(signed, now, func(g contact.Grant) bool { return g.Role == contact.RoleMonitor })
	if err != nil {
		return [32]byte{}, err
	}
	key := contact.KeyHash(g.Key)
	if !k.speaks(key, issued) {
		return key, ErrRevoked
	}
	return key, nil
}

// speaks reports whether a status that a monitor key issued at a time still counts.
func (k *Known) speaks(key [32]byte, issued int64) bool {
	e := k.ended[key]
	return !e.stolen && (e.retired == 0 || issued <= e.retired)
}

// newestStatus returns the newest status of a clinic whose key still counts, nil for none.
func (s *Service) newestStatus(ctx context.Context, clinic ClinicID) ([]byte, error) {
	all, err := s.c.Store.Statuses(ctx, clinic)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if err := s.fresh(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := s.known(clinic)
	var newest Status
	for _, st := range all {
		if k.speaks(st.Signer, st.Issued) && (newest.Note == nil || st.Issued > newest.Issued) {
			newest = st
		}
	}
	return newest.Note, nil
}

// admitted fails with [ErrNotAdmitted] or [ErrUnavailable].
func (s *Service) admitted(ctx context.Context, op string, c ClinicID) error {
	ok, err := s.c.Admission.Admitted(c)
	if err != nil {
		return s.answer(ctx, op, fmt.Errorf("admission: %w", err))
	}
	if !ok {
		return ErrNotAdmitted
	}
	return nil
}
