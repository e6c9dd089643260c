package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

const clinicsSchema = "chaperone.clinics.v1"

// which reads the name or id that a command is about, before its options or behind them.
func (p *program) which(a *arguments, what string) (string, error) {
	name, most := "", 1
	if len(a.args) > 0 && !strings.HasPrefix(a.args[0], "-") {
		name, a.args, most = a.args[0], a.args[1:], 0
	}
	if err := a.parse(p.words, most); err != nil {
		return "", err
	}
	if name = cmp.Or(name, a.Arg(0)); name == "" {
		return "", &usageError{a.command, p.words.T(words.CliErrMissing, words.Str("name", what))}
	}
	return name, nil
}

// clinics lists, adds and removes clinics, and contacts of those that take no part.
func (p *program) clinics(ctx context.Context, a *arguments) (int, error) {
	what := "list"
	if len(a.args) > 0 && !strings.HasPrefix(a.args[0], "-") {
		what, a.args = a.args[0], a.args[1:]
	}
	a.withHome()
	switch what {
	case "list":
		return p.listClinics(ctx, a)
	case "add":
		return p.addClinic(ctx, a)
	case "remove":
		return p.removeClinic(ctx, a)
	case "dismiss":
		return p.dismiss(ctx, a)
	}
	return 0, &usageError{a.command, p.words.T(words.CliErrArgument, words.Str("name", printable(what)))}
}

// clinicsDoc is the list for programs. Times are RFC 3339 in UTC, null when not known.
type clinicsDoc struct {
	Schema  string      `json:"schema"`
	Clinics []clinicDoc `json:"clinics"`
	Saved   []ownDoc    `json:"saved"`
	Notices []noticeDoc `json:"notices"`
	Forks   []forkDoc   `json:"forks"`
}

// forkDoc is the proof that a log showed two histories, for whoever wants to check it: two
// checkpoints as signed, and the hashes between them.
type forkDoc struct {
	ID     string   `json:"clinic_id"` // base64
	Origin string   `json:"origin"`
	A      string   `json:"a"`     // the smaller one
	B      string   `json:"b"`     // the greater one
	Proof  []string `json:"proof"` // base64; empty for two of one size
}

type clinicDoc struct {
	ID        string        `json:"clinic_id"` // base64
	Name      string        `json:"name"`
	Words     []string      `json:"words"` // on its card
	Level     contact.Level `json:"pin_level"`
	PinnedAt  *time.Time    `json:"pinned_at"`
	Confirmed bool          `json:"confirmed"`
	AskedAt   *time.Time    `json:"asked_at"`
	StatusAt  *time.Time    `json:"status_at"`
	ClosedAt  *time.Time    `json:"closed_at"`
	Phones    []string      `json:"phones"`
	Servers   []string      `json:"servers"`
	Pending   bool          `json:"pending"`
	Incident  *string       `json:"incident"` // the clinic's own words
}

type ownDoc struct {
	ID        string   `json:"id"`
	Clinic    string   `json:"clinic"`
	Numbers   []string `json:"numbers"`
	Domains   []string `json:"domains"`
	Addresses []string `json:"addresses"`
}

type noticeDoc struct {
	ID        string          `json:"id"`
	Clinic    string          `json:"clinic"`
	TrustedAt *time.Time      `json:"trusted_at"`
	FoundAt   *time.Time      `json:"found_at"`
	Headline  contact.Finding `json:"headline"`
}

func newClinicsDoc(clinics []patient.ClinicInfo, saved []patient.SavedContacts, notices []patient.Notice, forks []contact.Fork) clinicsDoc {
	doc := clinicsDoc{clinicsSchema, []clinicDoc{}, []ownDoc{}, []noticeDoc{}, []forkDoc{}}
	list := func(s []string) []string { return append([]string{}, s...) }
	for _, c := range clinics {
		x := clinicDoc{
			ID: base64.StdEncoding.EncodeToString(c.ID[:]), Name: c.Name, Words: card.Words(c.ID), Level: c.Level,
			PinnedAt: moment(c.PinnedAt), Confirmed: c.Confirmed, AskedAt: moment(c.AskedAt), StatusAt: moment(c.StatusAt),
			ClosedAt: moment(c.Closed), Phones: list(c.Phones), Servers: list(c.Servers), Pending: c.Pending,
		}
		if c.Incident != nil {
			x.Incident = &c.Incident.Body
		}
		doc.Clinics = append(doc.Clinics, x)
	}
	for _, s := range saved {
		doc.Saved = append(doc.Saved, ownDoc{s.ID, s.Clinic, list(s.Numbers), list(s.Domains), list(s.Addresses)})
	}
	for _, n := range notices {
		doc.Notices = append(doc.Notices, noticeDoc{n.ID, n.Clinic, moment(n.TrustedAt), moment(n.FoundAt), n.Headline})
	}
	for _, f := range forks {
		x := forkDoc{base64.StdEncoding.EncodeToString(f.Clinic[:]), f.Origin, f.A, f.B, []string{}}
		for _, h := range f.Proof {
			x.Proof = append(x.Proof, base64.StdEncoding.EncodeToString(h[:]))
		}
		doc.Forks = append(doc.Forks, x)
	}
	return doc
}

func (p *program) listClinics(ctx context.Context, a *arguments) (int, error) {
	asJSON := a.Bool("json", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	d, err := p.device(ctx, a)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	clinics, saved, notices := d.Clinics(), d.SavedContacts(), d.Notices()
	if *asJSON {
		out, err := indented(newClinicsDoc(clinics, saved, notices, d.Forks()))
		if err != nil {
			return 0, err
		}
		return p.print(out)
	}
	var b strings.Builder
	say := func(depth int, text string) { b.WriteString(paragraph(depth, text, p.width())) }
	env := &screen.Env{Words: p.words, Now: p.now}
	for _, n := range notices {
		say(0, p.words.T(words.NoticeLine, words.Str("date", p.words.Date(n.TrustedAt)))+" "+n.ID)
	}
	if len(clinics)+len(saved) == 0 {
		say(0, p.words.T(words.ClinicsNone))
	}
	for _, c := range clinics {
		say(0, widget.Line(c.Name))
		say(1, screen.HowSetUp(env, c))
		for _, text := range screen.Banners(env, c) {
			say(1, text)
		}
		if c.Incident != nil {
			say(1, widget.Safe(c.Incident.Body))
		}
		if len(c.Phones) > 0 {
			say(1, p.words.T(words.ClinicsPhones)+" "+screen.Phones(c.Phones))
		}
		if c.StatusAt.IsZero() {
			say(1, p.words.T(words.ClinicsHeardNever))
		} else {
			say(1, p.words.T(words.ClinicsHeard)+" "+p.words.T(words.ClinicsHeardText, words.Str("date", p.words.Date(c.StatusAt))))
		}
		say(1, strings.Join(card.Words(c.ID), " "))
	}
	for _, s := range saved {
		say(0, cmp.Or(widget.Line(s.Clinic), p.words.T(words.ClinicsSavedAs))+" ("+p.words.T(words.ClinicsSavedAs)+", "+s.ID+")")
		say(1, widget.Line(strings.Join(slices.Concat(s.Numbers, s.Domains, s.Addresses), ", ")))
	}
	return p.print(b.String())
}

// paragraph writes a paragraph four columns further in for each depth.
func paragraph(depth int, text string, width int) string {
	out := plain.Paragraph(text, width-4*depth)
	for range depth {
		out = indent(out)
	}
	return out
}

func (p *program) addClinic(ctx context.Context, a *arguments) (int, error) {
	var numbers, domains, addresses fieldValues
	a.withServer()
	typed := a.String("words", "", "")
	from := a.String("from", "", "")
	name := a.String("name", "", "")
	yes := a.Bool("yes", false, "")
	a.Var(&numbers, "number", "")
	a.Var(&domains, "domain", "")
	a.Var(&addresses, "address", "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	own := len(numbers)+len(domains)+len(addresses) > 0
	usage := func(key words.Key, args ...words.Arg) (int, error) {
		return 0, &usageError{a.command, p.words.T(key, args...)}
	}
	switch {
	case *typed == "" && !own:
		return usage(words.CliErrMissing, words.Str("name", "--words"))
	case *typed != "" && own:
		return usage(words.CliErrTogether, words.Str("a", "--words"), words.Str("b", "--number"))
	case *typed != "" && !slices.Contains(screen.Sources(), patient.Source(*from)):
		return usage(words.CliErrValue, words.Str("name", "--from"))
	}
	d, err := p.device(ctx, a)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if own {
		if err := d.SaveContacts(patient.SavedContacts{Clinic: *name, Numbers: numbers, Domains: domains, Addresses: addresses}); err != nil {
			return 0, err
		}
		return p.print(plain.Paragraph(p.words.T(words.ClinicsKept)+" "+p.words.T(words.KeepNever), p.width()))
	}
	offer, err := d.PrepareClinic(ctx, *typed, patient.Source(*from))
	if err != nil {
		return 0, err
	}
	var b strings.Builder
	for _, line := range screen.OfferLines(&screen.Env{Words: p.words, Now: p.now}, offer) {
		b.WriteString(plain.Paragraph(line.Text, p.width()))
	}
	if _, err := p.print(b.String()); err != nil {
		return 0, err
	}
	if !*yes {
		if err := p.askYes(p.words.T(words.CardFound)); err != nil {
			return 0, err
		}
	}
	if err := d.AddClinic(ctx, offer); err != nil {
		return 0, err
	}
	return p.print(p.words.T(words.ClinicsAdded) + "\n")
}

// askYes asks a question that only "yes" answers.
func (p *program) askYes(question string) error {
	ask, err := p.asker(true)
	if err != nil {
		return err
	}
	defer ask.close()
	word := p.words.T(words.CliClinicsYes)
	typed, err := ask.ask(question+" "+p.words.T(words.CliClinicsType, words.Str("word", word)), false)
	if err != nil {
		return err
	}
	if !strings.EqualFold(typed, word) {
		return errNotYes
	}
	return nil
}

// removeClinic takes away what has the name or id that is given: a clinic, or saved contacts.
func (p *program) removeClinic(ctx context.Context, a *arguments) (int, error) {
	yes := a.Bool("yes", false, "")
	name, err := p.which(a, "NAME")
	if err != nil {
		return 0, err
	}
	d, err := p.device(ctx, a)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	var remove []func() error
	question := ""
	for _, c := range d.Clinics() {
		if name == base64.StdEncoding.EncodeToString(c.ID[:]) || strings.EqualFold(name, c.Name) {
			question = p.words.T(words.ClinicsRemove, words.Str("name", widget.Line(c.Name)))
			remove = append(remove, func() error { return d.RemoveClinic(ctx, c.ID) })
		}
	}
	for _, s := range d.SavedContacts() {
		if name == s.ID || strings.EqualFold(name, s.Clinic) {
			question = p.words.T(words.ClinicsRemoveSaved, words.Str("name", widget.Line(cmp.Or(s.Clinic, s.ID))))
			remove = append(remove, func() error { return d.RemoveSaved(s.ID) })
		}
	}
	if len(remove) != 1 {
		return 0, errNoSuchClinic
	}
	if !*yes {
		if err := p.askYes(question); err != nil {
			return 0, err
		}
	}
	if err := remove[0](); err != nil {
		return 0, err
	}
	return p.print(p.words.T(words.ClinicsRemoved) + "\n")
}

// dismiss puts notices away.
func (p *program) dismiss(ctx context.Context, a *arguments) (int, error) {
	id, err := p.which(a, "ID")
	if err != nil {
		return 0, err
	}
	d, err := p.device(ctx, a)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	if !slices.ContainsFunc(d.Notices(), func(n patient.Notice) bool { return n.ID == id }) {
		return 0, fmt.Errorf("dismiss: %w", errNoSuchClinic)
	}
	if err := d.DismissNotice(id); err != nil {
		return 0, err
	}
	return p.print(p.words.T(words.ClinicsRemoved) + "\n")
}
