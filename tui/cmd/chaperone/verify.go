package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// verifyOptions is the command line of a check.
type verifyOptions struct {
	code, bundle, text, sender string
	asJSON, noVault            bool
}

func (p *program) verify(ctx context.Context, a *arguments) (int, error) {
	var o verifyOptions
	a.withHome()
	a.withServer()
	a.StringVar(&o.code, "code", "", "")
	a.StringVar(&o.bundle, "bundle", "", "")
	a.StringVar(&o.text, "text", "", "")
	a.StringVar(&o.sender, "sender", "", "")
	a.BoolVar(&o.asJSON, "json", false, "")
	a.BoolVar(&o.noVault, "no-vault", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	if o.code == "" && o.bundle == "" && o.sender == "" && o.text == "" {
		return 0, &usageError{a.command, p.words.T(words.CliErrMissing, words.Str("name", "--code"))}
	}
	if name := twice(o); name != "" {
		return 0, &usageError{a.command, p.words.T(words.CliErrTogether, words.Str("a", name+" -"), words.Str("b", "--text -"))}
	}
	if o.code == "-" {
		code, err := p.input("-")
		if err != nil {
			return 0, err
		}
		o.code = strings.TrimSpace(string(code))
	}
	var text *string
	if o.text != "" {
		data, err := p.input(o.text)
		if err != nil {
			return 0, err
		}
		s := string(data)
		text = &s
	}
	if o.code == "" && o.bundle == "" {
		return p.compare(ctx, a, o, text)
	}
	checked, err := p.judge(ctx, a, o, text)
	if err != nil {
		return 0, err
	}
	out := p.card(checked)
	if o.asJSON {
		if out, err = verdictJSON(checked); err != nil {
			return 0, err
		}
	}
	if _, err := p.print(out); err != nil {
		return 0, err
	}
	return checked.Headline.ExitCode(), nil
}

// twice names an option that reads standard input although --text does.
func twice(o verifyOptions) string {
	names := []string{}
	for name, value := range map[string]string{"--code": o.code, "--bundle": o.bundle, "--text": o.text} {
		if value == "-" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) < 2 {
		return ""
	}
	return names[0]
}

// judge judges a code, a bundle or both with the clinics of the vault on this device; without one
// no clinic is known. Of both the worse verdict holds. The vault is opened like everywhere else,
// under its lock, since a check also remembers stolen keys and the newest time. A vault that is
// open elsewhere is an error at once and never silently left out: the answer would be another one.
func (p *program) judge(ctx context.Context, a *arguments, o verifyOptions, text *string) (patient.Checked, error) {
	var bundle []byte
	if o.bundle != "" {
		var err error
		if bundle, err = p.input(o.bundle); err != nil {
			return patient.Checked{}, err
		}
	}
	d, err := p.checker(ctx, a, o.noVault)
	if err != nil {
		return patient.Checked{}, err
	}
	defer d.Close()
	var checked []patient.Checked
	if o.code != "" {
		c, err := d.CheckCode(ctx, patient.CodeCheck{Code: o.code, Typed: true, Text: text, Sender: o.sender})
		if errors.Is(err, patient.ErrNoServer) {
			return c, errNobodyToAsk
		}
		if err != nil {
			return c, err
		}
		checked = append(checked, c)
	}
	if bundle != nil {
		c, err := d.CheckBundle(ctx, bundle, text, o.sender)
		if err != nil {
			return c, err
		}
		checked = append(checked, c)
	}
	return slices.MinFunc(checked, func(a, b patient.Checked) int { return a.Headline.Rank() - b.Headline.Rank() }), nil
}

// checker opens the vault or, where there is none, something to check with that knows no clinic
// and is forgotten.
func (p *program) checker(ctx context.Context, a *arguments, noVault bool) (*patient.Device, error) {
	if !noVault {
		d, err := p.device(ctx, a)
		switch {
		case errors.Is(err, patient.ErrAlreadyOpen):
			return nil, errVerifyOpen
		case !errors.Is(err, patient.ErrNoVault):
			return d, err
		}
	}
	cfg, err := p.config(a)
	if err != nil {
		return nil, err
	}
	cfg.Disk = patient.NewMemory()
	d, _, err := patient.Create(ctx, cfg)
	return d, err
}

// compare compares a message without a code and without a bundle with what was saved of clinics.
// It is never a reason to trust.
func (p *program) compare(ctx context.Context, a *arguments, o verifyOptions, text *string) (int, error) {
	d, err := p.checker(ctx, a, o.noVault)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	received := ""
	if text != nil {
		received = *text
	}
	m := d.CompareSaved(received, o.sender)
	out := p.savedCard(m, d.SavedContacts())
	if o.asJSON {
		if out, err = indented(comparedDoc{savedSchema, contact.Grey, exitCannotTell, newSavedDoc(m)}); err != nil {
			return 0, err
		}
	}
	if _, err := p.print(out); err != nil {
		return 0, err
	}
	return exitCannotTell, nil
}

// judgeAlone judges without a vault: no clinic is known, so nothing is ever genuine.
func (p *program) judgeAlone(bundle []byte, text *string) (contact.Verdict, error) {
	v, _, err := contact.Verify(contact.Input{Bundle: bundle, Text: text, Now: p.now()})
	return v, err
}

// The schemas of what is written for programs. A change that a reader could stumble over
// gets a new number.
const (
	verifySchema = "chaperone.verify.v1"
	savedSchema  = "chaperone.saved.v1"
	planSchema   = "chaperone.plan.v1"
)

// verdictDoc is a verdict for programs. Times are RFC 3339 in UTC, null when not known.
type verdictDoc struct {
	Schema      string            `json:"schema"`
	Headline    contact.Finding   `json:"headline"`
	Class       contact.Class     `json:"class"`
	ExitCode    int               `json:"exit_code"`
	Findings    []contact.Finding `json:"findings"`
	Remarks     []contact.Remark  `json:"remarks"`
	Clinic      string            `json:"clinic"`       // "" when no pinned clinic is known to have sent it
	CallsItself string            `json:"calls_itself"` // what a clinic that is not pinned calls itself
	ClinicID    *string           `json:"clinic_id"`    // base64; null when not known
	PinLevel    contact.Level     `json:"pin_level"`    // "" when not pinned
	PinnedAt    *time.Time        `json:"pinned_at"`
	Signer      string            `json:"signer"`
	Kind        string            `json:"kind"`
	IssuedAt    *time.Time        `json:"issued_at"`
	ExpiresAt   *time.Time        `json:"expires_at"`
	LoggedAt    *time.Time        `json:"logged_at"`
	StatusAt    *time.Time        `json:"status_at"`
	Body        *string           `json:"body"` // null unless amber or green
	Changes     []changeDoc       `json:"changes"`
	Saved       *savedDoc         `json:"saved"`   // null when nothing was saved or found
	Server      string            `json:"server"`  // that was asked without a pinned clinic
	SeenAt      *time.Time        `json:"seen_at"` // when it was shown as trusted before
}

// savedDoc compares sender and text with what was saved.
type savedDoc struct {
	State  patient.SavedState `json:"state"` // "" when nothing was saved or found
	Clinic string             `json:"clinic"`
	Found  []savedFindingDoc  `json:"found"`
}

type savedFindingDoc struct {
	Kind   string             `json:"kind"`
	Text   string             `json:"text"`
	Sender bool               `json:"sender"`
	State  patient.SavedState `json:"state"`
	Near   string             `json:"near"`
}

// comparedDoc is what can be said without a code and without a bundle.
type comparedDoc struct {
	Schema   string        `json:"schema"`
	Class    contact.Class `json:"class"` // always grey
	ExitCode int           `json:"exit_code"`
	Saved    savedDoc      `json:"saved"`
}

func newSavedDoc(m patient.SavedMatch) savedDoc {
	doc := savedDoc{m.State, m.Clinic, []savedFindingDoc{}}
	for _, f := range m.Found {
		doc.Found = append(doc.Found, savedFindingDoc{f.Kind, f.Text, f.Sender, f.State, f.Near})
	}
	return doc
}

type changeDoc struct {
	Kind         string `json:"kind"`
	Signed       string `json:"signed"`
	Received     string `json:"received"`
	SignedMark   [2]int `json:"signed_mark"` // byte range of the token that differs
	ReceivedMark [2]int `json:"received_mark"`
}

// verdictJSON writes a verdict as one JSON object and a line break.
func verdictJSON(c patient.Checked) (string, error) {
	v := c.Verdict
	doc := verdictDoc{
		Schema: verifySchema, Headline: v.Headline, Class: v.Headline.Class(), ExitCode: v.Headline.ExitCode(),
		Findings: append([]contact.Finding{}, v.Findings...), Remarks: append([]contact.Remark{}, v.Remarks...),
		Clinic: v.Clinic, CallsItself: v.CallsItself, PinLevel: v.Level, PinnedAt: moment(v.PinnedAt),
		Signer: v.Signer, Kind: v.Kind,
		IssuedAt: moment(v.Issued), ExpiresAt: moment(v.Expires), LoggedAt: moment(v.LoggedAt), StatusAt: moment(v.StatusAt),
		Changes: []changeDoc{}, Server: c.Server, SeenAt: moment(c.SeenAt),
	}
	if c.Saved.State != patient.SavedNone {
		saved := newSavedDoc(c.Saved)
		doc.Saved = &saved
	}
	if v.ClinicID != ([32]byte{}) {
		id := base64.StdEncoding.EncodeToString(v.ClinicID[:])
		doc.ClinicID = &id
	}
	if class := v.Headline.Class(); class == contact.Amber || class == contact.Green {
		doc.Body = &v.Body
	}
	if v.Diff != nil {
		for _, c := range v.Diff.Changes {
			doc.Changes = append(doc.Changes, changeDoc(c))
		}
	}
	return indented(doc)
}

// moment returns t for JSON, or nil for the zero time.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func indented(doc any) (string, error) {
	out, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return "", err
	}
	return string(out) + "\n", nil
}
