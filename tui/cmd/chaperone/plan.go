package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// planRequest is the command line of plan.
type planRequest struct {
	answers, progress, ics string
	now                    time.Time
	json, print, helper    bool
}

func (p *program) planRequest(a *arguments) (planRequest, error) {
	a.withHome()
	var r planRequest
	a.StringVar(&r.answers, "answers", "", "")
	a.StringVar(&r.progress, "progress", "", "")
	a.StringVar(&r.ics, "ics", "", "")
	now := a.String("now", "", "")
	a.BoolVar(&r.json, "json", false, "")
	a.BoolVar(&r.print, "print", false, "")
	a.BoolVar(&r.helper, "helper", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return r, err
	}
	refuse := func(one, other string) error {
		return &usageError{a.command, p.words.T(words.CliErrTogether, words.Str("a", one), words.Str("b", other))}
	}
	switch {
	case r.json && r.print:
		return r, refuse("--json", "--print")
	case r.helper && r.json:
		return r, refuse("--helper", "--json")
	case r.helper && r.print:
		return r, refuse("--helper", "--print")
	case r.helper && r.ics == "-":
		return r, refuse("--helper", "--ics -")
	case r.ics == "-" && r.json:
		return r, refuse("--ics -", "--json")
	case r.ics == "-" && r.print:
		return r, refuse("--ics -", "--print")
	case r.answers == "-" && r.progress == "-":
		return r, refuse("--answers -", "--progress -")
	case r.progress != "" && r.answers == "":
		return r, &usageError{a.command, p.words.T(words.CliErrMissing, words.Str("name", "--answers"))}
	}
	r.now = p.now()
	if *now != "" {
		var err error
		if r.now, err = readMoment(*now, r.now.Location()); err != nil {
			return r, &usageError{a.command, p.words.T(words.CliErrMoment, words.Str("name", printable(*now)))}
		}
	}
	return r, nil
}

func (p *program) plan(ctx context.Context, a *arguments) (int, error) {
	r, err := p.planRequest(a)
	if err != nil {
		return 0, err
	}
	pack, answers, rows, err := p.planInput(ctx, a, &r)
	if err != nil {
		return 0, err
	}
	plan := pack.Plan(answers, rows, r.now)
	if r.ics != "" {
		calendar, _ := screen.Calendar(p.words, &plan, answers.Seed, r.now)
		if r.ics == "-" {
			return p.print(string(calendar))
		}
		if err := os.WriteFile(r.ics, calendar, 0o600); err != nil {
			return 0, fmt.Errorf("write calendar: %w", errors.Join(err, patient.ErrDisk))
		}
	}
	w := plain.Writer{Words: p.words, Texts: pack.Text(p.words.Locale()), Pack: pack, Region: answers.Region, Now: r.now}
	if r.json {
		out, err := planJSON(w, &plan)
		if err != nil {
			return 0, err
		}
		return p.print(out)
	}
	if r.helper {
		return p.print(w.HelperSheet(&plan, p.width()))
	}
	return p.print(p.planText(w, &plan, r.print))
}

// planInput reads what to plan from: files, or the vault.
func (p *program) planInput(ctx context.Context, a *arguments, r *planRequest) (*checklist.Pack, checklist.Answers, []checklist.RowState, error) {
	if r.answers == "" {
		d, err := p.device(ctx, a)
		if err != nil {
			return nil, checklist.Answers{}, nil, err
		}
		defer d.Close()
		s := d.State()
		return d.Pack(), s.Answers, s.Rows, nil
	}
	pack, err := checklist.Embedded()
	if err != nil {
		return nil, checklist.Answers{}, nil, err
	}
	data, err := p.input(r.answers)
	if err != nil {
		return nil, checklist.Answers{}, nil, err
	}
	answers, err := readAnswers(data, pack)
	if err != nil || r.progress == "" {
		return pack, answers, nil, err
	}
	if data, err = p.input(r.progress); err != nil {
		return nil, answers, nil, err
	}
	rows, err := readProgress(data, pack)
	return pack, answers, rows, err
}

// planText writes a plan for a terminal, or with full for paper.
func (p *program) planText(w plain.Writer, plan *checklist.Plan, full bool) string {
	width := p.width()
	text := p.words.T(words.HomeProgress, words.Int("done", plan.Done), words.Int("total", plan.Total), words.Int("minutes", plan.MinutesLeft)) + ".\n"
	if full {
		text += p.lanesText(w, plan)
	}
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

// lanesText says how far each lane is.
func (p *program) lanesText(w plain.Writer, plan *checklist.Plan) string {
	text := ""
	for _, l := range plan.Lanes {
		text += p.words.T(words.CliPlanLane, words.Str("lane", w.Texts.Lane(l.Lane)), words.Int("done", l.Done), words.Int("total", l.Total)) + "\n"
	}
	return text
}
