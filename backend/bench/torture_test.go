package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

// TestMain lets this binary play the writing process.
func TestMain(m *testing.M) {
	if os.Getenv(childMark) != "" {
		if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestNothingAcknowledgedIsLost(t *testing.T) {
	for i, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r, err := runTorture(t.Context(), engine, 3, 300*time.Millisecond, script{uint64(i)})
			if err != nil {
				t.Fatal(err)
			}
			if r.kills != 3 || r.acknowledged == 0 {
				t.Errorf("got %d kills and %d acknowledged writes, want 3 and some", r.kills, r.acknowledged)
			}
			for _, f := range r.faults {
				t.Error(f)
			}
		})
	}
}

func TestNothingPublishedIsLost(t *testing.T) {
	for i, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			r, err := runPublishTorture(t.Context(), engine, 3, 300*time.Millisecond, uint64(i))
			if err != nil {
				t.Fatal(err)
			}
			if r.kills != 3 || r.acknowledged == 0 {
				t.Errorf("got %d kills and %d acknowledged messages, want 3 and some", r.kills, r.acknowledged)
			}
			for _, f := range r.faults {
				t.Error(f)
			}
		})
	}
}

// TestPublishCheckFindsFaults: that torture can fail, too.
func TestPublishCheckFindsFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*published)
		want   string
	}{
		"nothing":        {func(*published) {}, ""},
		"lost":           {func(p *published) { p.index[19] = 10 }, "is lost"},
		"another place":  {func(p *published) { p.index[3] = 4 }, "is lost"},
		"changed":        {func(p *published) { p.number[2] = 9 }, "was message"},
		"never sent":     {func(p *published) { p.next = 5 }, "was never sent"},
		"other contents": {func(p *published) { p.seed++ }, "was never sent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := memory.New()
			e := engine{logs: s.Logs(), envelopes: s.Envelopes()}
			seq, stop, err := startSequencer(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			p := published{seed: 1, next: 20, index: map[uint64]int64{}, number: map[int64]uint64{}}
			for n := range uint64(10) {
				leaf, row := messageOf(p.seed, n)
				if p.index[n], err = seq.Add(t.Context(), leaf, row); err != nil {
					t.Fatal(err)
				}
			}
			tt.change(&p)
			_, faults, err := p.check(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(faults, "; ")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestCheckFindsFaults: the torture can fail.
func TestCheckFindsFaults(t *testing.T) {
	t.Parallel()
	s := script{1}
	key := vaultsync.KeyOf(s.id(0))
	put := func(t *testing.T, store vaultsync.Store, upTo uint64, blob func(n, revision uint64) []byte) {
		t.Helper()
		for base := range upTo {
			w := vaultsync.Write{Key: key, PublicKey: vaultsync.PublicKey(s.publicKey(0)), Base: base, Blob: blob(0, base+1)}
			if err := store.Put(t.Context(), w); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name         string
		acknowledged standing
		stored       uint64
		blob         func(n, revision uint64) []byte
		want         string // "" for no fault
	}{
		{"all there", standing{revision: 2}, 2, s.blob, ""},
		{"one under way", standing{revision: 2}, 3, s.blob, ""},
		{"first under way", standing{}, 1, s.blob, ""},
		{"one lost", standing{revision: 3}, 2, s.blob, "stands at"},
		{"all lost", standing{revision: 1}, 0, s.blob, "stands at"},
		{"too far", standing{revision: 1}, 3, s.blob, "stands at"},
		{"deletion lost", standing{revision: 2, deleted: true}, 2, s.blob, "stands at"},
		{"other bytes", standing{revision: 2}, 2, script{2}.blob, "other bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store := memory.New().Vaults()
			put(t, store, tt.stored, tt.blob)
			_, faults, err := check(t.Context(), store, s, map[uint64]standing{0: tt.acknowledged})
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(faults, "; ")
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
