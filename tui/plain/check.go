package plain

import (
	"context"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// check asks for a message and says whether it is from the clinic.
func (s *session) check(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.PlainCheckHow))
	bundle, err := s.askFile(ctx, words.PlainCheckFile)
	if err != nil {
		return err
	}
	s.gap()
	text, err := s.askText(ctx)
	if err != nil {
		return err
	}
	judge := s.Judge
	if s.device != nil {
		judge = func(bundle []byte, text *string) (contact.Verdict, error) { return s.device.Verify(ctx, bundle, text) }
	}
	v, err := judge(bundle, text)
	if err != nil {
		s.trouble(err)
		return errBack
	}
	s.gap()
	s.write(s.Card(s.Words, v))
	s.gap()
	if _, err := s.line(ctx, s.Words.T(words.PlainEnter)); err != nil {
		return err
	}
	return nil
}

// askFile asks for the name of a file until one can be read.
func (s *session) askFile(ctx context.Context, question words.Key) ([]byte, error) {
	for {
		name, err := s.line(ctx, s.Words.T(question))
		if err != nil {
			return nil, err
		}
		if name == "" {
			return nil, errBack
		}
		data, err := s.ReadFile(unquote(name))
		if err == nil {
			return data, nil
		}
		s.trouble(err)
	}
}

// askText asks for the message as it was received; nil when there is only the file.
func (s *session) askText(ctx context.Context) (*string, error) {
	s.say(s.Words.T(words.PlainCheckText))
	var lines []string
	for {
		s.write("> ")
		line, err := s.Lines.Next(false)
		if err != nil {
			return nil, errLeave
		}
		if line == "." || (line == "" && len(lines) == 0) {
			break
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return nil, nil
	}
	text := strings.Join(lines, "\n")
	return &text, nil
}

// unquote takes off the quotes that a terminal puts round a file dropped on it.
func unquote(name string) string {
	for _, q := range []string{"'", `"`} {
		if len(name) > 1 && strings.HasPrefix(name, q) && strings.HasSuffix(name, q) {
			return name[1 : len(name)-1]
		}
	}
	return name
}
