package app

import (
	"context"
	"errors"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/screen/clinics"
	"github.com/chaperone-privacy/chaperone/tui/screen/crisis"
	"github.com/chaperone-privacy/chaperone/tui/screen/details"
	"github.com/chaperone-privacy/chaperone/tui/screen/help"
	"github.com/chaperone-privacy/chaperone/tui/screen/helper"
	"github.com/chaperone-privacy/chaperone/tui/screen/home"
	"github.com/chaperone-privacy/chaperone/tui/screen/letter"
	"github.com/chaperone-privacy/chaperone/tui/screen/message"
	"github.com/chaperone-privacy/chaperone/tui/screen/notices"
	"github.com/chaperone-privacy/chaperone/tui/screen/passwords"
	"github.com/chaperone-privacy/chaperone/tui/screen/plan"
	"github.com/chaperone-privacy/chaperone/tui/screen/questions"
	"github.com/chaperone-privacy/chaperone/tui/screen/recovery"
	"github.com/chaperone-privacy/chaperone/tui/screen/restored"
	"github.com/chaperone-privacy/chaperone/tui/screen/settings"
	"github.com/chaperone-privacy/chaperone/tui/screen/task"
	"github.com/chaperone-privacy/chaperone/tui/screen/triage"
	"github.com/chaperone-privacy/chaperone/tui/screen/verify"
	"github.com/chaperone-privacy/chaperone/tui/screen/welcome"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

func (m *Model) top() screen.Screen { return m.stack[len(m.stack)-1] }

// reset shows a screen with nothing below it.
func (m *Model) reset(s screen.Screen) {
	m.stack, m.offsets, m.free = []screen.Screen{s}, []int{0}, false
}

func (m *Model) push(s screen.Screen) tea.Cmd {
	m.stack, m.offsets = append(m.stack, s), append(m.offsets, 0)
	m.free = false
	return s.Init()
}

// start shows the first screen of an open vault.
func (m *Model) start() {
	if m.helping() {
		h := helper.New(m.env)
		h.Init()
		m.reset(h)
		return
	}
	h := home.New(m.env)
	h.Init()
	m.reset(h)
	if !m.env.Device.State().Answered {
		m.push(questions.New(m.env))
	}
}

func (m *Model) opened(msg screen.Opened) tea.Cmd {
	m.env.Device = msg.Device
	m.applySettings()
	if msg.Restored == nil {
		m.start()
		return tea.Batch(m.top().Init(), m.keepLanguage())
	}
	m.reset(restored.New(m.env, *msg.Restored))
	return m.top().Init()
}

// keepLanguage saves the language that was chosen before there were settings. A failure shows
// at the next thing that is saved, where it matters.
func (m *Model) keepLanguage() tea.Cmd {
	locale, d := m.chosen, m.env.Device
	m.chosen = ""
	if locale == "" || d.State().Settings.Locale != "" {
		return nil
	}
	return m.do(func(context.Context) tea.Msg {
		_ = d.SetSettings(locale, d.State().Settings.Theme)
		return nil
	})
}

// wiped starts over on a device that keeps nothing any more.
func (m *Model) wiped() tea.Cmd {
	old := m.env.Device
	m.env.Device, m.env.Region = nil, ""
	m.reset(welcome.New(m.env))
	m.toast = m.env.Words.T(words.AppWiped)
	return tea.Batch(m.top().Init(), func() tea.Msg {
		// What the vault held is gone; there is nobody left to tell about a lock.
		_ = old.Close()
		return nil
	})
}

// helping reports whether somebody else is at this device, who sees nothing but tasks.
func (m *Model) helping() bool { return m.env.Device != nil && m.env.Device.Helping() }

// goTo shows another screen. Going home drops everything above it.
func (m *Model) goTo(g screen.Go) tea.Cmd {
	if m.helping() && g.To != screen.Home {
		return nil
	}
	switch g.To {
	case screen.Crisis, screen.Details, screen.Triage, screen.Message, screen.Letter:
	default:
		if m.env.Device == nil {
			return nil
		}
	}
	if g.To == screen.Home {
		m.start()
		return m.top().Init()
	}
	if g.Replace && len(m.stack) > 1 {
		m.stack, m.offsets = m.stack[:len(m.stack)-1], m.offsets[:len(m.offsets)-1]
	}
	switch g.To {
	case screen.Questions:
		return m.push(questions.New(m.env))
	case screen.Plan:
		return m.push(plan.New(m.env))
	case screen.Task:
		return m.push(task.New(m.env, g.Row))
	case screen.Crisis:
		if _, there := m.top().(*crisis.Model); there {
			return nil
		}
		return m.push(crisis.New(m.env))
	case screen.Verify:
		if g.Bundle != nil {
			return m.push(verify.With(m.env, g.Bundle, g.Received))
		}
		if g.Code != "" {
			return m.push(verify.WithCode(m.env, g.Code, g.Received))
		}
		return m.push(verify.New(m.env))
	case screen.Clinics:
		return m.push(clinics.New(m.env))
	case screen.AddClinic:
		return m.push(clinics.NewCard(m.env))
	case screen.SaveNumbers:
		return m.push(clinics.NewKeep(m.env))
	case screen.Notices:
		return m.push(notices.New(m.env))
	case screen.Recovery:
		return m.push(recovery.New(m.env))
	case screen.Pins:
		return m.push(restored.New(m.env, patient.Restored{Pins: m.env.Device.State().Contact.Pins}))
	case screen.Settings:
		return m.push(settings.New(m.env))
	case screen.Passwords:
		return m.push(passwords.New(m.env))
	case screen.Details:
		return m.push(details.New(m.env, g.Title, g.Details))
	case screen.Triage:
		return m.push(triage.New(m.env))
	case screen.Letter:
		return m.push(letter.New(m.env, g.Letters))
	case screen.Message:
		return m.push(message.New(m.env))
	}
	return nil
}

// help explains the screen that is shown; on the help screen itself it goes back.
func (m *Model) help() tea.Cmd {
	if m.helping() { // it tells of more than a helper may know
		return nil
	}
	if _, there := m.top().(*help.Model); there {
		return m.back()
	}
	return m.push(help.New(m.env, m.top().Keys()))
}

func (m *Model) back() tea.Cmd {
	if len(m.stack) == 1 {
		return nil
	}
	m.stack, m.offsets = m.stack[:len(m.stack)-1], m.offsets[:len(m.offsets)-1]
	return m.top().Init()
}

// applySettings takes language and colours from the settings, or from the configuration
// while there are none.
func (m *Model) applySettings() {
	theme := m.cfg.Theme
	if m.env.Device != nil {
		set := m.env.Device.State().Settings
		if locale := set.Locale; locale != "" {
			m.env.Words = words.For(locale)
		} else {
			m.env.Words = words.For(m.cfg.Locale)
		}
		if set.Theme != "" {
			theme = set.Theme
		}
	}
	dark := m.dark
	if theme != "" {
		dark = theme == "dark"
	}
	m.env.Style = style.New(style.Options{Dark: dark, Profile: m.cfg.Profile, ASCII: m.cfg.ASCII, Links: m.cfg.Links})
}

// leave is the quick exit: no question, nothing on the screen, keys dropped, out. Everything
// that was reported as saved is on disk already.
func (m *Model) leave() tea.Cmd {
	m.left = true
	m.cancel()
	if m.cfg.Leave != nil {
		m.cfg.Leave()
	}
	if d := m.env.Device; d != nil {
		m.env.Device = nil
		go func() { _ = d.Close() }() // may wait for a write; leaving does not
	}
	return tea.Quit
}

// maxFile is the largest message file that is read. Real ones are a few kilobytes.
const maxFile = 1 << 20

var errTooLarge = errors.New("the file is too large")

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = errTooLarge
	}
	return data, err
}
