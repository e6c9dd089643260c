package limit

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"
)

const classA, classB Class = 1, 2

type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) forward(d time.Duration) { c.t = c.t.Add(d) }

func newRates(c *clock, buckets int) *Rates {
	return NewRates(RatesConfig{
		Classes:    map[Class]Rate{classA: {PerMinute: 60}, classB: {PerMinute: 6, Burst: 2}},
		MaxBuckets: buckets, Now: c.now,
	})
}

// take takes n tokens and returns how many were granted and the first refusal.
func take(r *Rates, addr string, class Class, n int) (granted int, refusal *RefusedError) {
	for range n {
		err := r.Take(netip.MustParseAddr(addr), class)
		if err == nil {
			granted++
		} else if refusal == nil {
			refusal, _ = errors.AsType[*RefusedError](err)
		}
	}
	return granted, refusal
}

func TestTakeGrantsABucketAndSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(1_800_000_000, 0)}
	r := newRates(c, 0)
	got, refusal := take(r, "192.0.2.1", classA, 70)
	if got != 60 {
		t.Errorf("got %d of 70 granted, want 60", got)
	}
	if refusal == nil || refusal.Reason != ReasonAddress || !errors.Is(refusal, ErrRefused) {
		t.Fatalf("got refusal %v, want one of the address", refusal)
	}
	if refusal.RetryAfter < time.Second || refusal.RetryAfter > 2*time.Second {
		t.Errorf("got retry after %v, want 1 s to 2 s", refusal.RetryAfter)
	}
	c.forward(refusal.RetryAfter)
	if got, _ := take(r, "192.0.2.1", classA, 1); got != 1 {
		t.Error("refused after the time that the refusal named")
	}
	c.forward(time.Hour)
	if got, _ := take(r, "192.0.2.1", classA, 100); got != 60 {
		t.Errorf("got %d granted after an hour, want a full bucket of 60 and no more", got)
	}
}

func TestBurstAndClassesAreSeparate(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(0, 0)}
	r := newRates(c, 0)
	if got, _ := take(r, "192.0.2.1", classB, 10); got != 2 {
		t.Errorf("got %d granted, want a burst of 2", got)
	}
	if got, _ := take(r, "192.0.2.1", classA, 1); got != 1 {
		t.Error("an empty bucket of one class refused another class")
	}
	c.forward(10 * time.Second)
	if got, _ := take(r, "192.0.2.1", classB, 10); got != 1 {
		t.Errorf("got %d granted after 10 s at 6 a minute, want 1", got)
	}
	if got, _ := take(r, "192.0.2.1", Class(9), 1000); got != 1000 {
		t.Errorf("got %d granted of a class without a limit, want all", got)
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		first       string
		second      string
		secondGrant int // of 60, after first took 60
	}{
		{"another IPv4 address", "192.0.2.1", "192.0.2.2", 60},
		{"the same address mapped into IPv6", "192.0.2.1", "::ffff:192.0.2.1", 0},
		{"another address of one IPv6 /64", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 0},
		{"another /64 of one /48", "2001:db8:1:2::1", "2001:db8:1:3::1", 60},
		{"another /48", "2001:db8:1::1", "2001:db8:2::1", 60},
		{"IPv4 and IPv6 that share bits", "0.0.0.1", "::", 60},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRates(&clock{time.Unix(0, 0)}, 0)
			take(r, tt.first, classA, 60)
			if got, _ := take(r, tt.second, classA, 60); got != tt.secondGrant {
				t.Errorf("got %d granted to %s, want %d", got, tt.second, tt.secondGrant)
			}
		})
	}
}

func TestNetworksHaveTenTimesAsMuch(t *testing.T) {
	t.Parallel()
	for name, format := range map[string]string{"IPv4 /24": "192.0.2.%d", "IPv6 /48": "2001:db8:1:%d::1"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRates(&clock{time.Unix(0, 0)}, 0)
			granted := 0
			var last *RefusedError
			for i := range 40 {
				got, refusal := take(r, fmt.Sprintf(format, i), classA, 30)
				granted += got
				if refusal != nil {
					last = refusal
				}
			}
			if granted != 600 {
				t.Errorf("got %d granted to 40 addresses of one network, want 600", granted)
			}
			if last == nil || last.Reason != ReasonNetwork {
				t.Errorf("got refusal %v, want one of the network", last)
			}
		})
	}
}

func TestARefusalTakesNothing(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(0, 0)}
	r := newRates(c, 0)
	take(r, "192.0.2.1", classA, 5000)
	// The 4,940 refusals must not have used up the network of the neighbours.
	if got, refusal := take(r, "192.0.2.2", classA, 60); got != 60 {
		t.Errorf("got %d granted to a neighbour (%v), want 60", got, refusal)
	}
}

func TestACallerInsideTheProcessIsNeverRefused(t *testing.T) {
	t.Parallel()
	r := newRates(&clock{time.Unix(0, 0)}, 0)
	for range 1000 {
		if err := r.Take(netip.Addr{}, classA); err != nil {
			t.Fatalf("got %v, want no refusal", err)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	c := &clock{time.Unix(0, 0)}
	r := newRates(c, 1000)
	for i := range 20_000 {
		addr := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		_ = r.Take(addr, classA)
		c.forward(time.Millisecond)
	}
	if got := r.buckets(); got > 1000 {
		t.Errorf("got %d buckets, want at most 1000", got)
	}
}

func BenchmarkTake(b *testing.B) {
	r := NewRates(RatesConfig{Classes: map[Class]Rate{classA: {PerMinute: 1 << 30}}})
	addr := netip.MustParseAddr("192.0.2.1")
	for b.Loop() {
		_ = r.Take(addr, classA)
	}
}
