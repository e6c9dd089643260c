//go:build linux

package e2e

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// patience is how long a test waits for something that should take milliseconds.
const patience = 20 * time.Second

// terminal is a program on a pseudo-terminal, and what a person in front of it would see.
// The emulator answers the program's questions as a terminal does.
type terminal struct {
	t      testing.TB
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File     // the program's side, kept open to look at its settings
	before unix.Termios // the terminal's settings before the program ran

	once   sync.Once // guards what is looked at when the program has ended
	after  unix.Termios
	unread int // keys that nobody has read

	mu    sync.Mutex
	raw   []byte // guarded by mu
	drawn int    // how much of raw the emulator has drawn and answered; guarded by mu

	drawing sync.Mutex
	screen  *vt.Emulator // guarded by drawing
	change  chan struct{}

	drained chan struct{} // closed once everything written was read
	// answered is closed once the emulator has no more answers to give.
	answered chan struct{}
	exited   chan struct{} // closed once code and end are set
	code     int
	end      time.Time
}

// size is a terminal's size in columns and rows.
type size struct{ cols, rows int }

var standard = size{80, 24}

// open starts the patient's program on a terminal.
func open(t testing.TB, sz size, env []string, args ...string) *terminal {
	t.Helper()
	return openProgram(t, "chaperone", sz, env, args...)
}

// openProgram starts a program on a terminal.
func openProgram(t testing.TB, name string, sz size, env []string, args ...string) *terminal {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatalf("open pseudo-terminal: %v", err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(sz.cols), Rows: uint16(sz.rows)}); err != nil {
		t.Fatalf("set size: %v", err)
	}
	was, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatalf("read terminal settings: %v", err)
	}
	x := &terminal{
		t: t, master: master, slave: slave, before: *was, screen: vt.NewEmulator(sz.cols, sz.rows),
		change: make(chan struct{}, 1), exited: make(chan struct{}), drained: make(chan struct{}), answered: make(chan struct{}),
	}
	x.cmd = exec.Command(program(name), args...)
	x.cmd.Env = env
	x.cmd.Stdin, x.cmd.Stdout, x.cmd.Stderr = slave, slave, slave
	x.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := x.cmd.Start(); err != nil {
		t.Fatalf("start program: %v", err)
	}
	go x.answer()
	go x.read()
	go func() {
		err := x.cmd.Wait()
		x.end = time.Now()
		var exit *exec.ExitError
		switch {
		case err == nil:
		case errors.As(err, &exit):
			x.code = exit.ExitCode()
			if s, ok := exit.Sys().(syscall.WaitStatus); ok && s.Signaled() {
				x.code = -int(s.Signal())
			}
		default:
			x.code = -1000
		}
		close(x.exited)
	}()
	t.Cleanup(func() {
		_ = x.cmd.Process.Kill()
		<-x.exited
		slave.Close()
		master.Close()
		<-x.drained
		// The emulator's own Close races with its Read: what it reads from is closed instead.
		_ = x.screen.InputPipe().(io.Closer).Close()
		<-x.answered
	})
	return x
}

// read feeds what the program writes to the screen.
func (x *terminal) read() {
	defer close(x.drained)
	buf := make([]byte, 32<<10)
	for {
		n, err := x.master.Read(buf)
		if n > 0 {
			x.mu.Lock()
			x.raw = append(x.raw, buf[:n]...)
			x.mu.Unlock()
			x.wake()
			x.drawing.Lock()
			_, _ = x.screen.Write(buf[:n])
			// Nothing is seen before what it asks of the terminal was answered, as on a real one: an
			// answer that came after the program had gone would be echoed.
			_, _ = io.WriteString(x.screen.InputPipe(), asked)
			x.drawing.Unlock()
			x.mu.Lock()
			x.drawn += n
			x.mu.Unlock()
			x.wake()
		}
		if err != nil {
			return
		}
	}
}

// wake tells who waits that something was written or drawn.
func (x *terminal) wake() {
	select {
	case x.change <- struct{}{}:
	default:
	}
}

// asked goes behind the answers of the emulator, and is taken only after they were sent.
const asked = "\x00asked"

// answer sends what the terminal itself answers back to the program.
func (x *terminal) answer() {
	defer close(x.answered)
	buf := make([]byte, 4<<10)
	for {
		n, err := x.screen.Read(buf)
		if n > 0 && string(buf[:n]) != asked {
			_, _ = x.master.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// text returns what stands on the screen.
func (x *terminal) text() string {
	x.drawing.Lock()
	defer x.drawing.Unlock()
	return x.screen.String()
}

// written returns everything that the program wrote.
func (x *terminal) written() []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	return bytes.Clone(x.raw)
}

// settle waits, when a program has the screen to itself, until it asked the terminal what it asks
// at its start and was answered.
func (x *terminal) settle() {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		x.mu.Lock()
		whole := bytes.Contains(x.raw, []byte("\x1b[?1049h"))
		asked := bytes.Contains(x.raw, []byte("]11;?")) && bytes.Contains(x.raw, []byte("?2026$p"))
		done := !whole || asked && x.drawn == len(x.raw)
		x.mu.Unlock()
		if done {
			return
		}
		select {
		case <-x.change:
		case <-x.exited:
			return
		case <-deadline:
			x.t.Fatalf("the program does not ask what terminal it has; it wrote %q", tail(x.written()))
		}
	}
}

// waitFor waits until the screen shows a text, and returns when it did.
func (x *terminal) waitFor(want string) time.Time {
	x.t.Helper()
	deadline := time.After(patience)
	for {
		if strings.Contains(x.text(), want) {
			return time.Now()
		}
		select {
		case <-x.change:
		case <-x.exited:
			if strings.Contains(x.text(), want) {
				return time.Now()
			}
			x.t.Fatalf("the program ended with %d before the screen showed %q; it wrote %q", x.code, want, tail(x.written()))
		case <-deadline:
			x.t.Fatalf("the screen does not show %q; it shows\n%s", want, x.text())
		}
	}
}

// press types keys, and returns when.
func (x *terminal) press(keys string) time.Time {
	x.t.Helper()
	now := time.Now()
	if _, err := x.master.WriteString(keys); err != nil {
		x.t.Fatalf("press %q: %v", keys, err)
	}
	return now
}

// wait waits until the program has ended, and returns its exit code.
func (x *terminal) wait() int {
	x.t.Helper()
	select {
	case <-x.exited:
	case <-time.After(patience):
		x.t.Fatalf("the program does not end; the screen shows\n%s", x.text())
	}
	x.once.Do(func() {
		now, err := unix.IoctlGetTermios(int(x.slave.Fd()), unix.TCGETS)
		if err != nil {
			x.t.Fatalf("read terminal settings: %v", err)
		}
		x.after = *now
		if x.unread, err = unix.IoctlGetInt(int(x.slave.Fd()), unix.TIOCINQ); err != nil {
			x.t.Fatalf("count unread keys: %v", err)
		}
		// With the last of the program's side closed, reading ends after the last byte.
		x.slave.Close()
		<-x.drained
	})
	return x.code
}

func tail(b []byte) []byte { return b[max(0, len(b)-400):] }

// environment is what the programs run with: a home of their own and nothing of the tester's.
func environment(home string, more ...string) []string {
	return append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "CHAPERONE_HOME=" + home,
		"TERM=xterm-256color", "LANG=en_US.UTF-8", "TZ=UTC",
		"GORACE=" + os.Getenv("GORACE"),
	}, more...)
}
