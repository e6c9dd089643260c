package plain

import (
	"context"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// check asks for a message and says whether it is from the clinic.
func (s *session) check(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.PlainCheckHow))
	given, typed, err := s.askFirst(ctx)
	if err != nil {
		return err
	}
	text := given.Text
	if text == "" {
		s.gap()
		if text, err = s.askText(); err != nil {
			return err
		}
		if given.Kind == screen.GivenNothing {
			if given = screen.ReadGiven(text); given.Kind == screen.GivenCode {
				text = given.Text
				s.say(s.Words.T(words.VerifyCodeFound))
			}
		}
	}
	if given.Kind == screen.GivenNothing {
		return errBack
	}
	sender := given.Sender
	if sender == "" && s.device != nil && len(s.device.SavedContacts()) > 0 {
		s.gap()
		if sender, err = s.line(ctx, s.Words.T(words.PlainCheckSender)); err != nil {
			return err
		}
	}
	return s.answer(ctx, question{given: given, typed: typed, text: text, sender: sender})
}

// question is everything that a person gave about one message.
type question struct {
	given        screen.Given
	typed        bool // the code was typed by hand
	text, sender string
}

// askFirst asks for a code or a file until it has one, or nothing. A file is read at once.
func (s *session) askFirst(ctx context.Context) (given screen.Given, typed bool, err error) {
	for {
		line, err := s.line(ctx, s.Words.T(words.PlainCheckFirst))
		if err != nil {
			return screen.Given{}, false, err
		}
		given = screen.ReadGiven(line)
		if hint, wrong, _ := screen.Hint(s.Words, given); wrong {
			s.say(hint)
		}
		if given.Kind != screen.GivenFile {
			return given, true, nil
		}
		data, err := s.ReadFile(given.File)
		if err == nil {
			return screen.Given{Kind: screen.GivenBundle, Bundle: data}, false, nil
		}
		s.trouble(err)
	}
}

// askText asks for the message as it was received; "" when it is left out.
func (s *session) askText() (string, error) {
	s.say(s.Words.T(words.PlainCheckText))
	var lines []string
	for {
		s.write("> ")
		line, err := s.Lines.Next(false)
		if err != nil {
			return "", errLeave
		}
		if line == "." || (line == "" && len(lines) == 0) {
			return strings.Join(lines, "\n"), nil
		}
		lines = append(lines, line)
	}
}

// answer says what was found, and goes on for as long as there is something to try: a code that
// was mistyped, a server that did not answer, a clinic that can be set up.
func (s *session) answer(ctx context.Context, q question) error {
	for {
		if q.given.Kind != screen.GivenCode && q.given.Kind != screen.GivenBundle {
			s.gap()
			match, saved := s.compare(q)
			s.write(s.Compared(s.Words, match, saved))
			return s.enter(ctx)
		}
		checked, err := s.ask(ctx, q)
		if err != nil {
			s.trouble(err)
			return errBack
		}
		s.gap()
		s.write(s.Card(s.Words, checked))
		s.gap()
		again := false
		switch {
		case checked.Headline == contact.Mistyped:
			code, err := s.line(ctx, s.Words.T(words.PlainCheckAgain))
			if err != nil || code == "" {
				return err
			}
			q.given.Code, q.typed, again = code, true, true
		case checked.Headline == contact.Unavailable:
			again, err = s.offer(ctx, words.PlainCheckRetry)
		case checked.Headline == contact.NoPin && checked.ClinicID != [32]byte{} && s.device != nil:
			if again, err = s.offer(ctx, words.PlainClinicAdd); err == nil && again {
				err = s.addClinic(ctx)
			}
		default:
			err = s.enter(ctx)
		}
		if err != nil || !again {
			return err
		}
	}
}

// ask has a code or a file judged.
func (s *session) ask(ctx context.Context, q question) (patient.Checked, error) {
	var received *string
	if strings.TrimSpace(q.text) != "" {
		received = &q.text
	}
	switch {
	case q.given.Kind == screen.GivenCode && s.device == nil:
		return patient.Checked{}, patient.ErrNoServer
	case q.given.Kind == screen.GivenCode:
		return s.device.CheckCode(ctx, patient.CodeCheck{
			Code: q.given.Code, Typed: q.typed && q.given.Text == "", Text: received, Channel: screen.Channel(q.sender), Sender: q.sender,
		})
	case s.device == nil:
		v, err := s.Judge(q.given.Bundle, received)
		return patient.Checked{Verdict: v}, err
	}
	return s.device.CheckBundle(ctx, q.given.Bundle, received, q.sender)
}

// compare is all that can be done without a code and without a file.
func (s *session) compare(q question) (patient.SavedMatch, []patient.SavedContacts) {
	if s.device == nil {
		return patient.SavedMatch{}, nil
	}
	return s.device.CompareSaved(q.text, q.sender), s.device.SavedContacts()
}

// offer asks whether to do one thing; Enter alone does not.
func (s *session) offer(ctx context.Context, what words.Key) (bool, error) {
	n, err := s.pick(ctx, []string{s.Words.T(what)}, true)
	return n == 0, err
}

// enter waits for Enter.
func (s *session) enter(ctx context.Context) error {
	_, err := s.line(ctx, s.Words.T(words.PlainEnter))
	return err
}
