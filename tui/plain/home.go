package plain

import (
	"context"
	"errors"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// writer is how rows are written now.
func (s *session) writer() Writer {
	region := s.region
	if s.device != nil && s.device.State().Answers.Region != "" {
		region = s.device.State().Answers.Region
	}
	return Writer{Words: s.Words, Texts: s.Pack.Text(s.Words.Locale()), Pack: s.Pack, Region: region, Now: s.Now()}
}

// welcome is for a person without a vault. It returns when there is one, or with an error.
func (s *session) welcome(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.PlainWelcome))
	err := s.menu(ctx,
		choice{s.Words.T(words.PlainBegin), s.create},
		choice{s.Words.T(words.PlainHaveCode), s.restore},
		choice{s.Words.T(words.PlainThreatened), s.inner(s.crisis)},
		choice{s.Words.T(words.PlainDecide), s.decide},
		choice{s.Words.T(words.PlainCheck), s.inner(s.check)},
	)
	if errors.Is(err, errBack) {
		return nil
	}
	return err
}

// inner marks that a crisis or a check was opened by its number.
func (s *session) inner(where func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		s.inside = true
		defer func() { s.inside = false }()
		return where(ctx)
	}
}

// home goes round until the person leaves.
func (s *session) home(ctx context.Context) error {
	if err := s.helping(ctx); err != nil {
		return err
	}
	if !s.device.State().Answered {
		if err := s.questions(ctx); err != nil && !errors.Is(err, errBack) {
			return err
		}
	}
	for {
		err := s.homeOnce(ctx)
		if err == nil {
			err = s.helping(ctx)
		}
		switch {
		case err == nil || errors.Is(err, errBack):
		case errors.Is(err, errLeave), errors.Is(err, errWiped):
			return errLeave
		default:
			s.trouble(err)
		}
	}
}

func (s *session) homeOnce(ctx context.Context) error {
	s.gap()
	var choices []choice
	if turned := s.device.Notices(); len(turned) > 0 {
		s.say(screen.NoticeLine(s.env(), turned[0]))
		choices = append(choices, choice{s.Words.T(words.PlainNotice), func(ctx context.Context) error { return s.notice(ctx, turned[0]) }})
	}
	w := s.writer()
	plan := s.device.Plan()
	if plan.Expired {
		s.say(s.Words.T(words.PlainExpired))
	}
	if !plan.RegionKnown && s.device.State().Answers.Region != "" {
		s.say(s.Words.T(words.PlainNoRegion))
	}
	s.say(s.Words.T(words.HomeProgress, words.Int("done", plan.Done), words.Int("total", plan.Total), words.Int("minutes", plan.MinutesLeft)) + ".")
	if !s.device.RecoveryConfirmed() {
		s.say(s.Words.T(words.PlainCodeOpen))
	}
	if next := plan.Next(); next != nil {
		s.say(s.Words.T(words.PlainNext, words.Str("title", w.Title(next))))
		key := next.Item.ID
		choices = append(choices, choice{s.Words.T(words.PlainStart), func(ctx context.Context) error { return s.task(ctx, key) }})
	} else {
		s.say(s.Words.T(words.PlainNothingOpen))
	}
	for i := range plan.DueSoon[:min(len(plan.DueSoon), 2)] {
		s.say(s.Words.T(words.HomeDue) + ": " + w.Title(&plan.DueSoon[i]) + ".")
	}
	choices = append(choices,
		choice{s.Words.T(words.PlainPlan), s.plan},
		choice{s.Words.T(words.PlainThreatened), s.inner(s.crisis)},
		choice{s.Words.T(words.PlainDecide), s.decide},
		choice{s.Words.T(words.PlainCheck), s.inner(s.check)},
		choice{s.Words.T(words.PlainRecovery), s.recovery},
		choice{s.Words.T(words.PlainSync), s.sync},
		choice{s.Words.T(words.PlainSettings), s.settings},
		choice{s.Words.T(words.PlainPasswords), s.passwords},
		choice{s.Words.T(words.PlainClinics), s.clinics},
	)
	return s.menu(ctx, choices...)
}

// sync brings the devices together.
func (s *session) sync(ctx context.Context) error {
	s.say(s.Words.T(words.PlainSyncing))
	result, err := s.device.Sync(ctx)
	if err != nil {
		return err
	}
	s.say(SyncText(s.Words, result))
	if result.PackRefused != nil {
		s.say(s.Words.T(words.PackRefused))
	}
	return nil
}

// SyncText says what a sync did.
func SyncText(w *words.Catalogue, r patient.SyncResult) string {
	switch {
	case r.Pulled && r.Pushed:
		return w.T(words.CliSyncBoth)
	case r.Pulled:
		return w.T(words.CliSyncPulled)
	case r.Pushed:
		return w.T(words.CliSyncPushed)
	}
	return w.T(words.CliSyncSame)
}
