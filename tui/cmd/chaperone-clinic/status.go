package main

import (
	"context"
	"errors"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// statusDoc is what the machine knows, for programs.
type statusDoc struct {
	Schema   string     `json:"schema"`
	ClinicID string     `json:"clinic_id"`
	Name     string     `json:"name"`
	Server   string     `json:"server"`
	Answered bool       `json:"server_answered"`
	Waiting  int        `json:"notes_waiting"`
	Monitor  string     `json:"monitor"` // here, elsewhere or none
	StatusAt *time.Time `json:"status_at"`
	Keys     []keyDoc   `json:"keys"`
}

type keyDoc struct {
	Label   string    `json:"label"`
	Holder  string    `json:"holder"`
	Role    string    `json:"role"`
	Kinds   []string  `json:"kinds"`
	Until   time.Time `json:"until"`
	State   string    `json:"state"` // ok, ended, stolen, over
	ThisOne bool      `json:"this_machine"`
}

// sync logs what waits and fetches what is new.
func (p *program) sync(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		if err := o.Sync(ctx); err != nil {
			return 0, err
		}
		if o.Here() {
			if _, err := o.PublishStatus(ctx); err != nil {
				return 0, err
			}
		}
		return p.showStatus(m.json, o)
	})
}

// status shows what this machine knows. It asks the server, and says so when nobody answers.
func (p *program) status(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	publish := a.Bool("publish", false, "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		if *publish {
			if _, err := o.PublishStatus(ctx); err != nil {
				return 0, err
			}
			return p.showStatus(m.json, o)
		}
		err := o.Sync(ctx)
		switch {
		case errors.Is(err, clinic.ErrOffline), errors.Is(err, clinic.ErrNotAdmitted), errors.Is(err, office.ErrUnwitness):
			code, shown := p.showState(m.json, o, false)
			if shown == nil && errors.Is(err, clinic.ErrOffline) {
				code = command.ExitCannotTell
			}
			return code, shown
		case err != nil:
			return 0, err
		}
		return p.showStatus(m.json, o)
	})
}

func (p *program) showStatus(asJSON bool, o *office.Office) (int, error) {
	return p.showState(asJSON, o, true)
}

func (p *program) showState(asJSON bool, o *office.Office, answered bool) (int, error) {
	profile, ok := o.Profile()
	if !ok {
		return 0, office.ErrNoClinic
	}
	doc := statusDoc{
		Schema: "chaperone-clinic.status.v1", ClinicID: clinicID(o.ID()), Name: profile.Name, Server: o.ServerURL(),
		Answered: answered, Waiting: o.Waiting(), Monitor: "none", Keys: []keyDoc{},
	}
	switch {
	case o.Here():
		doc.Monitor = "here"
	case o.HasMonitor():
		doc.Monitor = "elsewhere"
	}
	w := p.words
	lines := []string{doc.Name, w.T(words.DeskStatusId, words.Str("id", doc.ClinicID))}
	if !answered {
		lines = append(lines, w.T(words.DeskStatusAway))
	}
	if doc.Waiting > 0 {
		lines = append(lines, w.T(words.DeskStatusWaiting, words.Int("n", doc.Waiting)))
	}
	monitor := map[string]words.Key{"here": words.DeskMonitorHere, "elsewhere": words.DeskMonitorElsewhere, "none": words.DeskMonitorNone}
	lines = append(lines, w.T(monitor[doc.Monitor]))
	if at, ok := o.StatusAt(); ok {
		doc.StatusAt = &at
		lines = append(lines, w.T(words.DeskStatusAt, words.Str("when", w.Moment(at.Local()))))
	} else {
		lines = append(lines, w.T(words.DeskStatusNever))
	}
	own, _ := o.DeviceKey()
	for _, g := range o.Grants() {
		k := p.keyDoc(g)
		k.ThisOne = g.Key == own
		doc.Keys = append(doc.Keys, k)
		lines = append(lines, p.keyLine(k))
	}
	return p.show(asJSON, doc, lines...)
}

func (p *program) keyDoc(g office.Granted) keyDoc {
	k := keyDoc{Label: g.Label, Holder: g.Holder, Role: string(g.Role), Kinds: []string{}, Until: time.Unix(g.NotAfter, 0).UTC(), State: "ok"}
	for _, kind := range g.Kinds {
		k.Kinds = append(k.Kinds, string(kind))
	}
	switch {
	case g.Revoked != nil && g.Revoked.Reason == contact.Compromised:
		k.State = "stolen"
	case g.Revoked != nil:
		k.State = "ended"
	case g.NotAfter < p.now().Unix():
		k.State = "over"
	}
	return k
}

func (p *program) keyLine(k keyDoc) string {
	state := map[string]words.Key{"ok": words.DeskKeyOk, "stolen": words.DeskKeyStolen, "ended": words.DeskKeyEnded, "over": words.DeskKeyOver}
	line := "- " + k.Label + " (" + k.Role + ", " + k.Holder + "): " + p.words.T(state[k.State], words.Str("date", p.words.Date(k.Until)))
	if k.ThisOne {
		line += " " + p.words.T(words.DeskKeyThis)
	}
	return line
}

// holiday says until when the clinic is closed.
func (p *program) holiday(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	until := a.String("until", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "until"); err != nil {
		return 0, err
	}
	t, err := parseMoment(*until)
	if err != nil || t.Before(p.now()) || t.After(p.now().AddDate(0, 0, 14)) {
		return 0, a.Refuse(p.words.T(words.DeskErrHoliday))
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		if err := o.Holiday(t); err != nil {
			return 0, err
		}
		if _, err := o.PublishStatus(ctx); err != nil {
			return 0, err
		}
		return p.show(m.json, holidayDoc{"chaperone-clinic.holiday.v1", t}, p.words.T(words.DeskHoliday, words.Str("date", p.words.Date(t.Local()))))
	})
}

type holidayDoc struct {
	Schema string    `json:"schema"`
	Until  time.Time `json:"until"`
}
