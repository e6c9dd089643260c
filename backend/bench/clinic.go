package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/server"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
)

// liveClinic is a fictional clinic whose parts are programs as they are released: a witness, a
// server on SQLite, and the clinic's monitor, a process each. The front desk's folder is ready to
// send.
type liveClinic struct {
	dir     string
	server  string // URL
	desk    string // the front desk's folder
	pass    string // its passphrase
	running []*exec.Cmd
}

// releasedPrograms builds programs as they are released into a folder.
func releasedPrograms(ctx context.Context, dir string, packages ...string) error {
	build := exec.CommandContext(ctx, "go", append([]string{"build", "-trimpath", "-ldflags=-s -w", "-o", dir + string(filepath.Separator)}, packages...)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build programs: %w: %s", err, text)
	}
	return nil
}

// openClinic builds the programs into dir, starts them and sets the clinic up. close must be
// called, with an error too.
func openClinic(ctx context.Context, dir string) (c *liveClinic, err error) {
	c = &liveClinic{dir: dir, desk: filepath.Join(dir, "front-desk"), pass: "front desk passphrase words"}
	if err := releasedPrograms(ctx, dir, "./tui/cmd/chaperone", "./tui/cmd/chaperone-clinic", "./backend/cmd/chaperoned"); err != nil {
		return c, err
	}
	policy, err := c.startWitness(ctx)
	if err != nil {
		return c, err
	}
	data := filepath.Join(dir, "server")
	serving, err := c.start(ctx, `^serving (http://\S+)$`, c.program("chaperoned"), "serve", "--data", data, "--listen", "127.0.0.1:0", "--metrics", "off", "--policy", policy)
	if err != nil {
		return c, err
	}
	c.server = serving
	return c, c.setUp(ctx, data)
}

func (c *liveClinic) program(name string) string { return filepath.Join(c.dir, name) }

// close ends every process.
func (c *liveClinic) close() {
	for _, cmd := range c.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, cmd := range c.running {
		_ = cmd.Wait() // what it said was of use before
	}
}

// start starts a program and returns what the pattern finds in a line that it prints.
func (c *liveClinic) start(ctx context.Context, pattern, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = c.environment(filepath.Join(c.dir, "monitor"))
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	c.running = append(c.running, cmd)
	line := regexp.MustCompile(pattern)
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			go func() { _, _ = io.Copy(io.Discard, out) }() // until it ends
			return m[1], nil
		}
	}
	return "", fmt.Errorf("%s ended: %s", filepath.Base(program), said.String())
}

// startWitness starts a witness of the server's logs and returns the file of a policy that asks
// for its signature.
func (c *liveClinic) startWitness(ctx context.Context) (string, error) {
	own, err := server.LogPolicy(server.Config{Data: filepath.Join(c.dir, "server"), Listen: "127.0.0.1:0"})
	if err != nil {
		return "", err
	}
	var logs []string
	for line := range strings.Lines(string(own)) {
		if key, ok := strings.CutPrefix(strings.TrimSpace(line), "log "); ok {
			logs = append(logs, key)
		}
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	found, err := c.start(ctx, `^(\S+ http://\S+)$`, self, append([]string{"witness-child", c.dir}, logs...)...)
	if err != nil {
		return "", err
	}
	text := ""
	for _, key := range logs {
		text += "log " + key + "\n"
	}
	file := filepath.Join(c.dir, "policy")
	return file, os.WriteFile(file, []byte(text+"witness w "+found+"\nquorum w\n"), 0o600)
}

func (c *liveClinic) environment(home string) []string {
	return append(os.Environ(), "CHAPERONE_CLINIC_HOME="+home, "LANG=en_US.UTF-8", "NO_COLOR=1")
}

// run runs one command of the clinic's program in a machine's folder and returns its answer.
func (c *liveClinic) run(ctx context.Context, home string, args ...string) (map[string]json.RawMessage, error) {
	cmd := exec.CommandContext(ctx, c.program("chaperone-clinic"), args...)
	cmd.Env = c.environment(home)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("chaperone-clinic %s: %w: %s%s", strings.Join(args[:min(2, len(args))], " "), err, said.String(), out)
	}
	var all map[string]json.RawMessage
	_ = json.Unmarshal(out, &all) // only those that were asked for JSON are read
	return all, nil
}

// setUp makes keys and rights as the clinic's people do, command by command.
func (c *liveClinic) setUp(ctx context.Context, data string) error {
	file := func(name string) string { return filepath.Join(c.dir, name) }
	for name, text := range map[string]string{"ana": "ana has words of her own", "ben": "ben has other words", "share": "words of the root holders", "mon": "monitor passphrase words", "desk": c.pass} {
		if err := os.WriteFile(file(name), []byte(text+"\n"), 0o600); err != nil {
			return err
		}
	}
	text := func(all map[string]json.RawMessage, name string) (s string) {
		_ = json.Unmarshal(all[name], &s) // an empty one fails where it is used
		return s
	}
	mon := file("monitor")
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	made, err := c.run(ctx, mon, "monitor", "init", "--json", "--address", "https://"+listen, "--person", "ana", "--person", "ben",
		"--person-passphrase-file", file("ana"), "--person-passphrase-file", file("ben"), "--passphrase-file", file("mon"))
	if err != nil {
		return err
	}
	begun, err := c.run(ctx, c.desk, "init", "--json", "--name", "Example Aesthetics", "--slug", "example-aesthetics", "--phone", "+15555550100",
		"--server", c.server, "--public", "https://contact.example.com", "--shares", file("stick"), "--monitor", text(made, "request"),
		"--share-passphrase-file", file("share"), "--passphrase-file", file("desk"))
	if err != nil {
		return err
	}
	id := text(begun, "clinic_id")
	var raw [32]byte
	if err := json.Unmarshal(begun["clinic_id"], (*base64ID)(&raw)); err != nil {
		return err
	}
	if err := (&keylog.AdmissionFile{Path: server.AdmittedFile(data)}).Admit(raw); err != nil {
		return err
	}
	time.Sleep(1200 * time.Millisecond) // the server looks at its list once a second
	if _, err := c.run(ctx, c.desk, "sync", "--passphrase-file", file("desk")); err != nil {
		return err
	}
	if _, err := c.run(ctx, mon, "monitor", "join", "--clinic", id, "--server", c.server); err != nil {
		return err
	}
	if _, err := c.start(ctx, `(127\.0\.0\.1:\d+)`, c.program("chaperone-clinic"), "monitor", "serve", "--listen", listen, "--every", "1s", "--passphrase-file", file("mon")); err != nil {
		return err
	}
	device, err := c.run(ctx, c.desk, "device", "new", "--json", "--passphrase-file", file("desk"))
	if err != nil {
		return err
	}
	for _, step := range []struct {
		home string
		args []string
	}{
		{mon, []string{"monitor", "invite", "--device", text(device, "request"), "--out", file("invitation"), "--person", "ana", "--person-passphrase-file", file("ana")}},
		{c.desk, []string{
			"grant", "--here", "--label", "Front desk", "--holder", "front-desk", "--kinds", "notice,withdraw", "--revocation", file("sealed"),
			"--root", file("stick/root-1.age"), "--root", file("stick/root-2.age"), "--share-passphrase-file", file("share"), "--passphrase-file", file("desk"),
		}},
		{c.desk, []string{"device", "join", "--monitor", file("invitation"), "--passphrase-file", file("desk")}},
	} {
		if _, err := c.run(ctx, step.home, step.args...); err != nil {
			return err
		}
	}
	return c.awaitGrant(ctx, mon)
}

// awaitGrant waits until the monitor has met the device's grant in the log, and has said so.
func (c *liveClinic) awaitGrant(ctx context.Context, mon string) error {
	for range 100 {
		status, err := c.run(ctx, mon, "monitor", "status", "--json")
		if err == nil && string(status["devices"]) == "1" {
			return nil
		}
		time.Sleep(200 * time.Millisecond)
	}
	return errors.New("the monitor does not know the device")
}

// office opens the front desk.
func (c *liveClinic) office() (*office.Office, error) {
	return office.Open(office.Config{Dir: c.desk, Passphrase: func() (string, error) { return c.pass, nil }})
}
