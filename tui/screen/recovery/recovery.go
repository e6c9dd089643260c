// Package recovery shows the recovery code once, in groups of four, as a QR code and as a
// clean page, and has it retyped. Without the code nobody, and no service, can open the vault on
// another device.
package recovery

import (
	"context"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"rsc.io/qr"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// mode is what the screen shows.
type mode int

const (
	waiting mode = iota
	showing
	square // the QR code
	paper  // the page to print or copy
	typing
	confirmed
)

// Model is the screen.
type Model struct {
	env   *screen.Env
	keys  keys.Recovery
	mode  mode
	code  humancode.Code
	input widget.Input
	busy  bool
	err   error
}

// New returns the screen.
func New(env *screen.Env) *Model {
	return &Model{env: env, keys: keys.NewRecovery(), input: widget.Input{Max: 128}}
}

type codeMsg struct {
	code humancode.Code
	err  error
}

type confirmedMsg struct{ err error }

// Init fetches the code, which is there until it was retyped.
func (m *Model) Init() tea.Cmd {
	if m.env.Device.RecoveryConfirmed() {
		m.mode = confirmed
		return nil
	}
	if m.mode != waiting {
		return nil
	}
	device := m.env.Device
	return m.env.Do(func(context.Context) tea.Msg {
		code, err := device.RecoveryCode()
		return codeMsg{code, err}
	})
}

// Typing implements [screen.Typing].
func (m *Model) Typing() bool { return m.mode == typing }

// Keys implements [screen.Screen].
func (m *Model) Keys() keys.Map {
	switch m.mode {
	case typing:
		k := keys.NewTyping()
		return keys.Map{Short: []keys.Binding{k.Accept, k.Clear, k.Back}}
	case showing:
		if m.env.Style.ASCII {
			return keys.Map{Short: []keys.Binding{m.keys.Confirm, m.keys.Print, m.keys.Back}}
		}
		return keys.Map{Short: []keys.Binding{m.keys.Confirm, m.keys.QR, m.keys.Print, m.keys.Back}}
	case square, paper:
		return keys.Map{Short: []keys.Binding{keys.NewChoose().Back}}
	}
	return keys.Map{Short: []keys.Binding{keys.NewChoose().Back}}
}

// Update implements [screen.Screen].
func (m *Model) Update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case codeMsg:
		m.err = msg.err
		if msg.err == nil {
			m.code, m.mode = msg.code, showing
		}
	case confirmedMsg:
		m.busy, m.err = false, msg.err
		if msg.err == nil {
			m.code, m.mode = humancode.Code{}, confirmed
			m.env.Send(screen.Toast{Text: m.env.Words.T(words.RecoveryConfirmed)})
			return m.env.Send(screen.Back{})
		}
	case tea.PasteMsg:
		if m.mode == typing {
			m.input.Update(msg)
		}
	case tea.KeyPressMsg:
		if !m.busy {
			return m.press(msg)
		}
	}
	return nil
}

func (m *Model) press(k tea.KeyPressMsg) tea.Cmd {
	t := keys.NewTyping()
	switch m.mode {
	case typing:
		switch {
		case t.Back.Is(k):
			m.mode, m.err = showing, nil
			m.input.Set("")
		case t.Accept.Is(k):
			code, err := humancode.Parse(m.input.Value(), humancode.RecoveryLen)
			if m.err = err; err != nil {
				return nil
			}
			m.busy = true
			device := m.env.Device
			return m.env.Do(func(context.Context) tea.Msg { return confirmedMsg{device.ConfirmRecovery(code)} })
		default:
			m.err = nil
			m.input.Update(k)
		}
	case showing:
		switch {
		case m.keys.Confirm.Is(k):
			m.mode = typing
		case m.keys.QR.Is(k) && !m.env.Style.ASCII:
			m.mode = square
		case m.keys.Print.Is(k):
			m.mode = paper
		case m.keys.Back.Is(k):
			return m.env.Send(screen.Back{})
		}
	case square, paper:
		if m.keys.Back.Is(k) {
			m.mode = showing
		}
	default:
		if m.keys.Back.Is(k) {
			return m.env.Send(screen.Back{})
		}
	}
	return nil
}

// View implements [screen.Screen].
func (m *Model) View(width int) widget.Page {
	w, st := m.env.Words, m.env.Style
	t := widget.NewText(st, width)
	p := widget.Page{Title: w.T(words.RecoveryTitle), Body: t}
	switch m.mode {
	case waiting:
		screen.DrawTrouble(t, w, m.err)
	case confirmed:
		t.Para(st.Body, w.T(words.RecoveryKept))
	case showing:
		t.Para(st.Body, w.T(words.RecoveryText))
		t.Gap()
		t.Raw(Groups(m.code, st, t.Width)...)
		t.Gap()
		t.Para(st.Body, w.T(words.RecoveryWhere))
		t.Gap()
		t.Para(st.Muted, w.T(words.RecoveryNever))
	case square:
		t.Raw(QR(m.code, st)...)
		t.Gap()
		t.Para(st.Muted, w.T(words.RecoveryQrText))
	case paper:
		p.Title = w.T(words.RecoveryPaperTitle)
		t.Raw(Paper(m.code, w, t.Width)...)
	case typing:
		t.Para(st.Body, w.T(words.RecoveryAsk))
		t.Gap()
		p.Cursor = m.input.Draw(t)
		p.Focus, p.FocusEnd = p.Cursor.Y, p.Cursor.Y+1
		screen.DrawTrouble(t, w, m.err)
	}
	return p
}

// Groups is the code in groups of four, four groups a line or as many as fit.
func Groups(code humancode.Code, st *style.Set, width int) []string {
	perLine := max(1, min(4, (width+1)/7))
	var lines []string
	for groups := code.Groups(); len(groups) > 0; {
		n := min(perLine, len(groups))
		lines = append(lines, "  "+st.Strong.Render(strings.Join(groups[:n], "   ")))
		groups = groups[n:]
	}
	return lines
}

// Paper is the page to print or to copy by hand: what it is, without saying what for.
func Paper(code humancode.Code, w *words.Catalogue, width int) []string {
	lines := append([]string{}, widget.Wrap(w.T(words.RecoveryPaper), min(widget.Measure, width))...)
	lines = append(lines, "")
	lines = append(lines, Groups(code, &style.Set{}, width)...)
	lines = append(lines, "")
	return append(lines, widget.Wrap(w.T(words.RecoveryPaperHint), min(widget.Measure, width))...)
}

// QR draws the code as a QR code in half blocks, dark on light as cameras want it. It needs a
// terminal that shows more than ASCII.
func QR(code humancode.Code, st *style.Set) []string {
	c, err := qr.Encode(code.Symbols(), qr.M)
	if err != nil {
		return nil
	}
	const quiet = 2
	coloured := st.Profile > colorprofile.ASCII
	// Blocks are drawn in the text's colour: for the light modules on a dark terminal, and for
	// the dark ones on a light terminal without colour.
	drawn := func(x, y int) bool { return c.Black(x-quiet, y-quiet) == (!coloured && !st.Dark) }
	size := c.Size + 2*quiet
	var lines []string
	for y := 0; y < size; y += 2 {
		var b strings.Builder
		for x := range size {
			switch upper, lower := drawn(x, y), y+1 < size && drawn(x, y+1); {
			case upper && lower:
				b.WriteString("█")
			case upper:
				b.WriteString("▀")
			case lower:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		line := b.String()
		if coloured {
			line = style.QR(line)
		}
		lines = append(lines, line)
	}
	return lines
}
