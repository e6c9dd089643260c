package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// lookUpScale compares the caller's median time of LookUp among a thousand and a million messages,
// through a whole server on SQLite; rounds take turns.
func lookUpScale(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("lookup-scale", flag.ContinueOnError)
	small := flags.Uint64("small", 1_000, "messages in the small store")
	large := flags.Uint64("large", 1_000_000, "messages in the large store")
	requests := flags.Int("requests", 2000, "requests of a round")
	rounds := flags.Int("rounds", 7, "rounds")
	if err := flags.Parse(args); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "chaperone-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	stores := []struct {
		rows  uint64
		child *lookUpServer
		p50   []float64
	}{{rows: *small}, {rows: *large}}
	for i := range stores {
		s := &stores[i]
		data := filepath.Join(dir, fmt.Sprint(i))
		if err := fillMessages(ctx, data, s.rows); err != nil {
			return err
		}
		if s.child, err = startLookUpChild(ctx, "full", data); err != nil {
			return err
		}
		defer s.child.stop()
	}
	var ratios []float64
	for round := range *rounds + 1 {
		for i := range stores {
			s := &stores[i]
			_, p50, err := s.child.round(ctx, *requests, s.rows)
			if err != nil {
				return err
			}
			if round > 0 { // the first warms up
				s.p50 = append(s.p50, p50)
			}
		}
		if round > 0 {
			ratios = append(ratios, stores[1].p50[round-1]/stores[0].p50[round-1])
		}
	}
	printMachine(out)
	_, _ = fmt.Fprintf(out, "| messages | p50 of LookUp, µs |\n|---|---|\n| %d | %.0f |\n| %d | %.0f |\n| ratio, at most 1.3 | %.2f |\n\nJSON over HTTP/1.1, %d rounds of %d; medians.\n",
		*small, middle(stores[0].p50), *large, middle(stores[1].p50), middle(ratios), *rounds, *requests)
	return nil
}
