package message_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/screen/message"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

// The text goes to the clipboard when it is asked for, and at no other key.
func TestCopyOnlyOnRequest(t *testing.T) {
	t.Parallel()
	var sent []tea.Msg
	env := &screen.Env{
		Words: words.For("en"), Style: style.New(style.Options{Profile: colorprofile.NoTTY}), Content: apptest.Content{},
		Send: func(msg tea.Msg) tea.Cmd { sent = append(sent, msg); return nil },
		Do: func(work func(ctx context.Context) tea.Msg) tea.Cmd {
			return func() tea.Msg { return work(t.Context()) }
		},
	}
	m := message.New(env)
	for _, key := range []string{"t", "t", "t", "enter", "x", "down"} {
		if cmd := m.Update(apptest.Key(key)); cmd != nil {
			t.Errorf("%s: got a command, want none", key)
		}
	}
	cmd := m.Update(apptest.Key("c"))
	if cmd == nil {
		t.Fatal("c: got nothing, want the text copied")
	}
	if got, want := fmt.Sprint(cmd()), strings.TrimSpace(apptest.Content{}.Message("en")[0].Text); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(sent) != 1 {
		t.Errorf("got %v, want a line that says so", sent)
	}
}
