package app

import (
	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// Triage implements [screen.Guide].
func (c content) Triage() *checklist.Triage { return c.pack().Triage() }

// Node implements [screen.Guide].
func (c content) Node(locale, node string) checklist.NodeText {
	return c.pack().Text(locale).Node(node)
}

// Ending implements [screen.Guide].
func (c content) Ending(locale, ending string) checklist.EndingText {
	return c.pack().Text(locale).Ending(ending)
}

// Steps implements [screen.Guide].
func (c content) Steps(e *checklist.Ending, a checklist.Answers) []string {
	return c.pack().Steps(e, a)
}

// Letters implements [screen.Guide].
func (c content) Letters(region string) []*checklist.Letter { return c.pack().Letters(region) }

// Letter implements [screen.Guide].
func (c content) Letter(locale, letter, region string) checklist.LetterText {
	return c.pack().Text(locale).Letter(letter, region)
}

// LetterLocale implements [screen.Guide].
func (c content) LetterLocale(region, own string) string { return c.pack().LetterLocale(region, own) }

// Message implements [screen.Guide].
func (c content) Message(locale string) []checklist.Tone {
	return c.pack().Text(locale).Message(checklist.CloseMessage)
}
