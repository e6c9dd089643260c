package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// profileDoc is what the clinic says of itself, for programs.
type profileDoc struct {
	Schema      string      `json:"schema"`
	N           int64       `json:"n"`
	Name        string      `json:"name"`
	Phones      []string    `json:"phones"`
	Servers     []string    `json:"servers"`
	StatusHours int64       `json:"status_hours"`
	Epochs      []windowDoc `json:"epochs"`
	Policies    []windowDoc `json:"policies"`
	Frozen      []string    `json:"log_frozen"`
	Closed      *time.Time  `json:"closed"`
	Logged      bool        `json:"logged"`
}

type windowDoc struct {
	N     int64     `json:"n,omitempty"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// profileFlags is what root holders may change.
type profileFlags struct {
	phones, public, frozen command.List
	hours                  int64
	monitor, policy        string
	newEpoch, closed       bool
}

func withProfile(a *command.Arguments) *profileFlags {
	f := &profileFlags{}
	a.Var(&f.phones, "phone", "")
	a.Var(&f.public, "public", "")
	a.Var(&f.frozen, "log-frozen", "")
	a.Int64Var(&f.hours, "status-hours", 0, "")
	a.StringVar(&f.monitor, "monitor", "", "")
	a.BoolVar(&f.newEpoch, "new-epoch", false, "")
	a.StringVar(&f.policy, "policy", "", "")
	a.BoolVar(&f.closed, "closed", false, "")
	return f
}

// changes reports whether anything is to be changed.
func (f *profileFlags) changes() bool {
	return len(f.phones)+len(f.public)+len(f.frozen) > 0 || f.hours != 0 || f.monitor != "" || f.policy != "" || f.newEpoch || f.closed
}

// read makes a change of the flags. A new epoch of a monitor that is here is drawn by the caller.
func (f *profileFlags) read(p *program, a *command.Arguments) (office.Change, error) {
	c := office.Change{Phones: f.phones, Servers: f.public, StatusHours: f.hours, Closed: f.closed}
	if f.hours != 0 && (f.hours < 24 || f.hours > 96) {
		return c, a.Refuse(p.words.T(words.CliErrRange, words.Str("name", "--status-hours"), words.Int("least", 24), words.Int("most", 96)))
	}
	if f.monitor != "" {
		if f.newEpoch {
			return c, a.Refuse(p.words.T(words.CliErrTogether, words.Str("a", "--monitor"), words.Str("b", "--new-epoch")))
		}
		r, err := clinic.ParseMonitorRequest(f.monitor)
		if err != nil {
			return c, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--monitor")))
		}
		c.Epoch = &r
	}
	for _, line := range f.frozen {
		h, ok := frozenHead(line)
		if !ok {
			return c, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--log-frozen")))
		}
		c.Frozen = append(c.Frozen, h)
	}
	if f.policy == "" {
		return c, nil
	}
	var err error
	c.Policy, err = p.input(f.policy)
	return c, err
}

// frozenHead reads a line as chaperoned prints it, with its first word or without.
func frozenHead(line string) (contact.FrozenHead, bool) {
	w := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "log-frozen "))
	if len(w) != 3 {
		return contact.FrozenHead{}, false
	}
	var size int64
	root, err := base64.StdEncoding.Strict().DecodeString(w[2])
	if _, serr := fmt.Sscanf(w[1], "%d", &size); serr != nil || err != nil || len(root) != 32 || size < 0 {
		return contact.FrozenHead{}, false
	}
	return contact.FrozenHead{Origin: w[0], Size: size, Root: [32]byte(root)}, true
}

// profile shows the clinic's profile, or has root holders change it.
func (p *program) profile(ctx context.Context, a *command.Arguments) (int, error) {
	m, f, s := withMachine(a), withProfile(a), withShares(a, "root")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if f.changes() {
		if err := a.Need(p.words, "root"); err != nil {
			return 0, err
		}
	}
	c, err := f.read(p, a)
	if err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		if !f.changes() {
			return p.showProfile(m.json, o, true)
		}
		r, err := p.needRoots(s)
		if err != nil {
			return 0, err
		}
		if f.newEpoch {
			q, err := o.NewEpoch()
			if err != nil {
				return 0, err
			}
			c.Epoch = &q
		}
		err = o.UpdateProfile(ctx, r, c)
		if err != nil && !errors.Is(err, office.ErrUnlogged) {
			return 0, err
		}
		return p.showProfile(m.json, o, err == nil)
	})
}

func (p *program) showProfile(asJSON bool, o *office.Office, logged bool) (int, error) {
	x, ok := o.Profile()
	if !ok {
		return 0, office.ErrNoClinic
	}
	w := p.words
	doc := profileDoc{
		Schema: "chaperone-clinic.profile.v1", N: x.N, Name: x.Name, Phones: x.Phones, Servers: x.Servers, StatusHours: x.StatusHours,
		Epochs: []windowDoc{}, Policies: []windowDoc{}, Frozen: []string{}, Logged: logged,
	}
	lines := []string{
		x.Name, w.T(words.DeskProfileNumber, words.Str("n", fmt.Sprint(x.N))),
		w.T(words.DeskCardPhone, words.Str("phones", strings.Join(x.Phones, ", "))),
		w.T(words.DeskProfileServers, words.Str("servers", strings.Join(x.Servers, ", "))),
		w.T(words.DeskProfileHours, words.Str("n", fmt.Sprint(x.StatusHours))),
	}
	for _, e := range x.Monitors {
		d := window(e.N, e.NotBefore, e.NotAfter)
		doc.Epochs = append(doc.Epochs, d)
		lines = append(lines, w.T(words.DeskProfileEpoch, words.Str("n", fmt.Sprint(e.N)), words.Str("from", w.Date(d.From)), words.Str("until", w.Date(d.Until))))
	}
	for _, r := range x.Policies {
		d := window(0, r.NotBefore, r.NotAfter)
		doc.Policies = append(doc.Policies, d)
		lines = append(lines, w.T(words.DeskProfilePolicy, words.Str("from", w.Date(d.From)), words.Str("until", w.Date(d.Until))))
	}
	for _, h := range x.Frozen {
		line := fmt.Sprintf("%s %d %s", h.Origin, h.Size, base64.StdEncoding.EncodeToString(h.Root[:]))
		doc.Frozen = append(doc.Frozen, line)
		lines = append(lines, "log-frozen "+line)
	}
	if x.Closed != 0 {
		t := time.Unix(x.Closed, 0).UTC()
		doc.Closed = &t
		lines = append(lines, w.T(words.DeskProfileClosed, words.Str("date", w.Date(t))))
	}
	if !logged {
		lines = append(lines, w.T(words.DeskKept), "   "+name+" sync")
	}
	return p.show(asJSON, doc, lines...)
}

func window(n, from, until int64) windowDoc {
	return windowDoc{n, time.Unix(from, 0).UTC(), time.Unix(until, 0).UTC()}
}
