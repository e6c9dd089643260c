package screen

import (
	"errors"
	"strings"
	"unicode"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// HowSetUp says in a sentence how a clinic came to this device, and when.
func HowSetUp(env *Env, c patient.ClinicInfo) string {
	how := map[contact.Level]words.Key{
		contact.InPerson: words.LevelInperson,
		contact.Letter:   words.LevelLetter,
		contact.Card:     words.LevelCard,
		contact.Remote:   words.LevelRemote,
	}[c.Level]
	if !c.Confirmed {
		how = words.LevelUnconfirmed
	}
	now := env.Now()
	return env.Words.T(how, words.Str("day", env.Words.Day(c.PinnedAt.In(now.Location()), now)))
}

// Banners are what a reader must know of a clinic before anything else, worst first.
func Banners(env *Env, c patient.ClinicInfo) []string {
	var out []string
	w := env.Words
	if !c.Closed.IsZero() {
		out = append(out, w.T(words.ClinicsClosed, words.Str("date", w.Date(c.Closed.In(env.Now().Location())))))
	}
	if c.Incident != nil {
		out = append(out, w.T(words.ClinicsIncident))
	}
	if c.Pending {
		out = append(out, w.T(words.ClinicsChange))
	}
	return out
}

// Phones writes numbers so that they can be compared with those on a card.
func Phones(numbers []string) string {
	out := make([]string, len(numbers))
	for i, n := range numbers {
		out[i] = phone(widget.Line(n))
	}
	return strings.Join(out, ", ")
}

// phone writes a number of ten digits in three parts, with or without the +1 of North America
// before it, and leaves others as they are.
func phone(n string) string {
	rest := strings.TrimPrefix(n, "+1")
	if len(rest) == 10 && strings.Trim(rest, "0123456789") == "" {
		return rest[:3] + "-" + rest[3:6] + "-" + rest[6:]
	}
	return n
}

// ErrSaved says that something is no phone number, web address or email address.
var ErrSaved = errors.New("neither number, domain nor address")

// KeepSaved puts one number, domain or address where it belongs. It fails with ErrSaved for
// what is clearly none of them; the device looks closer when it is saved.
func KeepSaved(c *patient.SavedContacts, typed string) error {
	typed = strings.TrimSpace(typed)
	letters := strings.ContainsFunc(typed, unicode.IsLetter)
	switch {
	case strings.ContainsFunc(typed, unicode.IsSpace) && letters:
		return ErrSaved
	case strings.Contains(typed, "@"):
		if at := strings.LastIndexByte(typed, '@'); at == 0 || !strings.Contains(typed[at:], ".") {
			return ErrSaved
		}
		c.Addresses = append(c.Addresses, typed)
	case !letters:
		digits := 0
		for _, r := range typed {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if digits < 3 || digits > 15 {
			return ErrSaved
		}
		c.Numbers = append(c.Numbers, typed)
	case strings.Contains(strings.Trim(typed, "."), "."):
		c.Domains = append(c.Domains, typed)
	default:
		return ErrSaved
	}
	return nil
}

// HasSaved reports whether anything is there to keep.
func HasSaved(c patient.SavedContacts) bool {
	return len(c.Numbers)+len(c.Domains)+len(c.Addresses) > 0
}
