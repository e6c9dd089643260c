package limit

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var (
	alice = netip.MustParseAddr("192.0.2.1")
	bob   = netip.MustParseAddr("198.51.100.1")
)

func TestGateBoundsWorkAndServesSourcesInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(GateConfig{Concurrent: 1, Waiting: 100, PerSource: 50})
		if err := g.Enter(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var order []netip.Addr
		queue := func(source netip.Addr, n int) {
			for range n {
				go func() {
					if err := g.Enter(t.Context(), source); err != nil {
						t.Errorf("enter: %v", err)
						return
					}
					mu.Lock()
					order = append(order, source)
					mu.Unlock()
					time.Sleep(time.Millisecond)
					g.Leave()
				}()
				synctest.Wait()
			}
		}
		queue(alice, 10)
		queue(bob, 2)
		if busy, waiting := g.Busy(); busy != 1 || waiting != 12 {
			t.Fatalf("got %d busy and %d waiting, want 1 and 12", busy, waiting)
		}
		g.Leave()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(order) != 12 {
			t.Fatalf("got %d served, want 12", len(order))
		}
		// bob came last with two; in turn, he is served second and fourth.
		if order[1] != bob || order[3] != bob {
			t.Errorf("got order %v, want bob second and fourth", order)
		}
		if busy, waiting := g.Busy(); busy != 0 || waiting != 0 {
			t.Errorf("got %d busy and %d waiting at the end, want none", busy, waiting)
		}
	})
}

func TestGateRefusesWhatItCannotQueue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		config GateConfig
		source netip.Addr // of the caller too many
	}{
		{"too many of one source", GateConfig{Concurrent: 1, Waiting: 10, PerSource: 2}, alice},
		{"too many of all", GateConfig{Concurrent: 1, Waiting: 2, PerSource: 10}, bob},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := NewGate(tt.config)
				ctx, cancel := context.WithCancel(t.Context())
				for range 3 {
					go func() { _ = g.Enter(ctx, alice) }()
					synctest.Wait()
				}
				err := g.Enter(t.Context(), tt.source)
				refusal, ok := errors.AsType[*RefusedError](err)
				if !ok || refusal.Reason != ReasonQueue || refusal.RetryAfter < time.Second {
					t.Errorf("got %v, want a refusal of the queue", err)
				}
				cancel()
				synctest.Wait()
				if busy, waiting := g.Busy(); busy != 1 || waiting != 0 {
					t.Errorf("got %d busy and %d waiting, want 1 and 0", busy, waiting)
				}
			})
		})
	}
}

func TestACallerThatGivesUpFreesItsPlace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewGate(GateConfig{Concurrent: 1})
		if err := g.Enter(t.Context(), alice); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := g.Enter(ctx, bob); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		g.Leave()
		if err := g.Enter(t.Context(), alice); err != nil {
			t.Errorf("got %v, want a free place", err)
		}
	})
}

func TestGateUnderARace(t *testing.T) {
	t.Parallel()
	g := NewGate(GateConfig{Concurrent: 4, Waiting: 1000, PerSource: 1000})
	var wg sync.WaitGroup
	var mu sync.Mutex
	inside, most := 0, 0
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			if i%7 == 0 {
				cancel()
			}
			defer cancel()
			if g.Enter(ctx, netip.AddrFrom4([4]byte{192, 0, 2, byte(i % 5)})) != nil {
				return
			}
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			mu.Lock()
			inside--
			mu.Unlock()
			g.Leave()
		})
	}
	wg.Wait()
	if most > 4 {
		t.Errorf("got %d inside at once, want at most 4", most)
	}
	if busy, waiting := g.Busy(); busy != 0 || waiting != 0 {
		t.Errorf("got %d busy and %d waiting at the end, want none", busy, waiting)
	}
}
