package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/app"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

// phone is one device of the patient: a home of its own, and the program on it.
type phone struct {
	name   string
	home   string
	model  *app.Model // nil until it was picked up
	device atomic.Pointer[patient.Device]
}

// to carries a message of the project's own to the phone whose command made it.
type to struct {
	phone *phone
	msg   tea.Msg
}

const ours = "github.com/chaperone-privacy/chaperone/"

// tag sees to it that what a phone's command brings back reaches that phone and no other.
// Messages of the toolkit pass as they are: it knows them by their type.
func (p *phone) tag(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			tagged := make(tea.BatchMsg, len(batch))
			for i, c := range batch {
				tagged[i] = p.tag(c)
			}
			return tagged
		}
		if msg != nil && strings.HasPrefix(reflect.TypeOf(msg).PkgPath(), ours) {
			return to{p, msg}
		}
		return msg
	}
}

// ready reports whether the phone has a vault whose questions were answered.
func (p *phone) ready() bool {
	d := p.device.Load()
	return d != nil && d.State().Answered
}

// pickUp starts the program on the phone, or shows it again.
func (m *table) pickUp(p *phone) tea.Cmd {
	m.shown = p
	if p.model != nil {
		_, cmd := p.model.Update(tea.WindowSizeMsg{Width: m.width, Height: m.height})
		return p.tag(cmd)
	}
	disk, err := patient.NewDir(filepath.Join(m.dir, p.home))
	if err != nil {
		m.shown = nil
		m.say = m.words.T(words.DemoNoPhone)
		return nil
	}
	pack := func() *checklist.Pack {
		if d := p.device.Load(); d != nil {
			return d.Pack()
		}
		return m.pack
	}
	p.model = app.New(app.Config{
		Content: app.PackContent(pack, m.now),
		Links:   style.KnowsLinks(os.Getenv),
		Opener: app.PatientOpener(patient.Config{Disk: disk, Server: m.town.url, DeviceName: p.name},
			func(d *patient.Device, created bool) error { return m.start(p, d, created) }),
		Locale: m.words.Locale(), Theme: m.theme(), Width: m.width, Height: m.height, Leave: m.leave,
	})
	return p.tag(p.model.Init())
}

// start is told of each vault that was opened on a phone. What it pins has to be there first.
func (m *table) start(p *phone, d *patient.Device, created bool) error {
	select {
	case <-m.town.ready:
	case <-m.ctx.Done():
		return m.ctx.Err()
	}
	if m.town.err != nil {
		return m.town.err
	}
	p.device.Store(d)
	if created {
		if err := m.meet(d); err != nil {
			return err
		}
	}
	m.work.Go(func() {
		d.KeepSynced(m.ctx, func() { m.program.Send(to{p, screen.Changed{}}) })
	})
	return nil
}

// meet is what happened at the clinics' desks: the patient set them up there, and one of them
// shares a secret with the patient. Nobody sees it here until there is a ceremony for it.
func (m *table) meet(d *patient.Device) error {
	if code, err := d.RecoveryCode(); err == nil {
		paper := code.Grouped()
		m.paper.CompareAndSwap(nil, &paper) // the first phone that was set up
	}
	for _, pin := range m.town.Pins {
		if err := d.AddPin(pin); err != nil {
			return err
		}
	}
	return d.AddPair(m.town.Pair)
}
