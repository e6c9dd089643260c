package limit

import (
	"net"
	"net/netip"
	"sync"
)

// ConnsConfig bounds open connections. Zero fields take the default in brackets.
type ConnsConfig struct {
	Total     int // of all sources together [4096]
	PerSource int // of one source [128]
	// Exempt says which addresses have no bound of their own, such as a trusted proxy's. Nil
	// means none.
	Exempt func(netip.Addr) bool
}

// Listen returns ln with a bound on open connections. A connection too many is closed at once;
// the others are not kept waiting behind it.
func Listen(ln net.Listener, c ConnsConfig) net.Listener {
	if c.Total <= 0 {
		c.Total = 4096
	}
	if c.PerSource <= 0 {
		c.PerSource = 128
	}
	if c.Exempt == nil {
		c.Exempt = func(netip.Addr) bool { return false }
	}
	return &listener{Listener: ln, cfg: c, open: map[netip.Addr]int{}}
}

type listener struct {
	net.Listener

	cfg ConnsConfig

	mu    sync.Mutex
	total int
	open  map[netip.Addr]int
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		addr := addrOf(c)
		if !l.take(addr) {
			_ = c.Close() // refused: there is nothing to tell it yet
			continue
		}
		return &conn{Conn: c, release: sync.OnceFunc(func() { l.give(addr) })}, nil
	}
}

func (l *listener) take(addr netip.Addr) bool {
	source := SourceOf(addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.cfg.Total {
		return false
	}
	if l.open[source] >= l.cfg.PerSource && !l.cfg.Exempt(addr) {
		return false
	}
	l.total++
	l.open[source]++
	return true
}

func (l *listener) give(addr netip.Addr) {
	source := SourceOf(addr)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[source]--; l.open[source] <= 0 {
		delete(l.open, source)
	}
}

type conn struct {
	net.Conn

	release func()
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.release()
	return c.Conn.Close()
}

func addrOf(c net.Conn) netip.Addr {
	ap, err := netip.ParseAddrPort(c.RemoteAddr().String())
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}
