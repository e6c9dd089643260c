package apptest

import (
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
)

// Robot presses keys on a model and runs its commands one after the other, without a program,
// a terminal or a clock.
type Robot struct {
	tb    testing.TB
	Model tea.Model
	Quit  bool // the model asked to end the program
	Ran   int  // commands so far
}

// Start returns a robot on a model, after its Init.
func Start(tb testing.TB, m tea.Model) *Robot {
	tb.Helper()
	r := &Robot{tb: tb, Model: m}
	r.run(m.Init(), 0)
	return r
}

// Press presses keys by name, such as "enter", "ctrl+x", "space" or "d".
func (r *Robot) Press(keys ...string) *Robot {
	r.tb.Helper()
	for _, k := range keys {
		r.Send(Key(k))
	}
	return r
}

// Type types a text, key by key.
func (r *Robot) Type(text string) *Robot {
	r.tb.Helper()
	for _, c := range text {
		r.Send(tea.KeyPressMsg{Code: c, Text: string(c)})
	}
	return r
}

// Send hands a message to the model and runs what comes of it.
func (r *Robot) Send(msg tea.Msg) *Robot {
	r.tb.Helper()
	r.send(msg, 0)
	return r
}

// View returns what is on the screen.
func (r *Robot) View() string { return r.Model.View().Content }

// Saw fails the test unless text is on the screen.
func (r *Robot) Saw(text string) *Robot {
	r.tb.Helper()
	if v := r.View(); !strings.Contains(v, text) {
		r.tb.Fatalf("got\n%s\nwant %q on it", v, text)
	}
	return r
}

// most is how long a chain of commands may be before a test calls it a loop.
const most = 100

func (r *Robot) send(msg tea.Msg, depth int) {
	r.tb.Helper()
	if depth > most {
		r.tb.Fatalf("commands without end, the last message is %T", msg)
	}
	if msg == nil {
		return
	}
	if _, ok := msg.(tea.QuitMsg); ok {
		r.Quit = true
		return
	}
	// Batches and sequences are slices of commands; the type of the second is not exported.
	if v := reflect.ValueOf(msg); v.Kind() == reflect.Slice && v.Type().Elem() == reflect.TypeFor[tea.Cmd]() {
		for i := range v.Len() {
			r.run(v.Index(i).Interface().(tea.Cmd), depth)
		}
		return
	}
	var cmd tea.Cmd
	r.Model, cmd = r.Model.Update(msg)
	r.run(cmd, depth)
}

func (r *Robot) run(cmd tea.Cmd, depth int) {
	r.tb.Helper()
	if cmd != nil {
		r.Ran++
		r.send(cmd(), depth+1)
	}
}

// Key returns the press of a key by the name that [tea.KeyPressMsg.String] gives it.
func Key(name string) tea.KeyPressMsg {
	if rest, ok := strings.CutPrefix(name, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: []rune(rest)[0], Mod: tea.ModCtrl}
	}
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"backspace": tea.KeyBackspace, "tab": tea.KeyTab,
	}
	if code, ok := special[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	if name == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}
