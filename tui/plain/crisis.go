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
		if w.Region == "" {
			lines = append(lines, s.Words.T(words.PlainCrisisRegion))
		}
		adopt := s.device != nil && !inCrisis(s.device.State().Answers.Stage)
		if adopt {
			lines = append(lines, s.Words.T(words.PlainCrisisAdopt))
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
			s.gap()
			if _, err := s.line(ctx, s.Words.T(words.PlainEnter)); err != nil && !errors.Is(err, errBack) {
				return err
			}
		case n == rows && w.Region == "":
			s.gap()
			region, err := s.pickRegion(ctx)
			if err != nil && !errors.Is(err, errBack) {
				return err
			}
			s.region = region
		default:
			a := s.device.State().Answers
			a.Stage = checklist.Threatened
			if err := s.device.SetAnswers(a); err != nil {
				s.trouble(err)
				continue
			}
			s.say(s.Words.T(words.PlainSaved))
			return nil
		}
	}
}

func inCrisis(stage checklist.Stage) bool {
	return slices.Contains([]checklist.Stage{checklist.Threatened, checklist.Published}, stage)
}

// CrisisAnswers is what the crisis sheet is made from.
func CrisisAnswers(region string) checklist.Answers {
	return checklist.Answers{Stage: checklist.Threatened, Region: region}
}
