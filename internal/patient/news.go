package patient

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

const (
	// newsEvery is how often each pinned clinic is asked about, and newsJitter what is added at
	// most, so that a server does not learn from the time who asks.
	newsEvery  = time.Hour
	newsJitter = 10 * time.Minute
	// newsRetry is how soon after a failure.
	newsRetry = 5 * time.Minute
	// fullEvery is how often all notes of a clinic are read, and not only those that are new.
	fullEvery = 24 * time.Hour
	// freshFor is how long what was fetched says what time it is.
	freshFor = time.Minute
	// clockAhead is how far ahead of a server a clock must be to be suspect.
	clockAhead = 24 * time.Hour
	// maxServers is how many servers are asked at once.
	maxServers = 16
)

// RefreshClinics asks the servers of every pinned clinic for news: notes, the newest status, the
// newest heads of its logs. What verifies is remembered; what does not changes nothing. It fails
// with ErrOffline or ErrRefused if a clinic has no server that said anything that verifies; what
// was learned of others is kept all the same.
func (d *Device) RefreshClinics(ctx context.Context) error {
	if err := d.refreshClinics(ctx, func(contact.Pin, papers) bool { return true }); err != nil {
		return fmt.Errorf("ask about clinics: %w", err)
	}
	return nil
}

// refreshDue asks about the clinics whose hour has come. Nobody is told of a failure: nothing is
// lost by it, and messages read as not checked since then.
func (d *Device) refreshDue(ctx context.Context) {
	_ = d.refreshClinics(ctx, d.due)
}

// due reports whether a clinic is to be asked about. notes.mu is held.
func (d *Device) due(pin contact.Pin, p papers) bool {
	if tried, ok := d.notes.tried[pin.Clinic]; ok && time.Since(tried) < newsRetry {
		return false
	}
	d.mu.Lock()
	device, now := d.local.State.Device, d.now()
	d.mu.Unlock()
	// The jitter is another one each time and on each device, and needs no randomness.
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %x %d", device, pin.Clinic[:], p.AskedAt))
	jitter := time.Duration(binary.BigEndian.Uint32(sum[:])) * time.Second % newsJitter
	since := now.Sub(time.Unix(p.AskedAt, 0))
	return since < 0 || since >= newsEvery+jitter
}

func (d *Device) refreshClinics(ctx context.Context, which func(contact.Pin, papers) bool) error {
	d.refreshing.Lock()
	defer d.refreshing.Unlock()
	memory, err := d.memory()
	if err != nil {
		return err
	}
	var failed error
	for _, pin := range memory.Pins {
		if err := ctx.Err(); err != nil {
			return errors.Join(failed, fmt.Errorf("%w: %w", ErrOffline, err))
		}
		p, err := d.papersOf(pin.Clinic)
		if err != nil {
			return err
		}
		d.notes.mu.Lock()
		ask := which(pin, p)
		if ask {
			d.notes.tried[pin.Clinic] = time.Now()
		}
		d.notes.mu.Unlock()
		if !ask {
			continue
		}
		if err := d.refreshClinic(ctx, p); err != nil && failed == nil {
			failed = err
		}
	}
	d.placeTrusted(ctx)
	d.judgeAgain()
	return failed
}

// refreshClinic asks all servers of one clinic side by side and learns from each answer.
// refreshing is held.
func (d *Device) refreshClinic(ctx context.Context, p papers) error {
	servers := d.serversOf(p.Clinic)
	if len(servers) == 0 {
		return ErrNoServer
	}
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	type answer struct {
		told
		full bool
		err  error
	}
	answers := make([]answer, len(servers))
	var wg sync.WaitGroup
	for i, server := range servers {
		mark := p.mark(server)
		full := len(p.Notes) == 0 || time.Duration(d.now().Unix()-mark.FullAt)*time.Second >= fullEvery || d.now().Unix() < mark.FullAt
		if full {
			mark.Next = 0
		}
		wg.Go(func() {
			t, err := d.askClinic(ctx, server, p.Clinic[:], nil, mark.Next)
			if err == nil && mark.Next > 0 && t.keys != mark.Keys {
				full = true
				t, err = d.askClinic(ctx, server, p.Clinic[:], nil, 0)
			}
			answers[i] = answer{t, full, err}
		})
	}
	wg.Wait()
	var failed error
	ok := false
	for i, a := range answers {
		if a.err != nil {
			failed = a.err
			continue
		}
		learned, err := d.learn(ctx, servers[i], &p, a.told, a.full)
		if err != nil {
			return err
		}
		if !learned {
			failed = badAnswer("what it says about the clinic does not verify")
			continue
		}
		ok = true
		mark := p.mark(servers[i])
		mark.Next, mark.Keys = a.next, a.keys
		if a.full {
			mark.FullAt = d.now().Unix()
		}
		p.setMark(mark)
	}
	if !ok {
		return failed
	}
	p.AskedAt = d.now().Unix()
	return d.keepPapers(p)
}

// learn verifies what a server said about a pinned clinic, remembers what was learned and adds
// what verified to the papers. It reports whether the server answered: anything verified that one
// sends each time, and its logs were shown to have one history, or proven to have two. Of a server
// that does not answer only that is learned which can make a verdict worse.
func (d *Device) learn(ctx context.Context, server string, p *papers, t told, full bool) (bool, error) {
	memory, err := d.memory()
	if err != nil {
		return false, err
	}
	now := d.now()
	learned, kept, err := contact.Sift(memory, p.with(t.news), now)
	if errors.Is(err, contact.ErrTooLarge) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if len(kept.Heads) == 0 {
		return false, nil
	}
	forks, err := d.compareLogs(ctx, server, p, memory, learned, kept.Heads, full)
	learned.Forks = append(learned.Forks, forks...)
	if err != nil {
		learned.Statuses, learned.Now = nil, 0
		d.mu.Lock()
		err = d.remember(learned, nil)
		d.mu.Unlock()
		return false, err
	}
	p.Notes, p.Policies, p.Heads = kept.Notes, kept.Policies, kept.Heads
	told := t.news.Status != nil && kept.Status != nil
	if kept.Status != nil {
		p.Status = kept.Status
	}
	d.mu.Lock()
	err = d.remember(learned, func(l *vault.Local) bool {
		id := hex.EncodeToString(p.Clinic[:])
		at := slices.Index(l.Unasked, id)
		if at < 0 || !told {
			return false
		}
		l.Unasked = slices.Delete(l.Unasked, at, at+1)
		return true
	})
	d.mu.Unlock()
	if err != nil {
		return false, err
	}
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	if err := d.notes.open(d); err != nil {
		return false, err
	}
	// A log in which nothing is entered has no new head, so an old one alone says nothing about
	// this device's clock. The server must say that it runs ahead, too.
	if !t.date.IsZero() && now.Sub(t.date) > clockAhead {
		d.notes.fresh[p.Clinic] = freshHead{head: newestTime(learned), at: now}
	} else {
		delete(d.notes.fresh, p.Clinic)
	}
	return true, nil
}

// newestTime is the newest time that something learned just now proves.
func newestTime(m contact.Memory) time.Time {
	newest := m.Now
	for _, s := range m.Statuses {
		newest = max(newest, s.Issued)
	}
	return time.Unix(newest, 0)
}

// memory returns what counts on this device: what it learned, and the pins that were confirmed.
func (d *Device) memory() (contact.Memory, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return contact.Memory{}, ErrClosed
	}
	m := d.local.State.Contact.Merge(d.beyond)
	markConfirmed(&d.local, &m)
	m.Pins = slices.DeleteFunc(m.Pins, func(p contact.Pin) bool { return !p.Confirmed })
	return m, nil
}

// serversOf returns the addresses of a clinic's servers: those that its newest profile names or,
// when none is held yet, the server in use. A server on this very machine, as developers and the
// demonstration have, stands in for all of them.
func (d *Device) serversOf(clinic [32]byte) []string {
	own := d.Server()
	if here(own) {
		return []string{own}
	}
	m, err := d.memory()
	if err != nil {
		return nil
	}
	c, ok := m.Clinic(clinic, d.now())
	if !ok || len(c.Servers) == 0 {
		if own == "" {
			return nil
		}
		return []string{own}
	}
	return c.Servers[:min(len(c.Servers), maxServers)]
}

// here reports whether an address is on this machine.
func here(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
