package plain

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// letter asks for the fields of a letter, reads it out and saves it if the person names a
// file. What was typed is kept nowhere else.
func (s *session) letter(ctx context.Context, l *checklist.Letter) error {
	w := s.writer()
	x := w.Texts.Letter(l.ID, w.Region)
	s.gap()
	s.say(x.Title + ".")
	s.say(x.About)
	s.say(s.Words.T(words.LetterNotKept))
	f := checklist.Filling{Values: map[string]string{}}
	if all := l.Addresses(func(ref string) []checklist.HelpContact { return w.Texts.Contacts(ref, w.Region, w.Now) }); len(all) > 0 {
		s.gap()
		s.say(s.Words.T(words.LetterTo))
		var lines []string
		for _, c := range all {
			lines = append(lines, c.Name+": "+strings.Join(c.Mail, ", ")+".")
		}
		n, err := s.pick(ctx, lines, true)
		if err != nil {
			return err
		}
		if n != none {
			f.To = all[n].Mail
		}
	}
	for i := 0; i < len(x.Fields); {
		value, err := s.field(ctx, x, x.Fields[i])
		switch {
		case errors.Is(err, errBack) && i > 0:
			i--
		case err != nil:
			return err
		default:
			f.Values[x.Fields[i].ID] = value
			i++
		}
	}
	loc := s.Pack.LetterLocale(w.Region, s.Words.Locale())
	f.Date = words.For(loc).Date(s.Now())
	written := s.Pack.Text(loc).Letter(l.ID, w.Region)
	text, byHand := written.Text(f)
	s.gap()
	s.say(s.Words.T(words.PlainLetterHead))
	s.write("\n" + widget.Safe(text) + "\n")
	if open := Labels(x, byHand); open != "" {
		s.say(s.Words.T(words.LetterByHand, words.Str("fields", open)))
	}
	s.say(x.Send)
	for _, para := range w.contacts(l.Send) {
		s.say(para)
	}
	return s.saveLetter(ctx, text, func() string { md, _ := written.Markdown(f); return md })
}

// field asks for one field until its value can be taken.
func (s *session) field(ctx context.Context, x checklist.LetterText, f checklist.FieldText) (string, error) {
	empty := words.LetterLeftOut
	if f.Required {
		empty = words.LetterByHandEmpty
	}
	s.gap()
	s.say(strings.TrimSpace(s.Words.T(words.PlainLetterField, words.Str("label", f.Label), words.Str("hint", f.Hint))))
	for {
		question := s.Words.T(empty)
		if f.Lines {
			question += " " + s.Words.T(words.LetterLines)
		}
		var lines []string
		for {
			line, err := s.line(ctx, question)
			if err != nil {
				return "", err
			}
			if line != "" {
				lines = append(lines, line)
			}
			if line == "" || !f.Lines {
				break
			}
			question = s.Words.T(words.LetterLines)
		}
		value := strings.Join(lines, "\n")
		switch err := x.Check(f.ID, value); {
		case err == nil:
			return value, nil
		case errors.Is(err, checklist.ErrNeverEnter):
			s.say(s.Words.T(words.LetterNever))
		default:
			s.say(s.Words.T(words.LetterTooLong))
		}
	}
}

// saveLetter asks for a file until the letter is in one, or is not to be saved.
func (s *session) saveLetter(ctx context.Context, text string, markdown func() string) error {
	for {
		s.gap()
		name, err := s.line(ctx, s.Words.T(words.PlainLetterFile))
		if err != nil || name == "" {
			return err
		}
		name = screen.Filename(name)
		out := text
		if strings.HasSuffix(strings.ToLower(name), ".md") {
			out = markdown()
		}
		if err := s.SaveFile(name, []byte(out)); err != nil {
			s.trouble(err)
			continue
		}
		s.say(s.Words.T(words.LetterSaved, words.Str("name", widget.Line(name))))
		return nil
	}
}

// Labels names fields of a letter, as they are asked for.
func Labels(x checklist.LetterText, ids []string) string {
	var out []string
	for _, f := range x.Fields {
		if slices.Contains(ids, f.ID) {
			out = append(out, f.Label)
		}
	}
	return strings.Join(out, ", ")
}

// tell reads out the message for people close by, in the tone that is chosen.
func (s *session) tell(ctx context.Context) error {
	tones := s.Pack.Text(s.Words.Locale()).Message(checklist.CloseMessage)
	s.gap()
	s.say(s.Words.T(words.MessageTitle) + ".")
	s.say(s.Words.T(words.MessageWhy))
	s.say(s.Words.T(words.PlainTones))
	lines := make([]string, len(tones))
	for i := range tones {
		lines[i] = tones[i].Label + "."
	}
	for {
		n, err := s.pick(ctx, lines, true)
		if err != nil || n == none {
			return err
		}
		s.gap()
		s.say(s.Words.T(words.PlainMessageHead))
		s.gap()
		s.say(strings.TrimSpace(tones[n].Text))
		s.gap()
	}
}
