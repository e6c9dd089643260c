package logwriter

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const (
	defaultEvery   = time.Second
	defaultTimeout = 10 * time.Second
	maxPause       = 30 * time.Second
)

// SignerConfig is what a Signer needs.
type SignerConfig struct {
	Log       Log
	Store     Store              // required
	Origin    string             // the log's whole name, such as chaperone.example.com/msgs
	Key       ed25519.PrivateKey // the log's
	Policy    *translog.Policy   // names the log and every witness
	Witnesses []Witness
	Every     time.Duration    // between two checkpoints; 0 means a second
	Timeout   time.Duration    // for one witness and one checkpoint; 0 means 10 s
	Now       func() time.Time // nil means time.Now
	Logger    *slog.Logger     // nil discards
}

// Signer signs the heads of one log, has them witnessed, and freezes those that the policy
// accepts. It is safe for concurrent use.
type Signer struct {
	cfg       SignerConfig
	key       translog.Key
	witnesses []*offered
	wake      chan struct{}
	requests  sync.WaitGroup // to witnesses, under way

	mu      sync.Mutex
	frozen  int64         // newest frozen size
	moved   chan struct{} // closed and replaced when frozen grows
	stopped error         // ErrBehind, ErrDifferent or ErrReplaced: final
}

// offered is a witness and what is known of it.
type offered struct {
	Witness

	mu       sync.Mutex // held while a request is under way
	compared bool       // its head was compared with ours; under mu
	size     int64      // that it cosigned last; under mu
}

// NewSigner returns a Signer that works while its Run runs. A policy that does not name the log
// by this key, or has a witness that is not given, is [ErrPolicy].
func NewSigner(c SignerConfig) (*Signer, error) {
	if c.Store == nil || c.Policy == nil || c.Log == 0 || len(c.Key) != ed25519.PrivateKeySize {
		return nil, errors.New("logwriter: log, store, key and policy are required")
	}
	if c.Every == 0 {
		c.Every = defaultEvery
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	key, err := translog.NewKey(c.Origin, c.Key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("log key: %w", err)
	}
	s := &Signer{cfg: c, key: key, wake: make(chan struct{}, 1), moved: make(chan struct{})}
	named := false
	for _, l := range c.Policy.Logs {
		named = named || l == key
	}
	if !named {
		return nil, fmt.Errorf("%w: it has no line for %s with this key", ErrPolicy, c.Origin)
	}
	given := map[translog.Key]bool{}
	for _, w := range c.Witnesses {
		given[w.Key()] = true
		s.witnesses = append(s.witnesses, &offered{Witness: w})
	}
	for _, w := range c.Policy.Witnesses {
		if !given[w.Key] {
			return nil, fmt.Errorf("%w: a witness has no address", ErrPolicy)
		}
	}
	return s, nil
}

// Key is the log's public key, named by its origin.
func (s *Signer) Key() translog.Key { return s.key }

// Err says why the log is stopped for good: [ErrBehind], [ErrDifferent] or [ErrReplaced]; nil when it
// is not.
func (s *Signer) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopped
}

// Frozen is the size of the newest frozen checkpoint that this process knows of.
func (s *Signer) Frozen() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frozen
}

// Wake says that the log has grown.
func (s *Signer) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Wait returns nil once a frozen checkpoint holds the leaf of this index, or the error of [Err]
// or ctx.
func (s *Signer) Wait(ctx context.Context, index int64) error {
	for {
		s.mu.Lock()
		frozen, moved, stopped := s.frozen, s.moved, s.stopped
		s.mu.Unlock()
		if frozen > index {
			return nil
		}
		if stopped != nil {
			return stopped
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for witnesses: %w", ctx.Err())
		}
	}
}

// Run compares the log with what was signed and with its witnesses, and then signs its heads until
// ctx ends or the log is stopped. It is called once.
func (s *Signer) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer s.requests.Wait()
	defer cancel()
	pause := s.cfg.Every
	for ctx.Err() == nil {
		began := time.Now()
		again, err := s.round(ctx)
		switch {
		case err == nil:
			pause = s.cfg.Every
		case final(err):
			s.stop(err)
			return
		case ctx.Err() != nil:
			return
		default:
			s.cfg.Logger.Warn("log head not witnessed", "log", s.cfg.Log.String(), "error", err)
			again = true
		}
		if !again {
			select {
			case <-ctx.Done():
				return
			case <-s.wake:
			}
		}
		select { // from the start of one round to that of the next
		case <-ctx.Done():
			return
		case <-time.After(pause - time.Since(began)):
		}
		if err != nil {
			pause = min(2*pause, maxPause)
		}
	}
}

func (s *Signer) stop(err error) {
	s.cfg.Logger.Error("log stopped: nothing is signed or accepted any more", "log", s.cfg.Log.String(), "error", err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = err
	close(s.moved)
	s.moved = make(chan struct{})
}

func (s *Signer) advance(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if size <= s.frozen {
		return
	}
	s.frozen = size
	close(s.moved)
	s.moved = make(chan struct{})
}

// round freezes a checkpoint of the log as it stands, unless that is done. again says that the log
// must be looked at without being woken.
func (s *Signer) round(ctx context.Context) (again bool, err error) {
	state, err := s.cfg.Store.State(ctx, s.cfg.Log)
	if err != nil {
		return true, err
	}
	if state.Frozen {
		return true, ErrReplaced
	}
	newest, _, err := s.cfg.Store.Newest(ctx, s.cfg.Log)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return true, err
	}
	base, err := s.signed(ctx, state)
	if err != nil {
		return true, err
	}
	s.advance(newest)
	if err := s.compareAll(ctx, base); err != nil {
		return true, err
	}
	if state.Size == newest {
		return false, nil
	}
	root, err := rootOf(ctx, s.cfg.Store, s.cfg.Log, state.Size)
	if err != nil {
		return true, err
	}
	cp := s.sign(state.Size, root)
	if err := s.cfg.Store.Offer(ctx, s.cfg.Log, cp.Size, cp.Signed.Marshal()); err != nil {
		return true, err
	}
	frozen, err := s.collect(ctx, cp)
	if err != nil {
		return true, err
	}
	if err := s.cfg.Store.Freeze(ctx, s.cfg.Log, cp.Size, frozen); err != nil {
		return true, err
	}
	s.advance(cp.Size)
	return false, nil
}

// signed returns the newest checkpoint that was signed, after verifying that the store still
// holds its tree. Without one it is that of the empty log.
func (s *Signer) signed(ctx context.Context, state State) (translog.Checkpoint, error) {
	if state.Offered == nil {
		return s.empty(), nil
	}
	cp, err := translog.ParseCheckpoint(state.Offered)
	if err != nil || cp.Origin != s.cfg.Origin || !signedBy(cp, s.key) {
		return cp, fmt.Errorf("%w: its newest checkpoint is not ours", ErrDifferent)
	}
	if cp.Size > state.Size {
		return cp, fmt.Errorf("%w: it is smaller than its newest checkpoint", ErrDifferent)
	}
	root, err := rootOf(ctx, s.cfg.Store, s.cfg.Log, cp.Size)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrDamaged) {
		return cp, fmt.Errorf("%w: %w", ErrDifferent, err)
	}
	if err == nil && [32]byte(root) != cp.Root {
		err = fmt.Errorf("%w: its tree has another root", ErrDifferent)
	}
	return cp, err
}

// empty is the checkpoint of a log without leaves. It is a prefix of every history, so that
// signing it commits to nothing.
func (s *Signer) empty() translog.Checkpoint {
	root, _ := tlog.TreeHash(0, nil) // of nothing it needs no hashes and cannot fail
	return s.sign(0, root)
}

func (s *Signer) sign(size int64, root [32]byte) translog.Checkpoint {
	cp := translog.Checkpoint{Origin: s.cfg.Origin, Size: size, Root: root}
	text := cp.Text()
	cp.Signed = translog.Signed{Text: text, Sigs: []translog.Sig{
		{Name: s.key.Name, ID: s.key.ID(), Bytes: ed25519.Sign(s.cfg.Key, []byte(text))},
	}}
	return cp
}

// collect offers a checkpoint to all witnesses and returns it with the first cosignatures that
// satisfy the policy. Witnesses that answer later keep in step with the log; their signatures are
// not used.
func (s *Signer) collect(ctx context.Context, cp translog.Checkpoint) ([]byte, error) {
	type answer struct {
		sig translog.Sig
		err error
	}
	answers := make(chan answer, len(s.witnesses))
	asked := 0
	signed := cp // grows, while cp is being sent
	signed.Signed.Sigs = slices.Clone(cp.Signed.Sigs)
	for _, w := range s.witnesses {
		if !w.mu.TryLock() {
			continue
		}
		if !w.compared {
			w.mu.Unlock()
			continue
		}
		asked++
		s.requests.Go(func() {
			defer w.mu.Unlock()
			ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
			defer cancel()
			sig, err := s.offer(ctx, w, cp)
			answers <- answer{sig, err}
		})
	}
	last := fmt.Errorf("%w: none could be asked", ErrWitness)
	for range asked {
		a := <-answers
		if a.err != nil {
			last = a.err
			if errors.Is(a.err, ErrBehind) || errors.Is(a.err, ErrDifferent) {
				return nil, a.err
			}
			continue
		}
		signed.Signed.Sigs = append(signed.Signed.Sigs, a.sig)
		if _, err := s.cfg.Policy.Check(signed); err == nil {
			return signed.Signed.Marshal(), nil
		}
	}
	return nil, fmt.Errorf("no quorum: %w", last)
}

// offer has one witness cosign a checkpoint. w.mu is held.
func (s *Signer) offer(ctx context.Context, w *offered, cp translog.Checkpoint) (translog.Sig, error) {
	for range 2 {
		a := translog.AddCheckpoint{Old: w.size, Checkpoint: cp}
		if w.size > 0 && w.size < cp.Size {
			proof, err := tlog.ProveTree(cp.Size, w.size, &hashReader{ctx: ctx, store: s.cfg.Store, log: s.cfg.Log})
			if err != nil {
				return translog.Sig{}, fmt.Errorf("consistency proof: %w", err)
			}
			for _, h := range proof {
				a.Proof = append(a.Proof, h)
			}
		}
		sig, err := w.AddCheckpoint(ctx, a)
		if err == nil {
			w.size = cp.Size
			return sig, nil
		}
		other, ok := errors.AsType[*SizeError](err)
		switch {
		case ok && other.Size > cp.Size:
			// Another server that writes the same log was faster, or somebody else signs for it.
			w.size, w.compared = other.Size, false
			return translog.Sig{}, err
		case ok:
			w.size = other.Size // an answer was lost
		case errors.Is(err, ErrConsistency):
			return translog.Sig{}, fmt.Errorf("%w: says %s", ErrDifferent, w.Key().Name)
		default:
			return translog.Sig{}, err
		}
	}
	return translog.Sig{}, fmt.Errorf("%w: its size changes", ErrWitness)
}
