package vaultsync

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// MarkDays is how many days the mark of a deleted vault refuses writes.
const MarkDays = 365

const day = 24 * 60 * 60 // seconds

// Config is what a Service needs.
type Config struct {
	Store Store            // required
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil discards
}

// Service answers requests for vaults. It is safe for concurrent use.
type Service struct {
	store Store
	now   func() time.Time
	log   *slog.Logger
}

// New returns a Service over c.Store.
func New(c Config) (*Service, error) {
	if c.Store == nil {
		return nil, errors.New("vaultsync: no store given")
	}
	s := &Service{store: c.Store, now: c.Now, log: c.Log}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	return s, nil
}

// Proof shows that a caller holds the recovery code.
type Proof struct {
	PublicKey   []byte // 32 bytes
	UnixSeconds int64  // the caller's time
	Nonce       []byte // 16 bytes
	Signature   []byte // 64 bytes
}

// LogValue keeps proofs out of logs.
func (Proof) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// GetRequest asks for a vault.
type GetRequest struct {
	VaultID      []byte // 32 bytes
	Proof        Proof
	HaveRevision uint64 // revision the caller holds, 0 for none; the signature covers it
}

// PutRequest stores a blob.
type PutRequest struct {
	VaultID      []byte // 32 bytes
	Proof        Proof
	BaseRevision uint64 // revision the blob was made from; 0 for a new vault
	Blob         []byte // exactly 16, 64 or 256 KiB
}

// DeleteRequest deletes a vault.
type DeleteRequest struct {
	VaultID []byte // 32 bytes
	Proof   Proof
}

// LogValue keeps requests out of logs.
func (GetRequest) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// LogValue keeps requests out of logs.
func (PutRequest) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// LogValue keeps requests out of logs.
func (DeleteRequest) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Snapshot is the newest blob of a vault.
type Snapshot struct {
	Revision uint64
	Blob     []byte // nil when the caller already has this revision
}

// Get returns the newest blob. It returns [ErrMalformed], [ErrClock] or [ErrProof] without asking
// the store; [ErrNotFound] for an unknown vault and for one that has another key; [ErrDeleted];
// or [ErrUnavailable].
func (s *Service) Get(ctx context.Context, r GetRequest) (Snapshot, error) {
	key, pub, err := s.verify(vault.OpGet, r.VaultID, r.Proof, r.HaveRevision, nil)
	if err != nil {
		return Snapshot{}, err
	}
	row, err := s.store.Get(ctx, key, r.HaveRevision)
	switch {
	case err != nil:
		return Snapshot{}, s.answer(ctx, "get", err)
	case row.PublicKey != pub:
		return Snapshot{}, ErrNotFound
	case row.Deleted:
		return Snapshot{}, ErrDeleted
	}
	return Snapshot{Revision: row.Revision, Blob: row.Blob}, nil
}

// Put stores a blob and returns its revision, BaseRevision+1. It returns [ErrMalformed],
// [ErrSize], [ErrClock] or [ErrProof] without asking the store; a [*ConflictError] when the vault
// does not stand at BaseRevision; [ErrNotFound] when there is no such vault and BaseRevision is
// not 0; [ErrDeleted]; [ErrProof] when the vault has another key; or [ErrUnavailable].
func (s *Service) Put(ctx context.Context, r PutRequest) (uint64, error) {
	if !validSize(len(r.Blob)) {
		return 0, ErrSize
	}
	if r.BaseRevision >= MaxRevision {
		return 0, fmt.Errorf("base revision: %w", ErrMalformed)
	}
	key, pub, err := s.verify(vault.OpPut, r.VaultID, r.Proof, r.BaseRevision, r.Blob)
	if err != nil {
		return 0, err
	}
	w := Write{Key: key, PublicKey: pub, Base: r.BaseRevision, Blob: r.Blob, Day: s.today()}
	if err := s.store.Put(ctx, w); err != nil {
		return 0, s.answer(ctx, "put", err)
	}
	return r.BaseRevision + 1, nil
}

// Delete removes the blob and leaves a mark that refuses writes for a year; an unknown vault gets
// the mark too. Deleting again succeeds. It returns [ErrMalformed], [ErrClock] or [ErrProof]
// without asking the store; [ErrProof] when the vault has another key; or [ErrUnavailable].
func (s *Service) Delete(ctx context.Context, r DeleteRequest) error {
	key, pub, err := s.verify(vault.OpDelete, r.VaultID, r.Proof, 0, nil)
	if err != nil {
		return err
	}
	if err := s.store.Delete(ctx, key, pub, s.today()); err != nil {
		return s.answer(ctx, "delete", err)
	}
	return nil
}

// Purge removes the marks that are older than [MarkDays], and says how many. Call it daily.
func (s *Service) Purge(ctx context.Context) (int, error) {
	n, err := s.store.Purge(ctx, s.today()-MarkDays)
	if err != nil {
		return 0, s.answer(ctx, "purge", err)
	}
	s.log.Info("vault marks purged", "count", n)
	return n, nil
}

func (s *Service) today() int64 { return s.now().Unix() / day }

// answer turns a store's error into one of this package. Engine texts go to the log, which is
// safe by the Store contract.
func (s *Service) answer(ctx context.Context, op string, err error) error {
	for _, known := range []error{ErrNotFound, ErrConflict, ErrDeleted, ErrProof} {
		if errors.Is(err, known) {
			return err
		}
	}
	if ctx.Err() != nil {
		return fmt.Errorf("vault %s: %w", op, ctx.Err())
	}
	s.log.Error("vault store failed", "op", op, "error", err)
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func validSize(n int) bool { return n == 16<<10 || n == 64<<10 || n == 256<<10 }

// verify checks the signature, then the clock, so that only the holder of a key learns about the
// server's time.
func (s *Service) verify(o vault.Op, id []byte, p Proof, revision uint64, blob []byte) (Key, PublicKey, error) {
	if len(id) != vault.IDSize || len(p.PublicKey) != ed25519.PublicKeySize ||
		len(p.Nonce) != vault.NonceSize || len(p.Signature) != ed25519.SignatureSize {
		return Key{}, PublicKey{}, ErrMalformed
	}
	if !vault.VerifyRequest(p.PublicKey, o, id, revision, blob, p.UnixSeconds, p.Nonce, p.Signature) {
		return Key{}, PublicKey{}, ErrProof
	}
	if !vault.Fresh(p.UnixSeconds, s.now()) {
		return Key{}, PublicKey{}, ErrClock
	}
	return KeyOf([vault.IDSize]byte(id)), PublicKey(p.PublicKey), nil
}
