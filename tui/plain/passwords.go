package plain

import (
	"context"

	"github.com/chaperone-privacy/chaperone/internal/passphrase"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// passwords suggests passwords when asked to, and judges one that is typed. Nothing of either
// is kept. Since everything here may be read aloud, nothing is suggested before it is chosen.
func (s *session) passwords(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.PasswordsWhat))
	var g passphrase.Generator
	for {
		err := s.menu(ctx,
			choice{s.Words.T(words.PlainPasswordsWords), func(context.Context) error {
				s.say(s.Words.T(words.PasswordsEnglish))
				return s.suggest(func() (passphrase.Suggestion, error) { return g.Words(passphrase.DefaultWords) })
			}},
			choice{s.Words.T(words.PlainPasswordsSigns), func(context.Context) error {
				return s.suggest(func() (passphrase.Suggestion, error) { return g.Characters(passphrase.DefaultLength) })
			}},
			choice{s.Words.T(words.PlainPasswordsTry), s.judgePassword},
		)
		if err != nil {
			return err
		}
		s.gap()
	}
}

// suggest writes three suggestions.
func (s *session) suggest(draw func() (passphrase.Suggestion, error)) error {
	s.gap()
	for range 3 {
		one, err := draw()
		if err != nil {
			return err
		}
		s.write(string(one.Text) + "\n")
		one.Clear()
	}
	s.say(s.Words.T(words.PasswordsKeep))
	return nil
}

// judgePassword says how strong a typed password is, until none is typed.
func (s *session) judgePassword(context.Context) error {
	names := screen.NearNames(s.Pack.Platforms(), s.device.State().Contact.Pins)
	for {
		s.gap()
		s.prompt(s.Words.T(words.PlainPasswordsAsk))
		typed, err := s.Lines.Next(true)
		if err != nil {
			return errLeave
		}
		if typed == "" {
			return nil
		}
		secret := []byte(typed)
		level, reason := screen.Strength(s.Words, passphrase.Judge(secret, names...))
		clear(secret)
		s.say(level + ". " + reason)
	}
}
