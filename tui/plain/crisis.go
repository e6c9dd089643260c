package plain

import (
	"context"
	"errors"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// crisis is what to do when somebody threatens, in order. It needs no vault.
func (s *session) crisis(ctx context.Context) error {
	for {
		w := s.writer()
		plan := s.Pack.Plan(CrisisAnswers(w.Region), nil, s.Now())
		s.gap()
		s.say(s.Words.T(words.PlainCrisisHead))
		var lines []string
		for i := range plan.Rows {
			lines = append(lines, w.Texts.Title(plan.Rows[i].Item.ID)+".")
		}
		rows := len(lines)
		lines = append(lines, s.Words.T(words.PlainTell), s.Words.T(words.PlainDecide))
		more := []func(context.Context) error{s.tell, s.decide}
		if w.Region == "" {
			lines = append(lines, s.Words.T(words.PlainCrisisRegion))
			more = append(more, s.chooseRegion)
		}
		if s.device != nil && !inCrisis(s.device.State().Answers.Stage) {
			lines = append(lines, s.Words.T(words.PlainCrisisAdopt))
			more = append(more, s.adoptCrisis)
		}
		n, err := s.pick(ctx, lines, false)
		switch {
		case err != nil:
			return err
		case n < rows:
			s.gap()
			for _, para := range w.Task(&plan.Rows[n]) {
				s.say(para)
			}
			err = s.after(ctx, plan.Rows[n].Item)
		default:
			err = more[n-rows](ctx)
		}
		if errors.Is(err, errAdopted) {
			return nil
		}
		if err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
}

// errAdopted ends the crisis list: it is the person's plan now.
var errAdopted = errors.New("adopted")

// chooseRegion asks for the country, for numbers to ring.
func (s *session) chooseRegion(ctx context.Context) error {
	s.gap()
	region, err := s.pickRegion(ctx)
	if err == nil {
		s.region = region
	}
	return err
}

// adoptCrisis makes the crisis list the person's plan.
func (s *session) adoptCrisis(context.Context) error {
	a := s.device.State().Answers
	a.Stage = checklist.Threatened
	if err := s.device.SetAnswers(a); err != nil {
		s.trouble(err)
		return nil
	}
	s.say(s.Words.T(words.PlainSaved))
	return errAdopted
}

func inCrisis(stage checklist.Stage) bool {
	return slices.Contains([]checklist.Stage{checklist.Threatened, checklist.Published}, stage)
}

// CrisisAnswers is what the crisis sheet is made from.
func CrisisAnswers(region string) checklist.Answers {
	return checklist.Answers{Stage: checklist.Threatened, Region: region}
}
