package words

import (
	"strconv"
	"strings"
	"time"
)

// Key names one text. The constants are generated from the catalogue.
type Key uint16

// String returns the key as the catalogue spells it, such as "home.next", or "" when k is
// not a key.
func (k Key) String() string {
	if int(k) >= len(names) {
		return ""
	}
	return names[k]
}

// Lookup returns the key that the catalogue spells name, for templates, which know keys by
// name.
func Lookup(name string) (Key, bool) {
	for i, n := range names {
		if n == name {
			return Key(i), true
		}
	}
	return 0, false
}

// text is one entry of a table. one is empty unless the entry is a plural.
type text struct{ one, other string }

// Arg fills one placeholder.
type Arg struct {
	Name  string
	Value string
	n     int
	isInt bool
}

// Str fills {name} with value as it is.
func Str(name, value string) Arg { return Arg{Name: name, Value: value} }

// Int fills {name} with n. The name "n" also chooses between one and other.
func Int(name string, n int) Arg {
	return Arg{Name: name, Value: strconv.Itoa(n), n: n, isInt: true}
}

// Catalogue is the words of one locale. It does not change and may be shared.
type Catalogue struct {
	locale string
	table  []text
}

// For returns the words of a locale: "es" and its regions ("es-MX", "es_US.UTF-8") are
// Spanish, everything else is English.
func For(locale string) *Catalogue {
	if language(locale) == "es" {
		return &Catalogue{"es", tableES[:]}
	}
	return &Catalogue{"en", tableEN[:]}
}

// Locales returns the locales of the catalogue, "en" first.
func Locales() []string { return []string{"en", "es"} }

// Locale returns "en" or "es".
func (c *Catalogue) Locale() string { return c.locale }

// T returns the text of k with its placeholders filled. A placeholder without an argument
// stays as it is, so that a mistake shows. An unknown key gives "".
func (c *Catalogue) T(k Key, args ...Arg) string {
	if int(k) >= len(c.table) {
		return ""
	}
	s := c.table[k].other
	if c.table[k].one != "" {
		for _, a := range args {
			if a.isInt && a.Name == "n" && a.n == 1 {
				s = c.table[k].one
			}
		}
	}
	if len(args) == 0 || strings.IndexByte(s, '{') < 0 {
		return s
	}
	return fill(s, args)
}

// N returns the plural of k for n, and fills {n}.
func (c *Catalogue) N(k Key, n int, args ...Arg) string {
	return c.T(k, append([]Arg{Int("n", n)}, args...)...)
}

// fill replaces placeholders in one pass, so that an argument is never read as a placeholder.
func fill(s string, args []Arg) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	for {
		open := strings.IndexByte(s, '{')
		if open < 0 {
			break
		}
		end := strings.IndexByte(s[open:], '}')
		if end < 0 {
			break
		}
		end += open
		b.WriteString(s[:open])
		value := s[open : end+1]
		for _, a := range args {
			if a.Name == s[open+1:end] {
				value = a.Value
				break
			}
		}
		b.WriteString(value)
		s = s[end+1:]
	}
	b.WriteString(s)
	return b.String()
}

// Date writes a day in words, "3 March 2026", in the time zone of t. The zero time gives "".
func (c *Catalogue) Date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return c.T(DateFull, Int("day", t.Day()), Str("month", c.month(t)), Int("year", t.Year()))
}

// Day writes a day without its year when it lies in the year of now: "3 March".
func (c *Catalogue) Day(t, now time.Time) string {
	if t.IsZero() || t.Year() != now.In(t.Location()).Year() {
		return c.Date(t)
	}
	return c.T(DateDay, Int("day", t.Day()), Str("month", c.month(t)))
}

// Moment writes a day and the time of the day, "3 March 2026, 14:05".
func (c *Catalogue) Moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return c.T(DateMoment, Str("date", c.Date(t)), Str("time", t.Format("15:04")))
}

// In writes how far a day lies ahead of now: "today", "tomorrow", "in 4 days"; a day gone by
// is "today".
func (c *Catalogue) In(t, now time.Time) string {
	midnight := func(t time.Time) time.Time {
		y, m, d := t.In(now.Location()).Date()
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	}
	days := int(midnight(t).Sub(midnight(now)).Hours() / 24)
	switch {
	case days <= 0:
		return c.T(DateToday)
	case days == 1:
		return c.T(DateTomorrow)
	}
	return c.N(DateInDays, days)
}

func (c *Catalogue) month(t time.Time) string {
	months := strings.Split(c.T(DateMonths), "|")
	if m := int(t.Month()) - 1; m < len(months) {
		return months[m]
	}
	return t.Month().String()
}
