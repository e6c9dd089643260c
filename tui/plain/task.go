package plain

import (
	"context"
	"errors"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// row finds a row of the plan by its item, wherever it stands now.
func (s *session) row(item string) *checklist.Row {
	plan := s.device.Plan()
	for _, rows := range [][]checklist.Row{plan.Rows, plan.PutOff, plan.Finished, plan.DueSoon} {
		for i := range rows {
			if rows[i].Item.ID == item {
				return &rows[i]
			}
		}
	}
	return nil
}

// task reads a row out and asks what became of it.
func (s *session) task(ctx context.Context, item string) error {
	r := s.row(item)
	if r == nil {
		return errBack
	}
	w := s.writer()
	s.gap()
	s.say(w.Title(r) + ".")
	for _, para := range w.Task(r) {
		s.say(para)
	}
	s.gap()
	s.say(s.Words.T(words.PlainTaskAsk))
	return s.menu(ctx, s.outcomes(r, w)...)
}

func (s *session) outcomes(r *checklist.Row, w Writer) []choice {
	mark := func(status checklist.Status) func(context.Context) error {
		return func(context.Context) error { return s.mark(checklist.RowKey{Item: r.Item.ID}, status, "", time.Time{}) }
	}
	sources := choice{s.Words.T(words.PlainSources), func(ctx context.Context) error {
		for _, line := range w.Sources(r) {
			s.say(line)
		}
		return s.task(ctx, r.Item.ID)
	}}
	if !open(r.Status) {
		return []choice{{s.Words.T(words.PlainReopen), mark(checklist.Todo)}, sources}
	}
	out := []choice{{s.Words.T(words.PlainDid), mark(checklist.Done)}}
	if len(r.Platforms) > 1 {
		out[0].label = s.Words.T(words.PlainDidAll)
		out = append(out, choice{s.Words.T(words.PlainDidOne), func(ctx context.Context) error { return s.didOne(ctx, r) }})
	}
	for _, c := range s.leads(r.Item) {
		out = append(out, choice{c.label, func(ctx context.Context) error {
			if err := c.do(ctx); err != nil && !errors.Is(err, errBack) {
				return err
			}
			return s.task(ctx, r.Item.ID)
		}})
	}
	return append(out,
		choice{s.Words.T(words.PlainLater), func(ctx context.Context) error { return s.later(ctx, r) }},
		choice{s.Words.T(words.PlainSkip), func(ctx context.Context) error { return s.skip(ctx, r) }},
		choice{s.Words.T(words.PlainNotMine), mark(checklist.NotMine)},
		sources,
	)
}

// mark saves an outcome and says so.
func (s *session) mark(key checklist.RowKey, status checklist.Status, reason checklist.SkipReason, until time.Time) error {
	if err := s.device.Mark(key, status, reason, until); err != nil {
		return err
	}
	s.gap()
	s.say(s.Words.T(words.PlainSaved))
	return nil
}

// didOne marks some of the platforms of a row.
func (s *session) didOne(ctx context.Context, r *checklist.Row) error {
	lines := make([]string, len(r.Platforms))
	for i := range r.Platforms {
		lines[i] = r.Platforms[i].Platform.Name
	}
	s.gap()
	picked, err := s.pickSome(ctx, lines, words.PlainAskPlatforms)
	if err != nil {
		return err
	}
	for _, n := range picked {
		key := checklist.RowKey{Item: r.Item.ID, Platform: r.Platforms[n].Platform.ID}
		if err := s.device.Mark(key, checklist.Done, "", time.Time{}); err != nil {
			return err
		}
	}
	if len(picked) == 0 {
		return errBack
	}
	s.gap()
	s.say(s.Words.T(words.PlainSaved))
	return nil
}

// later puts a row off.
func (s *session) later(ctx context.Context, r *checklist.Row) error {
	s.gap()
	s.say(s.Words.T(words.TaskLaterAsk))
	n, err := s.pick(ctx, []string{s.Words.T(words.PlainTomorrow), s.Words.T(words.PlainWeek), s.Words.T(words.PlainMonth)}, false)
	if err != nil {
		return err
	}
	days := [...]int{1, 7, 30}[n]
	return s.mark(checklist.RowKey{Item: r.Item.ID}, checklist.Later, "", s.Now().AddDate(0, 0, days))
}

// skip asks for the reason.
func (s *session) skip(ctx context.Context, r *checklist.Row) error {
	var lines []string
	var reasons []checklist.SkipReason
	for _, reason := range r.Item.SkipReasons {
		if reason == checklist.ReasonNotMine {
			continue // a choice of its own
		}
		lines = append(lines, s.reason(reason))
		reasons = append(reasons, reason)
	}
	if len(reasons) == 0 {
		return s.mark(checklist.RowKey{Item: r.Item.ID}, checklist.Skipped, "", time.Time{})
	}
	s.gap()
	s.say(s.Words.T(words.TaskSkipAsk))
	n, err := s.pick(ctx, lines, false)
	if errors.Is(err, errBack) {
		return s.task(ctx, r.Item.ID)
	}
	if err != nil {
		return err
	}
	return s.mark(checklist.RowKey{Item: r.Item.ID}, checklist.Skipped, reasons[n], time.Time{})
}

func (s *session) reason(r checklist.SkipReason) string {
	switch r {
	case checklist.ReasonDidElsewhere:
		return s.Words.T(words.TaskSkipElsewhere)
	case checklist.ReasonCannot:
		return s.Words.T(words.TaskSkipCannot)
	case checklist.ReasonNotNow:
		return s.Words.T(words.TaskSkipNotnow)
	}
	return s.Words.T(words.PlainReasonOther)
}
