package leave

import (
	"io"
	"os"
	"sync"
	"time"
)

// EscWindow is how long the second Esc may come after the first.
const EscWindow = 600 * time.Millisecond

// Goodbye is what is written last: off the alternate screen, out of every mode a screen may
// have set, cursor shown, screen and scrollback cleared.
const Goodbye = "\x1b[?2026l" + // synchronised output, so that the rest is shown at once
	"\x1b[?1049l" + // alternate screen
	"\x1b[?2004l\x1b[?1004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l" + // paste, focus, mouse
	"\x1b[<u\x1b[>4;0m" + // keyboard enhancements
	"\x1b]2;\x07" + // window title
	"\x1b[?25h\x1b[0m" + // cursor, colours
	"\x1b[H\x1b[2J\x1b[3J\x1b[H"

// Config says what a Door guards. Exit is required.
type Config struct {
	In, Out *os.File // the terminal, or whatever stands in its place
	Exit    func(code int)
	Now     func() time.Time // nil: time.Now
}

// Door guards one terminal. Its methods may be called from several goroutines.
type Door struct {
	in, out *os.File
	exit    func(int)
	now     func() time.Time
	inTerm  *saved // the terminal's settings as found; nil when In is no terminal
	outTerm bool

	watch watcher // owned by the one goroutine that reads

	mu   sync.Mutex
	gone bool
}

// New returns the Door of a terminal and notes the settings to go back to.
func New(cfg Config) *Door {
	d := &Door{in: cfg.In, out: cfg.Out, exit: cfg.Exit, now: cfg.Now}
	if d.now == nil {
		d.now = time.Now
	}
	d.inTerm = save(cfg.In)
	d.outTerm = save(cfg.Out) != nil
	return d
}

// InputIsTerminal reports whether In is a terminal.
func (d *Door) InputIsTerminal() bool { return d.inTerm != nil }

// OutputIsTerminal reports whether Out is a terminal.
func (d *Door) OutputIsTerminal() bool { return d.outTerm }

// Leave goes through the door with an exit code. The second call and later ones wait for
// the process to end. It returns only if Exit does.
func (d *Door) Leave(code int) {
	d.mu.Lock()
	if d.gone {
		d.mu.Unlock()
		return
	}
	d.gone = true
	if d.outTerm {
		// Errors have nowhere to go: the terminal is being left.
		_, _ = io.WriteString(d.out, Goodbye)
	}
	d.mu.Unlock()
	if d.inTerm != nil {
		d.inTerm.restore(d.in)
		drop(d.in)
	}
	d.exit(code)
}

// Restore puts the terminal's settings back as they were found, and leaves the screen as it is.
func (d *Door) Restore() {
	if d.inTerm != nil {
		d.inTerm.restore(d.in)
	}
}

// Input is the guarded side to read from. It stands in for the terminal's file.
type Input struct{ d *Door }

// Input returns the guarded input. Only one goroutine may read from it.
func (d *Door) Input() *Input { return &Input{d} }

// Read reads what was typed, and leaves when it holds one of the two signs.
func (i *Input) Read(p []byte) (int, error) {
	n, err := i.d.in.Read(p)
	if n > 0 && i.d.inTerm != nil && i.d.watch.sees(p[:n], i.d.now()) {
		i.d.Leave(0)
		return 0, io.EOF
	}
	return n, err
}

// Write writes to the input's file, as terminals allow.
func (i *Input) Write(p []byte) (int, error) { return i.d.in.Write(p) }

// Close does nothing: the terminal belongs to who opened it.
func (i *Input) Close() error { return nil }

// Fd returns the descriptor of the input.
func (i *Input) Fd() uintptr { return i.d.in.Fd() }

// Name returns the name of the input.
func (i *Input) Name() string { return i.d.in.Name() }

// Output is the guarded side to write to. After leaving it swallows everything.
type Output struct{ d *Door }

// Output returns the guarded output.
func (d *Door) Output() *Output { return &Output{d} }

// Write writes to the terminal unless it has been left.
func (o *Output) Write(p []byte) (int, error) {
	o.d.mu.Lock()
	defer o.d.mu.Unlock()
	if o.d.gone {
		return len(p), nil
	}
	return o.d.out.Write(p)
}

// Read reads from the output's file, as terminals allow.
func (o *Output) Read(p []byte) (int, error) { return o.d.out.Read(p) }

// Close does nothing: the terminal belongs to who opened it.
func (o *Output) Close() error { return nil }

// Fd returns the descriptor of the output.
func (o *Output) Fd() uintptr { return o.d.out.Fd() }

// Name returns the name of the output.
func (o *Output) Name() string { return o.d.out.Name() }
