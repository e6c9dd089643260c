package plain

import (
	"context"
	"errors"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// questions asks the four questions and saves the answers. Every one may be skipped; b goes
// back to the one before.
func (s *session) questions(ctx context.Context) error {
	a := s.device.State().Answers
	s.gap()
	s.say(s.Words.T(words.PlainQuestions))
	asks := []func(context.Context, *checklist.Answers) error{s.askStage, s.askRegion, s.askExposed, s.askUses}
	for i := 0; i < len(asks); {
		s.gap()
		err := asks[i](ctx, &a)
		switch {
		case errors.Is(err, errBack) && i > 0:
			i--
		case err != nil:
			return err
		default:
			i++
		}
	}
	if err := s.device.SetAnswers(a); err != nil {
		s.trouble(err)
		return errBack
	}
	s.gap()
	s.say(s.Words.T(words.PlainAnswersSaved))
	return nil
}

// question reads out the question with a number.
func (s *session) question(n int, text words.Key) {
	s.say(s.Words.T(words.PlainQuestion, words.Int("n", n), words.Str("text", s.Words.T(text))))
}

func (s *session) askStage(ctx context.Context, a *checklist.Answers) error {
	s.question(1, words.QuestionsStage)
	stages := []checklist.Stage{checklist.Worried, checklist.Notified, checklist.Threatened, checklist.Published}
	n, err := s.pick(ctx, []string{
		s.Words.T(words.QuestionsStageWorried), s.Words.T(words.QuestionsStageNotified),
		s.Words.T(words.QuestionsStageThreatened), s.Words.T(words.QuestionsStagePublished),
	}, true)
	if err == nil && n != none {
		a.Stage = stages[n]
	}
	return err
}

func (s *session) askRegion(ctx context.Context, a *checklist.Answers) error {
	s.question(2, words.QuestionsRegion)
	region, err := s.pickRegion(ctx)
	if err == nil && region != "" {
		a.Region = region
	}
	return err
}

// elsewhere is a country that the pack has no facts for (ISO 3166 keeps zz for such uses).
const elsewhere = "zz"

// pickRegion asks for the country; "" when it was skipped.
func (s *session) pickRegion(ctx context.Context) (string, error) {
	regions := s.Pack.Regions()
	var lines []string
	for _, r := range regions {
		lines = append(lines, screen.RegionName(s.Words, r))
	}
	n, err := s.pick(ctx, append(lines, s.Words.T(words.QuestionsRegionOther)), true)
	switch {
	case err != nil || n == none:
		return "", err
	case n == len(regions):
		return elsewhere, nil
	}
	return regions[n], nil
}

func (s *session) askExposed(ctx context.Context, a *checklist.Answers) error {
	s.question(3, words.QuestionsExposed)
	all := checklist.Exposures()
	lines := make([]string, len(all))
	for i, e := range all {
		lines[i] = s.exposure(e)
	}
	picked, err := s.pickSome(ctx, lines, words.PlainAskNumbersUnsure)
	if err != nil {
		return err
	}
	a.Exposed = nil
	slices.Sort(picked)
	for _, n := range picked {
		a.Exposed = append(a.Exposed, all[n])
	}
	return nil
}

func (s *session) exposure(e checklist.Exposure) string {
	key := map[checklist.Exposure]words.Key{
		checklist.Contact:       words.QuestionsExposedContact,
		checklist.Address:       words.QuestionsExposedAddress,
		checklist.BirthDate:     words.QuestionsExposedDob,
		checklist.GovID:         words.QuestionsExposedGovid,
		checklist.SSN:           words.QuestionsExposedSsn,
		checklist.Login:         words.QuestionsExposedLogin,
		checklist.Card:          words.QuestionsExposedCard,
		checklist.Bank:          words.QuestionsExposedBank,
		checklist.Insurance:     words.QuestionsExposedInsurance,
		checklist.Records:       words.QuestionsExposedRecords,
		checklist.PhotoFace:     words.QuestionsExposedPhotoface,
		checklist.PhotoIntimate: words.QuestionsExposedPhotointimate,
	}
	if k, ok := key[e]; ok {
		return s.Words.T(k)
	}
	return string(e)
}

func (s *session) askUses(ctx context.Context, a *checklist.Answers) error {
	s.question(4, words.QuestionsApps)
	platforms := s.Pack.Platforms()
	lines := make([]string, len(platforms), len(platforms)+1)
	for i := range platforms {
		lines[i] = platforms[i].Name
	}
	picked, err := s.pickSome(ctx, append(lines, s.Words.T(words.QuestionsAppsNone)), words.PlainAskNumbersSkip)
	if err != nil {
		return err
	}
	a.Uses, a.NoApps = nil, slices.Contains(picked, len(platforms))
	if a.NoApps {
		return nil
	}
	slices.Sort(picked)
	for _, n := range picked {
		a.Uses = append(a.Uses, platforms[n].ID)
	}
	return nil
}
