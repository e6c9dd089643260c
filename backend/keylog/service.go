package keylog

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const (
	// MaxNote is the greatest size of a note, in bytes.
	MaxNote = 32 << 10
	// MaxYearly is how many notes of one [Sort] a clinic may log in a year.
	MaxYearly = 200
	// PageSize is every answer of Clinic, in bytes.
	PageSize = 64 << 10

	year = 365          // days
	day  = 24 * 60 * 60 // seconds
	step = 100          // notes read at once
)

// Sequencer gives notes their places in the keys log.
type Sequencer interface {
	Add(ctx context.Context, leaf []byte, row Row) (int64, error)
}

// Prover gives proofs of what is in the keys log.
type Prover interface {
	// Proof returns a tlog-proof, or [logwriter.ErrNotFound] before the leaf is witnessed.
	Proof(ctx context.Context, index int64) (raw []byte, rows int, err error)
}

// Heads waits for witnesses of the keys log.
type Heads interface {
	Wait(ctx context.Context, index int64) error
}

// Config is what a Service needs.
type Config struct {
	Store     Store                                                      // required
	Older     []Store                                                    // of logs that this one replaced, oldest first
	Alone     bool                                                       // no other process writes the same log
	Sequencer Sequencer                                                  // required
	Prover    Prover                                                     // required
	Heads     Heads                                                      // required
	Admission Admission                                                  // required
	Newest    func(ctx context.Context, l logwriter.Log) ([]byte, error) // newest frozen checkpoint, nil for none; required
	Policy    []byte                                                     // text of the policy; required
	Policies  [][]byte                                                   // those of logs that were replaced, newest first
	Kinds     []Kind                                                     // nil means [Kinds]
	Wait      time.Duration                                              // for witnesses, in Append; 0 means 3 s
	Now       func() time.Time                                           // nil means time.Now
	Log       *slog.Logger                                               // nil discards
}

// Service logs notes and gives them out. It is safe for concurrent use.
type Service struct {
	c     Config
	kinds map[string]Kind

	append   sync.Mutex // one note at a time: limits are counted, then used
	statuses *limit.Daily[ClinicID]

	reading shared
	read    atomic.Bool // the view was built once

	mu   sync.RWMutex
	view view // under mu
}

// New returns a Service.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Sequencer == nil || c.Prover == nil || c.Heads == nil || c.Admission == nil || c.Newest == nil || len(c.Policy) == 0 {
		return nil, errors.New("keylog: a required field of Config is missing")
	}
	if c.Kinds == nil {
		c.Kinds = Kinds()
	}
	if c.Wait == 0 {
		c.Wait = 3 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Policies = others(c.Policy, c.Policies)
	s := &Service{c: c, kinds: map[string]Kind{}, view: newView(), statuses: limit.NewDaily[ClinicID](MaxStatuses, c.Now)}
	for _, k := range c.Kinds {
		s.kinds[k.FirstLine()] = k
	}
	return s, nil
}

// maxPolicies is how many bytes of older policies a page has room for. Clinics can log others.
const maxPolicies = 12 << 10

// others returns policies that differ from the first and each other, as many as there is room for.
func others(policy []byte, older [][]byte) (out [][]byte) {
	room := maxPolicies - len(policy)
	for _, text := range older {
		same := func(o []byte) bool { return bytes.Equal(o, text) }
		if room -= len(text); room < 0 || same(policy) || slices.ContainsFunc(out, same) {
			continue
		}
		out = append(out, text)
	}
	return out
}

// Receipt says where a note is.
type Receipt struct {
	Index int64
	Proof []byte // C2SP tlog-proof; nil while too few witnesses have answered
}

// Append logs a note. A note that was logged before is answered with its index. One that stands in
// a log which this one replaced was verified then, and may be logged again. Errors are
// [ErrMalformed], [ErrNotAdmitted], [ErrSignature], [ErrRevoked], [ErrExists] (another note has this
// number, or a higher one is there), [ErrQuota], [ErrStopped] and [ErrUnavailable].
func (s *Service) Append(ctx context.Context, note []byte) (Receipt, error) {
	index, err := s.log(ctx, note)
	if err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{Index: index}
	wait, cancel := context.WithTimeout(ctx, s.c.Wait)
	defer cancel()
	if s.c.Heads.Wait(wait, index) != nil {
		return receipt, nil // it is in the log; its proof comes later
	}
	if receipt.Proof, _, err = s.c.Prover.Proof(ctx, index); err != nil {
		s.c.Log.Error("proof of a note failed", "error", err)
	}
	return receipt, nil
}

func (s *Service) log(ctx context.Context, note []byte) (int64, error) {
	s.append.Lock()
	defer s.append.Unlock()
	signed, o, err := s.open(note)
	if err != nil {
		return 0, err
	}
	if err := s.admitted(ctx, "append", o.Clinic); err != nil {
		return 0, err
	}
	if err := s.refresh(ctx); err != nil {
		return 0, s.answer(ctx, "append", err)
	}
	today := s.c.Now().Unix() / day
	row := Row{Clinic: o.Clinic, Hash: sha256.Sum256(note), Serial: o.serial(), Day: today, Sort: Repeated}
	standing, err := s.c.Store.Standing(ctx, []Row{row})
	if err != nil {
		return 0, s.answer(ctx, "append", err)
	}
	if standing[0].Same {
		return standing[0].Index, nil
	}
	again, err := s.repeated(ctx, row)
	if err != nil {
		return 0, s.answer(ctx, "append", err)
	}
	if !again {
		if row.Sort, err = s.judge(signed, o); err != nil {
			return 0, err
		}
		if err := s.quota(ctx, row); err != nil {
			return 0, err
		}
	}
	if standing[0].Taken {
		return 0, ErrExists
	}
	index, err := s.c.Sequencer.Add(ctx, note, row)
	if err != nil {
		return 0, s.answer(ctx, "append", err)
	}
	if err := s.refresh(ctx); err != nil { // a revocation counts before it is answered
		return 0, s.answer(ctx, "append", err)
	}
	return index, nil
}

// repeated reports whether a note stands in one of the older logs.
func (s *Service) repeated(ctx context.Context, row Row) (bool, error) {
	for _, older := range s.c.Older {
		standing, err := older.Standing(ctx, []Row{row})
		if err != nil || standing[0].Same {
			return err == nil, err
		}
	}
	return false, nil
}

// judge says whether a new note may be logged, and on whose word.
func (s *Service) judge(signed translog.Signed, o Opened) (Sort, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	k := s.known(o.Clinic)
	sort, err := o.Check(signed, k, s.c.Now().Unix())
	if err != nil {
		return 0, err
	}
	if newest, ok := k.newest[o.Series]; ok && o.N <= newest {
		return 0, ErrExists
	}
	return sort, nil
}

func (s *Service) quota(ctx context.Context, row Row) error {
	count, err := s.c.Store.Count(ctx, row.Clinic, row.Sort, row.Day-year)
	if err != nil {
		return s.answer(ctx, "append", err)
	}
	if count >= MaxYearly {
		return ErrQuota
	}
	return nil
}

// open reads a note of a known kind.
func (s *Service) open(note []byte) (translog.Signed, Opened, error) {
	if len(note) > MaxNote {
		return translog.Signed{}, Opened{}, ErrMalformed
	}
	signed, err := translog.ParseSigned(note)
	if err != nil {
		return translog.Signed{}, Opened{}, ErrMalformed
	}
	first, _, _ := strings.Cut(signed.Text, "\n")
	kind, ok := s.kinds[first]
	if !ok {
		return translog.Signed{}, Opened{}, ErrMalformed
	}
	o, err := kind.Open(signed.Text)
	return signed, o, err
}

// Section types of a page.
const (
	SectionKeys   = 1 // newest checkpoint of the keys log
	SectionMsgs   = 2 // newest checkpoint of the msgs log
	SectionPolicy = 3 // text of a witness policy: the one in use, then those of replaced logs
	SectionNote   = 4 // index u64, and a note of the clinic
	SectionProof  = 5 // tlog-proof of the note before it
	SectionMore   = 6 // index u64 to ask after for the next page
	SectionStatus = 7 // the newest status; on the last page
)

// Clinic returns a page about a clinic: [PageSize] bytes of sections, type u8 | length u32 | bytes,
// then zeros. Notes rise by index from the first one greater than after (-1 for all); a note that
// is not witnessed yet is left out, and so is what comes after it. The last page has the newest
// status. A clinic nobody knows has a page without notes. It returns [ErrUnavailable].
func (s *Service) Clinic(ctx context.Context, clinic ClinicID, after int64) ([]byte, error) {
	p := make(page, 0, PageSize)
	for _, l := range []struct {
		section byte
		log     logwriter.Log
	}{{SectionKeys, logwriter.Keys}, {SectionMsgs, logwriter.Msgs}} {
		cp, err := s.c.Newest(ctx, l.log)
		if err != nil {
			return nil, s.answer(ctx, "clinic", err)
		}
		if cp != nil {
			p.add(l.section, cp)
		}
	}
	p.add(SectionPolicy, s.c.Policy)
	for _, text := range s.c.Policies {
		p.add(SectionPolicy, text)
	}
	last, after, err := s.addNotes(ctx, &p, clinic, after)
	if err != nil {
		return nil, s.answer(ctx, "clinic", err)
	}
	if last {
		status, err := s.newestStatus(ctx, clinic)
		if err != nil {
			return nil, s.answer(ctx, "clinic", err)
		}
		switch {
		case status != nil && p.fits(len(status)):
			p.add(SectionStatus, status)
			fallthrough
		case status == nil:
			return p[:PageSize], nil
		}
	}
	p.add(SectionMore, binary.BigEndian.AppendUint64(nil, uint64(after))) //nolint:gosec // of a note on this page
	return p[:PageSize], nil
}

// addNotes fills a page with notes and their proofs, and leaves room to say that there are more.
// last says that all are given that can be, and given is the index of the last one.
func (s *Service) addNotes(ctx context.Context, p *page, clinic ClinicID, after int64) (last bool, given int64, err error) {
	for {
		notes, err := s.c.Store.Notes(ctx, clinic, after, step)
		if err != nil {
			return false, after, err
		}
		for _, n := range notes {
			proof, _, err := s.c.Prover.Proof(ctx, n.Index)
			if errors.Is(err, logwriter.ErrNotFound) {
				return true, after, nil
			}
			if err != nil {
				return false, after, err
			}
			if !p.fits(8+len(n.Note), len(proof), 8) {
				return false, after, nil
			}
			p.add(SectionNote, append(binary.BigEndian.AppendUint64(nil, uint64(n.Index)), n.Note...)) //nolint:gosec // >= 0
			p.add(SectionProof, proof)
			after = n.Index
		}
		if len(notes) < step {
			return true, after, nil
		}
	}
}

// page is sections with room for more.
type page []byte

func (p *page) add(section byte, data []byte) {
	*p = append(binary.BigEndian.AppendUint32(append(*p, section), uint32(len(data))), data...) //nolint:gosec // at most PageSize
}

func (p *page) fits(lengths ...int) bool {
	n := len(*p)
	for _, l := range lengths {
		n += 5 + l
	}
	return n <= PageSize
}

// answer turns an error of the store or the log into one of this package.
func (s *Service) answer(ctx context.Context, op string, err error) error {
	switch {
	case errors.Is(err, logwriter.ErrExists):
		return ErrExists
	case errors.Is(err, logwriter.ErrBehind), errors.Is(err, logwriter.ErrDifferent), errors.Is(err, logwriter.ErrReplaced):
		return ErrStopped
	case ctx.Err() != nil:
		return fmt.Errorf("note %s: %w", op, ctx.Err())
	}
	s.c.Log.Error("note store failed", "op", op, "error", err)
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
