package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

var update = flag.Bool("update", false, "write the expected texts anew")

// chaperoned is where the server's program lies. builder sets it before any test runs.
var chaperoned string

// builder builds the server once, before the tests.
type builder struct{ *testing.M }

// Run implements testscript.TestingM.
func (b builder) Run() int {
	dir, err := os.MkdirTemp("", "chaperone-clinic-")
	if err != nil {
		fmt.Fprintf(os.Stderr, "make folder for the server: %v\n", err)
		return 1
	}
	defer os.RemoveAll(dir)
	chaperoned = filepath.Join(dir, "chaperoned")
	args := []string{"build", "-ldflags=-w", "-o", chaperoned}
	if raced {
		// Watched too; and its packages are compiled for the race detector anyway.
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "../../../backend/cmd/chaperoned")...)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build server: %v\n%s", err, out)
		return 1
	}
	return b.M.Run()
}

// scriptWork is the cost of passphrases in the scripts: these protect nothing.
const scriptWork = 4

func TestMain(m *testing.M) {
	testscript.Main(builder{m}, map[string]func(){
		"chaperone-clinic": func() { os.Exit(start(scriptClock, scriptWork)) },
	})
}

// scriptClock is the real clock, for the server's is; $AHEAD moves it.
func scriptClock() time.Time {
	ahead, err := time.ParseDuration(os.Getenv("AHEAD"))
	if err != nil {
		return time.Now()
	}
	return time.Now().Add(ahead)
}

func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", filepath.Join(env.WorkDir, "home"))
			env.Setenv("CHAPERONE_CLINIC_HOME", filepath.Join(env.WorkDir, "office"))
			env.Setenv("LANG", "en_US.UTF-8")
			env.Setenv("TZ", "UTC")
			for name, text := range map[string]string{
				"pass": "correct horse battery", "share": "another long phrase", "ana": "words of ana alone", "ben": "words of ben alone",
			} {
				if err := os.WriteFile(filepath.Join(env.WorkDir, name), []byte(text+"\n"), 0o600); err != nil {
					return err
				}
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"server":  runServer,
			"down":    stopServer,
			"clinic":  makeClinic,
			"admit":   admit,
			"verdict": verdict,
			"mode":    fileMode,
			"killed":  killed,
			"leaves":  leaves,
			"field":   field,
			"approve": approve,
		},
	})
}

// exits runs a program and wants an exit code:
//
//	exits 64 chaperone-clinic bogus
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// fileMode wants who may read and write a file:
//
//	mode 600 out.csv
func fileMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode MODE FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[0] {
		ts.Fatalf("%s has mode %s, want %s", args[1], got, args[0])
	}
}

var servingLine = regexp.MustCompile(`^serving (http://\S+)$`)

// running is the server of a script.
type running struct{ cmd *exec.Cmd }

func (r *running) stop() {
	if r.cmd.ProcessState == nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	}
}

// runServer starts a server on the script's data and sets $SERVER. One that was taken down comes
// back under the same address.
func runServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: server")
	}
	listen := "127.0.0.1:0"
	if old := ts.Getenv("SERVER"); old != "" {
		listen = strings.TrimPrefix(old, "http://")
	}
	cmd := exec.Command(chaperoned, "serve", "--data", ts.MkAbs("srv"), "--listen", listen, "--metrics", "off")
	cmd.Env = []string{"HOME=" + ts.Getenv("HOME")}
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	r := &running{cmd}
	ts.Defer(r.stop)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := servingLine.FindStringSubmatch(lines.Text()); m != nil {
			ts.Setenv("SERVER", m[1])
			ts.Setenv("SERVERPID", strconv.Itoa(cmd.Process.Pid))
			return
		}
	}
	r.stop()
	ts.Fatalf("server does not serve: %s", log.String())
}

// stopServer takes the server down, as a power cut does.
func stopServer(ts *testscript.TestScript, neg bool, args []string) {
	pid, err := strconv.Atoi(ts.Getenv("SERVERPID"))
	ts.Check(err)
	p, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Check(p.Kill())
	for range 200 {
		resp, err := http.Get(ts.Getenv("SERVER") + "/healthz")
		if err != nil {
			return
		}
		_ = resp.Body.Close()
		time.Sleep(5 * time.Millisecond)
	}
	ts.Fatalf("server is still there")
}

// admit lets the clinic of $CHAPERONE_CLINIC_HOME publish.
func admit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: admit")
	}
	out, err := exec.Command(chaperoned, "clinic", "admit", "--data", ts.MkAbs("srv"), readBook(ts).Clinic).CombinedOutput()
	if err != nil {
		ts.Fatalf("admit: %v\n%s", err, out)
	}
}

type bookFile struct {
	Clinic string `json:"clinic"`
	Roots  string `json:"roots"`
}

func readBook(ts *testscript.TestScript) (b bookFile) {
	raw, err := os.ReadFile(filepath.Join(ts.Getenv("CHAPERONE_CLINIC_HOME"), "clinic.json"))
	ts.Check(err)
	ts.Check(json.Unmarshal(raw, &b))
	return b
}

// makeClinic sets a clinic up on a new server, with the monitor here and a device that may send
// notice, appointment and withdraw.
func makeClinic(ts *testscript.TestScript, neg bool, args []string) {
	runServer(ts, neg, nil)
	run := func(args ...string) {
		ts.Check(ts.Exec("chaperone-clinic", append(args, "--passphrase-file", "pass")...))
	}
	run("init", "--name", "Example Aesthetics", "--slug", "example", "--phone", "+15555550100", "--server", ts.Getenv("SERVER"),
		"--public", "https://contact.example.com", "--shares", "stick", "--monitor", "here", "--share-passphrase-file", "share",
		"--person", "ana", "--person", "ben", "--person-passphrase-file", "ana", "--person-passphrase-file", "ben")
	admit(ts, false, nil)
	time.Sleep(time.Second + 50*time.Millisecond) // the server looks at its list once a second
	run("sync")
	run("device", "new")
	run("grant", "--here", "--label", "Front desk", "--holder", "front-desk",
		"--root", "stick/root-1.age", "--root", "stick/root-3.age", "--share-passphrase-file", "share", "--revocation", "stolen.note")
}

// verdict judges a bundle as a patient who holds the clinic's card does:
//
//	verdict GENUINE_ONE_KEY letter.chaperone letter.txt
func verdict(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: verdict HEADLINE BUNDLE TEXT")
	}
	set, err := contact.ParseRootSet(readBook(ts).Roots)
	ts.Check(err)
	bundle, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	raw, err := os.ReadFile(ts.MkAbs(args[2]))
	ts.Check(err)
	text := string(raw)
	now := time.Now()
	v, _, err := contact.Verify(contact.Input{
		Bundle: bundle, Text: &text, Now: now,
		Memory: contact.Memory{Pins: []contact.Pin{contact.NewPin(set, "Example Aesthetics", contact.InPerson, now.Unix()-10)}},
	})
	ts.Check(err)
	if string(v.Headline) != args[0] {
		ts.Fatalf("got %s, findings %v, want %s", v.Headline, v.Findings, args[0])
	}
}

// killed runs a program and kills it once outbox.log has so many bytes:
//
//	killed 90000 chaperone-clinic send --csv …
func killed(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: killed BYTES PROGRAM [ARGUMENT...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	path, err := exec.LookPath(filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], args[1]))
	ts.Check(err)
	cmd := exec.Command(path, args[2:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"HOME", "CHAPERONE_CLINIC_HOME", "LANG", "TZ", "PATH"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	ts.Check(cmd.Start())
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	outbox := filepath.Join(ts.Getenv("CHAPERONE_CLINIC_HOME"), "outbox.log")
	for {
		if info, err := os.Stat(outbox); err == nil && info.Size() >= int64(want) {
			break
		}
		select {
		case err := <-done:
			ts.Fatalf("the program ended by itself: %v", err)
		case <-time.After(2 * time.Millisecond):
		}
	}
	ts.Check(cmd.Process.Kill())
	var exit *exec.ExitError
	if err := <-done; !errors.As(err, &exit) || exit.ExitCode() != -1 {
		ts.Fatalf("the program ended by itself: %v", err)
	}
}

// approve lets ben approve the one request that waits, for a reason:
//
//	approve batch --messages 3
func approve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: approve WHY [ARGUMENT...]")
	}
	ts.Check(ts.Exec("chaperone-clinic", "monitor", "approve", "--json"))
	var doc struct {
		Waiting []struct{ Name, Why string }
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	if len(doc.Waiting) != 1 || doc.Waiting[0].Why != args[0] {
		ts.Fatalf("got %+v waiting, want one because of %s", doc.Waiting, args[0])
	}
	run := append([]string{"monitor", "approve", doc.Waiting[0].Name, "--person", "ben", "--person-passphrase-file", "ben"}, args[1:]...)
	ts.Check(ts.Exec("chaperone-clinic", run...))
}

// leaves wants how many leaves the msgs log has:
//
//	leaves 3
func leaves(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: leaves N")
	}
	if got := countLeaves(ts); strconv.Itoa(got) != args[0] {
		ts.Fatalf("got %d leaves, want %s", got, args[0])
	}
}

// countLeaves is the size of the newest checkpoint; a log without one is empty.
func countLeaves(ts *testscript.TestScript) int {
	resp, err := http.Get(ts.Getenv("SERVER") + "/log/msgs/checkpoint")
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode == http.StatusNotFound {
		return 0
	}
	lines := strings.Split(string(body), "\n")
	if len(lines) < 2 {
		ts.Fatalf("got checkpoint %q", body)
	}
	n, err := strconv.Atoi(lines[1])
	ts.Check(err)
	return n
}

// field puts a field of the last JSON output into a variable:
//
//	field ref REF
func field(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field NAME VARIABLE")
	}
	var doc map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &doc))
	s, ok := doc[args[0]].(string)
	if !ok {
		ts.Fatalf("no text %q in the output", args[0])
	}
	ts.Setenv(args[1], s)
}
