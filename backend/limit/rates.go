package limit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"
)

// ErrRefused is what every refusal wraps. The error is a [*RefusedError].
var ErrRefused = errors.New("too many requests")

// Reason says which limit refused. It is a closed set, fit for a metric's label.
type Reason string

// The reasons.
const (
	ReasonAddress Reason = "address" // the address's own bucket is empty
	ReasonNetwork Reason = "network" // the bucket of its /24 or /48 is empty
	ReasonQueue   Reason = "queue"   // too many requests of this source, or of all, already wait
)

// RefusedError says which limit refused, and when to come back.
type RefusedError struct {
	Reason     Reason
	RetryAfter time.Duration // at least a second
}

// Error implements error.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%v: %s limit", ErrRefused, e.Reason)
}

// Unwrap makes errors.Is(err, ErrRefused) hold.
func (e *RefusedError) Unwrap() error { return ErrRefused }

// Class groups procedures that share a bucket.
type Class uint8

// Rate is how much one address may ask for within a class.
type Rate struct {
	PerMinute int // tokens that come back in a minute; 0 means no limit
	Burst     int // tokens of a full bucket; 0 means PerMinute
}

// networkFactor is how many addresses' worth a /24 or /48 may ask for.
const networkFactor = 10

// RatesConfig is what [NewRates] needs.
type RatesConfig struct {
	// Classes is the rate of each class. A class that is missing has no limit.
	Classes map[Class]Rate
	// MaxBuckets bounds the memory: about 64 bytes a bucket. 0 means 131,072.
	MaxBuckets int
	Now        func() time.Time // nil means time.Now
}

// Rates is a set of token buckets. It is safe for concurrent use.
type Rates struct {
	now     func() time.Time
	start   time.Time // times are kept as nanoseconds since start
	max     int
	classes map[Class]pace

	mu sync.Mutex
	// full is, for each bucket that is not full, when it will be. A bucket that is full again
	// may be dropped: nothing is lost.
	full map[bucket]int64
}

// pace is a rate in the form in which it is used.
type pace struct {
	each  int64 // nanoseconds for one token to come back
	depth int64 // nanoseconds for an empty bucket to fill
}

func paceOf(r Rate, factor int64) pace {
	if r.Burst == 0 {
		r.Burst = r.PerMinute
	}
	each := int64(time.Minute) / (int64(r.PerMinute) * factor)
	return pace{each: each, depth: each * int64(r.Burst) * factor}
}

// kind tells the buckets of an address from those of its network.
type kind uint8

const (
	kindIPv4 kind = iota
	kindIPv4Net
	kindIPv6
	kindIPv6Net
)

type bucket struct {
	net   uint64
	kind  kind
	class Class
}

// NewRates returns full buckets for everybody.
func NewRates(c RatesConfig) *Rates {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.MaxBuckets <= 0 {
		c.MaxBuckets = 1 << 17
	}
	r := &Rates{
		now: c.Now, start: c.Now(), max: c.MaxBuckets,
		classes: map[Class]pace{}, full: map[bucket]int64{},
	}
	for class, rate := range c.Classes {
		if rate.PerMinute > 0 {
			r.classes[class] = paceOf(rate, 1)
		}
	}
	return r
}

// Take takes one token of class for addr, or returns a [*RefusedError]. A refusal takes nothing.
// The zero address, which is what a caller inside the process has, is never refused.
func (r *Rates) Take(addr netip.Addr, class Class) error {
	p, ok := r.classes[class]
	if !ok || !addr.IsValid() {
		return nil
	}
	own, wide := bucketsOf(addr, class)
	pw := pace{each: p.each / networkFactor, depth: p.depth}
	now := int64(r.now().Sub(r.start))

	r.mu.Lock()
	defer r.mu.Unlock()
	ownFull := max(r.full[own], now) + p.each
	if wait := ownFull - now - p.depth; wait > 0 {
		return refuse(ReasonAddress, wait)
	}
	wideFull := max(r.full[wide], now) + pw.each
	if wait := wideFull - now - pw.depth; wait > 0 {
		return refuse(ReasonNetwork, wait)
	}
	r.put(own, ownFull, now)
	r.put(wide, wideFull, now)
	return nil
}

func refuse(reason Reason, wait int64) error {
	after := time.Duration(wait).Truncate(time.Second) + time.Second
	return &RefusedError{Reason: reason, RetryAfter: after}
}

// put stores when a bucket will be full. When there is no room it looks at a few buckets, drops
// those that are full again, and otherwise the one that is nearest to it. r.mu is held.
func (r *Rates) put(b bucket, full, now int64) {
	if _, known := r.full[b]; !known && len(r.full) >= r.max {
		r.makeRoom(now)
	}
	r.full[b] = full
}

func (r *Rates) makeRoom(now int64) {
	const look = 64
	var (
		nearest bucket
		at      int64
		seen    int
		dropped bool
	)
	for b, full := range r.full {
		if full <= now {
			delete(r.full, b)
			dropped = true
		} else if at == 0 || full < at {
			nearest, at = b, full
		}
		if seen++; seen == look {
			break
		}
	}
	if !dropped {
		delete(r.full, nearest)
	}
}

// buckets is how many buckets are held, for tests.
func (r *Rates) buckets() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.full)
}

func bucketsOf(addr netip.Addr, class Class) (own, wide bucket) {
	addr = addr.Unmap()
	if addr.Is4() {
		a := addr.As4()
		v4 := uint64(binary.BigEndian.Uint32(a[:]))
		return bucket{v4, kindIPv4, class}, bucket{v4 >> 8, kindIPv4Net, class}
	}
	a := addr.As16()
	v6 := binary.BigEndian.Uint64(a[:8])
	return bucket{v6, kindIPv6, class}, bucket{v6 >> 16, kindIPv6Net, class}
}

// SourceOf reduces an address to what counts as one source: itself for IPv4, its /64 for IPv6.
func SourceOf(addr netip.Addr) netip.Addr {
	addr = addr.Unmap()
	if !addr.Is6() {
		return addr
	}
	p, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return addr
	}
	return p.Addr()
}
