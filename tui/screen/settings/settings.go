// Package settings is language, colours, passphrase, server, recovery code, and the way to
// remove everything.
package settings

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// row is a line of the list.
type row int

const (
	language row = iota
	theme
	passphrase
	server
	syncNow
	recovery
	calendar
	helper
	wipe
	wipeAll
	rows
)

// entry is what is being typed, if anything.
type entry int

const (
	none entry = iota
	newPassphrase
	againPassphrase
	newServer
	wipeWord
	newCalendar
	startHelper // nothing is typed: Enter says yes
)

// Model is the screen.
type Model struct {
	env    *screen.Env
	list   widget.List
	entry  entry
	input  widget.Input
	first  string // the passphrase typed first
	remote bool   // what the typed word will wipe
	busy   bool
	said   string // what the last action did
	warn   string // what the reader should know before going on
	err    error
}

// New returns the screen.
func New(env *screen.Env) *Model { return &Model{env: env} }

type doneMsg struct {
	err     error
	said    string
	wiped   bool
	helping bool
}

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.entry != none && m.entry != startHelper }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	if m.Typing() {
		k := keys.NewTyping()
		return keys.Map{Short: []keys.Binding{k.Accept, k.Clear, k.Back}}
	}
	k := keys.NewChoose()
	return keys.Map{Short: []keys.Binding{k.Pick, k.Back}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case doneMsg:
		m.busy, m.err, m.said = false, msg.err, msg.said
		if msg.wiped {
			return m.env.Send(screen.Wiped{})
		}
		if msg.helping {
			return m.env.Send(screen.Go{To: screen.Home})
		}
		return m.env.Send(screen.Changed{})
	case tea.PasteMsg:
		if m.Typing() {
			m.input.Update(msg)
		}
	case tea.KeyPressMsg:
		switch {
		case m.busy:
		case m.entry != none:
			return m.typed(msg)
		default:
			return m.press(msg)
		}
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	choose := keys.NewChoose()
	if m.list.Update(k, int(rows)) {
		return nil
	}
	if choose.Back.Is(k) {
		return m.env.Send(screen.Back{})
	}
	if !choose.Pick.Is(k) {
		return nil
	}
	m.said, m.warn, m.err = "", "", nil
	set := m.env.Device.State().Settings
	switch row(m.list.At) {
	case language:
		return m.save(next(set.Locale, "", "en", "es"), set.Theme)
	case theme:
		return m.save(set.Locale, next(set.Theme, "", "light", "dark"))
	case passphrase:
		m.ask(newPassphrase, "", true)
	case server:
		m.ask(newServer, m.env.Device.Server(), false)
	case syncNow:
		return m.sync()
	case recovery:
		return m.env.Send(screen.Go{To: screen.Recovery})
	case calendar:
		m.ask(newCalendar, screen.CalendarFile, false)
	case helper:
		m.entry = startHelper
	case wipe, wipeAll:
		m.remote = row(m.list.At) == wipeAll
		m.ask(wipeWord, "", false)
	}
	return nil
}

// next returns the value after the present one.
func next(now string, all ...string) string {
	for i, v := range all {
		if v == now {
			return all[(i+1)%len(all)]
		}
	}
	return all[0]
}

func (m *Model) ask(e entry, value string, hidden bool) {
	m.entry, m.input = e, widget.Input{Hidden: hidden, Max: 1024}
	m.input.Set(value)
}

func (m *Model) typed(k tea.KeyPressMsg) tea.Cmd {
	typing := keys.NewTyping()
	if typing.Back.Is(k) {
		m.entry, m.first, m.warn, m.input = none, "", "", widget.Input{}
		return nil
	}
	if !typing.Accept.Is(k) {
		if m.Typing() {
			m.input.Update(k)
		}
		return nil
	}
	w, value := m.env.Words, m.input.Value()
	m.warn = ""
	switch m.entry {
	case startHelper:
		return m.startHelper()
	case newPassphrase:
		m.first = value
		m.ask(againPassphrase, "", true)
	case againPassphrase:
		first := m.first
		m.first = ""
		if first != value {
			m.warn = w.T(words.SettingsPassphraseDiffers)
			m.ask(newPassphrase, "", true)
			return nil
		}
		said := w.T(words.SettingsPassphraseSet)
		if value == "" {
			said = w.T(words.SettingsPassphraseGone)
		}
		return m.run(said, func(ctx context.Context, d screen.Device) error {
			secret := []byte(value)
			defer clear(secret)
			return d.SetPassphrase(secret)
		})
	case newServer:
		return m.run(w.T(words.SettingsServerSet), func(ctx context.Context, d screen.Device) error {
			return d.UseServer(strings.TrimSpace(value))
		})
	case newCalendar:
		return m.saveCalendar(strings.TrimSpace(value))
	case wipeWord:
		if !strings.EqualFold(strings.TrimSpace(value), w.T(words.SettingsWipeWord)) {
			m.warn = w.T(words.SettingsWipeOther, words.Str("word", w.T(words.SettingsWipeWord)))
			m.input.Set("")
			return nil
		}
		m.entry, m.busy = none, true
		device, remote := m.env.Device, m.remote
		return m.env.Do(func(ctx context.Context) tea.Msg {
			err := device.Wipe(ctx, remote)
			return doneMsg{err: err, wiped: err == nil}
		})
	}
	return nil
}

// run does what the reader typed, and says so when it is done.
func (m *Model) run(said string, work func(context.Context, screen.Device) error) tea.Cmd {
	m.entry, m.busy, m.input = none, true, widget.Input{}
	device := m.env.Device
	return m.env.Do(func(ctx context.Context) tea.Msg {
		if err := work(ctx, device); err != nil {
			return doneMsg{err: err}
		}
		return doneMsg{said: said}
	})
}

// startHelper hands the device over: from then on only the tasks of a helper are shown.
func (m *Model) startHelper() tea.Cmd {
	m.entry, m.busy = none, true
	device := m.env.Device
	return m.env.Do(func(context.Context) tea.Msg {
		err := device.StartHelping()
		return doneMsg{err: err, helping: err == nil}
	})
}

func (m *Model) save(locale, theme string) tea.Cmd {
	return m.run("", func(_ context.Context, d screen.Device) error { return d.SetSettings(locale, theme) })
}

// saveCalendar writes the reminders to a file that is not there yet.
func (m *Model) saveCalendar(name string) tea.Cmd {
	plan := m.env.Device.Plan()
	data, entries := screen.Calendar(m.env.Words, &plan, m.env.Device.State().Answers.Seed, m.env.Now())
	if entries == 0 {
		m.entry, m.said = none, m.env.Words.T(words.SettingsCalendarEmpty)
		return nil
	}
	save := m.env.SaveFile
	return m.run(m.env.Words.T(words.SettingsCalendarSaved), func(context.Context, screen.Device) error { return save(name, data) })
}

func (m *Model) sync() tea.Cmd {
	w := m.env.Words
	m.busy = true
	device := m.env.Device
	return m.env.Do(func(ctx context.Context) tea.Msg {
		r, err := device.Sync(ctx)
		if err != nil {
			return doneMsg{err: err}
		}
		if r.PackRefused != nil {
			return doneMsg{said: w.T(words.PackRefused)}
		}
		return doneMsg{said: w.T(words.SettingsSynced, words.Str("when", syncedAt(w, r)))}
	})
}

func syncedAt(w *words.Catalogue, r patient.SyncResult) string { return w.Moment(r.At) }

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.SettingsTitle), Body: t}
	if m.entry == startHelper {
		t.Para(st.Body, w.T(words.HelperStart))
		t.Gap()
		if m.env.Device.HasPassphrase() {
			t.Para(st.Body, w.T(words.HelperStartLocked))
		} else {
			t.Para(st.Caution, w.T(words.HelperStartOpen))
		}
		return p
	}
	if m.entry != none {
		ask := map[entry]words.Key{
			newPassphrase:   words.SettingsPassphraseAsk,
			againPassphrase: words.SettingsPassphraseAgain,
			newServer:       words.SettingsServerAsk,
			wipeWord:        words.SettingsWipeAsk,
			newCalendar:     words.SettingsCalendarAsk,
		}[m.entry]
		if m.entry == wipeWord && m.remote {
			ask = words.SettingsWipeallAsk
		}
		t.Para(st.Body, w.T(ask, words.Str("word", w.T(words.SettingsWipeWord))))
		t.Gap()
		p.Cursor = m.input.Draw(t)
		p.Focus, p.FocusEnd = p.Cursor.Y, p.Cursor.Y+1
		if m.warn != "" {
			t.Gap()
			t.Para(st.Caution, m.warn)
		}
		return p
	}
	state := m.env.Device.State()
	at, end := m.list.Draw(t, m.choices(state))
	p.Focus, p.FocusEnd = at, end
	t.Gap()
	switch {
	case m.busy:
		t.Para(st.Muted, w.T(words.SettingsBusy))
	case m.err != nil:
		screen.DrawTrouble(t, w, m.err)
		p.FocusEnd = t.Len()
	case m.said != "":
		t.Para(st.Good, m.said)
		p.FocusEnd = t.Len()
	}
	return p
}

func (m *Model) choices(state vault.State) []widget.Choice {
	w := m.env.Words
	pick := func(value string, keys map[string]words.Key) string { return w.T(keys[value]) }
	address := widget.Line(m.env.Device.Server())
	if address == "" {
		address = w.T(words.SettingsServerNone)
	}
	code := w.T(words.SettingsCodeKept)
	if !m.env.Device.RecoveryConfirmed() {
		code = w.T(words.SettingsCodeOpen)
	}
	return []widget.Choice{
		language: {Label: w.T(words.SettingsLanguage), Aside: pick(state.Settings.Locale, map[string]words.Key{
			"": words.SettingsAuto, "en": words.SettingsEnglish, "es": words.SettingsSpanish})},
		theme: {Label: w.T(words.SettingsTheme), Aside: pick(state.Settings.Theme, map[string]words.Key{
			"": words.SettingsAuto, "light": words.SettingsLight, "dark": words.SettingsDark})},
		passphrase: {Label: w.T(words.SettingsPassphrase)},
		server:     {Label: w.T(words.SettingsServer), Aside: address},
		syncNow:    {Label: w.T(words.SettingsSync)},
		recovery:   {Label: w.T(words.SettingsCode), Aside: code},
		calendar:   {Label: w.T(words.SettingsCalendar)},
		helper:     {Label: w.T(words.SettingsHelper)},
		wipe:       {Label: w.T(words.SettingsWipe)},
		wipeAll:    {Label: w.T(words.SettingsWipeall)},
	}
}
