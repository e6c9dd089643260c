package plain

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// env is what the sentences that screens and line mode share are made from.
func (s *session) env() *screen.Env { return &screen.Env{Words: s.Words, Now: s.Now} }

// clinics lists the clinics and what was saved, until the person goes back.
func (s *session) clinics(ctx context.Context) error {
	for {
		s.gap()
		w := s.Words
		list, saved := s.device.Clinics(), s.device.SavedContacts()
		if len(list) == 0 {
			s.say(w.T(words.ClinicsNone) + " " + w.T(words.ClinicsNoneText))
		}
		var choices []choice
		for _, c := range list {
			how := append([]string{screen.HowSetUp(s.env(), c)}, screen.Banners(s.env(), c)...)
			label := w.T(words.PlainClinicLine, words.Str("name", c.Name), words.Str("how", strings.Join(how, " ")))
			choices = append(choices, choice{label, func(ctx context.Context) error { return s.clinic(ctx, c) }})
		}
		for _, c := range saved {
			choices = append(choices, choice{w.T(words.PlainClinicSaved, words.Str("name", c.Clinic)), func(ctx context.Context) error { return s.kept(ctx, c) }})
		}
		choices = append(choices, choice{w.T(words.PlainClinicAdd), s.addClinic}, choice{w.T(words.PlainClinicSave), s.keep})
		n, err := s.pick(ctx, labels(choices), false)
		if err != nil {
			return err
		}
		if err := choices[n].do(ctx); err != nil && !errors.Is(err, errBack) {
			if errors.Is(err, errLeave) {
				return err
			}
			s.trouble(err)
		}
	}
}

// clinic says what is known of one clinic.
func (s *session) clinic(ctx context.Context, c patient.ClinicInfo) error {
	w := s.Words
	date := func(seconds int64) string { return w.Date(time.Unix(seconds, 0).In(s.Now().Location())) }
	s.gap()
	s.say(w.T(words.PlainClinicLine, words.Str("name", c.Name), words.Str("how", screen.HowSetUp(s.env(), c))))
	if !c.Closed.IsZero() {
		s.say(w.T(words.ClinicsClosed, words.Str("date", w.Date(c.Closed.In(s.Now().Location())))))
	}
	if len(c.Phones) > 0 {
		s.say(w.T(words.PlainClinicPhones, words.Str("numbers", screen.Phones(c.Phones))))
	}
	heard := w.T(words.ClinicsHeardNever)
	if !c.StatusAt.IsZero() {
		heard = w.T(words.ClinicsHeardText, words.Str("date", w.Moment(c.StatusAt.In(s.Now().Location()))))
	}
	s.say(w.T(words.PlainClinicHeard, words.Str("text", heard)))
	if c.Pending {
		s.say(w.T(words.ClinicsChangeText))
	}
	if c.Incident != nil {
		s.say(w.T(words.ClinicsIncidentTitle) + ":")
		s.say(strings.TrimRight(c.Incident.Body, "\n"))
		s.say(w.T(words.ClinicsIncidentFrom, words.Str("from", date(c.Incident.From)), words.Str("to", date(c.Incident.To))))
	}
	var choices []choice
	if !c.Confirmed {
		choices = append(choices, choice{w.T(words.PlainClinicConfirm), func(ctx context.Context) error {
			var names []string
			for _, other := range s.device.Clinics() {
				if !other.Confirmed {
					names = append(names, other.Name)
				}
			}
			return s.confirmPins(ctx, names)
		}})
	}
	return s.menu(ctx, append(choices, choice{w.T(words.PlainClinicRemove), func(ctx context.Context) error {
		return s.remove(ctx, w.T(words.ClinicsRemove, words.Str("name", c.Name)), func() error { return s.device.RemoveClinic(ctx, c.ID) })
	}})...)
}

// kept says what was saved of a clinic.
func (s *session) kept(ctx context.Context, c patient.SavedContacts) error {
	s.gap()
	s.saySaved(c)
	s.say(s.Words.T(words.KeepNever))
	return s.menu(ctx, choice{s.Words.T(words.PlainClinicRemove), func(ctx context.Context) error {
		return s.remove(ctx, s.Words.T(words.ClinicsRemoveSaved, words.Str("name", c.Clinic)), func() error { return s.device.RemoveSaved(c.ID) })
	}})
}

func (s *session) saySaved(c patient.SavedContacts) {
	for _, part := range []struct {
		label words.Key
		list  []string
	}{{words.KeepNumbers, c.Numbers}, {words.KeepDomains, c.Domains}, {words.KeepAddresses, c.Addresses}} {
		if len(part.list) > 0 {
			s.say(s.Words.T(part.label) + ": " + screen.Phones(part.list))
		}
	}
}

// remove asks, and removes.
func (s *session) remove(ctx context.Context, question string, do func() error) error {
	s.say(question)
	yes, err := s.offer(ctx, words.PlainClinicYes)
	if err != nil || !yes {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	s.say(s.Words.T(words.ClinicsRemoved))
	return nil
}

// addClinic adds a clinic by the six words of its card.
func (s *session) addClinic(ctx context.Context) error {
	w := s.Words
	s.gap()
	s.say(w.T(words.CardOnly))
	if w.Locale() != "en" {
		s.say(w.T(words.CardEnglish))
	}
	var typed string
	for {
		line, err := s.line(ctx, w.T(words.PlainCardAsk))
		if err != nil {
			return err
		}
		if line == "" {
			return errBack
		}
		if so := screen.ReadCardSoFar(line + " "); !so.Whole {
			s.say(screen.CardHint(w, so))
			continue
		}
		typed = line
		break
	}
	s.say(w.T(words.CardHow) + " " + w.T(words.CardHowWhy))
	sources := screen.Sources()
	names := make([]string, len(sources))
	for i, source := range sources {
		names[i] = screen.SourceName(w, source)
	}
	n, err := s.pick(ctx, names, false)
	if err != nil {
		return err
	}
	s.say(w.T(words.CardAsking))
	offer, err := s.device.PrepareClinic(ctx, typed, sources[n])
	if err != nil {
		return err
	}
	s.gap()
	for _, line := range screen.OfferLines(s.env(), offer) {
		s.say(line.Text)
	}
	s.say(w.T(words.CardFound))
	yes, err := s.offer(ctx, words.PlainCardYes)
	if err != nil || !yes {
		return err
	}
	if err := s.device.AddClinic(ctx, offer); err != nil {
		return err
	}
	s.say(w.T(words.ClinicsAdded))
	return nil
}

// keep saves what a person reads from their own card or bill.
func (s *session) keep(ctx context.Context) error {
	w := s.Words
	s.gap()
	s.say(w.T(words.KeepNever) + " " + w.T(words.KeepNameWhy))
	var c patient.SavedContacts
	var err error
	if c.Clinic, err = s.line(ctx, w.T(words.PlainKeepName)); err != nil {
		return err
	}
	if c.Clinic == "" {
		return errBack
	}
	for {
		line, err := s.line(ctx, w.T(words.PlainKeepAsk, words.Str("name", c.Clinic)))
		switch {
		case err != nil:
			return err
		case line == "" && !screen.HasSaved(c):
			return errBack
		case line != "":
			if screen.KeepSaved(&c, line) != nil {
				s.say(w.T(words.TroubleSaved))
			}
			continue
		}
		if err := s.device.SaveContacts(c); err != nil {
			return err
		}
		s.saySaved(c)
		s.say(w.T(words.ClinicsKept))
		return nil
	}
}

// notice tells of a message that was trusted and is false, and puts it away once it was read.
func (s *session) notice(ctx context.Context, n patient.Notice) error {
	s.gap()
	for _, line := range screen.NoticeLines(s.env(), n) {
		s.say(line)
	}
	s.say(s.Words.T(words.NoticeSteps) + ":")
	s.number(screen.NoticeSteps(s.Words))
	s.gap()
	away, err := s.offer(ctx, words.PlainNoticeAway)
	if err != nil || !away {
		return err
	}
	if err := s.device.DismissNotice(n.ID); err != nil {
		return err
	}
	s.say(s.Words.T(words.NoticeGone))
	return nil
}
