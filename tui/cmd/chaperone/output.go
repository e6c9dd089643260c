package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"golang.org/x/term"

	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/screen/verify"
	"github.com/chaperone-privacy/chaperone/tui/style"
)

// width returns the columns of standard output, or 80 when it is not a terminal.
func (p *program) width() int {
	if f, ok := p.stdout.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	if w, err := strconv.Atoi(p.getenv("COLUMNS")); err == nil && w > 0 {
		return w
	}
	return 80
}

// card writes a verdict for standard output: with colours and signs on a terminal that has
// them, as ASCII without colour everywhere else.
func (p *program) card(c patient.Checked) string {
	return verify.CheckedCard(c, p.words, style.New(p.style()), p.width())
}

// savedCard is the same for a message that was only compared with what was saved.
func (p *program) savedCard(m patient.SavedMatch, saved []patient.SavedContacts) string {
	return verify.SavedCard(m, saved, p.words, style.New(p.style()), p.width())
}

func (p *program) style() style.Options {
	options := style.Options{Profile: colorprofile.NoTTY, ASCII: true, Dark: true}
	if f, ok := p.stdout.(*os.File); ok && term.IsTerminal(int(f.Fd())) && p.getenv("TERM") != "dumb" {
		options.Profile = style.FromEnv(os.Environ(), p.getenv)
		options.ASCII = !words.UTF8(p.getenv)
	}
	return options
}

// plainCard writes a verdict to be read aloud: the words of the card, no signs, no lines.
func plainCard(w *words.Catalogue, c patient.Checked) string {
	return aloud(verify.CheckedCard(c, w, silent(), aloudWidth))
}

// plainSaved is the same for a message that was only compared with what was saved.
func plainSaved(w *words.Catalogue, m patient.SavedMatch, saved []patient.SavedContacts) string {
	return aloud(verify.SavedCard(m, saved, w, silent(), aloudWidth))
}

const aloudWidth = 72

func silent() *style.Set { return &style.Set{Signs: style.Signs{Mark: " "}} }

// aloud takes out what only the eye can use.
func aloud(card string) string {
	var b strings.Builder
	for line := range strings.Lines(card) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
