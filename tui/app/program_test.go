package app_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/tui/app"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
)

// tap is the program's model, and tells a test what was last on the screen.
type tap struct {
	*app.Model
	shown *shown
}

func (t tap) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	_, cmd := t.Model.Update(msg)
	return t, cmd
}

func (t tap) View() tea.View {
	v := t.Model.View()
	t.shown.set(v.Content)
	return v
}

// shown is the last screen; waiting for a text needs no sleep.
type shown struct {
	mu   sync.Mutex
	cond *sync.Cond
	text string
	over bool
}

func (s *shown) set(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text = text
	s.cond.Broadcast()
}

func (s *shown) waitFor(t *testing.T, text string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	timer := time.AfterFunc(10*time.Second, func() {
		s.mu.Lock()
		s.over = true
		s.mu.Unlock()
		s.cond.Broadcast()
	})
	defer timer.Stop()
	for !strings.Contains(s.text, text) {
		if s.over {
			t.Fatalf("got\n%s\nwant %q on it", s.text, text)
		}
		s.cond.Wait()
	}
}

// journey is a real program on pipes.
type journey struct {
	t     *testing.T
	in    *io.PipeWriter
	out   *lockedBuffer
	shown *shown
	model *app.Model
	done  chan error
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func start(t *testing.T, cfg app.Config) *journey {
	t.Helper()
	cfg.Profile, cfg.Theme, cfg.Content, cfg.ReadFile = colorprofile.NoTTY, "dark", apptest.Content{Released: true}, apptest.ReadFile
	s := &shown{}
	s.cond = sync.NewCond(&s.mu)
	r, w := io.Pipe()
	j := &journey{t: t, in: w, out: &lockedBuffer{}, shown: s, model: app.New(cfg), done: make(chan error, 1)}
	p := tea.NewProgram(tap{j.model, s}, tea.WithInput(r), tea.WithOutput(j.out), tea.WithWindowSize(80, 24),
		tea.WithColorProfile(j.model.Profile()), tea.WithoutSignalHandler(), tea.WithFPS(120))
	go func() {
		_, err := p.Run()
		j.done <- err
	}()
	t.Cleanup(func() {
		p.Kill()
		_ = w.Close()
	})
	return j
}

// press sends the bytes that a terminal sends for a key, and waits for a text.
func (j *journey) press(bytes, want string) *journey {
	j.t.Helper()
	if _, err := io.WriteString(j.in, bytes); err != nil {
		j.t.Fatal(err)
	}
	j.shown.waitFor(j.t, want)
	return j
}

func (j *journey) leaves(bytes string) {
	j.t.Helper()
	began := time.Now()
	if _, err := io.WriteString(j.in, bytes); err != nil {
		j.t.Fatal(err)
	}
	select {
	case err := <-j.done:
		if err != nil {
			j.t.Fatalf("program: %v", err)
		}
	case <-time.After(10 * time.Second):
		j.t.Fatal("the program did not end")
	}
	if !j.model.Left() {
		j.t.Error("the model does not say that it was left")
	}
	if out := j.out.String(); !strings.Contains(out, "\x1b[?1049h") || strings.LastIndex(out, "\x1b[?1049l") < strings.LastIndex(out, "\x1b[?1049h") {
		j.t.Error("the alternate screen was not left")
	}
	j.t.Logf("left after %v", time.Since(began))
}

// The keys as a terminal sends them.
const (
	enterKey = "\r"
	downKey  = "\x1b[B"
	leaveKey = "\x18"
)

func TestJourneyFirstRun(t *testing.T) {
	t.Parallel()
	j := start(t, app.Config{Opener: apptest.Opener(nil)})
	j.shown.waitFor(t, "Begin: four questions")
	j.press(enterKey, "1 of 4").press("u", "2 of 4").press(enterKey, "3 of 4").press("u", "4 of 4").press("u", "Write it down now.") // the title stands before the code is there
	code := apptest.Fresh().Code
	j.press(enterKey, "Type the code").press(strings.ToLower(code.Grouped()), strings.ToLower(code.Grouped())).press(enterKey, "Do this next")
	j.press(enterKey+"d", "Saved. 1 of 10 done.") // two keys in one go: the second is for the new screen
	j.press("n", "You are being threatened.")
	j.leaves(leaveKey)
}

func TestJourneySecondDevice(t *testing.T) {
	t.Parallel()
	j := start(t, app.Config{Opener: apptest.Opener(nil)})
	j.shown.waitFor(t, "I have a recovery code")
	j.press(downKey+enterKey, "https://chaperone.example").press(enterKey, "Type the recovery code")
	j.press(apptest.New().Code.Symbols(), apptest.New().Code.Symbols()).press(enterKey, "kitchen laptop")
	j.press(enterKey, "You set this up at the clinic on 3 March.")
	j.leaves(leaveKey)
}

func TestJourneyVerify(t *testing.T) {
	t.Parallel()
	d := judged(altered)()
	j := start(t, app.Config{Device: d})
	j.shown.waitFor(t, "Do this next")
	j.press("v", "Is this from your clinic?").press("\x1b[200~CHAPB1\rtwo lines\x1b[201~", "What did it say?")
	j.press("\x1b[200~Call us at 555-0199 about your appointment.\x1b[201~", "Not what your clinic wrote")
	if d.Verdict.Headline != contact.Altered || d.Received == nil {
		t.Errorf("got text %v, want what was pasted", d.Received)
	}
	j.leaves(leaveKey)
}

func TestJourneyTwoStepsOnAPlatform(t *testing.T) {
	t.Parallel()
	d := apptest.New()
	j := start(t, app.Config{Opener: apptest.Opener(d)})
	j.shown.waitFor(t, "Do this next")
	j.press(enterKey, "LinkedIn").press(downKey, "› ○ Instagram").press(" ", "✓ Instagram")
	rows := d.State().Rows
	if got := rows[len(rows)-1]; got.Platform != "instagram" || got.Status != checklist.Done {
		t.Errorf("got %+v, want instagram done", got)
	}
	j.leaves(leaveKey)
}

// BenchmarkKeyToFrame is what lies between a key and its frame, outside the terminal.
func BenchmarkKeyToFrame(b *testing.B) {
	for _, s := range []state{{name: "home"}, {name: "plan", do: press("l")}, {name: "task", do: press("enter")}, {name: "crisis", do: press("n", "1")}, {name: "help", do: press("?")}} {
		b.Run(s.name, func(b *testing.B) {
			r, _ := s.open(b, size{120, 40}, "en", colorprofile.TrueColor)
			keys := [2]tea.KeyPressMsg{apptest.Key("down"), apptest.Key("up")}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				r.Model.Update(keys[i%2])
				if r.Model.View().Content == "" {
					b.Fatal("no frame")
				}
			}
		})
	}
}

// TestKeyToFrame holds a key of every state under 5 ms. It takes the quickest of some, since
// this runs beside everything else and under the race detector; the figure that counts is the
// median on a terminal, which `make bench` takes of the real program.
func TestKeyToFrame(t *testing.T) {
	for _, s := range states() {
		r, _ := s.open(t, size{120, 40}, "en", colorprofile.TrueColor)
		var took []time.Duration
		for i := range 21 {
			began := time.Now()
			r.Model.Update(apptest.Key([]string{"down", "up"}[i%2]))
			r.Model.View()
			took = append(took, time.Since(began))
		}
		if got := slices.Min(took); got > 5*time.Millisecond {
			t.Errorf("%s: key to frame got %v, want at most 5ms", s.name, got)
		}
	}
}
