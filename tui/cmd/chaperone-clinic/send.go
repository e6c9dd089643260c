package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// sentDoc is a message that was sent, for programs. Its code is a secret.
type sentDoc struct {
	Schema  string    `json:"schema"`
	Ref     string    `json:"ref"`
	Code    string    `json:"code"`
	QR      string    `json:"qr"`
	Kind    string    `json:"kind"`
	Expires time.Time `json:"expires"`
	Text    string    `json:"text"` // exactly as it was signed
	Bundle  string    `json:"bundle_file"`
}

// draftsDoc is what became of kept messages, for programs.
type draftsDoc struct {
	Schema string    `json:"schema"`
	Sent   []sentDoc `json:"sent"`
	Kept   int       `json:"kept"`
}

type sendFlags struct {
	kind, channel, text, png, bundle string
	days                             int
	drafts, cancel                   bool
	csv, template, out               string
	plain                            bool
}

func withSend(a *command.Arguments) *sendFlags {
	f := &sendFlags{}
	a.StringVar(&f.kind, "kind", "notice", "")
	a.StringVar(&f.channel, "channel", "post", "")
	a.StringVar(&f.text, "text", "", "")
	a.StringVar(&f.png, "png", "", "")
	a.StringVar(&f.bundle, "bundle", "", "")
	a.IntVar(&f.days, "days", 180, "")
	a.BoolVar(&f.drafts, "drafts", false, "")
	a.BoolVar(&f.cancel, "cancel", false, "")
	a.StringVar(&f.csv, "csv", "", "")
	a.StringVar(&f.template, "template", "", "")
	a.StringVar(&f.out, "out", "", "")
	a.BoolVar(&f.plain, "plain", false, "")
	return f
}

// check refuses flags that do not go together, and values that no message has.
func (f *sendFlags) check(p *program, a *command.Arguments) error {
	w := p.words
	switch {
	case f.drafts && (f.csv != "" || f.text != ""):
		return a.Refuse(w.T(words.CliErrTogether, words.Str("a", "--drafts"), words.Str("b", "--text, --csv")))
	case f.cancel && !f.drafts:
		return a.Refuse(w.T(words.CliErrMissing, words.Str("name", "--drafts")))
	case f.csv != "" && f.text != "":
		return a.Refuse(w.T(words.CliErrTogether, words.Str("a", "--csv"), words.Str("b", "--text")))
	case f.csv != "":
		if err := a.Need(w, "template", "out"); err != nil {
			return err
		}
	case f.text == "" && !f.drafts:
		return a.Refuse(w.T(words.CliErrMissing, words.Str("name", "--text")))
	}
	if f.days < 1 || f.days > 365 {
		return a.Refuse(w.T(words.CliErrRange, words.Str("name", "--days"), words.Int("least", 1), words.Int("most", 365)))
	}
	kinds := []contact.Kind{contact.KindNotice, contact.KindAppointment, contact.KindBilling, contact.KindRecords}
	if !slices.Contains(kinds, contact.Kind(f.kind)) {
		return a.Refuse(w.T(words.CliErrValue, words.Str("name", "--kind")))
	}
	if !slices.Contains([]string{"app", "email", "sms", "post", "portal"}, f.channel) {
		return a.Refuse(w.T(words.CliErrValue, words.Str("name", "--channel")))
	}
	return nil
}

func (f *sendFlags) draft(body string) clinic.Draft {
	return clinic.Draft{Kind: contact.Kind(f.kind), Channel: f.channel, Body: body, Life: time.Duration(f.days) * 24 * time.Hour}
}

func (p *program) send(ctx context.Context, a *command.Arguments) (int, error) {
	m, f := withMachine(a), withSend(a)
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := f.check(p, a); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(ctx context.Context, o *office.Office) (int, error) {
		switch {
		case f.csv != "":
			return p.sendList(ctx, m, f, o)
		case f.drafts:
			return p.sendDrafts(ctx, m, f, o)
		}
		body, err := p.input(f.text)
		if err != nil {
			return 0, err
		}
		it, err := o.Send(ctx, f.draft(string(body)))
		if it == nil || it.State != office.SentOut {
			return 0, err
		}
		// The message is out. A status that was not taken now comes with the next.
		return p.showSent(ctx, m, f, o, it)
	})
}

func (p *program) sentDoc(o *office.Office, it *office.Item) sentDoc {
	code := it.Code.Grouped()
	return sentDoc{
		Schema: "chaperone-clinic.send.v1", Ref: it.Ref, Code: code, QR: qrMessage + it.Code.Symbols(), Kind: string(it.Draft.Kind),
		Expires: time.Unix(it.Written.Expires, 0).UTC(), Text: it.Draft.Body,
	}
}

func (p *program) showSent(ctx context.Context, m *machine, f *sendFlags, o *office.Office, it *office.Item) (int, error) {
	doc := p.sentDoc(o, it)
	if f.bundle != "" {
		raw, err := o.Bundle(ctx, it)
		if err != nil {
			return 0, err
		}
		if err := disk.SaveNew(f.bundle, raw); err != nil {
			return 0, err
		}
		doc.Bundle = f.bundle
	}
	if f.png != "" {
		if err := savePNG(f.png, doc.QR); err != nil {
			return 0, err
		}
	}
	lines := p.sentLines(doc)
	if s := p.square(doc.QR); s != "" {
		lines = append(lines, "", strings.TrimRight(s, "\n"))
	}
	return p.show(m.json, doc, lines...)
}

func (p *program) sentLines(doc sentDoc) []string {
	w := p.words
	return []string{
		w.T(words.DeskSent), "", "    " + doc.Code, "",
		w.T(words.DeskSentPut, words.Str("date", w.Date(doc.Expires))), w.T(words.DeskSentExactly), w.T(words.DeskSentRef, words.Str("ref", doc.Ref)),
	}
}

// sendDrafts goes on with the messages that are kept, or gives them up.
func (p *program) sendDrafts(ctx context.Context, m *machine, f *sendFlags, o *office.Office) (int, error) {
	drafts, err := o.Drafts()
	if err != nil {
		return 0, err
	}
	doc := draftsDoc{Schema: "chaperone-clinic.drafts.v1", Sent: []sentDoc{}}
	var lines []string
	var first error
	for _, it := range drafts {
		if it.Draft.Batch != nil && !f.cancel {
			doc.Kept++ // the list that it belongs to is sent again as a whole
			continue
		}
		if f.cancel {
			if err := o.Cancel(it); err != nil {
				return 0, err
			}
			continue
		}
		if err := o.Resume(ctx, it); it.State != office.SentOut {
			first = errors.Join(first, err)
			doc.Kept++
			continue
		}
		sent := p.sentDoc(o, it)
		doc.Sent = append(doc.Sent, sent)
		lines = append(lines, p.sentLines(sent)...)
	}
	if len(doc.Sent) == 0 && first != nil {
		return 0, first
	}
	lines = append(lines, p.words.T(words.DeskDrafts, words.Int("sent", len(doc.Sent)), words.Int("n", doc.Kept)))
	code, err := p.show(m.json, doc, lines...)
	if err == nil && first != nil {
		return command.ExitCannotTell, nil
	}
	return code, err
}
