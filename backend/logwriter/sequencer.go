package logwriter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	maxBatch  = 256
	maxGather = 5 * time.Millisecond
	maxTries  = 8 // of one batch, when others write the same log
)

// Row is what a service keeps about an entry. Keys are what no two entries of a log may share.
type Row interface{ Keys() []string }

// SequencerConfig is what a Sequencer needs.
type SequencerConfig[R Row] struct {
	Log       Log
	Store     Store        // required
	Committer Committer[R] // required; the same database as Store
	Refuse    func() error // why nothing is accepted; nil: never
	Committed func()       // called after each batch; nil: nothing
	Logger    *slog.Logger // nil discards
}

// Sequencer gives entries their places: what arrives while a transaction runs goes into the next
// one together. It is safe for concurrent use.
type Sequencer[R Row] struct {
	cfg   SequencerConfig[R]
	queue chan *pending[R]
	ended chan struct{} // closed when Run returns

	tree *tree // nil: not known; owned by Run
	last int   // size of the last batch; owned by Run
}

// pending is an entry on its way.
type pending[R Row] struct {
	leaf  []byte
	row   R
	index int64
	err   error
	done  chan struct{}
}

// NewSequencer returns a Sequencer that works while its Run runs.
func NewSequencer[R Row](c SequencerConfig[R]) (*Sequencer[R], error) {
	if c.Store == nil || c.Committer == nil || c.Log == 0 {
		return nil, errors.New("logwriter: log, store and committer are required")
	}
	if c.Refuse == nil {
		c.Refuse = func() error { return nil }
	}
	if c.Committed == nil {
		c.Committed = func() {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Sequencer[R]{cfg: c, queue: make(chan *pending[R], maxBatch), ended: make(chan struct{})}, nil
}

// Add logs an entry and returns its index once it is durable. An entry that was logged before,
// with the same bytes, is answered with its index; with other bytes it is [ErrExists]. Other
// errors are [ErrTooLarge], [ErrBehind], [ErrDifferent] and [ErrReplaced] (nothing is accepted any more),
// [ErrUnavailable], or ctx's own; after the last two the entry may have been logged.
func (s *Sequencer[R]) Add(ctx context.Context, leaf []byte, row R) (int64, error) {
	if len(leaf) > MaxLeaf {
		return 0, ErrTooLarge
	}
	if err := s.cfg.Refuse(); err != nil {
		return 0, err
	}
	p := &pending[R]{leaf: leaf, row: row, done: make(chan struct{})}
	select {
	case s.queue <- p:
	case <-s.ended:
		return 0, ErrUnavailable
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for a place in the log: %w", ctx.Err())
	}
	select {
	case <-p.done:
		return p.index, p.err
	case <-ctx.Done():
		return 0, fmt.Errorf("wait for the log: %w", ctx.Err())
	case <-s.ended:
		select { // it may have been answered as Run ended
		case <-p.done:
			return p.index, p.err
		default:
			return 0, ErrUnavailable
		}
	}
}

// Run commits what is added, until ctx ends. It is called once. A batch that has begun is seen
// through.
func (s *Sequencer[R]) Run(ctx context.Context) {
	defer close(s.ended)
	var later []*pending[R]
	for {
		batch := later
		later = nil
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
				return
			case p := <-s.queue:
				batch = append(batch, p)
			}
		}
		batch, later = unique(s.gather(batch))
		s.commit(context.WithoutCancel(ctx), batch)
		if ctx.Err() != nil {
			return
		}
	}
}

// gather adds what is waiting. After a batch of several it gives the same callers a moment to
// come back; a lone caller does not wait.
func (s *Sequencer[R]) gather(batch []*pending[R]) []*pending[R] {
	expect := min(s.last, maxBatch)
	var timeout <-chan time.Time
	if expect > len(batch) {
		timer := time.NewTimer(maxGather)
		defer timer.Stop()
		timeout = timer.C
	}
	for len(batch) < maxBatch {
		select {
		case p := <-s.queue:
			batch = append(batch, p)
			continue
		default:
		}
		if timeout == nil || len(batch) >= expect {
			return batch
		}
		select {
		case p := <-s.queue:
			batch = append(batch, p)
		case <-timeout:
			timeout = nil
		}
	}
	return batch
}

// unique keeps for later what shares a key with an entry before it.
func unique[R Row](batch []*pending[R]) (now, later []*pending[R]) {
	seen := make(map[string]bool, 2*len(batch))
	for _, p := range batch {
		keys, clash := p.row.Keys(), false
		for _, k := range keys {
			clash = clash || seen[k]
		}
		if clash {
			later = append(later, p)
			continue
		}
		for _, k := range keys {
			seen[k] = true
		}
		now = append(now, p)
	}
	return now, later
}

// commit answers every entry of a batch.
func (s *Sequencer[R]) commit(ctx context.Context, batch []*pending[R]) {
	s.last = len(batch)
	err := s.cfg.Refuse()
	for range maxTries {
		if err != nil || len(batch) == 0 {
			break
		}
		if err = s.try(ctx, batch); err == nil {
			s.cfg.Committed()
			return
		}
		s.tree = nil // it may have grown, or not
		switch {
		case errors.Is(err, ErrMoved):
			err = nil
		case errors.Is(err, ErrTaken):
			batch, err = s.answerTaken(ctx, batch)
		}
	}
	if err != nil && !final(err) {
		s.cfg.Logger.Error("log store failed", "log", s.cfg.Log.String(), "error", err)
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err == nil {
		err = ErrUnavailable // others were faster every time
	}
	for _, p := range batch {
		p.err = err
		close(p.done)
	}
}

// final reports whether an error stops a log for good.
func final(err error) bool {
	return errors.Is(err, ErrBehind) || errors.Is(err, ErrDifferent) || errors.Is(err, ErrReplaced)
}

// try commits a batch once, and answers its entries when that succeeds.
func (s *Sequencer[R]) try(ctx context.Context, batch []*pending[R]) error {
	if s.tree == nil {
		state, err := s.cfg.Store.State(ctx, s.cfg.Log)
		if err != nil {
			return err
		}
		if state.Frozen {
			return ErrReplaced
		}
		if s.tree, err = loadTree(ctx, s.cfg.Store, s.cfg.Log, state.Size); err != nil {
			return err
		}
	}
	next := s.tree.clone()
	b := Batch[R]{Log: s.cfg.Log, Size: next.size, Leaves: make([][]byte, len(batch)), Rows: make([]R, len(batch))}
	for i, p := range batch {
		b.Leaves[i], b.Rows[i] = p.leaf, p.row
	}
	b.Tiles = next.grow(b.Leaves)
	if err := s.cfg.Committer.CommitBatch(ctx, b); err != nil {
		return err
	}
	s.tree = next
	for i, p := range batch {
		p.index = b.Size + int64(i)
		close(p.done)
	}
	return nil
}

// answerTaken answers the entries whose keys are taken and returns the others.
func (s *Sequencer[R]) answerTaken(ctx context.Context, batch []*pending[R]) (rest []*pending[R], err error) {
	rows := make([]R, len(batch))
	for i, p := range batch {
		rows[i] = p.row
	}
	standing, err := s.cfg.Committer.Standing(ctx, rows)
	if err != nil {
		return batch, err
	}
	for i, p := range batch {
		switch {
		case !standing[i].Taken:
			rest = append(rest, p)
			continue
		case standing[i].Same:
			p.index = standing[i].Index
		default:
			p.err = ErrExists
		}
		close(p.done)
	}
	return rest, nil
}

// NewFiller returns a function that appends leaves and their rows, or leaves alone, in one
// transaction, to fill a log for a measurement. It is used alone on its log.
func NewFiller[R Row](ctx context.Context, s Store, c Committer[R], l Log) (func(leaves [][]byte, rows []R) error, error) {
	state, err := s.State(ctx, l)
	if err != nil {
		return nil, err
	}
	t, err := loadTree(ctx, s, l, state.Size)
	if err != nil {
		return nil, err
	}
	return func(leaves [][]byte, rows []R) error {
		next := t.clone()
		b := Batch[R]{Log: l, Size: next.size, Leaves: leaves, Rows: rows}
		b.Tiles = next.grow(leaves)
		if err := c.CommitBatch(ctx, b); err != nil {
			return err
		}
		t = next
		return nil
	}, nil
}
