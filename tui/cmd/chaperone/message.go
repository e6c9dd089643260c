package main

import (
	"context"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// message writes the message to people close by. It reads nothing from this device.
func (p *program) message(_ context.Context, a *arguments) (int, error) {
	tone := a.String("tone", "", "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	pack, err := checklist.Embedded()
	if err != nil {
		return 0, err
	}
	tones := pack.Text(p.words.Locale()).Message(checklist.CloseMessage)
	at := 0
	if *tone != "" {
		at = slices.IndexFunc(tones, func(t checklist.Tone) bool { return t.ID == strings.ToLower(*tone) })
	}
	if at < 0 || at >= len(tones) {
		var ids []string
		for _, t := range tones {
			ids = append(ids, t.ID)
		}
		return 0, &usageError{a.command, p.words.T(words.CliErrTone, words.Str("name", printable(*tone)), words.Str("tones", strings.Join(ids, ", ")))}
	}
	return p.print(strings.TrimSpace(tones[at].Text) + "\n")
}
