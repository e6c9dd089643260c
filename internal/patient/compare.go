package patient

import (
	"log/slog"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/indicator"
)

const (
	maxCompared      = 256 << 10 // bytes of text that are compared
	maxSavedFindings = 50
	minSuffix        = 9 // digits in which two numbers of different length must agree
)

// SavedState is how something compares with what was saved. None is a reason to trust.
type SavedState string

// The states.
const (
	SavedNone      SavedState = ""           // nothing was saved, or there is nothing to compare
	SavedKnown     SavedState = "known"      // all of it was saved; senders can be faked all the same
	SavedUnknown   SavedState = "unknown"    // something was not saved
	SavedLookAlike SavedState = "look-alike" // something could be taken for what was saved, and is not it
)

// worse returns the worse of two states.
func (s SavedState) worse(o SavedState) SavedState {
	for _, x := range []SavedState{SavedLookAlike, SavedUnknown, SavedKnown} {
		if s == x || o == x {
			return x
		}
	}
	return SavedNone
}

// SavedMatch compares sender and text with what was saved.
type SavedMatch struct {
	State  SavedState     // the worst of Found
	Clinic string         // what the patient calls the clinic that it is, or looks like; "" for none
	Found  []SavedFinding // the sender first, then in the order of the text; at most 50
}

// LogValue keeps it out of logs.
func (SavedMatch) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// SavedFinding is one number, link or address.
type SavedFinding struct {
	Kind   string // "number", "domain" or "address"
	Text   string // as it came; it must be made harmless before it is shown
	Sender bool   // it is the sender; otherwise it stands in the text
	State  SavedState
	Near   string // what was saved that it is or looks like; "" for none
	clinic string
}

// LogValue keeps it out of logs.
func (SavedFinding) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// CompareSaved compares a sender and a text with what was saved; either may be "". Whatever is
// found, the answer is grey: numbers and senders can be faked, so it is never a reason to trust.
// Only what is not saved says something. It answers from memory.
func (d *Device) CompareSaved(text, sender string) SavedMatch {
	saved := d.SavedContacts()
	if len(saved) == 0 {
		return SavedMatch{}
	}
	var m SavedMatch
	add := func(f SavedFinding) {
		same := func(x SavedFinding) bool { return x.Kind == f.Kind && x.Text == f.Text && x.Sender == f.Sender }
		if len(m.Found) == maxSavedFindings || slices.ContainsFunc(m.Found, same) {
			return
		}
		m.Found = append(m.Found, f)
		if s := m.State.worse(f.State); s != m.State || m.Clinic == "" {
			m.State, m.Clinic = s, f.clinic
		}
	}
	if f, ok := readSender(sender); ok {
		add(f.compare(saved))
	}
	for _, f := range readText(text) {
		add(f.compare(saved))
	}
	return m
}

// readSender reads a caller or sender: a number, an address, a domain. A bare name says nothing.
func readSender(sender string) (SavedFinding, bool) {
	text := strings.TrimSpace(sender)
	if from, to := strings.LastIndexByte(text, '<'), strings.LastIndexByte(text, '>'); from >= 0 && from < to {
		text = text[from+1 : to] // "Name <name@example.com>"
	}
	f := SavedFinding{Text: text, Sender: true}
	if _, ok := cleanNumber(text); ok {
		f.Kind = "number"
	} else if _, ok := cleanAddress(text); ok {
		f.Kind = "address"
	} else if _, ok := cleanDomain(text); ok {
		f.Kind = "domain"
	}
	return f, f.Kind != ""
}

// readText finds numbers, links and addresses in a text.
func readText(text string) []SavedFinding {
	if len(text) > maxCompared {
		text = text[:maxCompared]
		text = text[:strings.LastIndexAny(text, " \n")+1] // not half a number
	}
	var out []SavedFinding
	for _, s := range indicator.Find(text) {
		f := SavedFinding{Text: text[s.Start:s.End]}
		switch s.Kind {
		case indicator.Phone:
			f.Kind = "number"
		case indicator.Link:
			if _, ok := cleanAddress(strings.TrimPrefix(strings.ToLower(f.Text), "mailto:")); ok {
				f.Kind = "address"
			} else if indicator.Host(f.Text) != "" {
				f.Kind = "domain"
			}
		}
		if f.Kind != "" {
			out = append(out, f)
		}
	}
	return out
}

// compare compares a finding with everything that was saved: what it is wins over what it looks
// like.
func (f SavedFinding) compare(saved []SavedContacts) SavedFinding {
	f.State = SavedUnknown
	for _, c := range saved {
		look, near := f.look(c)
		if look == indicator.LookSame {
			f.State, f.Near, f.clinic = SavedKnown, near, c.Clinic
			return f
		}
		if look == indicator.LookAlike && f.State != SavedLookAlike {
			f.State, f.Near, f.clinic = SavedLookAlike, near, c.Clinic
		}
	}
	return f
}

func (f SavedFinding) look(c SavedContacts) (indicator.Look, string) {
	best, near := indicator.LookOther, ""
	take := func(l indicator.Look, what string) {
		if l == indicator.LookSame || l == indicator.LookAlike && best == indicator.LookOther {
			best, near = l, what
		}
	}
	switch f.Kind {
	case "number":
		for _, n := range c.Numbers {
			take(compareNumbers(f.Text, n), n)
		}
	case "domain":
		host := indicator.Host(f.Text)
		for _, x := range c.Domains {
			take(indicator.Compare(host, x), x)
		}
		for _, x := range c.Addresses {
			if l := indicator.Compare(host, indicator.Host(x)); l == indicator.LookAlike {
				take(l, x)
			}
		}
	case "address":
		text := strings.TrimPrefix(strings.ToLower(f.Text), "mailto:")
		host := indicator.Host(text)
		for _, x := range c.Addresses {
			take(compareAddresses(text, x), x)
		}
		for _, x := range c.Domains {
			take(indicator.Compare(host, x), x)
		}
	}
	return best, near
}

// compareAddresses compares two addresses: one that differs in a letter, or in letters that look
// alike, is a look-alike.
func compareAddresses(a, b string) indicator.Look {
	if a == b {
		return indicator.LookSame
	}
	hostA, hostB := indicator.Host(a), indicator.Host(b)
	if indicator.Compare(hostA, hostB) == indicator.LookAlike {
		return indicator.LookAlike
	}
	userA, userB := a[:strings.LastIndexByte(a, '@')], b[:strings.LastIndexByte(b, '@')]
	if hostA == hostB && (indicator.Skeleton(userA) == indicator.Skeleton(userB) || oneSlip(userA, userB)) {
		return indicator.LookAlike
	}
	return indicator.LookOther
}

// compareNumbers compares two numbers: with and without country they are the same, and one that
// differs in a digit or in two that changed places is a look-alike.
func compareNumbers(a, b string) indicator.Look {
	a, b = digitsOf(a), digitsOf(b)
	if len(a) < len(b) {
		a, b = b, a
	}
	if a == b || len(b) >= minSuffix && strings.HasSuffix(a, b) {
		return indicator.LookSame
	}
	if tail := a[len(a)-len(b):]; oneSlip(a, b) || len(b) >= minSuffix && oneSlip(tail, b) {
		return indicator.LookAlike
	}
	return indicator.LookOther
}

// digitsOf returns the digits of a number without the zeros that it is dialled with.
func digitsOf(number string) string {
	clean, _ := cleanNumber(number)
	return strings.TrimLeft(strings.TrimPrefix(clean, "+"), "0")
}

// oneSlip reports whether two words of 5 letters and more differ in one letter that is another
// one, too many or missing, or in two neighbours that changed places.
func oneSlip(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) < len(y) {
		x, y = y, x
	}
	if len(y) < 5 || len(x)-len(y) > 1 {
		return false
	}
	i := 0
	for i < len(y) && x[i] == y[i] {
		i++
	}
	switch {
	case i == len(y):
		return len(x) > len(y)
	case len(x) > len(y):
		return slices.Equal(x[i+1:], y[i:])
	case slices.Equal(x[i+1:], y[i+1:]):
		return true
	}
	return i+1 < len(y) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}

// cleanNumber returns the digits of a telephone number, behind a + if it has one.
func cleanNumber(text string) (string, bool) {
	var b strings.Builder
	text = strings.TrimSpace(text)
	if text, ok := strings.CutPrefix(strings.ToLower(text), "tel:"); ok {
		return cleanNumber(text)
	}
	for _, r := range indicator.ASCII(text) {
		switch {
		case '0' <= r && r <= '9':
			b.WriteRune(r)
		case r == '+' && b.Len() == 0:
			b.WriteRune(r)
		case strings.ContainsRune("-./() \u00a0\u202f", r):
		default:
			return "", false
		}
	}
	n := len(strings.TrimPrefix(b.String(), "+"))
	return b.String(), n >= 3 && n <= 15
}

// cleanDomain returns the domain of a link or a bare domain.
func cleanDomain(text string) (string, bool) {
	text = strings.TrimSpace(text)
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '@' }) {
		return "", false
	}
	host := strings.TrimPrefix(indicator.Host(text), "www.")
	return host, validHost(host)
}

// cleanAddress returns an email address in lower case.
func cleanAddress(text string) (string, bool) {
	text = strings.ToLower(indicator.ASCII(strings.TrimSpace(text)))
	user, host, ok := strings.Cut(text, "@")
	if !ok || user == "" || strings.Contains(host, "@") || strings.ContainsAny(text, " \t\r\n/:<>\"") || !validHost(host) || indicator.Host(text) == "" {
		return "", false
	}
	return text, true
}

func validHost(host string) bool {
	return strings.Contains(strings.Trim(host, "."), ".") && !strings.Contains(host, "..") &&
		!strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
