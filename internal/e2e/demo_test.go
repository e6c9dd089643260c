//go:build linux

package e2e

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// table is the demo's key back to the table.
const table = "\x14"

var recoveryCode = regexp.MustCompile(`[2-9A-HJKMNP-Z]{4}(-\s*[2-9A-HJKMNP-Z]{4}){6}`)

// onTheTable is what a letter says, and what the phone says of it, in the order of the table.
var onTheTable = []struct{ letter, verdict string }{
	{"your check-up is on", "Signed, but not to you alone"},
	{"We have a new number", "phone number changed"},
	{"Please confirm today", "link changed"},
	{"deposit today to", "payment address changed"},
	{"your results are in", "Only this text."},
	{"we moved your visit", "This was made for another person"},
	{"next Monday", "It ran out on"},
	{"is off. You need not", "has taken it back"},
	{"bank card and its PIN", "Your clinic says that it did not send this"},
	{"Mill Lane", "Someone made this look like"},
	{"you get money back", "No message has this code"},
	{"needs new photos", "Signed, but not to you alone"},
	{"we lost your file", "Part of the proof"},
	{"your first visit", "That clinic is not set up"},
	{"is due in January", "It was signed by your clinic as of"},
	{"18 December", "two different histories"},
}

// TestDemo walks the whole path: four questions, a task, a second device, every letter on the
// table, and the day on which the clinic finds out that a computer was copied.
func TestDemo(t *testing.T) {
	t.Parallel()
	keep := filepath.Join(t.TempDir(), "demo")
	x := openProgram(t, "chaperone-demo", standard, environment(t.TempDir()), "--keep", keep, "--language", "en")
	walk := func(steps ...step) {
		t.Helper()
		for _, s := range steps {
			x.press(s.keys)
			x.waitFor(s.shows)
		}
	}
	x.waitFor("On the table")
	x.waitFor("A message from the clinic")
	walk(step{"jj" + enter, "your check-up is on"}, step{enter, "Set up your phone first."}) // no phone yet
	walk(
		step{enter, "Begin: four questions"}, step{enter, "1 of 4"}, step{"u", "2 of 4"}, step{enter, "3 of 4"},
		step{"u", "4 of 4"}, step{"u", "Write it down now."}, step{"\x1b", "Do this next"},
		step{enter, "Done when"}, step{"d", "1 of 12 done"},
	)
	walk(step{table + "j", "My other phone"})
	for i, l := range onTheTable {
		walk(step{table + "j" + enter, l.letter}, step{enter, l.verdict})
		if i == 1 {
			for _, want := range []string{"Not what your clinic wrote", "202-555-0199", "Ring the number on your clinic card"} {
				x.waitFor(want)
			}
		}
	}
	walk(step{table + "j" + enter, "The clinic ended the copied keys."})
	walk(step{strings.Repeat("k", 5) + enter, "needs new photos"}, step{enter, "a key that was stolen from your clinic"})

	time.Sleep(1500 * time.Millisecond) // the phone tells the server within a second
	walk(step{table + strings.Repeat("k", len(onTheTable)) + enter, "a key that was stolen"}, step{"\x1b", "A message you trusted on"})
	walk(step{table, "On a slip of paper"})
	code := strings.Join(strings.Fields(recoveryCode.FindString(x.text())), "")
	if code == "" {
		t.Fatalf("no recovery code on the table:\n%s", x.text())
	}
	walk(step{"j" + enter, "I have a recovery code"}, step{"j" + enter, "The address of the server"}, step{enter, "Type the recovery code"})
	walk(step{code + enter, "Your steps are back"}, step{enter, "1 of 12 done"}, step{"", "A message you trusted on"})
	began := x.press("\x18")
	if code := x.wait(); code != 0 {
		t.Errorf("got exit %d, want 0", code)
	}
	t.Logf("left after %v", x.end.Sub(began))
	for _, name := range []string{"from-the-clinic.txt", "with-a-changed-file.chaperone", "with-a-changed-file.txt"} {
		if _, err := os.Stat(filepath.Join(keep, "letters", name)); err != nil {
			t.Errorf("with --keep: %v", err)
		}
	}
}

// What the README shows is what the program draws, and its commands are there.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(readme), "```")
	if len(blocks) < 5 {
		t.Fatalf("got %d blocks in the README, want a frame and the commands", len(blocks))
	}
	for line := range strings.Lines(blocks[3]) {
		if target, ok := strings.CutPrefix(line, "make "); ok {
			target, _, _ = strings.Cut(target, " ")
			if !strings.Contains(string(makefile), "\n"+target+":") {
				t.Errorf("the README says make %s, and there is no such target", target)
			}
		}
	}
	x := openProgram(t, "chaperone-demo", standard, environment(t.TempDir()), "--language", "en")
	for _, s := range []step{
		{"", "On the table"}, {enter, "Begin: four questions"}, {enter, "1 of 4"}, {"u", "2 of 4"}, {"u", "3 of 4"},
		{"u", "4 of 4"}, {"u", "Write it down now."}, {table, "A message from the clinic"}, {"jjj" + enter, "We have a new number"}, {enter, "Not what your clinic wrote"},
	} {
		x.press(s.keys)
		x.waitFor(s.shows)
	}
	shown := x.text()
	for line := range strings.Lines(strings.Trim(blocks[1], "\n")) {
		if line = strings.TrimSpace(line); line != "" && !strings.Contains(shown, line) {
			t.Errorf("the README shows %q, the program does not; it shows\n%s", line, shown)
		}
	}
	x.press("\x18")
	x.wait()
}

// BenchmarkDemo is from the start of the demo, built before, to its first frame: a server with
// its database and logs is made first. The letters come behind it.
func BenchmarkDemo(b *testing.B) {
	var all []time.Duration
	for b.Loop() {
		start := time.Now()
		x := openProgram(b, "chaperone-demo", standard, environment(b.TempDir()))
		all = append(all, x.waitFor("On the table").Sub(start))
		x.press("\x18")
		x.wait()
	}
	report(b, all, "ms/frame", 2*time.Second)
}
