package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// Lines reads what is typed. With hidden set a terminal does not show it. After the last
// line it returns io.EOF.
type Lines interface {
	Next(hidden bool) (string, error)
}

// Device is an open vault, as line mode uses it. [patient.Device] is one.
type Device interface {
	State() vault.State
	Pack() *checklist.Pack
	Plan() checklist.Plan
	SetAnswers(a checklist.Answers) error
	Mark(key checklist.RowKey, status checklist.Status, reason checklist.SkipReason, until time.Time) error
	SetSettings(locale, theme string) error
	ConfirmPins() error
	RecoveryConfirmed() bool
	RecoveryCode() (humancode.Code, error)
	ConfirmRecovery(code humancode.Code) error
	Sync(ctx context.Context) (patient.SyncResult, error)
	SetPassphrase(passphrase []byte) error
	HasPassphrase() bool
	Helping() bool
	StartHelping() error
	StopHelping(passphrase []byte) error
	Server() string
	UseServer(url string) error
	Wipe(ctx context.Context, remote bool) error
	Close() error
	screen.Contact
}

var _ Device = (*patient.Device)(nil)

// Config is what a session works with. Everything but Width is required.
type Config struct {
	Lines Lines
	Out   io.Writer
	Words *words.Catalogue
	Pack  *checklist.Pack // for a person without a vault
	Now   func() time.Time
	Width int // of the terminal in columns; 0: 80

	Open    func(ctx context.Context, passphrase []byte) (Device, error)
	Create  func(ctx context.Context) (Device, humancode.Code, error)
	Restore func(ctx context.Context, server string, code humancode.Code) (Device, patient.Restored, error)
	// Judge checks a message for a person without a vault.
	Judge func(bundle []byte, text *string) (contact.Verdict, error)
	// Card writes a verdict in words, and Compared what can be said of a message that has
	// neither code nor file.
	Card     func(w *words.Catalogue, c patient.Checked) string
	Compared func(w *words.Catalogue, m patient.SavedMatch, saved []patient.SavedContacts) string
	// Explain finds the words for an error.
	Explain func(w *words.Catalogue, err error) (text, hint string)
	// Origin checks the address of a server.
	Origin   func(url string) (string, error)
	ReadFile func(name string) ([]byte, error)
	SaveFile func(name string, data []byte) error // never overwrites; see [screen.SaveNew]
}

// session is one run of line mode. It belongs to one goroutine.
type session struct {
	Config
	device Device // nil until one is open
	region string // chosen in a crisis before there is a vault
	inside bool   // in a crisis or a check already: its letter does not open it again
}

// How a question ends without an answer.
var (
	errLeave = errors.New("left")
	errBack  = errors.New("back")
)

// Run talks with a person until they leave. It returns nil then; an error means that the
// vault could not be opened, or that a later one would only repeat itself.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Width <= 0 {
		cfg.Width = 80
	}
	s := &session{Config: cfg}
	defer func() {
		if s.device != nil {
			// The lock goes with the process; what was saved is saved.
			_ = s.device.Close()
		}
	}()
	err := s.begin(ctx)
	if errors.Is(err, errLeave) {
		s.gap()
		s.say(s.Words.T(words.PlainLeft))
		return nil
	}
	return err
}

func (s *session) begin(ctx context.Context) error {
	s.say(s.Words.T(words.PlainHello))
	err := s.open(ctx)
	if s.device != nil && s.device.Helping() {
		s.say(s.Words.T(words.PlainHelperHow))
	} else {
		s.say(s.Words.T(words.PlainHow))
		if s.Pack.Development() {
			s.say(s.Words.T(words.PlainDevelopment))
		}
	}
	for errors.Is(err, patient.ErrNoVault) {
		if err = s.welcome(ctx); err == nil && s.device == nil {
			err = patient.ErrNoVault
		}
	}
	if err != nil {
		return err
	}
	return s.home(ctx)
}

// open opens the vault on this device, and asks for its passphrase up to three times.
func (s *session) open(ctx context.Context) error {
	d, err := s.Open(ctx, nil)
	for try := 0; errors.Is(err, patient.ErrNeedPassphrase) || errors.Is(err, patient.ErrWrongPassphrase); try++ {
		if try == 3 {
			return err
		}
		if try > 0 {
			s.trouble(err)
		}
		s.gap()
		s.prompt(s.Words.T(words.PlainAskPassphrase))
		secret, rerr := s.Lines.Next(true)
		if rerr != nil {
			return errLeave
		}
		d, err = s.Open(ctx, []byte(secret))
	}
	if err != nil {
		return err
	}
	s.adopt(d)
	return nil
}

// adopt makes d the device of the session, and goes on in its language.
func (s *session) adopt(d Device) {
	s.device = d
	s.Pack = d.Pack()
	if locale := d.State().Settings.Locale; locale != "" {
		s.Words = words.For(locale)
	}
}

// say writes a paragraph.
func (s *session) say(text string) {
	for _, line := range wrap(text, s.Width) {
		s.write(line + "\n")
	}
}

func (s *session) gap() { s.write("\n") }

func (s *session) prompt(text string) {
	s.say(text)
	s.write("> ")
}

func (s *session) write(text string) {
	// A terminal that is gone shows itself at the next read.
	_, _ = io.WriteString(s.Out, text)
}

// trouble says what went wrong and what to try.
func (s *session) trouble(err error) {
	text, hint := s.Explain(s.Words, err)
	s.gap()
	s.say(s.Words.T(words.PlainTrouble, words.Str("text", text), words.Str("hint", hint)))
}

// line reads an answer. The letters that work everywhere are done here; errBack and errLeave
// end the question.
func (s *session) line(ctx context.Context, question string) (string, error) {
	for {
		s.prompt(question)
		typed, err := s.Lines.Next(false)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return "", errLeave
			}
			s.say(s.Words.T(words.PlainNotRead))
			continue
		}
		typed = strings.TrimSpace(typed)
		letter := strings.ToLower(typed)
		if s.device != nil && s.device.Helping() {
			if letter == "n" || letter == "v" {
				letter = "" // a helper knows of neither
			}
			if letter == "?" {
				s.say(s.Words.T(words.PlainHelperHow))
				continue
			}
		}
		switch letter {
		case "x":
			return "", errLeave
		case "b":
			return "", errBack
		case "?":
			s.say(s.Words.T(words.PlainHow))
		case "n":
			if err := s.aside(ctx, s.crisis); err != nil {
				return "", err
			}
		case "v":
			if err := s.aside(ctx, s.check); err != nil {
				return "", err
			}
		default:
			return typed, nil
		}
	}
}

// aside goes somewhere by a letter and comes back to the same question.
func (s *session) aside(ctx context.Context, where func(context.Context) error) error {
	if s.inside {
		return errBack
	}
	s.inside = true
	defer func() { s.inside = false }()
	if err := where(ctx); err != nil && !errors.Is(err, errBack) {
		return err
	}
	s.gap()
	return nil
}

// choice is one numbered line and what it does.
type choice struct {
	label string
	do    func(ctx context.Context) error
}

// menu shows numbered choices until one is taken, does it, and returns what it returned.
func (s *session) menu(ctx context.Context, choices ...choice) error {
	n, err := s.pick(ctx, labels(choices), false)
	if err != nil {
		return err
	}
	return choices[n].do(ctx)
}

func labels(choices []choice) []string {
	out := make([]string, len(choices))
	for i, c := range choices {
		out[i] = c.label
	}
	return out
}

// none is what pick returns for an empty answer when skipping is allowed.
const none = -1

// pick asks for one of several lines. With skip, an empty answer is none.
func (s *session) pick(ctx context.Context, lines []string, skip bool) (int, error) {
	if skip {
		return s.pickOr(ctx, lines, words.PlainAskNumberSkip)
	}
	return s.pickOr(ctx, lines, words.PlainAskNumber)
}

// pickOr asks for one of several lines in the words of ask. Unless that is the plain question,
// an empty answer is none.
func (s *session) pickOr(ctx context.Context, lines []string, ask words.Key) (int, error) {
	s.number(lines)
	for {
		typed, err := s.line(ctx, s.Words.T(ask))
		if err != nil {
			return 0, err
		}
		if typed == "" && ask != words.PlainAskNumber {
			return none, nil
		}
		if n, err := strconv.Atoi(strings.TrimRight(typed, ".")); err == nil && n >= 1 && n <= len(lines) {
			return n - 1, nil
		}
		s.say(s.Words.T(words.PlainNotNumber, words.Int("most", len(lines))))
	}
}

// pickSome asks for any number of several lines. An empty answer is none of them.
func (s *session) pickSome(ctx context.Context, lines []string, ask words.Key) ([]int, error) {
	s.number(lines)
	for {
		typed, err := s.line(ctx, s.Words.T(ask))
		if err != nil {
			return nil, err
		}
		picked, ok := numbers(typed, len(lines))
		if ok {
			return picked, nil
		}
		s.say(s.Words.T(words.PlainNotNumbers, words.Int("most", len(lines))))
	}
}

func (s *session) number(lines []string) {
	for i, line := range lines {
		s.say(fmt.Sprintf("%d. %s", i+1, line))
	}
}

// numbers reads "1 3, 4" as indexes, each once, in the order typed.
func numbers(typed string, most int) ([]int, bool) {
	var out []int
	seen := make([]bool, most+1)
	for _, f := range strings.FieldsFunc(typed, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\t' }) {
		n, err := strconv.Atoi(strings.TrimRight(f, "."))
		if err != nil || n < 1 || n > most {
			return nil, false
		}
		if !seen[n] {
			out = append(out, n-1)
		}
		seen[n] = true
	}
	return out, true
}
