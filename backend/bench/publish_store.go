package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

const (
	publishers = 64
	bulkBatch  = 5000
)

// publishStore measures the store's part of publishing on one engine: 64 publishers through the
// sequencer against one publisher alone, whose every message is a transaction; then paths among
// --leaves leaves.
func publishStore(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("publish-store", flag.ContinueOnError)
	name := flags.String("engine", "sqlite", "sqlite or postgres")
	span := flags.Duration("span", 3*time.Second, "how long each side is measured")
	leaves := flags.Int("leaves", 1_000_000, "how many leaves to read paths among; 0 leaves that out")
	if err := flags.Parse(args); err != nil {
		return err
	}
	printMachine(out)
	address, _, done, err := tortureData(ctx, *name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	e, err := openEngine(ctx, *name, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	one, err := publishFor(ctx, e, 1, 0, *span)
	if err != nil {
		return err
	}
	many, err := publishFor(ctx, e, publishers, 1<<32, *span)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "| %s | messages/s |\n|---|---|\n| one transaction a message | %.0f |\n| %d publishers, group commit | %.0f |\n| ratio, at least 4 | %.1f |\n",
		*name, one, publishers, many, many/one)
	if *leaves == 0 {
		return nil
	}
	return measurePaths(ctx, e, *leaves, out)
}

// publishFor publishes from n goroutines for a while and returns messages a second.
func publishFor(ctx context.Context, e engine, n int, first uint64, span time.Duration) (float64, error) {
	seq, stop, err := startSequencer(ctx, e)
	if err != nil {
		return 0, err
	}
	defer stop()
	counts, errs := make([]int, n), make([]error, n)
	start := time.Now()
	var wg sync.WaitGroup
	for w := range n {
		wg.Go(func() {
			for i := uint64(0); time.Since(start) < span; i++ {
				leaf, row := messageOf(7, first+i*uint64(n)+uint64(w))
				row.Copy = nil
				if _, errs[w] = seq.Add(ctx, leaf, row); errs[w] != nil {
					return
				}
				counts[w]++
			}
		})
	}
	wg.Wait()
	total := 0
	for _, c := range counts {
		total += c
	}
	return float64(total) / time.Since(start).Seconds(), errors.Join(errs...)
}

// measurePaths fills the log and reads paths of random leaves.
func measurePaths(ctx context.Context, e engine, leaves int, out io.Writer) error {
	state, err := e.logs.State(ctx, logwriter.Msgs)
	if err != nil {
		return err
	}
	fill, err := logwriter.NewFiller[envelope.Row](ctx, e.logs, e.envelopes, logwriter.Msgs)
	if err != nil {
		return err
	}
	leaf := make([][]byte, bulkBatch)
	for size := state.Size; size < int64(leaves); size += bulkBatch {
		for i := range leaf {
			leaf[i], _ = messageOf(8, uint64(size)+uint64(i)) //nolint:gosec // >= 0
		}
		if err := fill(leaf, nil); err != nil {
			return err
		}
	}
	if state, err = e.logs.State(ctx, logwriter.Msgs); err != nil {
		return err
	}
	if err := e.logs.Freeze(ctx, logwriter.Msgs, state.Size, []byte("checkpoint\n")); err != nil {
		return err
	}
	reader := logwriter.Reader{Log: logwriter.Msgs, Store: e.logs}
	most, start := 0, time.Now()
	const reads = 2000
	for range reads {
		_, rows, err := reader.Proof(ctx, rand.Int64N(state.Size))
		if err != nil {
			return err
		}
		most = max(most, rows)
	}
	_, _ = fmt.Fprintf(out, "\n| paths among %d leaves | |\n|---|---|\n| most rows read, checkpoint included; at most 8 | %d |\n| mean time | %.0f µs |\n",
		state.Size, most, float64(time.Since(start).Microseconds())/reads)
	return nil
}
