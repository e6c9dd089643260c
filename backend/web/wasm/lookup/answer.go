package main

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// The schemas of the answers; a change that an old page cannot read gets a new one.
const (
	schemaVerdict = "chaperone.lookup.verdict.v1"
	schemaCode    = "chaperone.lookup.code.v1"
)

// answer is what verify returns. Times are Unix seconds, left out when not known.
type answer struct {
	Schema string `json:"schema"`
	// Error is why nothing could be decided: "malformed", "too-large", "memory" or "internal".
	// There is no class then, and the message counts as not genuine.
	Error string `json:"error,omitempty"`

	Class       string   `json:"class,omitempty"`
	Headline    string   `json:"headline,omitempty"`
	Findings    []string `json:"findings,omitempty"`
	Remarks     []string `json:"remarks,omitempty"`
	Clinic      string   `json:"clinic,omitempty"`
	CallsItself string   `json:"calls_itself,omitempty"`
	Signer      string   `json:"signer,omitempty"`
	Kind        string   `json:"kind,omitempty"`
	Level       string   `json:"level,omitempty"`
	Issued      int64    `json:"issued,omitempty"`
	Expires     int64    `json:"expires,omitempty"`
	Logged      int64    `json:"logged,omitempty"`
	Status      int64    `json:"status,omitempty"`
	Body        string   `json:"body,omitempty"`
	Changes     []change `json:"changes,omitempty"`
	// Memory is what the page keeps and hands in again the next time.
	Memory *contact.Memory `json:"memory,omitempty"`
}

type change struct {
	Kind     string `json:"kind"`
	Signed   string `json:"signed"`
	Received string `json:"received"`
}

// codeAnswer is what parseCode returns. Problem is "symbol", "length" or "check" when the code
// is mistyped; otherwise Code is its canonical spelling in groups of four.
type codeAnswer struct {
	Schema  string `json:"schema"`
	Code    string `json:"code,omitempty"`
	Problem string `json:"problem,omitempty"`
}

// verify judges a bundle. It never panics.
func verify(bundle []byte, text *string, memory string, now time.Time) (out string) {
	defer func() {
		if recover() != nil {
			out = encode(answer{Schema: schemaVerdict, Error: "internal"})
		}
	}()
	in := contact.Input{Bundle: bundle, Text: text, Now: now}
	if memory != "" {
		if err := json.Unmarshal([]byte(memory), &in.Memory); err != nil {
			return encode(answer{Schema: schemaVerdict, Error: "memory"})
		}
	}
	v, learned, err := contact.Verify(in)
	if err != nil {
		return encode(answer{Schema: schemaVerdict, Error: reason(err)})
	}
	kept := in.Memory.Merge(learned)
	a := answer{
		Schema:      schemaVerdict,
		Class:       string(v.Headline.Class()),
		Headline:    string(v.Headline),
		Clinic:      v.Clinic,
		CallsItself: v.CallsItself,
		Signer:      v.Signer,
		Kind:        v.Kind,
		Level:       string(v.Level),
		Issued:      seconds(v.Issued),
		Expires:     seconds(v.Expires),
		Logged:      seconds(v.LoggedAt),
		Status:      seconds(v.StatusAt),
		Body:        v.Body,
		Memory:      &kept,
	}
	for _, f := range v.Findings {
		a.Findings = append(a.Findings, string(f))
	}
	for _, r := range v.Remarks {
		a.Remarks = append(a.Remarks, string(r))
	}
	if v.Diff != nil {
		for _, c := range v.Diff.Changes {
			a.Changes = append(a.Changes, change{Kind: c.Kind, Signed: c.Signed, Received: c.Received})
		}
	}
	return encode(a)
}

func reason(err error) string {
	switch {
	case errors.Is(err, contact.ErrMalformed):
		return "malformed"
	case errors.Is(err, contact.ErrTooLarge):
		return "too-large"
	case errors.Is(err, contact.ErrMemory):
		return "memory"
	}
	return "internal"
}

// parseCode reads a message code. It never panics.
func parseCode(typed string) (out string) {
	defer func() {
		if recover() != nil {
			out = encode(codeAnswer{Schema: schemaCode, Problem: "check"})
		}
	}()
	code, err := humancode.Parse(typed, humancode.MessageLen)
	switch {
	case errors.Is(err, humancode.ErrSymbol):
		return encode(codeAnswer{Schema: schemaCode, Problem: "symbol"})
	case errors.Is(err, humancode.ErrLength):
		return encode(codeAnswer{Schema: schemaCode, Problem: "length"})
	case err != nil:
		return encode(codeAnswer{Schema: schemaCode, Problem: "check"})
	}
	return encode(codeAnswer{Schema: schemaCode, Code: code.Grouped()})
}

func encode(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		return `{"error":"internal"}`
	}
	return string(out)
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
