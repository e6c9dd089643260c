package screen

import (
	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/passphrase"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// Strength says in words how strong a password is, and the one thing to know about it.
func Strength(w *words.Catalogue, s passphrase.Strength) (level, reason string) {
	level = w.T(map[passphrase.Level]words.Key{
		passphrase.Weak: words.PasswordsWeak, passphrase.Fair: words.PasswordsFair, passphrase.Strong: words.PasswordsStrong,
	}[s.Level])
	if s.Level == passphrase.Strong {
		return level, w.T(words.PasswordsOnce)
	}
	return level, w.T(map[passphrase.Reason]words.Key{
		passphrase.TooShort: words.PasswordsShort,
		passphrase.Common:   words.PasswordsCommon,
		passphrase.Named:    words.PasswordsNamed,
		passphrase.Person:   words.PasswordsPerson,
		passphrase.Word:     words.PasswordsWord,
		passphrase.Keyboard: words.PasswordsKeyboard,
		passphrase.Run:      words.PasswordsRun,
		passphrase.Repeat:   words.PasswordsRepeat,
		passphrase.Date:     words.PasswordsDate,
	}[s.Reason], words.Int("least", passphrase.MinLength), words.Int("length", s.Length))
}

// Near is the names that a reader may put into a password: the apps, and the clinics.
func Near(e *Env) []string {
	var pins []contact.Pin
	if e.Device != nil {
		pins = e.Device.State().Contact.Pins
	}
	return NearNames(e.Content.Platforms(), pins)
}

// NearNames is the names of apps and clinics.
func NearNames(platforms []checklist.Platform, pins []contact.Pin) []string {
	names := make([]string, 0, len(platforms)+len(pins))
	for i := range platforms {
		names = append(names, platforms[i].Name)
	}
	for i := range pins {
		names = append(names, pins[i].Name)
	}
	return names
}
