package patient

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// lineage is what a device knows of one log: that some of its heads are of one history.
type lineage struct {
	// Newest is the greatest of them. It is whole, because it is evidence should the log turn out
	// to have two histories, however many heads have pushed it out of the memory since.
	Newest contact.HeadSeen `json:"newest"`
	// Same names those in the memory that need not be compared again, see [headName].
	Same []contact.Hash `json:"same"`
}

// headName tells the heads of one log apart.
func headName(h contact.HeadSeen) contact.Hash {
	return contact.Hash(sha256.Sum256(fmt.Appendf(nil, "%d %x", h.Size, h.Root[:])))
}

func (l lineage) has(h contact.HeadSeen) bool { return slices.Contains(l.Same, headName(h)) }

// line returns what is known of a log.
func (p papers) line(origin string) lineage {
	for _, l := range p.Lines {
		if l.Newest.Origin == origin {
			return l
		}
	}
	return lineage{}
}

func (p *papers) setLine(l lineage) {
	lines := slices.DeleteFunc(slices.Clone(p.Lines), func(x lineage) bool { return x.Newest.Origin == l.Newest.Origin })
	p.Lines = append(lines, l)
}

// compareLogs compares the heads of a server's logs that are held or were just learned, and were
// not compared yet, by tiles of that server. What it finds is proven. An error says that the server
// did not show that a log of its has one history. Of a log that another took the place of it may
// have lost the end: that is no error, and such a log is compared once a day, when deep is set.
func (d *Device) compareLogs(ctx context.Context, server string, p *papers, memory, learned contact.Memory, shown [][]byte, deep bool) ([]contact.Fork, error) {
	current := map[string]contact.LogName{} // by server name and kind
	for _, raw := range shown {
		c, err := translog.ParseCheckpoint(raw)
		if err != nil {
			continue
		}
		if n, ok := contact.ParseLogName(c.Origin); ok {
			current[n.Server+" "+n.Kind] = n
			current[n.Server] = n
		}
	}
	logs := map[string][]contact.HeadSeen{}
	for _, h := range slices.Concat(memory.Heads, learned.Heads) {
		if h.Clinic == p.Clinic {
			logs[h.Origin] = append(logs[h.Origin], h)
		}
	}
	forked := func(origin string) bool {
		return slices.ContainsFunc(memory.Forks, func(f contact.Fork) bool { return f.Clinic == p.Clinic && f.Origin == origin })
	}
	var forks []contact.Fork
	var errs []error
	for origin, heads := range logs {
		name, ok := contact.ParseLogName(origin)
		if _, here := current[name.Server]; !ok || !here || forked(origin) {
			continue
		}
		replaced := current[name.Server+" "+name.Kind].N > name.N
		line := p.line(origin)
		fresh := slices.DeleteFunc(slices.Clone(heads), line.has)
		if len(fresh) == 0 || replaced && !deep {
			continue
		}
		if line.Newest.Origin != "" {
			fresh = append(fresh, line.Newest)
		}
		found, err := contact.FindForks(ctx, fresh, d.tilesOf(server))
		forks = append(forks, found...)
		switch {
		case err != nil && !replaced:
			errs = append(errs, err)
		case err == nil && len(found) == 0:
			p.setLine(lineOf(append(heads, fresh...)))
		}
	}
	return forks, errors.Join(errs...)
}

// lineOf is what is known once heads turned out to be of one history.
func lineOf(heads []contact.HeadSeen) lineage {
	var l lineage
	for _, h := range heads {
		if l.Newest.Origin == "" || h.Size > l.Newest.Size {
			l.Newest = h
		}
		if !l.has(h) {
			l.Same = append(l.Same, headName(h))
		}
	}
	return l
}

// tilesOf reads tiles from a server: of the size that was asked for, or nothing. The request says
// neither which clinic it is about nor who asks.
func (d *Device) tilesOf(server string) contact.ReadTile {
	return func(ctx context.Context, origin string, t translog.Tile) ([]byte, error) {
		name, ok := contact.ParseLogName(origin)
		if !ok {
			return nil, badAnswer("log")
		}
		row, err := d.tile(ctx, server+name.Path(), t)
		if full := (translog.Tile{Level: t.Level, Index: t.Index, Width: 256}); errors.Is(err, ErrNotFound) && t != full {
			// A tile that is full since need not be there in parts.
			row, err = d.tile(ctx, server+name.Path(), full)
		}
		if err != nil {
			return nil, err
		}
		return row[:t.Width*sha256.Size], nil
	}
}

// tile fetches one tile, exactly as wide as its name says. It fails with ErrNotFound, ErrOffline or
// ErrRefused.
func (d *Device) tile(ctx context.Context, log string, t translog.Tile) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, log+t.Path(), http.NoBody)
	if err != nil {
		return nil, ErrBadServer
	}
	req.Header.Set("User-Agent", userAgent)
	req.Header.Set("Accept-Encoding", "identity") // hashes do not compress
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, errors.Join(ErrOffline, ctx.Err()) // the error's text has the address
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, ErrNotFound
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%w (status %d)", ErrRefused, resp.StatusCode)
	}
	want := t.Width * sha256.Size
	row, err := io.ReadAll(io.LimitReader(resp.Body, int64(want)+1))
	switch {
	case err != nil:
		return nil, errors.Join(ErrOffline, ctx.Err())
	case len(row) != want:
		return nil, badAnswer("tile")
	}
	return row, nil
}

// Forks lists the logs that showed two histories to the devices of this vault, each with what
// anybody needs to check it. It answers from memory.
func (d *Device) Forks() []contact.Fork {
	return slices.Clone(d.State().Contact.Forks)
}
