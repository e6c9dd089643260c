// Package task is one step of the plan: what it stops and what it does not, how to do it on
// each platform, and the four ways to be finished with it.
package task

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// mode is what the screen shows.
type mode int

const (
	reading mode = iota
	skipping
	putting // off until later
)

// Model is the screen.
type Model struct {
	env   *screen.Env
	keys  keys.Task
	key   checklist.RowKey
	row   *checklist.Row // nil when the plan has no such row any more
	mode  mode
	list  widget.List // of platforms
	pick  widget.List // of reasons or dates
	moved bool        // the cursor was used, so the screen follows it
	busy  bool
	err   error
}

// New returns the screen for a row of the plan.
func New(env *screen.Env, key checklist.RowKey) *Model {
	return &Model{env: env, keys: keys.NewTask(), key: key}
}

type markedMsg struct {
	err  error
	stay bool
}

// Init reads the row anew.
func (m *Model) Init() tea.Cmd {
	m.row = nil
	plan := m.env.Device.Plan()
	for _, rows := range [][]checklist.Row{plan.Rows, plan.PutOff, plan.Finished, plan.DueSoon} {
		for i := range rows {
			if m.row == nil && rows[i].Item.ID == m.key.Item {
				m.row = &rows[i]
				m.find()
			}
		}
	}
	return nil
}

// find puts the cursor on the platform that was asked for, the first time.
func (m *Model) find() {
	at := slices.IndexFunc(m.row.Platforms, func(p checklist.PlatformRow) bool { return p.Platform.ID == m.key.Platform })
	if at >= 0 {
		m.list.At, m.moved, m.key.Platform = at, true, ""
	}
}

func (m *Model) open() bool {
	switch m.row.Status {
	case checklist.Done, checklist.Skipped, checklist.NotMine:
		return false
	}
	return true
}

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	choose := keys.NewChoose()
	switch {
	case m.row == nil:
		return keys.Map{Short: []keys.Binding{m.keys.Back}}
	case m.mode != reading:
		return keys.Map{Short: []keys.Binding{choose.Pick, choose.Back}}
	case !m.open():
		return keys.Map{Short: []keys.Binding{m.keys.Reopen, m.keys.Why, m.keys.Back}}
	}
	k := keys.Map{
		Short: []keys.Binding{m.keys.Done, m.keys.Skip, m.keys.Later, m.keys.Back},
		More:  []keys.Binding{m.keys.NotMine, m.keys.Why},
	}
	if len(m.row.Platforms) > 0 {
		k.Short = []keys.Binding{m.keys.One, m.keys.All, m.keys.Skip, m.keys.Back}
		k.More = append(k.More, m.keys.Later)
	}
	if m.leadsTo("app:passwords") {
		k.Short = append([]keys.Binding{m.keys.Passwords}, k.Short...)
	}
	if m.leadsTo("app:verify") {
		k.Short = append([]keys.Binding{m.keys.Verify}, k.Short...)
	}
	if m.leadsTo("app:message") {
		k.Short = append([]keys.Binding{m.keys.Message}, k.Short...)
	}
	if len(m.letters()) > 0 {
		k.Short = append([]keys.Binding{m.keys.Letter}, k.Short...)
	}
	return k
}

// letters returns the letters of the row that are for the reader's country.
func (m *Model) letters() []string {
	var out []string
	for _, l := range m.env.Content.Letters(m.env.Device.State().Answers.Region) {
		if slices.Contains(m.row.Item.Letters, l.ID) {
			out = append(out, l.ID)
		}
	}
	return out
}

// leadsTo reports whether a step of the row opens another screen.
func (m *Model) leadsTo(ref string) bool {
	return slices.ContainsFunc(m.row.Item.Steps, func(s checklist.Step) bool { return s.Ref == ref })
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case markedMsg:
		m.busy, m.err = false, msg.err
		if msg.err != nil {
			return nil
		}
		m.Init()
		if msg.stay {
			return nil
		}
		plan := m.env.Device.Plan()
		saved := m.env.Words.T(words.TaskSaved, words.Int("done", plan.Done), words.Int("total", plan.Total))
		m.env.Send(screen.Toast{Text: saved})
		return m.env.Send(screen.Back{})
	case screen.Changed:
		return m.Init()
	case tea.KeyPressMsg:
		if !m.busy {
			return m.press(msg)
		}
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	if m.row == nil || m.mode != reading {
		return m.choose(k)
	}
	if n := len(m.row.Platforms); n > 0 && m.list.Update(k, n) {
		m.moved = true
		return nil
	}
	open := m.open()
	switch {
	case m.keys.Back.Is(k):
		return m.env.Send(screen.Back{})
	case m.keys.Why.Is(k):
		return m.env.Send(m.details())
	case m.keys.Verify.Is(k) && m.leadsTo("app:verify"):
		return m.env.Send(screen.Go{To: screen.Verify})
	case m.keys.Passwords.Is(k) && m.leadsTo("app:passwords"):
		return m.env.Send(screen.Go{To: screen.Passwords})
	case m.keys.Message.Is(k) && m.leadsTo("app:message"):
		return m.env.Send(screen.Go{To: screen.Message})
	case m.keys.Letter.Is(k) && len(m.letters()) > 0:
		return m.env.Send(screen.Go{To: screen.Letter, Letters: m.letters()})
	case !open && m.keys.Reopen.Is(k):
		return m.mark("", checklist.Todo, "", time.Time{}, true)
	case !open:
	case m.keys.Done.Is(k):
		return m.mark("", checklist.Done, "", time.Time{}, false)
	case m.keys.One.Is(k) && len(m.row.Platforms) > 0:
		p := m.row.Platforms[m.list.At]
		status := checklist.Done
		if p.Status == checklist.Done {
			status = checklist.Todo
		}
		m.moved = true
		return m.mark(p.Platform.ID, status, "", time.Time{}, true)
	case m.keys.Skip.Is(k):
		m.mode, m.pick = skipping, widget.List{}
	case m.keys.NotMine.Is(k):
		return m.mark("", checklist.NotMine, checklist.ReasonNotMine, time.Time{}, false)
	case m.keys.Later.Is(k):
		m.mode, m.pick = putting, widget.List{}
	}
	return nil
}

// delays are the choices of "later", in days.
var delays = [...]int{1, 3, 7}

// choose handles the list of reasons or of dates.
func (m *Model) choose(k tea.KeyPressMsg) tea.Cmd {
	choose := keys.NewChoose()
	if choose.Back.Is(k) {
		if m.row == nil {
			return m.env.Send(screen.Back{})
		}
		m.mode = reading
		return nil
	}
	if m.row == nil || m.pick.Update(k, len(m.choices())) || !choose.Pick.Is(k) {
		return nil
	}
	mode := m.mode
	m.mode = reading
	if mode == putting {
		return m.mark("", checklist.Later, "", m.env.Now().AddDate(0, 0, delays[m.pick.At]), false)
	}
	return m.mark("", checklist.Skipped, m.reasons()[m.pick.At], time.Time{}, false)
}

func (m *Model) reasons() []checklist.SkipReason {
	if len(m.row.Item.SkipReasons) > 0 {
		return m.row.Item.SkipReasons
	}
	return []checklist.SkipReason{checklist.ReasonNotMine, checklist.ReasonDidElsewhere, checklist.ReasonCannot, checklist.ReasonNotNow}
}

func (m *Model) choices() []widget.Choice {
	w := m.env.Words
	var out []widget.Choice
	if m.mode == putting {
		for _, days := range delays {
			out = append(out, widget.Choice{Label: w.In(m.env.Now().AddDate(0, 0, days), m.env.Now())})
		}
		return out
	}
	labels := map[checklist.SkipReason]words.Key{
		checklist.ReasonNotMine:      words.TaskSkipNotmine,
		checklist.ReasonDidElsewhere: words.TaskSkipElsewhere,
		checklist.ReasonCannot:       words.TaskSkipCannot,
		checklist.ReasonNotNow:       words.TaskSkipNotnow,
	}
	for _, r := range m.reasons() {
		out = append(out, widget.Choice{Label: w.T(labels[r])})
	}
	return out
}

func (m *Model) mark(platform string, status checklist.Status, reason checklist.SkipReason, until time.Time, stay bool) tea.Cmd {
	m.busy, m.err = true, nil
	device, key := m.env.Device, checklist.RowKey{Item: m.key.Item, Platform: platform}
	return m.env.Do(func(context.Context) tea.Msg {
		return markedMsg{device.Mark(key, status, reason, until), stay}
	})
}
