package plain

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// measure is the longest line, in columns.
const measure = 72

// wrap makes text harmless and breaks it at spaces into lines; line breaks in it stay. A word
// is never broken: an address must stay whole to be read out, copied and opened.
func wrap(text string, width int) []string { return wrapAt(text, max(20, min(measure, width))) }

// wrapAt is wrap at any width.
func wrapAt(text string, width int) []string {
	var lines []string
	for para := range strings.SplitSeq(widget.Safe(text), "\n") {
		line, wide := "", 0
		for _, word := range strings.Fields(para) {
			w := ansi.StringWidth(word)
			switch {
			case line == "":
				line, wide = word, w
			case wide+1+w <= width:
				line, wide = line+" "+word, wide+1+w
			default:
				lines = append(lines, line)
				line, wide = word, w
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// Writer turns rows of a plan into text that reads well aloud and on paper.
type Writer struct {
	Words  *words.Catalogue
	Texts  *checklist.Texts
	Pack   *checklist.Pack
	Region string // for numbers; "" shows none that belong to a country
	Now    time.Time
}

// Title is a row in one line: what to do, how long it takes, where it stands.
func (w Writer) Title(r *checklist.Row) string {
	var b strings.Builder
	b.WriteString(w.Texts.Title(r.Item.ID))
	if r.Minutes > 0 && open(r.Status) {
		b.WriteString(", ")
		b.WriteString(w.Words.N(words.PlainMinutes, r.Minutes))
	}
	if status := w.status(r.Status); status != "" {
		b.WriteString(", ")
		b.WriteString(status)
	}
	if !r.Due.IsZero() && r.Status != checklist.Todo {
		b.WriteString(", ")
		b.WriteString(w.Words.T(words.PlainDue, words.Str("when", w.Words.In(r.Due, w.Now))))
	}
	if r.Optional {
		b.WriteString(", ")
		b.WriteString(w.Words.T(words.PlainOptional))
	}
	return b.String()
}

func open(s checklist.Status) bool {
	return s == checklist.Todo || s == checklist.Doing || s == checklist.Recheck || s == checklist.Later
}

// status names where a row stands; "" for one that nothing was done about.
func (w Writer) status(s checklist.Status) string {
	switch s {
	case checklist.Done:
		return w.Words.T(words.StatusDone)
	case checklist.Skipped:
		return w.Words.T(words.StatusSkipped)
	case checklist.NotMine:
		return w.Words.T(words.StatusNotmine)
	case checklist.Later:
		return w.Words.T(words.PlainStatusLater)
	case checklist.Recheck:
		return w.Words.T(words.StatusRecheck)
	case checklist.Doing:
		return w.Words.T(words.PlainStatusDoing)
	}
	return ""
}

// Task is everything about a row, as paragraphs: why, what it does and does not do, each
// step, where on each platform, and when it is done.
func (w Writer) Task(r *checklist.Row) []string {
	x := w.Texts.Item(r.Item.ID)
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	add(x.Why)
	if len(x.Stops) > 0 {
		add(w.Words.T(words.PlainStops, words.Str("text", strings.Join(x.Stops, " "))))
	}
	add(strings.Join(x.DoesNotStop, " "))
	for i, step := range x.Steps {
		text := w.Words.T(words.PlainStep, words.Int("n", i+1), words.Int("total", len(x.Steps)), words.Str("do", step.Do))
		if step.Confirm != "" {
			text += " " + step.Confirm
		}
		add(text)
		out = append(out, w.contacts(step.Ref)...)
	}
	for i := range r.Platforms {
		out = append(out, w.platform(&r.Platforms[i], r.Item.FanOut)...)
	}
	if x.DoneWhen != "" {
		add(w.Words.T(words.PlainDoneWhen, words.Str("text", x.DoneWhen)))
	}
	if x.Verify != "" {
		add(w.Words.T(words.PlainVerify, words.Str("text", x.Verify)))
	}
	if r.Item.Stale(w.Now) {
		add(w.Words.T(words.PlainStale))
	}
	return out
}

// contacts is whom a step reaches, one paragraph each.
func (w Writer) contacts(ref string) []string {
	var out []string
	for _, c := range w.Texts.Contacts(ref, w.Region, w.Now) {
		text := c.Name + "."
		if numbers := screen.Numbers(w.Words, c); numbers != "" {
			text = c.Name + ": " + numbers + "."
		}
		if len(c.Mail) > 0 {
			text += " " + strings.Join(c.Mail, ", ") + "."
		}
		if c.Note != "" {
			text += " " + c.Note
		}
		if c.Web != "" {
			text += " " + c.Web
		}
		out = append(out, text)
	}
	return out
}

// platform is how to do a row on one platform, and where it stands there.
func (w Writer) platform(r *checklist.PlatformRow, capability string) []string {
	head := r.Platform.Name
	if status := w.status(r.Status); status != "" {
		head += ", " + status
	}
	out := []string{head + "."}
	how := w.Texts.How(r.Platform, capability, w.Now)
	path := func(key words.Key, steps []string) {
		if len(steps) > 0 {
			out = append(out, w.Words.T(key, words.Str("path", strings.Join(steps, ", "+w.Words.T(words.PlainThen)+" "))))
		}
	}
	path(words.PlainWeb, how.Web)
	path(words.PlainIos, how.IOS)
	path(words.PlainAndroid, how.Android)
	if how.Link != "" {
		out = append(out, w.Words.T(words.PlainLink, words.Str("url", how.Link)))
	}
	if how.Moved {
		out = append(out, w.Words.T(words.TaskMoved))
	}
	if how.HelpURL != "" {
		out = append(out, w.Words.T(words.PlainHelpUrl, words.Str("url", how.HelpURL)))
	}
	if how.Caveat != "" {
		out = append(out, how.Caveat)
	}
	return out
}

// Sources is what a row rests on, one line each.
func (w Writer) Sources(r *checklist.Row) []string {
	var out []string
	for _, id := range r.Item.Sources {
		for _, src := range w.Pack.Sources() {
			if src.ID == id {
				out = append(out, fmt.Sprintf("%s, %s. %s", src.Publisher, src.Title, src.URL))
			}
		}
	}
	return append(out, w.Words.T(words.PlainAsOf, words.Str("date", r.Item.AsOf)))
}

// Sheet writes rows for a terminal or for paper: numbered titles, with all of each row under
// it when full is set.
func (w Writer) Sheet(rows []checklist.Row, full bool, width int) string {
	var b strings.Builder
	for i := range rows {
		if full && i > 0 {
			b.WriteByte('\n')
		}
		hang(&b, fmt.Sprintf("%d. ", i+1), w.Title(&rows[i]), width)
		if !full {
			continue
		}
		for _, para := range w.Task(&rows[i]) {
			hang(&b, "   ", para, width)
		}
	}
	return b.String()
}

// Crisis writes the rows of a crisis plan, each with whom to reach and nothing else.
func (w Writer) Crisis(rows []checklist.Row, width int) string {
	var b strings.Builder
	for i := range rows {
		hang(&b, fmt.Sprintf("%d. ", i+1), w.Texts.Title(rows[i].Item.ID), width)
		for _, step := range rows[i].Item.Steps {
			for _, para := range w.contacts(step.Ref) {
				hang(&b, "   ", para, width)
			}
		}
	}
	return b.String()
}

// Paragraph is text in lines that fit a terminal, with a line break at its end.
func Paragraph(text string, width int) string {
	var b strings.Builder
	hang(&b, "", text, width)
	return b.String()
}

// hang writes text behind a mark; its further lines stand under the text.
func hang(b *strings.Builder, mark, text string, width int) {
	for i, line := range wrap(text, min(measure, width)-len(mark)) {
		if i > 0 {
			mark = strings.Repeat(" ", len(mark))
		}
		b.WriteString(mark + line + "\n")
	}
}
