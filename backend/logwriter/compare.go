package logwriter

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Check says what Run would find at its start: [ErrBehind], [ErrDifferent] or [ErrReplaced]; nil when
// nothing is wrong as far as witnesses answer, or another error when the store does not. It signs
// nothing but the empty log.
func (s *Signer) Check(ctx context.Context) error {
	state, err := s.cfg.Store.State(ctx, s.cfg.Log)
	if err != nil {
		return err
	}
	if state.Frozen {
		return ErrReplaced
	}
	base, err := s.signed(ctx, state)
	if err != nil {
		return err
	}
	return s.compareAll(ctx, base)
}

// compareAll compares our newest signed head with those of all witnesses that were not compared
// yet. None may hold more or something else; those that do not answer are asked again later, and
// are offered nothing until then.
func (s *Signer) compareAll(ctx context.Context, base translog.Checkpoint) error {
	errs := make([]error, len(s.witnesses))
	var wg sync.WaitGroup
	for i, w := range s.witnesses {
		if !w.mu.TryLock() {
			continue // a request of an earlier round is under way
		}
		wg.Go(func() {
			defer w.mu.Unlock()
			if w.compared {
				return
			}
			ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
			defer cancel()
			if errs[i] = s.compare(ctx, w, base); errs[i] != nil {
				s.cfg.Logger.Warn("witness not compared", "log", s.cfg.Log.String(), "witness", w.Key().Name, "error", errs[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if errors.Is(err, ErrBehind) || errors.Is(err, ErrDifferent) {
			return err
		}
	}
	return nil
}

// compare asks a witness for its size, by the one request there is: the empty log is a prefix of
// whatever it holds. w.mu is held.
func (s *Signer) compare(ctx context.Context, w *offered, base translog.Checkpoint) error {
	size := int64(0)
	_, err := w.AddCheckpoint(ctx, translog.AddCheckpoint{Checkpoint: s.empty()})
	if other, ok := errors.AsType[*SizeError](err); ok {
		size = other.Size
	} else if err != nil {
		return err
	}
	if size > base.Size { // unless another server that writes the same log was faster
		state, err := s.cfg.Store.State(ctx, s.cfg.Log)
		if err != nil {
			return err
		}
		if base, err = s.signed(ctx, state); err != nil {
			return err
		}
	}
	if size > base.Size {
		return fmt.Errorf("%w: %s has seen size %d, we signed %d", ErrBehind, w.Key().Name, size, base.Size)
	}
	if size > 0 && size == base.Size {
		_, err := w.AddCheckpoint(ctx, translog.AddCheckpoint{Old: size, Checkpoint: base})
		if errors.Is(err, ErrConsistency) {
			return fmt.Errorf("%w: %s has another root for size %d", ErrDifferent, w.Key().Name, size)
		}
		if err != nil {
			return err
		}
	}
	w.size, w.compared = size, true
	return nil
}
