package envelope

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Sizes, in bytes.
const (
	// LeafSize is a leaf of the msgs log: commit 32, tag 16.
	LeafSize = 48
	// AnswerSize is every answer of LookUp.
	AnswerSize = 24_576
)

const (
	// MaxDays is how far ahead a message's last day may lie: a message lives a year at most and
	// is kept until the first day of the fourth month after.
	MaxDays = 500
	// MarkDays is how long a tombstone stays after the last day.
	MarkDays = 365

	expireStep = 500 // rows changed at once: each change holds the writer of a small engine

	day = 24 * 60 * 60 // seconds
)

// ValidSize reports whether n is one of the four sizes of sealed messages and copies.
func ValidSize(n int) bool { return n == 1920 || n == 3840 || n == 7680 || n == 19456 }

// Sequencer gives messages their places in the msgs log.
type Sequencer interface {
	Add(ctx context.Context, leaf []byte, row Row) (int64, error)
}

// Prover gives proofs of what is in the msgs log.
type Prover interface {
	// Proof returns a tlog-proof, or [logwriter.ErrNotFound] before the leaf is witnessed.
	Proof(ctx context.Context, index int64) (raw []byte, rows int, err error)
	// StandIn does the same work for a leaf below size that seed chooses.
	StandIn(ctx context.Context, size int64, seed uint64) error
}

// Heads knows how much of the msgs log is witnessed.
type Heads interface {
	Frozen() int64
	Wait(ctx context.Context, index int64) error
}

// Config is what a Service needs.
type Config struct {
	Store     Store                    // required
	In        logwriter.Log            // that Sequencer, Prover and Heads work on; 0 means [logwriter.Msgs]
	Older     map[logwriter.Log]Prover // of logs that this one replaced
	Sequencer Sequencer                // required
	Prover    Prover                   // required
	Heads     Heads                    // required
	// Wait is how long Publish waits for witnesses before it answers without a proof; 0 means 3 s.
	Wait time.Duration
	Now  func() time.Time // nil means time.Now
	Log  *slog.Logger     // nil discards
}

// Service publishes and looks up. It is safe for concurrent use.
type Service struct{ c Config }

// New returns a Service.
func New(c Config) (*Service, error) {
	if c.Store == nil || c.Sequencer == nil || c.Prover == nil || c.Heads == nil {
		return nil, errors.New("envelope: a required field of Config is missing")
	}
	if c.In == 0 {
		c.In = logwriter.Msgs
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
	return &Service{c}, nil
}

// Publication is a message to publish.
type Publication struct {
	ID     []byte // 16 bytes
	Sealed []byte // one of the four sizes
	Leaf   []byte // commit 32, tag 16
	Until  int64  // last day to keep it, days since 1970-01-01 UTC
	Watch  []byte // 16 bytes, or nothing
	Copy   []byte // one of the four sizes, or nothing; goes with Watch
	// Await asks to wait for the proof, for as long as Config.Wait.
	Await bool
}

// LogValue keeps publications out of logs.
func (Publication) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Digest is what a device signs to publish, and what tells the same publication from another:
// [contact.FieldsDigest] of the fields in order, Until in eight bytes.
func (p Publication) Digest() [32]byte {
	until := binary.BigEndian.AppendUint64(nil, uint64(p.Until)) //nolint:gosec // its bits
	return contact.FieldsDigest(p.ID, p.Sealed, p.Leaf, until, p.Watch, p.Copy)
}

// Receipt says where a message is.
type Receipt struct {
	Index int64
	// Again says that the message was published and witnessed before this request.
	Again bool
	// Proof is a C2SP tlog-proof; nil while too few witnesses have answered. Publishing the same
	// again asks for it again.
	Proof []byte
}

// Publish puts a message into the log and keeps its envelope. It returns [ErrMalformed] or
// [ErrSize] without asking the store, and [ErrExists], [ErrStopped] or [ErrUnavailable].
func (s *Service) Publish(ctx context.Context, p Publication) (Receipt, error) {
	row, err := s.row(p)
	if err != nil {
		return Receipt{}, err
	}
	before := s.c.Heads.Frozen()
	index, err := s.c.Sequencer.Add(ctx, p.Leaf, row)
	if err != nil {
		return Receipt{}, s.answer(ctx, "publish", err)
	}
	receipt := Receipt{Index: index, Again: index < before}
	if len(s.c.Older) > 0 { // what was published before is where it was
		m, err := s.c.Store.Get(ctx, row.ID)
		if err != nil {
			return Receipt{}, s.answer(ctx, "publish", err)
		}
		if m.Log != s.c.In {
			receipt.Again, receipt.Proof = true, s.oldProof(ctx, m)
			return receipt, nil
		}
	}
	if s.c.Heads.Frozen() <= index {
		if !p.Await {
			return receipt, nil
		}
		wait, cancel := context.WithTimeout(ctx, s.c.Wait)
		defer cancel()
		if s.c.Heads.Wait(wait, index) != nil {
			return receipt, nil // it is in the log; its proof comes later
		}
	}
	receipt.Proof, _, err = s.c.Prover.Proof(ctx, index)
	if err != nil {
		s.c.Log.Error("proof of a published message failed", "error", err)
	}
	return receipt, nil
}

func (s *Service) row(p Publication) (Row, error) {
	today := s.c.Now().Unix() / day
	switch {
	case len(p.ID) != len(ID{}) || len(p.Leaf) != LeafSize, len(p.Watch) != 0 && len(p.Watch) != len(WatchID{}),
		(len(p.Watch) == 0) != (len(p.Copy) == 0), p.Until < today || p.Until > today+MaxDays:
		return Row{}, ErrMalformed
	case !ValidSize(len(p.Sealed)), len(p.Copy) > 0 && !ValidSize(len(p.Copy)):
		return Row{}, ErrSize
	}
	r := Row{ID: ID(p.ID), Commit: [32]byte(p.Leaf[:32]), Digest: p.Digest(), Sealed: p.Sealed, Until: p.Until}
	if len(p.Copy) > 0 {
		r.Watch, r.Copy = WatchID(p.Watch), p.Copy
	}
	return r, nil
}

// What the first byte of an answer says.
const (
	answerUnknown   = 0
	answerFound     = 1
	answerTombstone = 2
)

// LookUp returns [AnswerSize] bytes, whatever is found:
//
//	u8   0 no such message, 1 message, 2 deleted after its last day
//	u32  length of the envelope, and the envelope        (only for 1)
//	u32  length of the tlog-proof, and the proof         (only for 1; 0 while not witnessed)
//	zeros
//
// It returns [ErrMalformed] or [ErrUnavailable].
func (s *Service) LookUp(ctx context.Context, id []byte) ([]byte, error) {
	if len(id) != len(ID{}) {
		return nil, ErrMalformed
	}
	m, err := s.c.Store.Get(ctx, ID(id))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return nil, s.answer(ctx, "look up", err)
	}
	kind := byte(answerFound)
	switch {
	case err != nil:
		kind = answerUnknown
	case m.Sealed == nil:
		kind = answerTombstone
	}
	proof, err := s.proof(ctx, ID(id), kind, m)
	if err != nil {
		return nil, s.answer(ctx, "look up", err)
	}
	return answerOf(kind, m.Sealed, proof)
}

// proof reads the proof of a message, or does the same work for nothing. What an older log cannot
// prove any more, for it is damaged, comes without a proof.
func (s *Service) proof(ctx context.Context, id ID, kind byte, m Message) ([]byte, error) {
	if kind == answerFound && m.Log != s.c.In && s.c.Older[m.Log] != nil {
		return s.oldProof(ctx, m), nil
	}
	frozen, index := s.c.Heads.Frozen(), m.Index
	if kind == answerFound && m.Log != s.c.In {
		kind = answerUnknown // it lost its place
	}
	if kind != answerFound || index >= frozen {
		seed := sha256.Sum256(id[:])
		return nil, s.c.Prover.StandIn(ctx, frozen, binary.BigEndian.Uint64(seed[:])>>1)
	}
	raw, _, err := s.c.Prover.Proof(ctx, index)
	return raw, err
}

// oldProof is nil when there is none.
func (s *Service) oldProof(ctx context.Context, m Message) []byte {
	p := s.c.Older[m.Log]
	if p == nil {
		return nil
	}
	raw, _, err := p.Proof(ctx, m.Index)
	if err != nil && !errors.Is(err, logwriter.ErrNotFound) && ctx.Err() == nil {
		s.c.Log.Warn("proof in an older log failed", "log", m.Log.String(), "error", err)
	}
	return raw
}

func answerOf(kind byte, sealed, proof []byte) ([]byte, error) {
	if 1+4+len(sealed)+4+len(proof) > AnswerSize {
		return nil, fmt.Errorf("look-up answer: %w", ErrSize) // a policy with that many witnesses is refused at start
	}
	out := make([]byte, 0, AnswerSize)
	out = append(out, kind)
	if kind == answerFound {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(sealed))), sealed...) //nolint:gosec // at most AnswerSize
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(proof))), proof...)   //nolint:gosec // at most AnswerSize
	}
	return out[:AnswerSize], nil
}

// Expire drops envelopes and copies after their last day, and tombstones a year later, and says
// how many rows it changed. Call it daily.
func (s *Service) Expire(ctx context.Context) (int, error) {
	today, total := s.c.Now().Unix()/day, 0
	for {
		n, err := s.c.Store.Expire(ctx, today, today-MarkDays, expireStep)
		if err != nil {
			return total, s.answer(ctx, "expire", err)
		}
		if total += n; n == 0 {
			s.c.Log.Info("messages expired", "rows", total)
			return total, nil
		}
	}
}

// answer turns an error of the store or the log into one of this package.
func (s *Service) answer(ctx context.Context, op string, err error) error {
	switch {
	case errors.Is(err, logwriter.ErrExists):
		return ErrExists
	case errors.Is(err, logwriter.ErrBehind), errors.Is(err, logwriter.ErrDifferent), errors.Is(err, logwriter.ErrReplaced):
		return ErrStopped
	case ctx.Err() != nil:
		return fmt.Errorf("message %s: %w", op, ctx.Err())
	}
	s.c.Log.Error("message store failed", "op", op, "error", err)
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
