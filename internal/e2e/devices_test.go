//go:build linux

package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plan is what chaperone plan --json says, as far as these tests look.
type plan struct {
	Schema   string `json:"schema"`
	Done     int    `json:"done"`
	Total    int    `json:"total"`
	Rows     []row  `json:"rows"`
	Finished []row  `json:"finished"`
}

type row struct {
	Item   string `json:"item"`
	Status string `json:"status"`
}

func planOf(t testing.TB, env []string) plan {
	t.Helper()
	var p plan
	if err := json.Unmarshal([]byte(must(t, env, "", "plan", "--json")), &p); err != nil {
		t.Fatalf("read plan: %v", err)
	}
	return p
}

func (p plan) status(item string) string {
	for _, r := range slices.Concat(p.Rows, p.Finished) {
		if r.Item == item {
			return r.Status
		}
	}
	return "missing"
}

// do marks the first row of the plan in line mode, by one of the choices of a task.
func do(t testing.TB, env []string, label string) {
	t.Helper()
	c := converse(t, env)
	c.choose("Start it")
	c.choose(label)
	c.leave()
}

// TestTwoDevices walks the path of a person with a laptop and a phone, a server between them
// that falls back to an older state, and an end.
func TestTwoDevices(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "server")
	s := serve(t, data, anyPort)
	one := environment(filepath.Join(dir, "one"))
	two := environment(filepath.Join(dir, "two"))

	// The first device: a vault, four answers, one task done, saved.
	c, code := begin(t, one, "--server", s.url)
	first := planOf1(c)
	c.choose("Start it")
	c.choose("I did it")
	c.choose("Bring my devices together")
	if !strings.Contains(c.block, "saved on the server") {
		t.Errorf("after the first sync line mode says %q, want that it is saved", c.block)
	}
	c.leave()
	before := planOf(t, one)
	if before.Done != 1 {
		t.Fatalf("first device: %d done, want 1", before.Done)
	}
	done := before.Finished[0].Item
	if first == "" || before.status(done) != "done" {
		t.Fatalf("first device: row %s is %s, want done", done, before.status(done))
	}

	// The second device comes by the code alone, and sees the task done.
	out := must(t, two, code+"\n", "restore", "--server", s.url)
	if !strings.Contains(out, "last saved") {
		t.Errorf("restore says %q, want when and where it was last saved", out)
	}
	if diff := cmp.Diff(before, planOf(t, two)); diff != "" {
		t.Errorf("the plans differ (-first +second):\n%s", diff)
	}

	// Both change something, without knowing of each other, and come together.
	do(t, one, "I did it")
	second := planOf(t, two)
	skip := converse(t, two)
	skip.choose("The plan")
	skip.answer("2")
	skip.choose("This is not for me")
	skip.leave()
	must(t, one, "", "sync")
	must(t, two, "", "sync")
	must(t, one, "", "sync")
	a, b := planOf(t, one), planOf(t, two)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("after both have synced the plans differ (-first +second):\n%s", diff)
	}
	if got := a.status(second.Rows[0].Item); got != "done" {
		t.Errorf("the task done on the first device is %s, want done", got)
	}
	if got := a.status(second.Rows[1].Item); got != "na" {
		t.Errorf("the task put aside on the second device is %s, want na", got)
	}
	if again := must(t, one, "", "sync"); !strings.Contains(again, "Nothing has changed") {
		t.Errorf("a sync with nothing new says %q", again)
	}

	// A server that goes back to an older state is refused, and nothing changes here.
	s.stop()
	backup := filepath.Join(dir, "backup")
	copyFolder(t, data, backup)
	s = serve(t, data, s.addr())
	do(t, one, "I did it")
	must(t, one, "", "sync")
	newest := planOf(t, one)
	s.stop()
	s = serve(t, backup, s.addr())
	refused(t, one, "", 3, "older copy", "sync")
	if diff := cmp.Diff(newest, planOf(t, one)); diff != "" {
		t.Errorf("the refused rollback changed the plan (-before +after):\n%s", diff)
	}
	s.stop()

	// A server that does not answer loses nothing either.
	refused(t, one, "", 2, "could not be reached", "sync")
	if diff := cmp.Diff(newest, planOf(t, one)); diff != "" {
		t.Errorf("a server that is down changed the plan (-before +after):\n%s", diff)
	}

	// Wiping one device leaves the other and the server alone; wiping everywhere does not.
	s = serve(t, data, s.addr())
	must(t, two, "", "sync")
	must(t, one, "", "wipe", "--yes")
	if entries, err := os.ReadDir(filepath.Join(dir, "one")); err == nil && len(entries) > 0 {
		t.Errorf("after the wipe the folder still holds %v", entries)
	}
	refused(t, one, "", 4, "no vault", "plan")
	must(t, one, code+"\n", "restore", "--server", s.url)
	if diff := cmp.Diff(planOf(t, two), planOf(t, one)); diff != "" {
		t.Errorf("restored after a wipe the plans differ (-second +first):\n%s", diff)
	}
	must(t, two, "", "wipe", "--everywhere", "--yes")
	refused(t, two, code+"\n", 3, "", "restore", "--server", s.url)
	refused(t, one, "", 3, "", "sync")
}

// planOf1 returns the line that says what to do next.
func planOf1(c *talk) string {
	for line := range strings.Lines(c.block) {
		if strings.HasPrefix(line, "Do this next") {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
