package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// sheet is the page that a root holder keeps with the key file. There is no secret on it.
func (p *program) sheet(name string, set contact.RootSet, n int, file string) string {
	w := p.words
	id := set.Hash()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", w.T(words.DeskSheetTitle, words.Int("which", n), words.Int("all", len(set.Keys))))
	for _, row := range [][2]string{
		{w.T(words.DeskSheetClinic), name},
		{w.T(words.DeskSheetId), clinicID(id)},
		{w.T(words.DeskSheetWords), strings.Join(card.Words(id), " ")},
		{w.T(words.DeskSheetFile), file},
		{w.T(words.DeskSheetHolder), "______________________________"},
		{w.T(words.DeskSheetDate), "______________________________"},
	} {
		fmt.Fprintf(&b, "    %s: %s\n", row[0], row[1])
	}
	fmt.Fprintf(&b, "\n%s\n", w.T(words.DeskSheetNeed, words.Int("need", set.Threshold), words.Int("all", len(set.Keys))))
	for _, k := range []words.Key{words.DeskSheetOffline, words.DeskSheetPassphrase, words.DeskSheetNever, words.DeskSheetLost} {
		fmt.Fprintf(&b, "- %s\n", w.T(k))
	}
	return b.String()
}

// printSheet prints the sheet of a root key file again.
func (p *program) printSheet(_ context.Context, a *command.Arguments) (int, error) {
	s := withShares(a, "root")
	clinicName := a.String("name", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	if err := a.Need(p.words, "root", "name"); err != nil {
		return 0, err
	}
	secrets, err := p.open(s.files[:1], s.passphrases)
	if err != nil {
		return 0, err
	}
	share, err := clinic.ParseRootShare(secrets[0])
	if err != nil {
		return 0, err
	}
	n := 0
	for i, k := range share.Set().Keys {
		if k == share.Key() {
			n = i + 1
		}
	}
	return p.print(p.sheet(*clinicName, share.Set(), n, s.files[0]))
}
