package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/app"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// TestFooterKeysWork presses every key that any footer names, and expects that something
// comes of it.
func TestFooterKeysWork(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			at := size{80, 24}
			r, _ := s.open(t, at, "en", colorprofile.NoTTY)
			rows := widget.FooterKeys(words.For("en"), r.Model.(*app.Model).Footer(), widget.Wide(at.w))
			if len(rows) != 1 || len(rows[0]) > 6 || len(rows[0]) < 2 {
				t.Fatalf("footer: got %v, want two to six keys on one line", rows)
			}
			for _, b := range slices.Concat(rows...) {
				r, _ := s.open(t, at, "en", colorprofile.NoTTY)
				m := r.Model.(*app.Model)
				if m.Typing() {
					r.Type("x") // so that there is something to accept or to clear
				}
				before, ran := r.View(), r.Ran
				r.Press(b.Keys[0])
				if r.Ran == ran && r.View() == before {
					t.Errorf("%s (%s): nothing happened on\n%s", b.Label(words.For("en")), words.For("en").T(b.Help), before)
				}
			}
		})
	}
}

// TestHelpNamesEveryKey looks for every key of the screen on its help.
func TestHelpNamesEveryKey(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		r, _ := s.open(t, size{80, 200}, "en", colorprofile.NoTTY)
		m := r.Model.(*app.Model)
		if m.Typing() || s.name == "help" {
			continue
		}
		k := m.Screen().Keys()
		r.Press("?")
		for _, b := range slices.Concat(k.Short, k.More) {
			r.Saw(words.For("en").T(b.Help))
		}
		r.Press("?")
		if got, want := m.Screen().Keys().Short, k.Short; len(got) != len(want) {
			t.Errorf("%s: help does not go back", s.name)
		}
	}
}

// TestQuickExit leaves from every state by each of the signs: no question, an empty screen,
// the keys dropped, and the callback called.
func TestQuickExit(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		for name, sign := range map[string][]string{"ctrl-x": {"ctrl+x"}, "esc esc": {"esc", "esc"}} {
			t.Run(s.name+" "+name, func(t *testing.T) {
				t.Parallel()
				left, slow := 0, true
				now := apptest.Now
				r, d := s.with(t, app.Config{
					Profile: colorprofile.NoTTY, Theme: "dark", Leave: func() { left++ },
					Now: func() time.Time {
						if slow {
							now = now.Add(time.Second)
						}
						return now
					},
				})
				slow = false
				m := r.Model.(*app.Model)
				device := m.Device()
				now = now.Add(time.Second)
				r.Press(sign...)
				if left != 1 || !r.Quit || !m.Left() {
					t.Fatalf("got callback %d times, quit %v, left %v; want 1, true, true", left, r.Quit, m.Left())
				}
				if v := r.View(); v != "" {
					t.Errorf("got %q still on the screen, want nothing", v)
				}
				if device == nil {
					return
				}
				if d == nil || device != screen.Device(d) {
					d = device.(*apptest.Device)
				}
				deadline := time.After(2 * time.Second)
				for !d.IsClosed() {
					select {
					case <-deadline:
						t.Fatal("the device was not closed")
					default:
						time.Sleep(time.Millisecond)
					}
				}
			})
		}
	}
}

func TestSlowEscIsBack(t *testing.T) {
	t.Parallel()
	now := apptest.Now
	r, _ := state{do: press("l")}.with(t, app.Config{Profile: colorprofile.NoTTY, Theme: "dark", Now: func() time.Time { return now }})
	r.Press("enter").Press("esc").Saw("Your steps")
	now = now.Add(601 * time.Millisecond)
	r.Press("esc").Saw("Do this next")
	if r.Quit {
		t.Error("Esc twice, slowly: got out, want back")
	}
	now = now.Add(601 * time.Millisecond)
	r.Press("esc", "l", "esc")
	if r.Quit {
		t.Error("Esc, another key, Esc: got out, want back")
	}
}

// TestCrisisFromEverywhere reaches the crisis screen with one key from every state.
func TestCrisisFromEverywhere(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		if strings.HasPrefix(s.name, "helper") && s.name != "helper-back" { // see TestHelperSeesTasksOnly
			continue
		}
		r, _ := s.open(t, size{80, 24}, "en", colorprofile.NoTTY)
		key := "n"
		if r.Model.(*app.Model).Typing() {
			key = "ctrl+n"
		}
		if s.name == "crisis-region" {
			continue // it is the crisis screen
		}
		r.Press(key)
		if s.name != "crisis" && s.name != "crisis-opened" {
			r.Saw("You are being threatened.")
		}
	}
}

// TestLettersAreTextWhileTyping types the letters that are keys elsewhere.
func TestLettersAreTextWhileTyping(t *testing.T) {
	t.Parallel()
	r, _ := state{do: press("v")}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Type("n?sjkqd").Saw("n?sjkqd")
}

// TestNeutralTitle looks at what a window list shows.
func TestNeutralTitle(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		for locale, want := range map[string]string{"en": "Checklist", "es": "Lista"} {
			r, _ := s.open(t, size{80, 24}, locale, colorprofile.NoTTY)
			v := r.Model.View()
			if v.WindowTitle != want || !v.AltScreen {
				t.Errorf("%s: got title %q, alternate screen %v; want %q, true", s.name, v.WindowTitle, v.AltScreen, want)
			}
		}
	}
}

func TestFirstRun(t *testing.T) {
	t.Parallel()
	r, _ := state{none: true}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Saw("Chaperone").Press("enter").Saw("1 of 4")
	r.Press("down", "down", "enter").Saw("2 of 4").Press("enter").Saw("3 of 4")
	r.Press("space", "down", "space", "enter").Saw("4 of 4").Press("space", "enter").Saw("Your recovery code")
	d := r.Model.(*app.Model).Device().(*apptest.Device)
	got := d.State().Answers
	if got.Stage != checklist.Notified || got.Region != "us" || len(got.Exposed) != 2 || len(got.Uses) != 1 || got.Uses[0] != "facebook" {
		t.Errorf("answers: got %+v, want notified, us, two exposures, facebook", got)
	}
	r.Press("enter").Type(d.Code.Grouped()).Press("enter").Saw("Do this next")
	if !d.RecoveryConfirmed() {
		t.Error("the retyped code was not confirmed")
	}
}

func TestSkippedAnswersStayOpen(t *testing.T) {
	t.Parallel()
	r, d := state{device: apptest.Fresh}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Press("u", "u", "u", "u")
	if got := d.State(); !got.Answered || got.Answers.Stage != "" || got.Answers.Region != "" || got.Answers.Exposed != nil || got.Answers.Uses != nil {
		t.Errorf("got %+v, want every answer open", got.Answers)
	}
}

func TestTask(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		keys     []string
		platform string
		want     checklist.Status
		reason   checklist.SkipReason
		until    bool
	}{
		{"done", []string{"d"}, "", checklist.Done, "", false},
		{"skip", []string{"s", "down", "enter"}, "", checklist.Skipped, checklist.ReasonDidElsewhere, false},
		{"not mine", []string{"x"}, "", checklist.NotMine, checklist.ReasonNotMine, false},
		{"later", []string{"l", "down", "enter"}, "", checklist.Later, "", true},
		{"one platform", []string{"down", "space"}, "instagram", checklist.Done, "", false},
		{"one platform again", []string{"space", "space"}, "facebook", checklist.Todo, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, d := state{do: press("enter")}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
			r.Press(tt.keys...)
			rows := d.State().Rows
			got := rows[len(rows)-1]
			if got.Item != "social.friends" || got.Platform != tt.platform || got.Status != tt.want || got.SkipReason != tt.reason || (got.DueAt != 0) != tt.until {
				t.Errorf("got %+v, want %s on %q for reason %q", got, tt.want, tt.platform, tt.reason)
			}
		})
	}
}

func TestVerifyPaste(t *testing.T) {
	t.Parallel()
	r, d := state{device: judged(contact.Verdict{Headline: contact.Genuine, Signer: "front desk", Body: "x"}), do: press("v")}.
		open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Send(tea.PasteMsg{Content: "CHAPB1\rsecond\r\rthird"}).Send(tea.PasteMsg{Content: "what I got\r\nline two"}).Saw("Genuine")
	if got, want := string(d.Bundle), "CHAPB1\nsecond\n\nthird"; got != want {
		t.Errorf("bundle: got %q, want %q", got, want)
	}
	if d.Received == nil || *d.Received != "what I got\nline two" {
		t.Errorf("text: got %v, want both lines", d.Received)
	}
}

// TestErrorIsNeverGenuine gives an error together with a green verdict.
func TestErrorIsNeverGenuine(t *testing.T) {
	t.Parallel()
	r, d := state{device: judged(contact.Verdict{Headline: contact.Genuine, Signer: "front desk", Body: "secret body"})}.
		open(t, size{80, 24}, "en", colorprofile.NoTTY)
	d.Fail = apptest.ErrRead
	check(r, d)
	r.Saw("We cannot tell")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	r, d := state{do: press("s")}.open(t, size{80, 24}, "en", colorprofile.TrueColor)
	r.Press("enter", "enter").Saw("Ajustes")
	if d.State().Settings.Locale != "es" {
		t.Errorf("locale: got %q, want es", d.State().Settings.Locale)
	}
	r.Press("enter", "enter").Saw("Settings")
	dark := r.View()
	r.Press("down", "enter")
	if d.State().Settings.Theme != "light" || r.View() == dark {
		t.Errorf("theme: got %q and the same colours", d.State().Settings.Theme)
	}
	r.Press("down", "enter").Type("battery").Press("enter").Type("battery").Press("enter").Saw("The passphrase is set.")
	if d.Secret != "battery" {
		t.Errorf("passphrase: got %q", d.Secret)
	}
	r.Press("down", "enter").Type("https://chaperone.example").Press("enter").Saw("https://chaperone.example")
	r.Press("down", "enter").Saw("Up to date")
}

func TestWipeNeedsTheWord(t *testing.T) {
	t.Parallel()
	r, d := state{do: press("s", "end")}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Press("enter").Type("yes").Press("enter").Saw("Nothing was removed.")
	if d.Wiped {
		t.Fatal("wiped without the word")
	}
	r.Type("remove").Press("enter").Saw("Everything on this device is removed.").Saw("Begin")
	if !d.Wiped || !d.Closed {
		t.Errorf("got wiped %v, closed %v; want both", d.Wiped, d.Closed)
	}
}

// TestNothingWaitsForTheVault draws the first frame before the command that opens it ran.
func TestNothingWaitsForTheVault(t *testing.T) {
	t.Parallel()
	m := app.New(app.Config{Content: apptest.Content{}, Opener: apptest.Opener(apptest.New()), Profile: colorprofile.NoTTY, Theme: "dark"})
	if v := m.View().Content; v == "" {
		t.Error("got no first frame")
	}
	apptest.Start(t, m).Saw("Do this next")
}

// TestLightTerminal follows what the terminal says about its ground.
func TestLightTerminal(t *testing.T) {
	t.Parallel()
	m := app.New(app.Config{Content: apptest.Content{}, Device: apptest.New(), Profile: colorprofile.TrueColor})
	before := m.View().Content
	m.Update(tea.BackgroundColorMsg{Color: white{}})
	if m.View().Content == before {
		t.Error("a light ground changes nothing")
	}
}

type white struct{}

func (white) RGBA() (r, g, b, a uint32) { return 0xffff, 0xffff, 0xffff, 0xffff }

// TestReadToTheEnd scrolls every state on a small terminal until its last line was seen.
func TestReadToTheEnd(t *testing.T) {
	t.Parallel()
	always := keys.NewAlways()
	for _, s := range states() {
		r, _ := s.open(t, size{40, 20}, "en", colorprofile.NoTTY)
		m := r.Model.(*app.Model)
		if m.Typing() {
			continue
		}
		lines := m.Screen().View(40).Body.Lines()
		last := lines[len(lines)-1]
		for i := 0; last == "" && i < len(lines); i++ {
			last = lines[len(lines)-1-i]
		}
		for range 60 {
			r.Press(always.Down.Keys[0])
		}
		if s.name == "questions-1" || s.name == "questions-2" {
			continue // the cursor moves, which changes the last line
		}
		r.Saw(last[2:])
	}
}

// TestLanguageIsKept chooses Spanish before there is a vault to keep it in.
func TestLanguageIsKept(t *testing.T) {
	t.Parallel()
	r, _ := state{none: true}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Press("down", "down", "enter").Saw("Empezar").Press("up", "up", "enter").Saw("1 de 4")
	if got := r.Model.(*app.Model).Device().State().Settings.Locale; got != "es" {
		t.Errorf("settings: got locale %q, want es", got)
	}
}

// TestCrisisRegionAnswersTheQuestion chooses a country on the crisis screen, then begins.
func TestCrisisRegionAnswersTheQuestion(t *testing.T) {
	t.Parallel()
	r, _ := state{none: true}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Press("n", "g", "enter").Saw("555-0100").Press("esc", "enter", "u").Saw("› United States").Press("enter", "u", "u")
	if got := r.Model.(*app.Model).Device().State().Answers.Region; got != "us" {
		t.Errorf("region: got %q, want us", got)
	}
}

func TestCrisisBecomesThePlan(t *testing.T) {
	t.Parallel()
	r, d := state{do: press("n", "m")}.open(t, size{80, 24}, "en", colorprofile.NoTTY)
	r.Saw("This is your plan now.")
	if got := d.State().Answers; got.Stage != checklist.Threatened || got.Region != "us" {
		t.Errorf("answers: got %+v, want threatened in us", got)
	}
}

// TestCursorStandsBehindTheText looks for the terminal's cursor where the next letter goes.
func TestCursorStandsBehindTheText(t *testing.T) {
	t.Parallel()
	for _, s := range states() {
		for _, at := range []size{{40, 20}, {80, 24}} {
			r, _ := s.open(t, at, "en", colorprofile.NoTTY)
			if !r.Model.(*app.Model).Typing() {
				if r.Model.View().Cursor != nil {
					t.Errorf("%s: a cursor without a field", s.name)
				}
				continue
			}
			r.Press("ctrl+u").Type("zzz")
			c := r.Model.View().Cursor
			if c == nil {
				t.Errorf("%s at %v: no cursor", s.name, at)
				continue
			}
			line := strings.Split(r.View(), "\n")[c.Y]
			if want := ansi.StringWidth(strings.TrimRight(line, " ")); c.X != want || !strings.HasPrefix(strings.TrimSpace(line), "›") {
				t.Errorf("%s at %v: got column %d on %q, want %d", s.name, at, c.X, line, want)
			}
		}
	}
}
