// Package app is the terminal program: the root that holds the screens and shows one of them.
// It does routing, size, theme, the line above the footer, and leaving; everything else is a
// screen's.
//
// It promises that the first frame waits for nothing (the vault is opened by a command), that
// one key leads to the crisis screen from everywhere, and that Ctrl-X, or Esc twice within
// 0.6 seconds, leaves from every state. It never writes to a log and never shows an error's
// own text.
package app

import (
	"context"
	"io"
	"os"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/screen/crisis"
	"github.com/chaperone-privacy/chaperone/tui/screen/unlock"
	"github.com/chaperone-privacy/chaperone/tui/screen/welcome"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// escWindow is how long the second Esc may come after the first.
const escWindow = 600 * time.Millisecond

// Config says what the program works on. Content is required, and either Device or
// Opener.Open; everything else has a safe default.
type Config struct {
	Content screen.Content // see [PackContent]
	Device  screen.Device  // open already; nil: Opener.Open is called behind the first frame
	Opener  screen.Opener

	Locale  string // before there are settings; "" is English
	Theme   string // "light", "dark" or "": ask the terminal, dark until it answers
	ASCII   bool   // the terminal shows nothing but ASCII
	Links   bool   // the terminal knows hyperlinks
	Profile colorprofile.Profile

	Width, Height int // of the terminal, if known; 0: 80 x 24 until it says

	// Leave ends the program at once and need not return, such as [leave.Door.Leave]. If it is
	// nil or returns, the root closes the device and quits; the caller then clears the screen.
	Leave func()

	Now      func() time.Time                     // nil: time.Now
	Rand     io.Reader                            // nil: the operating system's
	ReadFile func(name string) ([]byte, error)    // nil: a file of at most 1 MiB
	SaveFile func(name string, data []byte) error // nil: [screen.SaveNew]
}

// Model is the root. It is a [tea.Model]; make it with [New].
type Model struct {
	cfg    Config
	env    *screen.Env
	always keys.Always
	ctx    context.Context //nolint:containedctx // of the program's life; commands alone use it
	cancel context.CancelFunc

	stack   []screen.Screen // the last one is shown
	offsets []int           // how far each was scrolled
	asked   []tea.Msg       // what the screens ask for, first things first

	width, height int
	dark          bool
	free          bool   // the page was scrolled away from its cursor
	toast         string // until the next key
	escAt         time.Time
	chosen        string // language chosen before there were settings to keep it in
	left          bool   // the program was left in a hurry
}

// New returns the program, ready to run.
func New(cfg Config) *Model {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.ReadFile == nil {
		cfg.ReadFile = readFile
	}
	if cfg.SaveFile == nil {
		cfg.SaveFile = screen.SaveNew
	}
	if cfg.Width <= 0 || cfg.Height <= 0 {
		cfg.Width, cfg.Height = 80, 24
	}
	if cfg.Profile == colorprofile.Unknown {
		cfg.Profile = style.FromEnv(os.Environ(), os.Getenv)
	}
	m := &Model{cfg: cfg, always: keys.NewAlways(), width: cfg.Width, height: cfg.Height, dark: cfg.Theme != "light"}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.env = &screen.Env{
		Words: words.For(cfg.Locale), Content: cfg.Content, Device: cfg.Device, Opener: cfg.Opener,
		Now: cfg.Now, Rand: cfg.Rand, ReadFile: cfg.ReadFile, SaveFile: cfg.SaveFile, Do: m.do, Send: m.send,
	}
	m.applySettings()
	if cfg.Device != nil {
		m.start()
	} else {
		m.reset(unlock.New(m.env))
	}
	return m
}

// do makes a command of work that may block; its context ends with the program.
func (m *Model) do(work func(ctx context.Context) tea.Msg) tea.Cmd {
	ctx := m.ctx
	return func() tea.Msg { return work(ctx) }
}

// Left reports whether the reader left in a hurry, so that the caller clears screen and
// scrollback.
func (m *Model) Left() bool { return m.left }

// Profile returns the colours in use, for [tea.WithColorProfile]: the program then need not
// ask a terminal multiplexer.
func (m *Model) Profile() colorprofile.Profile { return m.cfg.Profile }

// Err returns why the vault could not be opened, or nil, for the exit code.
func (m *Model) Err() error {
	if u, ok := m.top().(*unlock.Model); ok {
		return u.Err()
	}
	return nil
}

// Init implements [tea.Model].
func (m *Model) Init() tea.Cmd {
	if m.cfg.Theme == "" {
		return tea.Batch(tea.RequestBackgroundColor, m.top().Init())
	}
	return m.top().Init()
}

// send keeps what a screen asks for until its Update is over.
func (m *Model) send(msg tea.Msg) tea.Cmd {
	m.asked = append(m.asked, msg)
	return nil
}

// Update implements [tea.Model].
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmds := []tea.Cmd{m.handle(msg)}
	for len(m.asked) > 0 {
		next := m.asked[0]
		m.asked = m.asked[1:]
		cmds = append(cmds, m.handle(next))
	}
	return m, tea.Batch(cmds...)
}

func (m *Model) handle(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		return m.key(msg)
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.applySettings()
	case unlock.NoVault:
		m.reset(welcome.New(m.env))
		return m.top().Init()
	case welcome.Language:
		m.cfg.Locale, m.chosen = msg.Locale, msg.Locale
		m.env.Words = words.For(msg.Locale)
	case screen.Region:
		m.env.Region = msg.ID
	case screen.Opened:
		return m.opened(msg)
	case screen.Wiped:
		return m.wiped()
	case screen.Toast:
		m.toast = msg.Text
	case screen.Go:
		return m.goTo(msg)
	case screen.Back:
		return m.back()
	case screen.Changed:
		m.applySettings()
		return m.top().Update(msg)
	default:
		return m.broadcast(msg)
	}
	return nil
}

// broadcast hands a message to every screen: the one that waits for it may lie below.
func (m *Model) broadcast(msg tea.Msg) tea.Cmd {
	if _, ok := msg.(tea.PasteMsg); ok {
		return m.top().Update(msg)
	}
	cmds := make([]tea.Cmd, 0, len(m.stack))
	for _, s := range m.stack {
		cmds = append(cmds, s.Update(msg))
	}
	return tea.Batch(cmds...)
}

// key handles the keys that work everywhere and leaves the rest to the screen.
func (m *Model) key(k tea.KeyPressMsg) tea.Cmd {
	now := m.cfg.Now()
	m.toast = ""
	if m.always.Leave.Is(k) {
		return m.leave()
	}
	if k.String() == "esc" {
		if !m.escAt.IsZero() && now.Sub(m.escAt) <= escWindow {
			return m.leave()
		}
		m.escAt = now
	} else {
		m.escAt = time.Time{}
	}
	typing := false
	if t, ok := m.top().(screen.Typing); ok {
		typing = t.Typing()
	}
	switch {
	case m.always.CrisisTyping.Is(k), !typing && m.always.Crisis.Is(k):
		return m.goTo(screen.Go{To: screen.Crisis})
	case !typing && m.always.Help.Is(k):
		return m.help()
	}
	if m.scroll(k) {
		return nil
	}
	at, before := m.top(), m.top().View(m.width)
	cmd := m.top().Update(k)
	wasFree := m.free
	m.free = false
	if step := m.step(k); step != 0 && cmd == nil && len(m.asked) == 0 && before.Cursor == nil && at == m.top() {
		// The cursor is at the end of its list: what lies beyond can still be read.
		if after := m.top().View(m.width); after.Focus == before.Focus {
			m.free = wasFree
			m.scrollBy(after, step)
		}
	}
	return cmd
}

func (m *Model) frame() widget.Frame {
	return widget.Frame{
		Style: m.env.Style, Words: m.env.Words, Width: m.width, Height: m.height,
		Toast: m.toast, Offset: m.offsets[len(m.offsets)-1],
	}
}

// footer is the screen's keys, then the way to the crisis screen where there is room, help
// and leave.
func (m *Model) footer() []keys.Binding {
	short := m.top().Keys().Short
	out := append(make([]keys.Binding, 0, len(short)+2), short...)
	if m.helping() {
		return append(out, m.always.Leave)
	}
	if t, ok := m.top().(screen.Typing); ok && t.Typing() {
		return append(out, m.always.CrisisTyping, m.always.Leave)
	}
	_, there := m.top().(*crisis.Model)
	if named := slices.ContainsFunc(out, func(b keys.Binding) bool { return b.Help == m.always.Crisis.Help }); !there && !named && len(out) <= 3 {
		out = append(out, m.always.Crisis)
	}
	return append(out, m.always.Help, m.always.Leave)
}

// View implements [tea.Model].
func (m *Model) View() tea.View {
	var v tea.View
	v.AltScreen = true
	v.WindowTitle = m.env.Words.T(words.AppWindow)
	if m.left {
		return v
	}
	page := m.top().View(m.width)
	if m.free {
		page.Focus, page.FocusEnd = 0, 0
	}
	text, offset, cursor := m.frame().Render(page, m.footer())
	m.offsets[len(m.offsets)-1] = offset
	v.SetContent(text)
	if cursor != nil {
		v.Cursor = tea.NewCursor(cursor.X, cursor.Y)
		v.Cursor.Blink = false
	}
	return v
}
