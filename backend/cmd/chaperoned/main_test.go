package main

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"chaperoned": main})
}

// TestScripts runs the real program. testdata/*.txt read as its documentation.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			for _, name := range []string{"DATA", "LISTEN", "DB", "METRICS", "ORIGIN", "LOG_LEVEL"} {
				env.Setenv("CHAPERONE_"+name, "")
			}
			env.Setenv("CHAPERONE_LISTEN", "127.0.0.1:0")
			env.Setenv("CHAPERONE_METRICS", "127.0.0.1:0")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("GORACE", os.Getenv("GORACE"))
			env.Values[programs{}] = map[string]*program{}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start, "end": end, "refused": refused,
			"http": fetch, "hang": hang, "listen": listen, "tmpfs": tmpfs, "fill": fill,
			// postgres: sets $PG to a fresh database.
			"postgres": func(ts *testscript.TestScript, _ bool, _ []string) { ts.Setenv("PG", pgtest.Database(t)) },
		},
	})
}

type programs struct{}

// program is a server in the background.
type program struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	done   chan error
}

func command(ts *testscript.TestScript, args []string) *exec.Cmd {
	path, err := exec.LookPath("chaperoned")
	ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = ts.Getenv("WORK")
	cmd.Env = os.Environ()
	for _, name := range []string{"HOME", "XDG_DATA_HOME"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	for _, name := range []string{"DATA", "LISTEN", "DB", "METRICS", "ORIGIN", "LOG_LEVEL", "DRAIN", "REFLECTION", "TLS_CERT", "TLS_KEY", "TRUSTED_PROXY"} {
		cmd.Env = append(cmd.Env, "CHAPERONE_"+name+"="+ts.Getenv("CHAPERONE_"+name))
	}
	return cmd
}

// start NAME [args...]: runs "chaperoned serve args" until it says where it answers; sets $URL,
// $ADDR and, when there are metrics, $METRICS.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: start NAME [args...]")
	}
	p := &program{cmd: command(ts, append([]string{"serve"}, args[1:]...)), done: make(chan error, 1)}
	out, err := p.cmd.StdoutPipe()
	ts.Check(err)
	p.cmd.Stderr = &p.stderr
	ts.Check(p.cmd.Start())
	ts.Defer(func() { _ = p.cmd.Process.Kill() })
	lines := make(chan string, 8)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	timeout := time.After(20 * time.Second)
	for {
		select {
		case line, open := <-lines:
			if !open {
				err := p.cmd.Wait()
				ts.Fatalf("chaperoned ended (%v) before it was ready:\n%s", err, p.stderr.String())
			}
			word, rest, _ := strings.Cut(line, " ")
			if word == "serving" {
				ts.Setenv("URL", rest)
				_, addr, _ := strings.Cut(rest, "://")
				ts.Setenv("ADDR", addr)
			}
			if word == "metrics" {
				ts.Setenv("METRICS", rest)
			}
			if word == "serving" { // always the last line
				go func() {
					for range lines { //nolint:revive // reads on, so that the program never blocks
					}
					p.done <- p.cmd.Wait()
				}()
				ts.Value(programs{}).(map[string]*program)[args[0]] = p
				return
			}
		case <-timeout:
			ts.Fatalf("chaperoned is not ready after 20 s:\n%s", p.stderr.String())
		}
	}
}

// end NAME CODE SIGNAL...: sends the signals and checks the exit code; its stderr then stands in
// the file NAME.stderr.
func end(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: end NAME CODE SIGNAL...")
	}
	p := ts.Value(programs{}).(map[string]*program)[args[0]]
	signals := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}
	for i, name := range args[2:] {
		if i > 0 {
			time.Sleep(200 * time.Millisecond) // the first one is being acted on
		}
		ts.Check(p.cmd.Process.Signal(signals[name]))
	}
	select {
	case <-p.done:
	case <-time.After(10 * time.Second):
		ts.Fatalf("chaperoned does not end:\n%s", p.stderr.String())
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".stderr"), []byte(p.stderr.String()), 0o600))
	if got := strconv.Itoa(p.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s, want %s\n%s", got, args[1], p.stderr.String())
	}
}

// refused CODE [-nobody] args...: runs chaperoned, which must end with CODE and say why in the
// two lines "error" and "hint"; they stand in the file refused. -nobody runs it without root's
// privileges.
func refused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: refused CODE [-nobody] args...")
	}
	code, rest := args[0], args[1:]
	nobody := rest[0] == "-nobody"
	if nobody {
		rest = rest[1:]
	}
	cmd := command(ts, rest)
	if nobody && os.Geteuid() == 0 {
		asNobody(ts, cmd)
	}
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		ts.Fatalf("run: %v", exit)
	}
	if got := strconv.Itoa(cmd.ProcessState.ExitCode()); got != code {
		ts.Fatalf("exit code %s, want %s\n%s", got, code, stderr.String())
	}
	if stdout.Len() > 0 {
		ts.Fatalf("stdout holds %q, want nothing", stdout.String())
	}
	lines := strings.Split(strings.TrimSuffix(stderr.String(), "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "chaperoned: error: ") || !strings.HasPrefix(lines[1], "chaperoned: hint: ") {
		ts.Fatalf("got %q, want one error and one hint", stderr.String())
	}
	// Paths differ from run to run.
	text := strings.ReplaceAll(stderr.String(), ts.Getenv("WORK"), "$WORK")
	ts.Check(os.WriteFile(ts.MkAbs("refused"), []byte(text), 0o600))
}

// asNobody lets an unprivileged user run cmd: the program must lie where that user may go.
func asNobody(ts *testscript.TestScript, cmd *exec.Cmd) {
	dir, err := os.MkdirTemp("", "chaperoned-nobody")
	ts.Check(err)
	ts.Defer(func() { _ = os.RemoveAll(dir) })
	ts.Check(os.Chmod(dir, 0o755))
	program := filepath.Join(dir, "chaperoned")
	data, err := os.ReadFile(cmd.Path)
	ts.Check(err)
	ts.Check(os.WriteFile(program, data, 0o755))
	for p := ts.Getenv("WORK"); p != os.TempDir() && len(p) > 1; p = filepath.Dir(p) {
		ts.Check(os.Chmod(p, 0o711))
	}
	cmd.Path = program
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

// http STATUS URL [TEXT]: asks until the server answers STATUS, for at most two seconds; the
// answer must hold TEXT.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: http STATUS URL [TEXT]")
	}
	client := &http.Client{Timeout: 2 * time.Second}
	var last string
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		res, err := client.Get(args[1])
		if err != nil {
			last = err.Error()
			continue
		}
		body, err := io.ReadAll(res.Body)
		ts.Check(errors.Join(err, res.Body.Close()))
		last = strconv.Itoa(res.StatusCode) + " " + string(body)
		if strconv.Itoa(res.StatusCode) == args[0] && (len(args) < 3 || strings.Contains(string(body), args[2])) {
			return
		}
	}
	ts.Fatalf("got %s, want %s", last, strings.Join(args, " "))
}

// hang ADDR: begins a request and does not end it.
func hang(ts *testscript.TestScript, _ bool, args []string) {
	c, err := net.Dial("tcp", args[0])
	ts.Check(err)
	ts.Defer(func() { _ = c.Close() })
	_, err = io.WriteString(c, "POST /chaperone.v1.ChecklistService/Plan HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
	ts.Check(err)
	time.Sleep(50 * time.Millisecond) // it is under way
}

// listen: takes a port and sets $TAKEN to its address.
func listen(ts *testscript.TestScript, _ bool, _ []string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { _ = ln.Close() })
	ts.Setenv("TAKEN", ln.Addr().String())
}

// tmpfs DIR SIZE: mounts a file system of that size. It needs root, and fails without.
func tmpfs(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "mode=0700,size="+args[1]); err != nil {
		ts.Fatalf("mount a small file system: %v (the tests of a full disk run as root)", err)
	}
	ts.Defer(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fill FILE: writes until the disk is full.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer func() { _ = f.Close() }()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		ts.Fatalf("fill: %v, want a full disk", err)
	}
}
