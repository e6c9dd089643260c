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
	"path/filepath"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// machine is the flags of a command that works in the folder of this machine.
type machine struct {
	home, passphraseFile string
	json                 bool
}

func withMachine(a *command.Arguments) *machine {
	m := &machine{}
	a.StringVar(&m.home, "home", "", "")
	a.StringVar(&m.passphraseFile, "passphrase-file", "", "")
	a.BoolVar(&m.json, "json", false, "")
	return m
}

// defaultHome is $CHAPERONE_CLINIC_HOME, or chaperone-clinic beside the patient's folder.
func defaultHome(system string, env func(string) string) (string, error) {
	if dir := env("CHAPERONE_CLINIC_HOME"); dir != "" {
		return filepath.Abs(dir)
	}
	var parts []string
	switch system {
	case "windows":
		parts = []string{env("LocalAppData"), "Chaperone Clinic"}
	case "darwin":
		parts = []string{env("HOME"), "Library", "Application Support", "Chaperone Clinic"}
	default:
		parts = []string{env("XDG_DATA_HOME"), "chaperone-clinic"}
		if !filepath.IsAbs(parts[0]) {
			parts = []string{env("HOME"), ".local", "share", "chaperone-clinic"}
		}
	}
	if parts[0] == "" {
		return "", errNoHome
	}
	return filepath.Join(parts...), nil
}

// office opens the folder of this machine. Its passphrase is asked when something sealed is
// needed, and asked twice when it is new.
func (p *program) office(m *machine) (*office.Office, error) {
	dir := m.home
	if dir == "" {
		var err error
		if dir, err = defaultHome(runtime.GOOS, p.getenv); err != nil {
			return nil, err
		}
	}
	var o *office.Office
	o, err := office.Open(office.Config{
		Dir: dir, Work: p.work, Now: p.now, Witnesses: witnessClient(),
		Passphrase: func() (string, error) {
			return p.passphrase(m.passphraseFile, words.DeskAskPassphrase, !o.HasPassphrase())
		},
	})
	if err != nil {
		return nil, err
	}
	return o, nil
}

// passphrase reads a passphrase from the first line of a file, or asks for it: twice when it is
// new.
func (p *program) passphrase(file string, question words.Key, fresh bool) (string, error) {
	if file != "" {
		raw, err := p.input(file)
		if err != nil {
			return "", err
		}
		line, _, _ := bytes.Cut(raw, []byte("\n"))
		return checkPassphrase(strings.TrimRight(string(line), "\r"), fresh)
	}
	ask, err := command.NewAsker(p.stdin)
	if err != nil {
		return "", err
	}
	defer ask.Close()
	return p.askPassphrase(ask, p.words.T(question), fresh)
}

func (p *program) askPassphrase(ask *command.Asker, question string, fresh bool) (string, error) {
	first, err := ask.Secret(question)
	if err != nil {
		return "", err
	}
	if first, err = checkPassphrase(first, fresh); err != nil || !fresh {
		return first, err
	}
	second, err := ask.Secret(p.words.T(words.DeskAskAgain))
	if err != nil {
		return "", err
	}
	if first != second {
		return "", errTwice
	}
	return first, nil
}

// minPassphrase is how many characters a new passphrase has at least.
const minPassphrase = 12

func checkPassphrase(s string, fresh bool) (string, error) {
	if s == "" || fresh && utf8.RuneCountInString(s) < minPassphrase {
		return "", errShort
	}
	return s, nil
}

// maxInput is the most that is read from a file or standard input, in bytes.
const maxInput = 64 << 20

// input reads a file, or standard input for "-".
func (p *program) input(file string) ([]byte, error) {
	in := p.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("open input: %w: %w", errInput, err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(bufio.NewReader(in), maxInput+1))
	if err != nil || len(data) > maxInput {
		return nil, fmt.Errorf("read input: %w", errors.Join(errInput, err))
	}
	return data, nil
}

// shares is the flags of a command that root holders sign.
type shares struct{ files, passphrases command.List }

func withShares(a *command.Arguments, name string) *shares {
	s := &shares{}
	a.Var(&s.files, name, "")
	if a.Lookup("share-passphrase-file") == nil {
		a.Var(&s.passphrases, "share-passphrase-file", "")
	}
	return s
}

// passphraseFile is the file with the passphrase of share i: the one in its place, or the only
// one for all.
func passphraseFile(files command.List, i int) string {
	switch {
	case i < len(files):
		return files[i]
	case len(files) == 1:
		return files[0]
	}
	return ""
}

// open opens the files of shares, asking each holder for a passphrase.
func (p *program) open(files, passphrases command.List) ([][]byte, error) {
	var out [][]byte
	for i, file := range files {
		sealed, err := p.input(file)
		if err != nil {
			return nil, err
		}
		pass, err := p.shareKey(passphrases, i, filepath.Base(file), false)
		if err != nil {
			return nil, err
		}
		raw, err := clinic.OpenPassphrase(pass, sealed)
		if err != nil {
			return nil, err
		}
		out = append(out, raw)
	}
	return out, nil
}

// shareKey is the passphrase of a share, from its file or its holder.
func (p *program) shareKey(passphrases command.List, i int, file string, fresh bool) (string, error) {
	if from := passphraseFile(passphrases, i); from != "" {
		return p.passphrase(from, words.DeskAskPassphrase, fresh)
	}
	ask, err := command.NewAsker(p.stdin)
	if err != nil {
		return "", err
	}
	defer ask.Close()
	return p.askPassphrase(ask, p.words.T(words.DeskAskShare, words.Str("file", command.Printable(file))), fresh)
}

// roots brings the root holders together; nil when none was named.
func (p *program) roots(s *shares) (*clinic.Roots, error) {
	if len(s.files) == 0 {
		return nil, nil
	}
	secrets, err := p.open(s.files, s.passphrases)
	if err != nil {
		return nil, err
	}
	var all []*clinic.RootShare
	for _, raw := range secrets {
		share, err := clinic.ParseRootShare(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, share)
	}
	return clinic.JoinRoots(all...)
}

// needRoots is roots for a command that nobody else may sign.
func (p *program) needRoots(s *shares) (*clinic.Roots, error) {
	r, err := p.roots(s)
	if err == nil && r == nil {
		err = clinic.ErrRoots
	}
	return r, err
}

// show prints a document for programs, or lines for a person.
func (p *program) show(asJSON bool, doc any, lines ...string) (int, error) {
	if !asJSON {
		return p.print(strings.Join(lines, "\n") + "\n")
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return 0, fmt.Errorf("write output: %w: %w", errOutput, err)
	}
	return p.print(out.String())
}

// on runs a command on this machine's office and closes it.
func (p *program) on(ctx context.Context, m *machine, do func(context.Context, *office.Office) (int, error)) (int, error) {
	o, err := p.office(m)
	if err != nil {
		return 0, err
	}
	code, err := do(ctx, o)
	return code, errors.Join(err, o.Close())
}
