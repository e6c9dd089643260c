package plain

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// helping goes round while this device shows only what a helper may see. It returns nil when
// the patient is back.
func (s *session) helping(ctx context.Context) error {
	for s.device.Helping() {
		err := s.helpOnce(ctx)
		switch {
		case err == nil || errors.Is(err, errBack):
		case errors.Is(err, errLeave):
			return err
		default:
			s.trouble(err)
		}
	}
	return nil
}

func (s *session) helpOnce(ctx context.Context) error {
	w := s.writer()
	plan := s.device.Plan()
	rows := screen.HelperRows(s.Words, w.Texts.Item, &plan)
	s.gap()
	if len(rows) == 0 {
		s.say(s.Words.T(words.HelperNothing))
	} else {
		s.say(s.Words.T(words.HelperWhat))
	}
	choices := make([]choice, 0, len(rows)+1)
	for i := range rows {
		choices = append(choices, choice{w.Title(&rows[i]), func(ctx context.Context) error { return s.help(ctx, &rows[i]) }})
	}
	return s.menu(ctx, append(choices, choice{s.Words.T(words.PlainHelperOwner), s.stopHelping})...)
}

// help reads a row out to a helper, and asks what became of it.
func (s *session) help(ctx context.Context, r *checklist.Row) error {
	w := s.writer()
	s.gap()
	s.say(w.Title(r) + ".")
	for _, para := range w.helperTask(r) {
		s.say(para)
	}
	s.gap()
	s.say(s.Words.T(words.PlainTaskAsk))
	choices := []choice{{s.Words.T(words.PlainDid), func(context.Context) error {
		return s.mark(checklist.RowKey{Item: r.Item.ID}, checklist.Done, "", time.Time{})
	}}}
	if len(r.Platforms) > 1 {
		choices[0].label = s.Words.T(words.PlainDidAll)
		choices = append(choices, choice{s.Words.T(words.PlainDidOne), func(ctx context.Context) error { return s.didOne(ctx, r) }})
	}
	return s.menu(ctx, append(choices, choice{s.Words.T(words.PlainHelperNotYet), func(context.Context) error { return nil }})...)
}

// stopHelping is the way back.
func (s *session) stopHelping(context.Context) error {
	s.gap()
	passphrase := ""
	if s.device.HasPassphrase() {
		s.prompt(s.Words.T(words.HelperPassphrase))
		typed, err := s.Lines.Next(true)
		if err != nil {
			return errLeave
		}
		if typed == "" {
			return nil
		}
		passphrase = typed
	}
	secret := []byte(passphrase)
	defer clear(secret)
	if err := s.device.StopHelping(secret); err != nil {
		return err
	}
	s.say(s.Words.T(words.PlainHow))
	return nil
}

// startHelping draws the curtain, after saying what it does.
func (s *session) startHelping(ctx context.Context) error {
	s.gap()
	s.say(s.Words.T(words.HelperStart))
	if s.device.HasPassphrase() {
		s.say(s.Words.T(words.HelperStartLocked))
	} else {
		s.say(s.Words.T(words.HelperStartOpen))
	}
	return s.menu(ctx,
		choice{s.Words.T(words.PlainHelperStart), func(context.Context) error {
			if err := s.device.StartHelping(); err != nil {
				return err
			}
			s.say(s.Words.T(words.PlainHelperHow))
			return nil
		}},
		choice{s.Words.T(words.PlainHelperNotNow), func(context.Context) error { return nil }},
	)
}

// helperTask is how to do a row, and nothing of why.
func (w Writer) helperTask(r *checklist.Row) []string {
	var out []string
	x := w.Texts.Item(r.Item.ID)
	for i, step := range x.Steps {
		text := w.Words.T(words.PlainStep, words.Int("n", i+1), words.Int("total", len(x.Steps)), words.Str("do", step.Do))
		if step.Confirm != "" {
			text += " " + step.Confirm
		}
		out = append(out, text)
		out = append(out, w.contacts(step.Ref)...)
	}
	for i := range r.Platforms {
		p := r.Platforms[i]
		out = append(out, w.platform(&p, r.Item.FanOut)...)
	}
	return out
}

// HelperSheet writes what a helper may do, for paper to hand over: titles, steps and
// addresses, and nothing of why.
func (w Writer) HelperSheet(plan *checklist.Plan, width int) string {
	rows := screen.HelperRows(w.Words, w.Texts.Item, plan)
	var b strings.Builder
	if len(rows) == 0 {
		hang(&b, "", w.Words.T(words.HelperNothing), width)
		return b.String()
	}
	hang(&b, "", w.Words.T(words.HelperSheet), width)
	for i := range rows {
		b.WriteByte('\n')
		hang(&b, "[ ] ", w.Title(&rows[i]), width)
		for _, para := range w.helperTask(&rows[i]) {
			hang(&b, "    ", para, width)
		}
	}
	return b.String()
}
