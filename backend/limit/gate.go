package limit

import (
	"container/list"
	"context"
	"net/netip"
	"sync"
	"time"
)

// GateConfig is what [NewGate] needs. Zero fields take the default in brackets.
type GateConfig struct {
	Concurrent int // requests worked on at once [256]
	Waiting    int // requests that may wait, of all sources together [1024]
	PerSource  int // requests of one source that may wait [32]
}

// Gate bounds how many requests are worked on at once. Sources wait in turn: a place that comes
// free goes to the source that was served longest ago, not to the request that came first. It is
// safe for concurrent use.
type Gate struct {
	cfg GateConfig

	mu      sync.Mutex
	busy    int
	waiting int
	turn    *list.List // of *queue, those with somebody waiting; front is next
	queues  map[netip.Addr]*list.Element
}

type queue struct {
	source netip.Addr
	wait   []*ticket
}

type ticket struct {
	ready chan struct{} // closed when the place is the ticket's
}

// NewGate returns an empty gate.
func NewGate(c GateConfig) *Gate {
	if c.Concurrent <= 0 {
		c.Concurrent = 256
	}
	if c.Waiting <= 0 {
		c.Waiting = 1024
	}
	if c.PerSource <= 0 {
		c.PerSource = 32
	}
	return &Gate{cfg: c, turn: list.New(), queues: map[netip.Addr]*list.Element{}}
}

// Enter waits for a place and takes it; the caller must call Leave once. It returns ctx.Err()
// when ctx ends first, and a [*RefusedError] at once when too many already wait.
func (g *Gate) Enter(ctx context.Context, addr netip.Addr) error {
	source := SourceOf(addr)
	g.mu.Lock()
	if g.busy < g.cfg.Concurrent && g.waiting == 0 {
		g.busy++
		g.mu.Unlock()
		return nil
	}
	t, err := g.enqueue(source)
	g.mu.Unlock()
	if err != nil {
		return err
	}
	select {
	case <-t.ready:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	select {
	case <-t.ready: // the place came at the same moment: give it on
		g.leave()
	default:
		g.forget(source, t)
	}
	return ctx.Err()
}

// Leave gives a place back.
func (g *Gate) Leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leave()
}

// Busy returns how many requests are being worked on, and how many wait.
func (g *Gate) Busy() (busy, waiting int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.busy, g.waiting
}

// enqueue, leave and forget are called with g.mu held.

func (g *Gate) enqueue(source netip.Addr) (*ticket, error) {
	el := g.queues[source]
	if g.waiting >= g.cfg.Waiting || (el != nil && len(el.Value.(*queue).wait) >= g.cfg.PerSource) {
		return nil, &RefusedError{Reason: ReasonQueue, RetryAfter: time.Second}
	}
	if el == nil {
		el = g.turn.PushBack(&queue{source: source})
		g.queues[source] = el
	}
	q := el.Value.(*queue)
	t := &ticket{ready: make(chan struct{})}
	q.wait = append(q.wait, t)
	g.waiting++
	return t, nil
}

func (g *Gate) leave() {
	el := g.turn.Front()
	if el == nil {
		g.busy--
		return
	}
	q := el.Value.(*queue)
	t := q.wait[0]
	q.wait = q.wait[1:]
	g.waiting--
	if len(q.wait) == 0 {
		g.drop(el)
	} else {
		g.turn.MoveToBack(el)
	}
	close(t.ready)
}

func (g *Gate) forget(source netip.Addr, t *ticket) {
	el := g.queues[source]
	q := el.Value.(*queue)
	for i, w := range q.wait {
		if w == t {
			q.wait = append(q.wait[:i], q.wait[i+1:]...)
			g.waiting--
			break
		}
	}
	if len(q.wait) == 0 {
		g.drop(el)
	}
}

func (g *Gate) drop(el *list.Element) {
	g.turn.Remove(el)
	delete(g.queues, el.Value.(*queue).source)
}
