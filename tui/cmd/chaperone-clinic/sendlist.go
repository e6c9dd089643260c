package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// maxRows is the longest list.
const maxRows = 100_000

// listDoc is a list that was sent, for programs.
type listDoc struct {
	Schema string `json:"schema"`
	Rows   int    `json:"rows"`
	Out    string `json:"out_file"`
	Sealed bool   `json:"sealed"`
}

// table is patients.csv, read.
type table struct {
	head []string
	rows [][]string
}

func readTable(raw []byte) (table, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff"))))
	all, err := r.ReadAll()
	if err != nil || len(all) < 2 || len(all) > maxRows+1 {
		return table{}, errTable
	}
	for i, h := range all[0] {
		all[0][i] = strings.TrimSpace(h)
		if all[0][i] == "" || slices.Contains(all[0][:i], all[0][i]) || strings.EqualFold(all[0][i], "code") {
			return table{}, errTable
		}
	}
	return table{all[0], all[1:]}, nil
}

// fill puts a row into a template: {{column}} is replaced. It fails with errTemplate for a
// column that the list does not have.
func (t table) fill(template string, row []string) (string, error) {
	var b strings.Builder
	for rest := template; ; {
		before, after, found := strings.Cut(rest, "{{")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		field, tail, closed := strings.Cut(after, "}}")
		i := slices.Index(t.head, strings.TrimSpace(field))
		if !closed || i < 0 {
			return "", errTemplate
		}
		b.WriteString(row[i])
		rest = tail
	}
}

// sendList sends one message a row and writes the list again with a code beside each row. It
// sends no mail. What was begun is gone on with when the same command is given again.
func (p *program) sendList(ctx context.Context, m *machine, f *sendFlags, o *office.Office) (int, error) {
	if _, err := os.Lstat(f.out); err == nil {
		return 0, fs.ErrExist
	}
	raw, err := p.input(f.csv)
	if err != nil {
		return 0, err
	}
	template, err := p.input(f.template)
	if err != nil {
		return 0, err
	}
	t, err := readTable(raw)
	if err != nil {
		return 0, err
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %s %s %d\n%s%s", len(raw), len(template), f.kind, f.channel, f.days, raw, template)
	list := office.List{Digest: [32]byte(h.Sum(nil))}
	for _, row := range t.rows {
		body, err := t.fill(string(template), row)
		if err != nil {
			return 0, err
		}
		list.Drafts = append(list.Drafts, f.draft(body))
	}
	items, err := o.SendList(ctx, list, p.progress())
	var bad *office.RowError
	if errors.As(err, &bad) {
		text, hint, code := p.explain(err)
		command.WriteError(p.stderr, name, p.words.T(words.DeskErrRow, words.Int("row", bad.Row+1), words.Str("why", text)), hint)
		return code, nil
	}
	var waits *monitor.ApprovalError
	if errors.As(err, &waits) {
		text, _, code := p.explain(err)
		n := 0
		for _, it := range items {
			if it.State == office.Drafted || it.State == office.Signed {
				n++
			}
		}
		approve := fmt.Sprintf("%s monitor approve %s --messages %d --person NAME", name, waits.Name, n)
		command.WriteError(p.stderr, name, text, p.words.T(words.DeskHintApprove, words.Str("command", approve)))
		return code, nil
	}
	if err != nil {
		return 0, err
	}
	return p.saveList(m, f, t, items)
}

// progress writes a line to standard error now and then, for a person who waits.
func (p *program) progress() func(done, all int) {
	f, ok := p.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return func(int, int) {}
	}
	return func(done, all int) {
		fmt.Fprintf(f, "\r\x1b[2K%s", p.words.T(words.DeskProgress, words.Int("done", done), words.Int("all", all)))
		if done == all {
			fmt.Fprintln(f)
		}
	}
}

// saveList writes the codes: sealed under a passphrase, unless the reader asked for plain text.
func (p *program) saveList(m *machine, f *sendFlags, t table, items []*office.Item) (int, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{append(slices.Clone(t.head), "code", "qr", "ref", "text")}
	for i, row := range t.rows {
		it := items[i]
		if it.State != office.SentOut {
			return 0, office.ErrUnwitness
		}
		rows = append(rows, append(slices.Clone(row), it.Code.Grouped(), qrMessage+it.Code.Symbols(), it.Ref, it.Draft.Body))
	}
	if err := w.WriteAll(rows); err != nil {
		return 0, fmt.Errorf("write list: %w: %w", errOutput, err)
	}
	data := out.Bytes()
	if !f.plain {
		pass, err := p.passphrase(m.passphraseFile, words.DeskAskList, m.passphraseFile == "")
		if err != nil {
			return 0, err
		}
		if data, err = clinic.SealPassphrase(pass, p.work, data); err != nil {
			return 0, err
		}
	}
	if err := disk.SaveNew(f.out, data); err != nil {
		return 0, err
	}
	doc := listDoc{"chaperone-clinic.list.v1", len(items), f.out, !f.plain}
	lines := []string{p.words.T(words.DeskListed, words.Int("n", len(items)), words.Str("file", f.out))}
	if doc.Sealed {
		lines = append(lines, p.words.T(words.DeskListSealed), "   "+name+" open "+f.out)
	} else {
		lines = append(lines, p.words.T(words.DeskListPlain))
	}
	return p.show(m.json, doc, lines...)
}

// openFile prints a file that was sealed under a passphrase.
func (p *program) openFile(_ context.Context, a *command.Arguments) (int, error) {
	file := a.String("passphrase-file", "", "")
	if err := a.Read(p.words, 1); err != nil {
		return 0, err
	}
	if a.NArg() == 0 {
		return 0, a.Refuse(p.words.T(words.CliErrMissing, words.Str("name", "FILE")))
	}
	sealed, err := p.input(a.Arg(0))
	if err != nil {
		return 0, err
	}
	pass, err := p.passphrase(*file, words.DeskAskList, false)
	if err != nil {
		return 0, err
	}
	raw, err := clinic.OpenPassphrase(pass, sealed)
	if err != nil {
		return 0, err
	}
	return p.print(string(raw))
}
