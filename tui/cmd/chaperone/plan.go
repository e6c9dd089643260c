package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
)

func (p *program) plan(ctx context.Context, a *arguments) (int, error) {
	a.withHome()
	answersFile := a.String("answers", "", "")
	asJSON := a.Bool("json", false, "")
	full := a.Bool("print", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	if *asJSON && *full {
		return 0, &usageError{a.command, p.words.T(words.CliErrTogether, words.Str("a", "--json"), words.Str("b", "--print"))}
	}
	pack, answers, plan, err := p.makePlan(ctx, a, *answersFile)
	if err != nil {
		return 0, err
	}
	w := plain.Writer{Words: p.words, Texts: pack.Text(p.words.Locale()), Pack: pack, Region: answers.Region, Now: p.now()}
	if *asJSON {
		out, err := planJSON(w, &plan)
		if err != nil {
			return 0, err
		}
		return p.print(out)
	}
	return p.print(p.planText(w, &plan, *full))
}

// makePlan plans from a file of answers, or from the vault.
func (p *program) makePlan(ctx context.Context, a *arguments, file string) (*checklist.Pack, checklist.Answers, checklist.Plan, error) {
	if file == "" {
		d, err := p.device(ctx, a)
		if err != nil {
			return nil, checklist.Answers{}, checklist.Plan{}, err
		}
		defer d.Close()
		return d.Pack(), d.State().Answers, d.Plan(), nil
	}
	data, err := p.input(file)
	if err != nil {
		return nil, checklist.Answers{}, checklist.Plan{}, err
	}
	pack, err := checklist.Embedded()
	if err != nil {
		return nil, checklist.Answers{}, checklist.Plan{}, err
	}
	answers, err := readAnswers(data, pack)
	if err != nil {
		return nil, checklist.Answers{}, checklist.Plan{}, err
	}
	return pack, answers, pack.Plan(answers, nil, p.now()), nil
}

// readAnswers reads answers strictly: a word it does not know is a mistake to be told, since
// leaving it out would give another plan.
func readAnswers(data []byte, pack *checklist.Pack) (checklist.Answers, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var a checklist.Answers
	if err := dec.Decode(&a); err != nil {
		return a, fmt.Errorf("read answers: %w: %w", errAnswers, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return a, fmt.Errorf("read answers: %w: more than one object", errAnswers)
	}
	if a.Stage != "" && !slices.Contains(checklist.Stages(), a.Stage) {
		return a, fmt.Errorf("read answers: %w: unknown stage", errAnswers)
	}
	if a.Region != "" && !isRegion(a.Region) {
		return a, fmt.Errorf("read answers: %w: region is not two small letters", errAnswers)
	}
	for _, e := range a.Exposed {
		if !slices.Contains(checklist.Exposures(), e) {
			return a, fmt.Errorf("read answers: %w: unknown exposure", errAnswers)
		}
	}
	for _, id := range a.Uses {
		if pack.Platform(id) == nil {
			return a, fmt.Errorf("read answers: %w: unknown platform", errAnswers)
		}
	}
	return a, nil
}

func isRegion(s string) bool {
	return len(s) == 2 && s[0] >= 'a' && s[0] <= 'z' && s[1] >= 'a' && s[1] <= 'z'
}

// planText writes a plan for a terminal, or with full for paper.
func (p *program) planText(w plain.Writer, plan *checklist.Plan, full bool) string {
	width := p.width()
	text := p.words.T(words.HomeProgress, words.Int("done", plan.Done), words.Int("total", plan.Total), words.Int("minutes", plan.MinutesLeft)) + ".\n"
	if w.Pack.Development() {
		text += plain.Paragraph(p.words.T(words.PlainDevelopment), width)
	}
	if plan.Expired {
		text += plain.Paragraph(p.words.T(words.PlainExpired), width)
	}
	if !plan.RegionKnown && w.Region != "" {
		text += plain.Paragraph(p.words.T(words.PlainNoRegion), width)
	}
	if len(plan.Rows) == 0 {
		text += "\n" + p.words.T(words.PlainNothingOpen) + "\n"
	} else {
		text += "\n" + w.Sheet(plan.Rows, full, width)
	}
	if plan.More > 0 {
		text += "\n" + p.words.N(words.PlainMore, plan.More) + "\n"
	}
	if rows := slices.Concat(plan.PutOff, plan.Finished); len(rows) > 0 {
		text += "\n" + p.words.T(words.CliPlanFinished) + "\n" + w.Sheet(rows, false, width)
	}
	return text
}

// planDoc is a plan for programs.
type planDoc struct {
	Schema      string          `json:"schema"`
	PackVersion uint64          `json:"pack_version"`
	Locale      string          `json:"locale"`
	Stage       checklist.Stage `json:"stage"`
	RegionKnown bool            `json:"region_known"`
	Expired     bool            `json:"expired"`
	Done        int             `json:"done"`
	Total       int             `json:"total"`
	More        int             `json:"more"`
	MinutesLeft int             `json:"minutes_left"`
	ShowFirst   int             `json:"show_first"`
	Rows        []rowDoc        `json:"rows"`
	PutOff      []rowDoc        `json:"put_off"`
	Finished    []rowDoc        `json:"finished"`
	DueSoon     []rowDoc        `json:"due_soon"`
}

type rowDoc struct {
	Item      string           `json:"item"`
	Rev       int              `json:"rev"`
	Title     string           `json:"title"`
	Lane      checklist.Lane   `json:"lane"`
	Status    checklist.Status `json:"status"`
	Minutes   int              `json:"minutes"`
	Due       *time.Time       `json:"due"`
	Unmet     []string         `json:"unmet"`
	Optional  bool             `json:"optional"`
	Platforms []platformDoc    `json:"platforms"`
}

type platformDoc struct {
	Platform string           `json:"platform"`
	Name     string           `json:"name"`
	Status   checklist.Status `json:"status"`
	Due      *time.Time       `json:"due"`
}

func planJSON(w plain.Writer, plan *checklist.Plan) (string, error) {
	return indented(planDoc{
		Schema: planSchema, PackVersion: w.Pack.Version(), Locale: w.Texts.Locale(), Stage: plan.Stage,
		RegionKnown: plan.RegionKnown, Expired: plan.Expired, Done: plan.Done, Total: plan.Total, More: plan.More,
		MinutesLeft: plan.MinutesLeft, ShowFirst: plan.ShowFirst,
		Rows: rowDocs(w, plan.Rows), PutOff: rowDocs(w, plan.PutOff), Finished: rowDocs(w, plan.Finished), DueSoon: rowDocs(w, plan.DueSoon),
	})
}

func rowDocs(w plain.Writer, rows []checklist.Row) []rowDoc {
	out := []rowDoc{}
	for i := range rows {
		r := &rows[i]
		doc := rowDoc{
			Item: r.Item.ID, Rev: r.Item.Rev, Title: w.Texts.Title(r.Item.ID), Lane: r.Lane, Status: r.Status, Minutes: r.Minutes,
			Due: moment(r.Due), Unmet: append([]string{}, r.Unmet...), Optional: r.Optional, Platforms: []platformDoc{},
		}
		for _, pr := range r.Platforms {
			doc.Platforms = append(doc.Platforms, platformDoc{pr.Platform.ID, pr.Platform.Name, pr.Status, moment(pr.Due)})
		}
		out = append(out, doc)
	}
	return out
}
