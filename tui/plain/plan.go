package plain

import (
	"context"
	"errors"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// plan reads out how far each part is and the whole plan, and opens a row of it, looks for
// some, or narrows it down.
func (s *session) plan(ctx context.Context) error {
	for {
		plan := s.device.Plan()
		rows := screen.Rows(&plan)
		s.gap()
		if len(rows) == 0 {
			s.say(s.Words.T(words.PlainNothingOpen))
			return nil
		}
		s.say(s.Words.T(words.PlainPlanHead))
		for _, p := range s.lanes(&plan) {
			s.say(s.part(&p))
		}
		if plan.More > 0 {
			s.say(s.Words.N(words.PlainMore, plan.More))
		}
		err := s.rows(ctx, rows,
			choice{s.Words.T(words.PlainSearch), s.search},
			choice{s.Words.T(words.PlainNarrow), s.narrow},
		)
		if err != nil {
			return err
		}
	}
}

// rows numbers rows and what else can be chosen. Going back from a row is no error.
func (s *session) rows(ctx context.Context, rows []checklist.Row, more ...choice) error {
	w := s.writer()
	choices := make([]choice, 0, len(rows)+len(more))
	for i := range rows {
		item := rows[i].Item.ID
		choices = append(choices, choice{w.Title(&rows[i]), func(ctx context.Context) error { return s.task(ctx, item) }})
	}
	choices = append(choices, more...)
	n, err := s.pick(ctx, labels(choices), false)
	if err != nil {
		return err
	}
	if err := choices[n].do(ctx); err != nil && !errors.Is(err, errBack) {
		return err
	}
	return nil
}

func (s *session) lanes(plan *checklist.Plan) []screen.Part {
	return screen.Lanes(plan, s.writer().Texts.Lane)
}

// part says in a sentence how far a part is.
func (s *session) part(p *screen.Part) string {
	text := p.Name + ": " + s.Words.T(words.PlanDone, words.Int("done", p.Done), words.Int("total", p.Total))
	if p.Minutes > 0 {
		text += ", " + s.Words.N(words.PlainMinutes, p.Minutes)
	}
	return text + "."
}

// search asks for words and lists the rows that have them.
func (s *session) search(ctx context.Context) error {
	s.gap()
	query, err := s.line(ctx, s.Words.T(words.PlanSearch))
	if err != nil || query == "" {
		return err
	}
	return s.list(ctx, func(r *checklist.Row) bool { return screen.Finds(query, s.writer().Texts.Title(r.Item.ID), r) })
}

// narrow lists the parts and the apps, and then the rows of the one that is chosen.
func (s *session) narrow(ctx context.Context) error {
	s.gap()
	plan := s.device.Plan()
	parts := append(s.lanes(&plan), screen.Apps(&plan, s.Pack.Platforms())...)
	lines := make([]string, len(parts))
	for i := range parts {
		lines[i] = s.part(&parts[i])
	}
	n, err := s.pick(ctx, lines, false)
	if err != nil {
		return err
	}
	return s.list(ctx, parts[n].Holds)
}

// list shows the rows that are wanted, until the person goes back.
func (s *session) list(ctx context.Context, wanted func(*checklist.Row) bool) error {
	for {
		plan := s.device.Plan()
		var rows []checklist.Row
		for _, r := range screen.Rows(&plan) {
			if wanted(&r) {
				rows = append(rows, r)
			}
		}
		s.gap()
		if len(rows) == 0 {
			s.say(s.Words.T(words.PlanNotFound))
			return nil
		}
		if err := s.rows(ctx, rows); err != nil {
			return err
		}
	}
}
