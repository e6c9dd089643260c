package plain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// SheetWidth is the columns of the crisis sheet, so that it fits a page at 10 to 12 points.
const SheetWidth = 78

// The lines of a page.
const (
	LinesA4     = 58
	LinesLetter = 54
)

// CrisisSheet is the crisis on one page of paper: the steps in order, whom to reach, what to
// keep, what to send to people close by, and where to report. It says as much about each step
// as fits into lines, and never leaves a step out.
func (w Writer) CrisisSheet(rows []checklist.Row, lines int) string {
	sheet := ""
	for detail := mostDetail; detail >= 0; detail-- {
		sheet = w.crisisSheet(rows, detail)
		if strings.Count(sheet, "\n") <= lines {
			break
		}
	}
	return sheet
}

// mostDetail is the steps of a row that the sheet has at most; with the last one come the
// notes of whom to report to.
const mostDetail = 4

func (w Writer) crisisSheet(rows []checklist.Row, detail int) string {
	var b strings.Builder
	put := func(mark, text string) {
		for i, line := range wrapAt(text, SheetWidth-len(mark)) {
			if i > 0 {
				mark = strings.Repeat(" ", len(mark))
			}
			b.WriteString(mark + line + "\n")
		}
	}
	head := func(key words.Key) { b.WriteString("\n" + strings.ToUpper(w.Words.T(key)) + "\n") }

	put("", w.Words.T(words.CliCrisisHead))
	if w.Pack.Development() {
		put("", w.Words.T(words.PlainDevelopment))
	}
	if w.Region == "" || !slices.Contains(w.Pack.Regions(), w.Region) {
		put("", w.Words.T(words.SheetByHand))
	}
	b.WriteByte('\n')
	var keep, report *checklist.Item
	for i := range rows {
		it := rows[i].Item
		x := w.Texts.Item(it.ID)
		put(fmt.Sprintf("%d. ", i+1), strings.TrimRight(x.Title, ".")+".")
		if text := w.stepsInBrief(it, x, detail); text != "" {
			put("   ", text)
		}
		switch {
		case leadsTo(it, "role:crime-report"):
			report = it
		case it.ID == evidence:
			keep = it
		}
		if it != report {
			for _, line := range w.reach(it, false) {
				put("   ", line)
			}
		}
	}
	if keep != nil {
		head(words.SheetKeep)
		for i, step := range w.Texts.Item(keep.ID).Steps {
			if i < keptSteps {
				put("[ ] ", step.Do)
			}
		}
	}
	if tones := w.Texts.Message(checklist.CloseMessage); len(tones) > 0 {
		head(words.SheetSend)
		shortest := slices.MinFunc(tones, func(a, b checklist.Tone) int { return len(a.Text) - len(b.Text) })
		put("   ", strings.Join(strings.Fields(shortest.Text), " "))
	}
	if report == nil {
		return b.String()
	}
	if lines := w.reach(report, detail >= mostDetail-1); len(lines) > 0 {
		head(words.SheetReport)
		for _, line := range lines {
			put("", line)
		}
	} else {
		b.WriteByte('\n')
	}
	asOf := report.AsOf
	if day, err := time.Parse(time.DateOnly, asOf); err == nil {
		asOf = w.Words.Date(day)
	}
	put("", w.Words.T(words.PlainAsOf, words.Str("date", asOf)))
	return b.String()
}

// evidence is the item that says what to keep; its first steps have a part of their own.
const (
	evidence  = "now.keep-evidence"
	keptSteps = 4
)

// stepsInBrief is the first steps of a row in one paragraph. What has a part of its own on the
// sheet is left to that.
func (w Writer) stepsInBrief(it *checklist.Item, x checklist.ItemText, detail int) string {
	if it.ID == evidence {
		return ""
	}
	var out []string
	for _, step := range x.Steps {
		// Paper has no screens, and a platform's page is found there without paper.
		if len(out) == detail || strings.HasPrefix(step.Ref, "app:") || strings.HasPrefix(step.Ref, "platform:") {
			continue
		}
		out = append(out, step.Do)
	}
	return strings.Join(out, " ")
}

func leadsTo(it *checklist.Item, ref string) bool {
	return slices.ContainsFunc(it.Steps, func(s checklist.Step) bool { return s.Ref == ref })
}

// reach is whom the steps of an item lead to, one line each.
func (w Writer) reach(it *checklist.Item, notes bool) []string {
	var out []string
	for _, step := range it.Steps {
		for _, c := range w.Texts.Contacts(step.Ref, w.Region, w.Now) {
			line := strings.TrimRight(c.Name, ".")
			if numbers := screen.Numbers(w.Words, c); numbers != "" {
				line += ": " + numbers
			}
			line += "."
			if notes && c.Note != "" {
				line += " " + c.Note
			}
			if c.Web != "" {
				line += " " + c.Web
			}
			if !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}
