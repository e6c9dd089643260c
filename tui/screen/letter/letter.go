// Package letter is a letter that is filled in on the device: which one, for whom, one field
// after the other, and the letter itself.
//
// It promises that nothing that was typed is kept when the screen is left, unless the person
// saves the letter to a file they name, and that it never overwrites a file. It refuses what
// looks like a social security number: where one is needed, the letter has a line to fill in
// by hand. It needs no vault and no network.
package letter

import (
	"context"
	"slices"
	"strings"

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
	choosing   mode = iota // which letter
	addressing             // whom to
	filling
	reading
	naming // the file to save it to
)

// Model is the screen.
type Model struct {
	env    *screen.Env
	keys   keys.Letter
	typing keys.Typing
	ids    []string // letters to choose from
	letter *checklist.Letter
	to     *checklist.HelpContact
	mode   mode
	list   widget.List
	field  int
	lines  []string // of the field, so far
	input  widget.Input
	values map[string]string
	marked bool   // Markdown rather than text, whose links can be copied as they are
	locale string // of the letter; "": what its reader speaks
	busy   bool
	err    error
}

// New returns the screen for the letters with the ids.
func New(env *screen.Env, ids []string) *Model {
	m := &Model{env: env, keys: keys.NewLetter(), typing: keys.NewTyping(), ids: ids, values: map[string]string{}}
	if all := m.letters(); len(all) == 1 {
		m.open(all[0])
	}
	return m
}

type savedMsg struct {
	name string
	err  error
}

// Init implements [screen.Screen].
func (m *Model) Init() tea.Cmd { return nil }

func (m *Model) region() string {
	if m.env.Device != nil && m.env.Device.State().Answers.Region != "" {
		return m.env.Device.State().Answers.Region
	}
	return m.env.Region
}

// letters is what there is to choose from in the reader's country.
func (m *Model) letters() []*checklist.Letter {
	return slices.DeleteFunc(m.env.Content.Letters(m.region()), func(l *checklist.Letter) bool { return !slices.Contains(m.ids, l.ID) })
}

// open begins a letter.
func (m *Model) open(l *checklist.Letter) {
	m.letter, m.to, m.list = l, nil, widget.List{}
	m.mode = filling
	if len(m.addresses()) > 0 {
		m.mode = addressing
	}
	m.enter(0)
}

func (m *Model) addresses() []checklist.HelpContact {
	return m.letter.Addresses(func(ref string) []checklist.HelpContact {
		return m.env.Content.Contacts(m.env.Locale(), ref, m.region())
	})
}

// text is the letter in the reader's language: its fields are in it.
func (m *Model) text() checklist.LetterText {
	return m.env.Content.Letter(m.env.Locale(), m.letter.ID, m.region())
}

// language is the language of the letter itself.
func (m *Model) language() string {
	if m.locale != "" {
		return m.locale
	}
	return m.env.Content.LetterLocale(m.region(), m.env.Locale())
}

// enter shows a field with what was filled in before.
func (m *Model) enter(field int) {
	m.field, m.lines, m.err = field, nil, nil
	m.input = widget.Input{Max: checklist.MaxFieldLines}
	fields := m.text().Fields
	if field >= len(fields) {
		return
	}
	value := m.values[fields[field].ID]
	if fields[field].Lines && value != "" {
		m.lines = strings.Split(value, "\n")
		return
	}
	m.input.Set(value)
}

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.mode == filling || m.mode == naming }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	choose := keys.NewChoose()
	switch m.mode {
	case choosing, addressing:
		if m.letter == nil && len(m.letters()) == 0 {
			return keys.Map{Short: []keys.Binding{choose.Back}}
		}
		return keys.Map{Short: []keys.Binding{choose.Pick, choose.Back}}
	case filling, naming:
		return keys.Map{Short: []keys.Binding{m.typing.Accept, m.typing.Clear, m.typing.Back}}
	}
	return keys.Map{
		Short: []keys.Binding{m.keys.Save, m.keys.Copy, m.keys.Format, m.keys.Back},
		More:  []keys.Binding{m.keys.Language},
	}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	if saved, ok := msg.(savedMsg); ok {
		m.busy, m.err = false, saved.err
		if m.err == nil {
			m.mode = reading
			m.env.Send(screen.Toast{Text: m.env.Words.T(words.LetterSaved, words.Str("name", widget.Line(saved.name)))})
		}
		return nil
	}
	if m.busy {
		return nil
	}
	if _, ok := msg.(tea.PasteMsg); ok && m.Typing() {
		m.input.Update(msg)
		return nil
	}
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	switch m.mode {
	case choosing, addressing:
		return m.pick(k)
	case filling:
		return m.fill(k)
	case naming:
		return m.name(k)
	}
	return m.read(k)
}

func (m *Model) pick(k tea.KeyPressMsg) tea.Cmd {
	choose := keys.NewChoose()
	n := len(m.letters())
	if m.mode == addressing {
		n = len(m.addresses())
	}
	switch {
	case m.list.Update(k, n):
	case choose.Back.Is(k):
		return m.back()
	case choose.Pick.Is(k) && m.list.At < n && m.mode == choosing:
		m.open(m.letters()[m.list.At])
	case choose.Pick.Is(k) && m.list.At < n:
		m.to, m.mode = &m.addresses()[m.list.At], filling
		m.enter(0)
	}
	return nil
}

// back goes one step back: field by field, and out of the screen before the first.
func (m *Model) back() tea.Cmd {
	m.err = nil
	switch {
	case m.mode == naming:
		m.mode = reading
	case m.mode == reading:
		m.mode = filling
		m.enter(len(m.text().Fields) - 1)
	case m.mode == filling && m.field > 0:
		m.enter(m.field - 1)
	case m.mode == filling && len(m.addresses()) > 0:
		m.mode, m.list = addressing, widget.List{}
	case m.mode != choosing && len(m.letters()) > 1:
		m.mode, m.letter, m.list = choosing, nil, widget.List{}
	default:
		return m.env.Send(screen.Back{})
	}
	return nil
}

func (m *Model) fill(k tea.KeyPressMsg) tea.Cmd {
	f := m.text().Fields[m.field]
	switch {
	case m.typing.Back.Is(k):
		return m.back()
	case m.typing.Accept.Is(k):
		line := strings.TrimSpace(m.input.Value())
		value := strings.Join(append(slices.Clip(m.lines), line), "\n")
		value = strings.Trim(value, "\n")
		if m.err = m.text().Check(f.ID, value); m.err != nil {
			return nil
		}
		m.values[f.ID] = value
		if f.Lines && line != "" {
			m.lines = append(m.lines, line)
			m.input.Set("")
			return nil
		}
		if m.field+1 < len(m.text().Fields) {
			m.enter(m.field + 1)
			return nil
		}
		m.mode = reading
	case m.typing.Clear.Is(k) && m.input.Value() == "" && len(m.lines) > 0:
		m.lines = m.lines[:len(m.lines)-1]
	case m.input.Update(k):
		m.err = nil
	}
	return nil
}

func (m *Model) read(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.keys.Back.Is(k):
		return m.back()
	case m.keys.Format.Is(k):
		m.marked = !m.marked
	case m.keys.Language.Is(k):
		all := words.Locales()
		m.locale = all[(slices.Index(all, m.language())+1)%len(all)]
	case m.keys.Copy.Is(k):
		m.env.Send(screen.Toast{Text: m.env.Words.T(words.MessageCopied)})
		text, _ := m.write()
		return tea.SetClipboard(text)
	case m.keys.Save.Is(k):
		m.mode, m.err = naming, nil
		m.input = widget.Input{}
		m.input.Set(m.fileName())
	}
	return nil
}

func (m *Model) name(k tea.KeyPressMsg) tea.Cmd {
	switch {
	case m.typing.Back.Is(k):
		return m.back()
	case m.typing.Accept.Is(k):
		name := strings.TrimSpace(m.input.Value())
		if name == "" {
			return m.back()
		}
		m.busy, m.err = true, nil
		save := m.env.SaveFile
		text, _ := m.write()
		return m.env.Do(func(context.Context) tea.Msg { return savedMsg{name, save(name, []byte(text))} })
	case m.input.Update(k):
		m.err = nil
	}
	return nil
}

// write writes the letter as it stands, and names the fields left to fill in by hand.
func (m *Model) write() (text string, byHand []string) {
	loc := m.language()
	x := m.env.Content.Letter(loc, m.letter.ID, m.region())
	f := checklist.Filling{Values: m.values, Date: words.For(loc).Date(m.env.Now())}
	if m.to != nil {
		f.To = m.to.Mail
	}
	if m.marked {
		return x.Markdown(f)
	}
	return x.Text(f)
}

// fileName is a name that says little.
func (m *Model) fileName() string {
	if m.marked {
		return "letter.md"
	}
	return "letter.txt"
}
