//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// office builds the clinic's program for tests: passphrases cost less.
var office = sync.OnceValues(func() (string, error) {
	file := filepath.Join(bin, "chaperone-clinic-test")
	args := []string{"build", "-ldflags=-w", "-tags", "chaperonetest", "-o", file}
	if raced {
		args = append(args, "-race")
	}
	build := exec.Command("go", append(args, "./tui/cmd/chaperone-clinic")...)
	build.Dir = filepath.Join("..", "..")
	out, err := build.CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return file, nil
})

// desk is one machine of a clinic.
type desk struct {
	t     testing.TB
	home  string
	pass  string // file with the machine's passphrase
	env   []string
	stdin string
}

func newDesk(t testing.TB, dir, name string) *desk {
	t.Helper()
	if _, err := office(); err != nil {
		t.Fatalf("build chaperone-clinic: %v", err)
	}
	d := &desk{t: t, home: filepath.Join(dir, name), pass: filepath.Join(dir, name+".pass")}
	write(t, d.pass, name+" passphrase words\n")
	return d
}

func write(t testing.TB, file, text string) string {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func (d *desk) command(ctx context.Context, args ...string) *exec.Cmd {
	d.t.Helper()
	file, err := office()
	if err != nil {
		d.t.Fatalf("build chaperone-clinic: %v", err)
	}
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Env = append(environment(filepath.Dir(d.home), d.env...), "CHAPERONE_CLINIC_HOME="+d.home)
	cmd.Stdin = strings.NewReader(d.stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd
}

// run runs one command with the machine's passphrase and wants an exit code.
func (d *desk) run(code int, args ...string) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	if !strings.HasPrefix(args[0]+" "+args[min(1, len(args)-1)], "monitor ") || args[1] == "init" {
		args = append(args, "--passphrase-file", d.pass)
	}
	cmd := d.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		d.t.Fatalf("run chaperone-clinic %v: %v", args, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != code {
		d.t.Fatalf("chaperone-clinic %v: exit code %d, want %d\n%s%s", args, got, code, stdout.String(), stderr.String())
	}
	return stdout.String()
}

// field reads one field of a JSON answer.
func field[T any](t testing.TB, raw, name string) T {
	t.Helper()
	var all map[string]json.RawMessage
	var v T
	if err := json.Unmarshal([]byte(raw), &all); err != nil {
		t.Fatalf("read answer: %v\n%s", err, raw)
	}
	if err := json.Unmarshal(all[name], &v); err != nil {
		t.Fatalf("read %s of answer: %v\n%s", name, err, raw)
	}
	return v
}

// serve starts the monitor and waits until it answers.
func (d *desk) serve(listen string) (address string, stop func()) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := d.command(ctx, "monitor", "serve", "--listen", listen, "--every", "1s", "--passphrase-file", d.pass)
	out, err := cmd.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	found, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := regexp.MustCompile(`127\.0\.0\.1:\d+`).FindString(lines.Text()); m != "" {
				found <- m
				break
			}
		}
		for lines.Scan() {
			continue
		}
		_ = cmd.Wait()
	}()
	stop = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-done:
		case <-time.After(patience):
			cancel()
			<-done
			d.t.Errorf("the monitor did not end: %s", log.String())
		}
		cancel()
	})
	d.t.Cleanup(stop)
	select {
	case address = <-found:
	case <-done:
		d.t.Fatalf("the monitor ended: %s", log.String())
	case <-time.After(patience):
		d.t.Fatal("the monitor does not answer")
	}
	return address, stop
}

// until waits for something that another process does on its own.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: did not happen", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// A clinic with two machines and a server, each a process of its own: what is sent must pass the
// monitor; what a thief sends with a copy of the staff PC ends with an alarm.
func TestMonitor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	srv := serve(t, filepath.Join(dir, "server"), anyPort)
	mon, pc := newDesk(t, dir, "monitor"), newDesk(t, dir, "front-desk")
	ana := write(t, filepath.Join(dir, "ana.pass"), "ana has words of her own\n")
	ben := write(t, filepath.Join(dir, "ben.pass"), "ben has other words\n")
	share := write(t, filepath.Join(dir, "share.pass"), "words of the root holders\n")
	shares := filepath.Join(dir, "stick")

	// The monitor listens where the system says, so its address is found before it is set up.
	listen := freePort(t)
	request := field[string](t, mon.run(0, "monitor", "init", "--json", "--address", "https://"+listen, "--person", "ana", "--person", "ben",
		"--person-passphrase-file", ana, "--person-passphrase-file", ben), "request")
	made := pc.run(0, "init", "--json", "--name", "Example Aesthetics", "--slug", "example-aesthetics", "--phone", "+15555550100",
		"--server", srv.url, "--public", "https://contact.example.com", "--shares", shares, "--monitor", request, "--share-passphrase-file", share)
	id := field[string](t, made, "clinic_id")
	admit := exec.CommandContext(t.Context(), program("chaperoned"), "clinic", "admit", "--data", filepath.Join(dir, "server"), id)
	admit.Env = environment(dir)
	if out, err := admit.CombinedOutput(); err != nil {
		t.Fatalf("admit: %v\n%s", err, out)
	}
	time.Sleep(1200 * time.Millisecond) // the server looks within a second
	pc.run(0, "sync")
	mon.run(3, "monitor", "join", "--clinic", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "--server", srv.url)
	notes := field[[]string](t, mon.run(0, "monitor", "join", "--json", "--clinic", id, "--server", srv.url), "notes")
	if len(notes) < 2 || !strings.Contains(notes[0], "Example Aesthetics") {
		t.Errorf("got notes %q, want the profile first", notes)
	}
	mon.run(2, "monitor", "approve", "x", "--person", "ben", "--person-passphrase-file", ben)
	_, stop := mon.serve(listen)

	device := field[string](t, pc.run(0, "device", "new", "--json"), "request")
	invitation := filepath.Join(dir, "invitation")
	mon.run(3, "monitor", "invite", "--device", device, "--out", invitation, "--person", "ana", "--person-passphrase-file", ben)
	mon.run(0, "monitor", "invite", "--device", device, "--out", invitation, "--person", "ana", "--person-passphrase-file", ana)
	root := func(n string) string { return filepath.Join(shares, "root-"+n+".age") }
	sealed := filepath.Join(dir, "sealed.note")
	pc.run(0, "grant", "--here", "--label", "Front desk", "--holder", "ana", "--kinds", "notice,billing,withdraw", "--revocation", sealed,
		"--root", root("1"), "--root", root("2"), "--share-passphrase-file", share)
	pc.run(0, "device", "join", "--monitor", invitation)
	until(t, "first status", func() bool { return field[int64](t, mon.run(0, "monitor", "status", "--json"), "devices") == 1 })

	text := write(t, filepath.Join(dir, "letter.txt"), "Please bring your folder.\n")
	if code := field[string](t, pc.run(0, "send", "--json", "--text", text), "code"); len(code) < 20 {
		t.Errorf("got code %q", code)
	}
	// A bill waits for a second person, who is not the one whose device asks.
	pc.run(3, "send", "--kind", "billing", "--text", text)
	waiting := field[[]struct{ Name, Why string }](t, mon.run(0, "monitor", "approve", "--json"), "waiting")
	if len(waiting) != 1 || waiting[0].Why != "billing" {
		t.Fatalf("got waiting %+v, want one bill", waiting)
	}
	mon.run(3, "monitor", "approve", waiting[0].Name, "--person", "ana", "--person-passphrase-file", ana)
	mon.run(0, "monitor", "approve", waiting[0].Name, "--person", "ben", "--person-passphrase-file", ben)
	pc.run(0, "send", "--drafts")
	if sent := field[[]any](t, mon.run(0, "monitor", "today", "--json"), "sent"); len(sent) != 2 {
		t.Errorf("got %d messages today, want 2", len(sent))
	}
	mon.run(0, "monitor", "alarms")

	// The monitor is stopped and started again: nothing is forgotten.
	stop()
	mon.run(2, "monitor", "approve", "x", "--person", "ben", "--person-passphrase-file", ben)
	pc.run(2, "send", "--text", text)
	mon.serve(listen)
	pc.run(0, "send", "--drafts")

	// A thief copies all of the staff PC.
	thief := &desk{t: t, home: filepath.Join(dir, "thief"), pass: pc.pass}
	copyFolder(t, pc.home, thief.home)
	thief.run(0, "send", "--text", text)
	pc.run(3, "send", "--text", text)
	thief.run(3, "send", "--text", text)
	list := mon.run(1, "monitor", "alarms", "--json")
	if field[int](t, list, "open") != 1 || !strings.Contains(list, `"copied"`) {
		t.Errorf("got alarms %s, want one about a copy", list)
	}
	mon.run(0, "monitor", "alarms", "--done", "1", "--person", "ben", "--person-passphrase-file", ben)
	mon.run(0, "monitor", "alarms")

	// The key is ended: the next status says so, though the device cannot tell the monitor.
	before := field[int64](t, mon.run(0, "monitor", "status", "--json"), "issued")
	other := newDesk(t, dir, "other")
	other.run(0, "device", "new")
	other.run(0, "device", "join", "--clinic", id, "--server", srv.url)
	other.run(0, "revoke", "ana", "--reason", "compromised", "--sealed", sealed)
	until(t, "status after the revocation", func() bool {
		s := mon.run(0, "monitor", "status", "--json")
		return field[int64](t, s, "issued") > before && field[int](t, s, "ended") == 1
	})
	mon.run(3, "monitor", "holiday", "--until", time.Now().AddDate(0, 0, 3).Format(time.DateOnly), "--person", "ana", "--person-passphrase-file", ben)
	status := filepath.Join(dir, "status.txt")
	mon.run(0, "monitor", "status", "--out", status)
	raw, err := os.ReadFile(status)
	if err != nil || !bytes.HasPrefix(raw, []byte("chaperone/status/v1\n")) {
		t.Errorf("got %q, %v, want a status", raw, err)
	}
}

// freePort is a port of this machine that nobody uses now.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
