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
	Ends     []endDoc   `json:"ends_soon"`
	Alarms   int        `json:"open_alarms"` // of a monitor on this machine
}

// endDoc is something that ends within 14 days, or has ended, and needs the root holders.
type endDoc struct {
	What  string    `json:"what"` // key, epoch or policy
	Label string    `json:"label,omitempty"`
	Until time.Time `json:"until"`
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
		do := o.Sync
		if o.Here() {
			do = o.PublishStatus
		}
		if err := do(ctx); err != nil {
			return 0, err
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
			if err := o.PublishStatus(ctx); err != nil {
				return 0, err
			}
			return p.showStatus(m.json, o)
		}
		err := o.Sync(ctx)
		switch {
		case errors.Is(err, clinic.ErrOffline), errors.Is(err, clinic.ErrNotAdmitted), errors.Is(err, office.ErrUnwitness):
			code, shown := p.showState(m.json, o, false)
			if shown == nil && code == command.ExitDone && errors.Is(err, clinic.ErrOffline) {
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
		Answered: answered, Waiting: o.Waiting(), Monitor: "none", Keys: []keyDoc{}, Ends: []endDoc{},
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
	for _, e := range o.Ending() {
		doc.Ends = append(doc.Ends, endDoc{e.What, e.Label, e.Until.UTC()})
		lines = append(lines, p.endLine(e))
	}
	alarms, err := o.Alarms()
	if err != nil {
		return 0, err
	}
	if doc.Alarms = len(alarms); doc.Alarms == 0 {
		return p.show(asJSON, doc, lines...)
	}
	lines = append(lines, "", w.T(words.MonitorAlarmTitle))
	for _, x := range alarms {
		lines = append(lines, p.alarmLine(x))
	}
	lines = append(lines, "", w.T(words.MonitorAlarmNext))
	_, err = p.show(asJSON, doc, lines...)
	return command.ExitNotGenuine, err
}

// endLine says what ends, and the command that renews it.
func (p *program) endLine(e office.Ending) string {
	w, date := p.words, words.Str("date", p.words.Date(e.Until))
	if e.What == "key" {
		return w.T(words.DeskEndsKey, words.Str("label", e.Label), date)
	}
	if e.What == "epoch" {
		return w.T(words.DeskEndsEpoch, date)
	}
	return w.T(words.DeskEndsPolicy, date)
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
