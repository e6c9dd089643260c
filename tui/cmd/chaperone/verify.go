package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

func (p *program) verify(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	bundleFile := a.String("bundle", "", "")
	textFile := a.String("text", "", "")
	asJSON := a.Bool("json", false, "")
	noVault := a.Bool("no-vault", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	if *bundleFile == "" {
		return 0, &usageError{a.command, p.words.T(words.CliErrMissing, words.Str("name", "--bundle"))}
	}
	if *bundleFile == "-" && *textFile == "-" {
		return 0, &usageError{a.command, p.words.T(words.CliErrTogether, words.Str("a", "--bundle -"), words.Str("b", "--text -"))}
	}
	bundle, err := p.input(*bundleFile)
	if err != nil {
		return 0, err
	}
	var text *string
	if *textFile != "" {
		data, err := p.input(*textFile)
		if err != nil {
			return 0, err
		}
		s := string(data)
		text = &s
	}
	v, err := p.judge(ctx, a, bundle, text, *noVault)
	if err != nil {
		return 0, err
	}
	out := p.card(v)
	if *asJSON {
		if out, err = verdictJSON(v); err != nil {
			return 0, err
		}
	}
	if _, err := p.print(out); err != nil {
		return 0, err
	}
	return v.Headline.ExitCode(), nil
}

// judge judges a bundle with the clinics of the vault on this device; without one no clinic
// is known. The vault is opened like everywhere else, under its lock, since a check also
// remembers stolen keys and the newest time. A vault that is open elsewhere is an error at
// once and never silently left out: the answer would be another one.
func (p *program) judge(ctx context.Context, a *arguments, bundle []byte, text *string, noVault bool) (contact.Verdict, error) {
	if noVault {
		return p.judgeAlone(bundle, text)
	}
	d, err := p.device(ctx, a)
	switch {
	case errors.Is(err, patient.ErrNoVault):
		return p.judgeAlone(bundle, text)
	case errors.Is(err, patient.ErrAlreadyOpen):
		return contact.Verdict{}, errVerifyOpen
	case err != nil:
		return contact.Verdict{}, err
	}
	defer d.Close()
	return d.Verify(ctx, bundle, text)
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
}

type changeDoc struct {
	Kind         string `json:"kind"`
	Signed       string `json:"signed"`
	Received     string `json:"received"`
	SignedMark   [2]int `json:"signed_mark"` // byte range of the token that differs
	ReceivedMark [2]int `json:"received_mark"`
}

// verdictJSON writes a verdict as one JSON object and a line break.
func verdictJSON(v contact.Verdict) (string, error) {
	doc := verdictDoc{
		Schema: verifySchema, Headline: v.Headline, Class: v.Headline.Class(), ExitCode: v.Headline.ExitCode(),
		Findings: append([]contact.Finding{}, v.Findings...), Remarks: append([]contact.Remark{}, v.Remarks...),
		Clinic: v.Clinic, CallsItself: v.CallsItself, PinLevel: v.Level, PinnedAt: moment(v.PinnedAt),
		Signer: v.Signer, Kind: v.Kind,
		IssuedAt: moment(v.Issued), ExpiresAt: moment(v.Expires), LoggedAt: moment(v.LoggedAt), StatusAt: moment(v.StatusAt),
		Changes: []changeDoc{},
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
