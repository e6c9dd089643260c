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
	paper := a.String("paper", "", "")
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	lines, ok := pageLines(*paper, *region)
	switch {
	case !ok:
		return 0, &usageError{a.command, p.words.T(words.CliErrValue, words.Str("name", "--paper"))}
	case *paper != "" && !*full:
		return 0, &usageError{a.command, p.words.T(words.CliErrMissing, words.Str("name", "--print"))}
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
	plan := pack.Plan(plain.CrisisAnswers(w.Region), nil, w.Now)
	if *full {
		return p.print(w.CrisisSheet(plan.Rows, lines))
	}
	return p.print(p.crisisText(w, plan.Rows))
}

// pageLines is the lines of a page of paper. Paper that was not named is what is usual in the
// region; the smaller page fits everywhere.
func pageLines(paper, region string) (int, bool) {
	switch strings.ToLower(paper) {
	case "a4":
		return plain.LinesA4, true
	case "letter":
		return plain.LinesLetter, true
	case "":
		if r := strings.ToLower(region); r == "" || r == "us" || r == "ca" {
			return plain.LinesLetter, true
		}
		return plain.LinesA4, true
	}
	return 0, false
}

func (p *program) crisisText(w plain.Writer, rows []checklist.Row) string {
	width := p.width()
	say := func(text string) string { return plain.Paragraph(text, width) }
	text := say(p.words.T(words.CliCrisisHead))
	if w.Region == "" {
		text += say(p.words.T(words.CliCrisisNoRegion, words.Str("regions", strings.Join(w.Pack.Regions(), ", "))))
	}
	if w.Pack.Development() {
		text += say(p.words.T(words.PlainDevelopment))
	}
	return text + "\n" + w.Crisis(rows, width)
}
