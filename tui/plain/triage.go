package plain

import (
	"context"
	"errors"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// decide asks what happened, one short question after the other, and says what to do. It
// needs no vault.
func (s *session) decide(ctx context.Context) error {
	t := s.Pack.Triage()
	if t == nil {
		return errBack
	}
	for walk := t.Walk(); ; {
		n := walk.Node()
		if n == nil {
			err := s.ending(ctx, walk)
			if !errors.Is(err, errBack) {
				return err
			}
			walk, _ = walk.Back()
			continue
		}
		w := s.writer()
		text := w.Texts.Node(n.ID)
		s.gap()
		s.say(text.Ask)
		s.say(text.Hint)
		if safety := w.safety(n.Always); safety != "" {
			s.say(safety)
		}
		at, err := s.pick(ctx, text.Answers, false)
		switch {
		case errors.Is(err, errBack) && walk.Answered() > 0:
			walk, _ = walk.Back()
		case err != nil:
			return err
		default:
			if walk, err = walk.Answer(at); err != nil {
				return err
			}
		}
	}
}

// safety is the lines for an emergency in one sentence; "" while the country is not known.
func (w Writer) safety(refs []string) string {
	var out []string
	for _, ref := range refs {
		for _, c := range w.Texts.Contacts(ref, w.Region, w.Now) {
			if numbers := screen.Numbers(w.Words, c); numbers != "" {
				out = append(out, c.Name+": "+numbers+".")
			}
		}
	}
	return strings.Join(out, " ")
}

// ending says where the questions have led, and opens the steps.
func (s *session) ending(ctx context.Context, walk checklist.Walk) error {
	for {
		w := s.writer()
		var was checklist.Answers
		if s.device != nil {
			was = s.device.State().Answers
		}
		was.Region = w.Region
		now := walk.Apply(was)
		text := w.Texts.Ending(walk.Ending().ID)
		s.gap()
		s.say(text.Title + ".")
		s.say(text.Say)
		s.say(s.Words.T(words.PlainTriageSteps))
		items := s.Pack.Steps(walk.Ending(), now)
		var lines []string
		for _, id := range items {
			lines = append(lines, strings.TrimRight(w.Texts.Title(id), ".")+".")
		}
		adopt := s.device != nil && (now.Stage != was.Stage || len(now.Exposed) != len(was.Exposed))
		if adopt {
			lines = append(lines, s.Words.T(words.PlainTriageAdopt))
		}
		n, err := s.pick(ctx, lines, false)
		switch {
		case err != nil:
			return err
		case n < len(items):
			row := checklist.Row{Item: s.Pack.Item(items[n])}
			s.gap()
			for _, para := range w.Task(&row) {
				s.say(para)
			}
			if err := s.after(ctx, row.Item); err != nil && !errors.Is(err, errBack) {
				return err
			}
		default:
			if err := screen.Adopt(s.device, now, items); err != nil {
				s.trouble(err)
				continue
			}
			s.say(s.Words.T(words.PlainAnswersSaved))
			return s.first(ctx, items)
		}
	}
}

// first opens the first of the items that is in the plan.
func (s *session) first(ctx context.Context, items []string) error {
	for _, id := range items {
		if r := s.row(id); r != nil && open(r.Status) {
			return s.task(ctx, id)
		}
	}
	return nil
}

// after waits until a step was read, and offers what it leads to.
func (s *session) after(ctx context.Context, it *checklist.Item) error {
	s.gap()
	choices := s.leads(it)
	if len(choices) == 0 {
		_, err := s.line(ctx, s.Words.T(words.PlainEnter))
		return err
	}
	n, err := s.pickOr(ctx, labels(choices), words.PlainAskNumberSkip)
	if err != nil || n == none {
		return err
	}
	return choices[n].do(ctx)
}

// leads is the letters and the message that belong to an item.
func (s *session) leads(it *checklist.Item) []choice {
	var out []choice
	w := s.writer()
	for _, l := range s.Pack.Letters(w.Region) {
		for _, id := range it.Letters {
			if id == l.ID {
				title := w.Texts.Letter(id, w.Region).Title
				out = append(out, choice{s.Words.T(words.PlainWriteLetter, words.Str("title", title)), func(ctx context.Context) error { return s.letter(ctx, l) }})
			}
		}
	}
	for _, step := range it.Steps {
		switch step.Ref {
		case "app:message":
			out = append(out, choice{s.Words.T(words.PlainTell), s.tell})
		case "app:passwords":
			out = append(out, choice{s.Words.T(words.PlainPasswords), s.passwords})
		}
	}
	return out
}
