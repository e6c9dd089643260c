package main

import (
	"context"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/plain"
)

// crisis writes the crisis sheet. It reads nothing from this device.
func (p *program) crisis(_ context.Context, a *arguments) (int, error) {
	region := a.String("region", "", "")
	full := a.Bool("print", false, "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	pack, err := checklist.Embedded()
	if err != nil {
		return 0, err
	}
	*region = strings.ToLower(*region)
	if *region != "" && !slices.Contains(pack.Regions(), *region) {
		return 0, errNoLook
	}
	w := plain.Writer{Words: p.words, Texts: pack.Text(p.words.Locale()), Pack: pack, Region: *region, Now: p.now()}
	return p.print(p.crisisText(w, *full))
}

func (p *program) crisisText(w plain.Writer, full bool) string {
	plan := w.Pack.Plan(plain.CrisisAnswers(w.Region), nil, w.Now)
	width := p.width()
	say := func(text string) string { return plain.Paragraph(text, width) }
	text := say(p.words.T(words.CliCrisisHead))
	if w.Region == "" {
		text += say(p.words.T(words.CliCrisisNoRegion, words.Str("regions", strings.Join(w.Pack.Regions(), ", "))))
	}
	if w.Pack.Development() {
		text += say(p.words.T(words.PlainDevelopment))
	}
	return text + "\n" + w.Crisis(plan.Rows, full, width)
}
