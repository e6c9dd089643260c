package plain

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// errWiped ends a session whose vault is gone.
var errWiped = errors.New("wiped")

// create makes the vault, and shows the recovery code once.
func (s *session) create(ctx context.Context) error {
	d, code, err := s.Create(ctx)
	if err != nil {
		return err
	}
	s.adopt(d)
	s.gap()
	s.say(s.Words.T(words.PlainCodeWhy))
	return s.showCode(ctx, code)
}

// showCode reads the code out in groups, sign by sign, and asks for it back.
func (s *session) showCode(ctx context.Context, code humancode.Code) error {
	for i, group := range code.Groups() {
		s.say(s.Words.T(words.PlainCodeGroup, words.Int("n", i+1), words.Str("signs", strings.Join(strings.Split(group, ""), " "))))
	}
	err := s.confirm(ctx)
	if errors.Is(err, errBack) {
		return nil
	}
	return err
}

// confirm asks for the code until it is right or put off.
func (s *session) confirm(ctx context.Context) error {
	for {
		s.gap()
		typed, err := s.line(ctx, s.Words.T(words.PlainCodeBack))
		if err != nil {
			return err
		}
		if typed == "" {
			s.say(s.Words.T(words.PlainCodeLater))
			return nil
		}
		code, err := humancode.Parse(typed, humancode.RecoveryLen)
		if err == nil {
			err = s.device.ConfirmRecovery(code)
		}
		if err == nil {
			s.say(s.Words.T(words.PlainCodeRight))
			return nil
		}
		s.trouble(err)
	}
}

// recovery shows the code while it is not confirmed, and checks it afterwards.
func (s *session) recovery(ctx context.Context) error {
	s.gap()
	if s.device.RecoveryConfirmed() {
		s.say(s.Words.T(words.PlainCodeDone))
		return s.confirm(ctx)
	}
	code, err := s.device.RecoveryCode()
	if err != nil {
		return err
	}
	s.say(s.Words.T(words.PlainCodeWhy))
	return s.showCode(ctx, code)
}

// restore brings the vault of another device here.
func (s *session) restore(ctx context.Context) error {
	s.gap()
	server, err := s.askServer(ctx)
	if err != nil {
		return err
	}
	for {
		s.gap()
		typed, err := s.line(ctx, s.Words.T(words.CliAskCode))
		if err != nil {
			return err
		}
		code, err := humancode.Parse(typed, humancode.RecoveryLen)
		if err != nil {
			s.trouble(err)
			continue
		}
		s.say(s.Words.T(words.PlainRestoring))
		d, was, err := s.Restore(ctx, server, code)
		if err != nil {
			s.trouble(err)
			return errBack
		}
		s.adopt(d)
		s.gap()
		s.say(s.Words.T(words.CliRestored, words.Str("when", s.Words.Moment(was.SavedAt.Local())), words.Str("device", was.SavedOn)))
		if len(was.Pins) == 0 {
			return nil
		}
		names := make([]string, len(was.Pins))
		for i, pin := range was.Pins {
			names[i] = pin.Name
		}
		if err := s.confirmPins(ctx, names); !errors.Is(err, errBack) {
			return err
		}
		return nil
	}
}

// confirmPins asks whether clinics that came from another device are the person's own.
func (s *session) confirmPins(ctx context.Context, names []string) error {
	s.say(s.Words.T(words.PlainPinsAsk))
	for _, name := range names {
		s.say(name)
	}
	return s.menu(ctx,
		choice{s.Words.T(words.PlainPinsYes), func(context.Context) error { return s.device.ConfirmPins() }},
		choice{s.Words.T(words.PlainPinsNo), func(context.Context) error { return nil }},
	)
}

// askServer asks for the address of a server; "" keeps the one in use.
func (s *session) askServer(ctx context.Context) (string, error) {
	for {
		typed, err := s.line(ctx, s.Words.T(words.PlainAskServer))
		if err != nil || typed == "" {
			return "", err
		}
		server, err := s.Origin(typed)
		if err == nil {
			return server, nil
		}
		s.say(s.Words.T(words.PlainNotServer))
	}
}

// settings is the basics: language, server, passphrase, answers, wipe.
func (s *session) settings(ctx context.Context) error {
	s.gap()
	server := s.device.Server()
	if server == "" {
		server = s.Words.T(words.PlainServerNone)
	}
	return s.menu(ctx,
		choice{s.Words.T(words.PlainSetLanguage), s.setLanguage},
		choice{s.Words.T(words.PlainSetServer, words.Str("server", server)), s.setServer},
		choice{s.Words.T(words.PlainSetPassphrase), s.setPassphrase},
		choice{s.Words.T(words.PlainSetAnswers), s.questions},
		choice{s.Words.T(words.PlainSetHelper), s.startHelping},
		choice{s.Words.T(words.PlainSetCalendar), s.saveCalendar},
		choice{s.Words.T(words.PlainSetWipe), s.wipe},
	)
}

// saveCalendar writes the reminders to a file that is not there yet.
func (s *session) saveCalendar(ctx context.Context) error {
	for {
		s.gap()
		name, err := s.line(ctx, s.Words.T(words.SettingsCalendarAsk))
		if err != nil || name == "" {
			return err
		}
		plan := s.device.Plan()
		data, entries := screen.Calendar(s.Words, &plan, s.device.State().Answers.Seed, s.Now())
		if entries == 0 {
			s.say(s.Words.T(words.SettingsCalendarEmpty))
			return nil
		}
		if err := s.SaveFile(screen.Filename(name), data); err != nil {
			s.trouble(err)
			continue
		}
		s.say(s.Words.T(words.SettingsCalendarSaved))
		return nil
	}
}

func (s *session) setLanguage(ctx context.Context) error {
	s.gap()
	locales := words.Locales()
	n, err := s.pick(ctx, []string{s.Words.T(words.SettingsEnglish), s.Words.T(words.SettingsSpanish)}, false)
	if err != nil {
		return err
	}
	if err := s.device.SetSettings(locales[n], s.device.State().Settings.Theme); err != nil {
		return err
	}
	s.Words = words.For(locales[n])
	s.say(s.Words.T(words.PlainSaved))
	return nil
}

func (s *session) setServer(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.PlainServerWhy))
	err := s.menu(ctx,
		choice{s.Words.T(words.PlainServerSet), func(ctx context.Context) error {
			server, err := s.askServer(ctx)
			if err != nil || server == "" {
				return err
			}
			return s.device.UseServer(server)
		}},
		choice{s.Words.T(words.PlainServerOff), func(context.Context) error { return s.device.UseServer("") }},
	)
	if err == nil {
		s.say(s.Words.T(words.PlainSaved))
	}
	return err
}

func (s *session) setPassphrase(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.PlainPassphraseWhy))
	for {
		s.prompt(s.Words.T(words.PlainPassphraseNew))
		first, err := s.Lines.Next(true)
		if err != nil {
			return errLeave
		}
		s.prompt(s.Words.T(words.PlainPassphraseAgain))
		second, err := s.Lines.Next(true)
		if err != nil {
			return errLeave
		}
		if first != second {
			s.say(s.Words.T(words.PlainPassphraseDiffers))
			continue
		}
		if err := s.device.SetPassphrase([]byte(first)); err != nil {
			return err
		}
		if first == "" {
			s.say(s.Words.T(words.PlainPassphraseNone))
			return nil
		}
		s.say(s.Words.T(words.PlainSaved))
		return nil
	}
}

// wipe removes everything here after a word was typed.
func (s *session) wipe(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.CliWipeAsk))
	word := s.Words.T(words.CliWipeWord)
	typed, err := s.line(ctx, s.Words.T(words.CliWipeType, words.Str("word", word)))
	if err != nil {
		return err
	}
	if !strings.EqualFold(typed, word) {
		s.say(s.Words.T(words.CliErrNotTyped))
		return errBack
	}
	if err := s.device.Wipe(ctx, false); err != nil {
		return fmt.Errorf("wipe device: %w", err)
	}
	s.say(s.Words.T(words.CliWiped))
	return errWiped
}
