package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type grantDoc struct {
	Schema     string    `json:"schema"`
	Label      string    `json:"label"`
	Until      time.Time `json:"until"`
	Logged     bool      `json:"logged"`
	Revocation string    `json:"revocation_file"`
	ClinicID   string    `json:"clinic_id"`
	Server     string    `json:"server"`
}

// grantFlags is what the root holders decide about a device.
type grantFlags struct {
	request, label, holder, kinds, revocation string
	cap                                       int64
	here                                      bool
}

func withGrant(a *command.Arguments) *grantFlags {
	g := &grantFlags{}
	a.StringVar(&g.request, "device", "", "")
	a.BoolVar(&g.here, "here", false, "")
	a.StringVar(&g.label, "label", "", "")
	a.StringVar(&g.holder, "holder", "", "")
	a.StringVar(&g.kinds, "kinds", "notice,appointment,withdraw", "")
	a.Int64Var(&g.cap, "cap", 200, "")
	a.StringVar(&g.revocation, "revocation", "", "")
	return g
}

// read makes a request of the flags.
func (g *grantFlags) read(p *program, a *command.Arguments, o *office.Office) (office.GrantRequest, error) {
	q := office.GrantRequest{Label: g.label, Holder: g.holder, Cap: g.cap}
	if g.here {
		k, ok := o.DeviceKey()
		if !ok {
			return q, office.ErrNoDevice
		}
		q.Key = k
	} else {
		k, err := clinic.ParseDeviceRequest(g.request)
		if err != nil {
			return q, a.Refuse(p.words.T(words.CliErrValue, words.Str("name", "--device")))
		}
		q.Key = k
	}
	for kind := range strings.SplitSeq(g.kinds, ",") {
		q.Kinds = append(q.Kinds, contact.Kind(strings.TrimSpace(kind)))
	}
	return q, nil
}

func (p *program) grant(ctx context.Context, a *command.Arguments) (int, error) {
	m, g, s := withMachine(a), withGrant(a), withShares(a, "root")
	renew := a.String("renew", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if *renew != "" {
		return p.renew(ctx, m, s, a, *renew)
	}
	if err := a.Need(p.words, "label", "holder", "root"); err != nil {
		return 0, err
	}
	if (g.request == "") == !g.here {
		return 0, a.Refuse(p.words.T(words.CliErrMissing, words.Str("name", "--device")))
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		q, err := g.read(p, a, o)
		if err != nil {
			return 0, err
		}
		r, err := p.needRoots(s)
		if err != nil {
			return 0, err
		}
		return p.grantKey(ctx, m, o, r, q, g.revocation)
	})
}

// renew grants a key again before its grant ends.
func (p *program) renew(ctx context.Context, m *machine, s *shares, a *command.Arguments, who string) (int, error) {
	if err := a.Need(p.words, "root"); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		r, err := p.needRoots(s)
		if err != nil {
			return 0, err
		}
		g, err := o.Renew(ctx, r, who)
		doc := grantDoc{
			Schema: "chaperone-clinic.grant.v1", Label: g.Label, Until: time.Unix(g.NotAfter, 0).UTC(),
			ClinicID: clinicID(o.ID()), Server: o.ServerURL(), Logged: err == nil,
		}
		if err != nil && !errors.Is(err, office.ErrUnlogged) {
			return 0, err
		}
		lines := []string{p.words.T(words.DeskRenewed, words.Str("label", g.Label), words.Str("date", p.words.Date(doc.Until)))}
		if !doc.Logged {
			lines = append(lines, p.words.T(words.DeskKept), "   "+name+" sync")
		}
		return p.show(m.json, doc, lines...)
	})
}

func (p *program) grantKey(ctx context.Context, m *machine, o *office.Office, r *clinic.Roots, q office.GrantRequest, file string) (int, error) {
	doc := grantDoc{
		Schema: "chaperone-clinic.grant.v1", Label: q.Label, Until: p.now().Add(clinic.DeviceLife).UTC().Truncate(time.Second),
		Revocation: file, ClinicID: clinicID(o.ID()), Server: o.ServerURL(), Logged: true,
	}
	_, err := o.Grant(ctx, r, q)
	if errors.Is(err, office.ErrUnlogged) {
		doc.Logged = false
	} else if err != nil {
		return 0, err
	}
	if file != "" {
		note, err := o.Revocation(clinic.DeviceRequest(q.Key))
		if doc.Logged && err == nil {
			err = disk.SaveNew(file, note)
		}
		if err != nil {
			return 0, err
		}
	}
	w := p.words
	lines := []string{w.T(words.DeskGranted, words.Str("label", q.Label), words.Str("date", w.Date(doc.Until)))}
	if !doc.Logged {
		lines = append(lines, w.T(words.DeskKept), "   "+name+" sync")
	}
	lines = append(lines, w.T(words.DeskGrantedNext), "   "+name+" device join --clinic "+doc.ClinicID+" --server "+doc.Server)
	if !o.Here() {
		lines = append(lines, w.T(words.DeskGrantedMonitor), "   "+name+" monitor invite --out FILE --person NAME --device "+clinic.DeviceRequest(q.Key))
	}
	lines = append(lines, w.T(words.DeskGrantedStolen))
	return p.show(m.json, doc, lines...)
}
