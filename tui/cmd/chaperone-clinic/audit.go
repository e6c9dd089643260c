package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// auditDoc is who sent what when, for programs. No text and no code is in it.
type auditDoc struct {
	Schema   string     `json:"schema"`
	Messages []auditRow `json:"messages"`
}

type auditRow struct {
	Ref     string     `json:"ref"`
	State   string     `json:"state"`
	Drafted time.Time  `json:"drafted_at"`
	Sent    *time.Time `json:"sent_at"`
	Device  string     `json:"device"`
	Kind    string     `json:"kind"`
	Channel string     `json:"channel"`
	Batch   string     `json:"batch"`
	Index   *int64     `json:"log_index"`
	Commit  string     `json:"commit"`
	Reason  string     `json:"reason"`
}

func (p *program) audit(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	from := a.String("from", "", "")
	to := a.String("to", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	span := [2]time.Time{{}, p.now().AddDate(1, 0, 0)}
	for i, s := range []string{*from, *to} {
		if s == "" {
			continue
		}
		t, err := parseMoment(s)
		if err != nil {
			return 0, a.Refuse(p.words.T(words.CliErrMoment, words.Str("name", command.Printable(s))))
		}
		span[i] = t
	}
	return p.on(ctx, m, func(_ context.Context, o *office.Office) (int, error) {
		if !o.HasClinic() {
			return 0, office.ErrNoClinic
		}
		items, err := o.Items()
		if err != nil {
			return 0, err
		}
		doc := auditDoc{Schema: "chaperone-clinic.audit.v1", Messages: []auditRow{}}
		for _, it := range items {
			if !it.At.Before(span[0]) && it.At.Before(span[1]) {
				doc.Messages = append(doc.Messages, rowOf(it))
			}
		}
		if m.json {
			return p.show(true, doc)
		}
		return p.auditCSV(doc)
	})
}

func rowOf(it *office.Item) auditRow {
	r := auditRow{
		Ref: it.Ref, State: string(it.State), Drafted: it.At.UTC(), Device: it.Label, Kind: string(it.Draft.Kind),
		Channel: it.Draft.Channel, Reason: it.Reason,
	}
	if it.Draft.Batch != nil {
		r.Batch = hex.EncodeToString(it.Draft.Batch[:])
	}
	if it.Written.Note != nil {
		r.Commit = base64.StdEncoding.EncodeToString(it.Written.Commit[:])
	}
	if !it.SentAt.IsZero() {
		t, i := it.SentAt.UTC(), it.Index
		r.Sent, r.Index = &t, &i
	}
	return r
}

func (p *program) auditCSV(doc auditDoc) (int, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"ref", "state", "drafted_at", "sent_at", "device", "kind", "channel", "batch", "log_index", "commit", "reason"}}
	for _, r := range doc.Messages {
		sent, index := "", ""
		if r.Sent != nil {
			sent, index = r.Sent.Format(time.RFC3339), fmt.Sprint(*r.Index)
		}
		rows = append(rows, []string{r.Ref, r.State, r.Drafted.Format(time.RFC3339), sent, r.Device, r.Kind, r.Channel, r.Batch, index, r.Commit, r.Reason})
	}
	if err := w.WriteAll(rows); err != nil {
		return 0, fmt.Errorf("write output: %w: %w", errOutput, err)
	}
	return p.print(out.String())
}
