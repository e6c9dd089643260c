//go:build linux

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// result is how a program ended.
type result struct {
	stdout, stderr string
	code           int
}

// chaperone runs the program without a terminal.
func chaperone(t testing.TB, env []string, stdin string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program("chaperone"), args...)
	cmd.Env = env
	cmd.Stdin = strings.NewReader(stdin)
	// A session of its own has no terminal, whatever the tester's has.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("run chaperone %v: %v", args, err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must is chaperone for what has to work; it returns standard output.
func must(t testing.TB, env []string, stdin string, args ...string) string {
	t.Helper()
	r := chaperone(t, env, stdin, args...)
	if r.code != 0 {
		t.Fatalf("chaperone %v: exit code %d, want 0\n%s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// refused is chaperone for what has to fail with a code, an error and a hint.
func refused(t testing.TB, env []string, stdin string, code int, says string, args ...string) {
	t.Helper()
	r := chaperone(t, env, stdin, args...)
	if r.code != code {
		t.Errorf("chaperone %v: exit code %d, want %d\n%s%s", args, r.code, code, r.stdout, r.stderr)
	}
	if !twoLines.MatchString(r.stderr) {
		t.Errorf("chaperone %v: standard error is %q, want one error and one hint", args, r.stderr)
	}
	if !strings.Contains(r.stderr, says) {
		t.Errorf("chaperone %v: standard error is %q, want it to say %q", args, r.stderr, says)
	}
}

var twoLines = regexp.MustCompile(`\Achaperone: error: [^\n]+\nhint: [^\n]+\n\z`)

// talk is a conversation in line mode.
type talk struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
	all   strings.Builder // everything said, with the answers
	block string          // what was said since the last answer
}

// converse starts line mode and hears it up to its first question.
func converse(t testing.TB, env []string, args ...string) *talk {
	t.Helper()
	c := &talk{t: t, cmd: exec.Command(program("chaperone"), append([]string{"--plain"}, args...)...)}
	c.cmd.Env = env
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewReader(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(time.Minute, func() { _ = c.cmd.Process.Kill() })
	t.Cleanup(func() {
		timer.Stop()
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
	c.hear()
	return c
}

// hear reads up to the next question.
func (c *talk) hear() {
	c.t.Helper()
	var b strings.Builder
	for {
		r, _, err := c.out.ReadRune()
		if err != nil {
			c.t.Fatalf("line mode ended; it said\n%s%s", c.all.String(), b.String())
		}
		b.WriteRune(r)
		if s := b.String(); strings.HasSuffix(s, "\n> ") {
			break
		}
	}
	c.block = b.String()
	c.all.WriteString(c.block)
}

// answer types a line and hears the next question.
func (c *talk) answer(line string) {
	c.t.Helper()
	c.all.WriteString(line + "\n")
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Fatal(err)
	}
	c.hear()
}

// choose answers with the number of the choice that begins with label.
func (c *talk) choose(label string) {
	c.t.Helper()
	c.answer(c.numberOf(label))
}

var choiceLine = regexp.MustCompile(`(?m)^(\d+)\. (.*)$`)

func (c *talk) numberOf(label string) string {
	c.t.Helper()
	for _, m := range choiceLine.FindAllStringSubmatch(c.block, -1) {
		if strings.HasPrefix(m[2], label) {
			return m[1]
		}
	}
	c.t.Fatalf("there is no choice %q in\n%s", label, c.block)
	return ""
}

// leave types x and returns the last words.
func (c *talk) leave() string {
	c.t.Helper()
	if _, err := io.WriteString(c.in, "x\n"); err != nil {
		c.t.Fatal(err)
	}
	return c.end()
}

// end waits for the end and wants exit code 0.
func (c *talk) end() string {
	c.t.Helper()
	rest, err := io.ReadAll(c.out)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatalf("line mode: %v, want exit code 0; it said\n%s%s", err, c.all.String(), rest)
	}
	return string(rest)
}

var groupLine = regexp.MustCompile(`(?m)^Group \d: ((?:\S ){3}\S)$`)

// code finds the recovery code in what was said.
func (c *talk) code() string {
	c.t.Helper()
	var code strings.Builder
	for _, m := range groupLine.FindAllStringSubmatch(c.block, -1) {
		code.WriteString(strings.ReplaceAll(m[1], " ", ""))
	}
	if code.Len() != 28 {
		c.t.Fatalf("got a recovery code of %d signs, want 28, in\n%s", code.Len(), c.block)
	}
	return code.String()
}

// begin makes a vault in line mode, answers the four questions, and stops at home.
func begin(t testing.TB, env []string, args ...string) (c *talk, code string) {
	t.Helper()
	c = converse(t, env, args...)
	c.choose("Begin")
	code = c.code()
	c.answer(code)
	c.choose("No. I")
	c.answer("1") // the first country
	c.answer("")  // not sure what was taken
	c.answer("1 2")
	return c, code
}

// vaultAt makes a vault under a new home and leaves.
func vaultAt(t testing.TB, home string) (code string) {
	t.Helper()
	c, code := begin(t, environment(home))
	c.leave()
	return code
}

// server is a running chaperoned.
type server struct {
	t    testing.TB
	cmd  *exec.Cmd
	url  string
	done chan struct{}
}

var servingLine = regexp.MustCompile(`(?m)^serving (http://\S+)$`)

// serve starts chaperoned on a data folder and waits until it serves. addr is a port chosen by
// the system, or where a server stood before.
func serve(t testing.TB, data, addr string) *server {
	t.Helper()
	s := &server{t: t, done: make(chan struct{})}
	s.cmd = exec.Command(program("chaperoned"), "serve", "--data", data, "--listen", addr, "--metrics", "127.0.0.1:0")
	s.cmd.Env = environment(filepath.Dir(data))
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	s.cmd.Stderr = &log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 1)
	go func() {
		defer close(s.done)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if m := servingLine.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
			}
		}
		_ = s.cmd.Wait()
	}()
	t.Cleanup(s.stop)
	select {
	case s.url = <-found:
	case <-s.done:
		t.Fatalf("chaperoned ended: %s", log.String())
	case <-time.After(patience):
		t.Fatal("chaperoned does not serve")
	}
	return s
}

// anyPort lets the system choose.
const anyPort = "127.0.0.1:0"

// addr is where the server stands.
func (s *server) addr() string { return strings.TrimPrefix(s.url, "http://") }

// stop ends the server as an operator does.
func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
}

// copyFolder copies a folder of plain files.
func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}
