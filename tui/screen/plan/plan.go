// Package plan is the whole plan: how far each part of it is, the rows to do now, the rest
// behind "later" with a count, and what is finished. It can be searched, and narrowed to one
// part or to everything for one app.
package plan

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// mode is what the screen shows.
type mode int

const (
	listing   mode = iota
	narrowing      // the list of parts and apps
	searching      // a word is being typed
)

// Model is the screen.
type Model struct {
	env             *screen.Env
	keys            keys.Plan
	mode            mode
	list            widget.List
	pick            widget.List // of parts and apps
	input           widget.Input
	filter          filter
	plan            checklist.Plan
	later, finished bool // unfolded
	busy            bool
	err             error
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env, keys: keys.NewPlan()} }

type markedMsg struct{ err error }

// Init reads the plan anew.
func (m *Model) Init() tea.Cmd {
	m.plan = m.env.Device.Plan()
	m.clamp()
	return nil
}

// clamp keeps the cursor on a row.
func (m *Model) clamp() { m.list.At = max(0, min(m.list.At, len(m.visible())-1)) }

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.mode == searching }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	switch {
	case m.mode == narrowing:
		choose := keys.NewChoose()
		return keys.Map{Short: []keys.Binding{choose.Pick, choose.Back}}
	case m.mode == searching:
		typing := keys.NewTyping()
		return keys.Map{Short: []keys.Binding{typing.Accept, typing.Clear, typing.Back}}
	}
	k := keys.Map{}
	if len(m.visible()) > 0 {
		k.Short = append(k.Short, m.keys.Open)
		if m.filter.platform != "" {
			k.Short = append(k.Short, m.keys.One)
		}
	}
	if m.filter.none() {
		if len(m.plan.Rows) > m.first() {
			k.More = append(k.More, m.keys.Later)
		}
		if len(m.plan.Finished) > 0 {
			k.More = append(k.More, m.keys.Finished)
		}
	}
	if m.plan.Total > 0 {
		k.Short = append(k.Short, m.keys.Search, m.keys.Narrow)
	}
	if len(k.Short) > 3 {
		k.Short, k.More = k.Short[:3:3], append(k.Short[3:], k.More...)
	}
	k.Short = append(k.Short, m.keys.Back)
	return k
}

func (m *Model) first() int {
	if n := m.plan.ShowFirst; n > 0 && n < len(m.plan.Rows) {
		return n
	}
	return len(m.plan.Rows)
}

// visible returns the rows on the screen, in order.
func (m *Model) visible() []checklist.Row {
	if !m.filter.none() {
		return m.matching()
	}
	rows := m.plan.Rows[:m.first():m.first()]
	if m.later {
		rows = m.plan.Rows[:len(m.plan.Rows):len(m.plan.Rows)]
	}
	rows = append(rows, m.plan.PutOff...)
	if m.finished {
		rows = append(rows, m.plan.Finished...)
	}
	return rows
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case markedMsg:
		m.busy, m.err = false, msg.err
		return m.Init()
	case screen.Changed:
		return m.Init()
	case tea.PasteMsg:
		if m.mode == searching && m.input.Update(msg) {
			m.search()
		}
	case tea.KeyPressMsg:
		switch {
		case m.busy:
		case m.mode == narrowing:
			m.narrow(msg)
		case m.mode == searching:
			m.typed(msg)
		default:
			return m.press(msg)
		}
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	defer m.clamp()
	m.err = nil
	rows := m.visible()
	switch {
	case m.list.Update(k, len(rows)):
	case m.keys.Open.Is(k):
		if m.list.At < len(rows) {
			return m.env.Send(screen.Go{To: screen.Task, Row: checklist.RowKey{Item: rows[m.list.At].Item.ID, Platform: m.filter.platform}})
		}
	case m.keys.One.Is(k) && m.filter.platform != "" && m.list.At < len(rows):
		return m.toggle(&rows[m.list.At])
	case m.keys.Search.Is(k) && m.plan.Total > 0:
		m.mode, m.filter, m.input = searching, filter{}, widget.Input{Max: 64}
	case m.keys.Narrow.Is(k) && m.plan.Total > 0:
		m.mode, m.pick = narrowing, widget.List{}
	case m.keys.Later.Is(k) && m.filter.none():
		m.later = !m.later
	case m.keys.Finished.Is(k) && m.filter.none():
		m.finished = !m.finished
		if m.finished {
			m.list.At = len(rows)
		}
	case m.keys.Back.Is(k):
		if m.filter.none() {
			return m.env.Send(screen.Back{})
		}
		m.filter, m.list = filter{}, widget.List{}
	}
	return nil
}

// toggle marks the app that is looked at in one row as done, or as open again.
func (m *Model) toggle(row *checklist.Row) tea.Cmd {
	status := checklist.Done
	if p := screen.On(row, m.filter.platform); p == nil {
		return nil
	} else if p.Status == checklist.Done {
		status = checklist.Todo
	}
	m.busy = true
	device, key := m.env.Device, checklist.RowKey{Item: row.Item.ID, Platform: m.filter.platform}
	return m.env.Do(func(context.Context) tea.Msg { return markedMsg{device.Mark(key, status, "", time.Time{})} })
}

// typed takes a key for the search. What is found is shown with every key.
func (m *Model) typed(k tea.KeyPressMsg) {
	typing := keys.NewTyping()
	switch {
	case typing.Accept.Is(k):
		m.mode = listing
	case typing.Back.Is(k):
		m.mode, m.filter, m.list = listing, filter{}, widget.List{}
	case m.input.Update(k):
		m.search()
	}
}

func (m *Model) search() {
	m.filter = filter{query: m.input.Value()}
	m.list = widget.List{}
}

// narrow takes a key on the list of parts and apps.
func (m *Model) narrow(k tea.KeyPressMsg) {
	choose := keys.NewChoose()
	parts := m.parts()
	switch {
	case m.pick.Update(k, len(parts)):
	case choose.Pick.Is(k):
		p := parts[m.pick.At]
		m.filter = filter{lane: p.Lane, platform: p.Platform}
		m.mode, m.list = listing, widget.List{}
	case choose.Back.Is(k):
		m.mode = listing
	}
}
