package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

// ackMessage is what a publishing child tells after a message was acknowledged; its number stands
// in Vault, its index in Revision.
const ackMessage uint32 = 100

// messageOf is the n-th message of a seed; every third has an inbox copy.
func messageOf(seed, n uint64) (leaf []byte, row envelope.Row) {
	h := sha256.Sum256(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte("message"), seed), n))
	row = envelope.Row{ID: envelope.ID(h[:16]), Commit: sha256.Sum256(h[:]), Until: 1 << 20, Sealed: blobOf(h, 1920)}
	row.Digest = sha256.Sum256(row.Commit[:])
	if n%3 == 0 {
		row.Watch, row.Copy = envelope.WatchID(h[16:]), blobOf(row.Commit, 1920)
	}
	return append(row.Commit[:], h[:16]...), row
}

// blobOf is size bytes that follow from a seed and do not compress.
func blobOf(seed [32]byte, size int) []byte {
	b := make([]byte, 0, size)
	for len(b) < size {
		seed = sha256.Sum256(seed[:])
		b = append(b, seed[:min(32, size-len(b))]...)
	}
	return b
}

// startSequencer runs a sequencer over an engine until stop is called.
func startSequencer(ctx context.Context, e engine) (seq *logwriter.Sequencer[envelope.Row], stop func(), err error) {
	seq, err = logwriter.NewSequencer(logwriter.SequencerConfig[envelope.Row]{Log: logwriter.Msgs, Store: e.logs, Committer: e.envelopes})
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { seq.Run(ctx) })
	return seq, func() { cancel(); wg.Wait() }, nil
}

// publishChild publishes until it is killed. Arguments: engine, address, seed, first number.
// Every message is sent twice: the second time must change nothing.
func publishChild(ctx context.Context, args []string, out io.Writer) error {
	if len(args) != 4 {
		return &usageError{"usage: bench publish-child ENGINE ADDRESS SEED FIRST"}
	}
	seed, err1 := strconv.ParseUint(args[2], 10, 64)
	first, err2 := strconv.ParseUint(args[3], 10, 64)
	if err1 != nil || err2 != nil {
		return &usageError{"seed and first number are numbers"}
	}
	e, err := openEngine(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	seq, stop, err := startSequencer(ctx, e)
	if err != nil {
		return err
	}
	defer stop()
	c := child{out: out}
	if err := c.tell(ackReady, 0, 0); err != nil {
		return err
	}
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range uint64(writers) {
		wg.Go(func() { errs[w] = c.publish(ctx, seq, seed, first+w) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (c *child) publish(ctx context.Context, seq *logwriter.Sequencer[envelope.Row], seed, n uint64) error {
	for ; ; n += writers {
		leaf, row := messageOf(seed, n)
		index, err := seq.Add(ctx, leaf, row)
		for errors.Is(err, logwriter.ErrUnavailable) {
			time.Sleep(time.Millisecond) // the database server is being killed, and this process soon
			index, err = seq.Add(ctx, leaf, row)
		}
		if err != nil {
			return err
		}
		if err := c.tell(ackMessage, n, uint64(index)); err != nil { //nolint:gosec // >= 0
			return err
		}
		again, err := seq.Add(ctx, leaf, row)
		if err == nil && again != index {
			return fmt.Errorf("message %d: sent again it got index %d, not %d", n, again, index)
		}
	}
}

// published is what is known about a log under torture.
type published struct {
	seed   uint64
	next   uint64           // number of the next message
	index  map[uint64]int64 // of acknowledged messages
	number map[int64]uint64 // of what was found at an index
}

// check reads the whole log: every acknowledged message is present with its envelope and copy, at
// its index, once, and provable by its path. What is there without an acknowledgement must be a
// message that was under way, whole, and must stay.
func (p *published) check(ctx context.Context, e engine) (unanswered int, faults []string, err error) {
	state, err := e.logs.State(ctx, logwriter.Msgs)
	if err != nil {
		return 0, nil, err
	}
	leaves, err := e.logs.Leaves(ctx, logwriter.Msgs, 0, int(state.Size)+1)
	if err != nil {
		return 0, nil, err
	}
	if int64(len(leaves)) != state.Size {
		faults = append(faults, fmt.Sprintf("%d leaves in a log of size %d", len(leaves), state.Size))
	}
	numbers := make(map[string]uint64, p.next)
	for n := range p.next {
		leaf, _ := messageOf(p.seed, n)
		numbers[string(leaf)] = n
	}
	reader := logwriter.Reader{Log: logwriter.Msgs, Store: e.logs}
	seen := map[uint64]bool{}
	for i, leaf := range leaves {
		index := int64(i)
		n, known := numbers[string(leaf)]
		switch {
		case !known:
			faults = append(faults, fmt.Sprintf("leaf %d was never sent", index))
			continue
		case seen[n]:
			faults = append(faults, fmt.Sprintf("message %d is there twice", n))
		}
		seen[n] = true
		if before, ok := p.number[index]; ok && before != n {
			faults = append(faults, fmt.Sprintf("leaf %d was message %d and is message %d", index, before, n))
		}
		p.number[index] = n
		if _, ok := p.index[n]; !ok {
			unanswered++
			p.index[n] = index // it was found: it must stay
		}
		fault, err := wrongMessage(ctx, e, reader, p.seed, n, index, state.Size)
		if err != nil {
			return unanswered, faults, err
		}
		if fault != "" {
			faults = append(faults, fmt.Sprintf("message %d %s", n, fault))
		}
	}
	for n, index := range p.index {
		if at, ok := p.number[index]; !ok || at != n || !seen[n] {
			faults = append(faults, fmt.Sprintf("message %d, acknowledged at %d, is lost", n, index))
		}
	}
	return unanswered, faults, nil
}
