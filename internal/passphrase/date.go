package passphrase

import (
	"strconv"
	"strings"
)

// Of years a thief tries those about this one first, and at least so many of them. The year
// is a constant: a password must not be judged differently next January.
const (
	thisYear  = 2026
	yearsNear = 20
)

func yearGuesses(year int) float64 {
	return float64(max(year-thisYear, thisYear-year, yearsNear))
}

// dates finds days and years, with and without signs between the numbers.
func (f *finder) dates() {
	for from := range len(f.text) {
		for end := from + 4; end <= min(len(f.text), from+10); end++ {
			s := f.text[from:end]
			if year, err := strconv.Atoi(s); len(s) == 4 && isDigits(s) && err == nil && year >= 1900 && year <= 2050 {
				f.add(from, end, yearGuesses(year), Date)
			}
			if year, sign, ok := date(s); ok {
				guesses := yearGuesses(year) * 365
				if sign {
					guesses *= 4
				}
				f.add(from, end, guesses, Date)
			}
		}
	}
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// date reads a date, and reports whether signs stand between its numbers.
func date(s string) (year int, sign, ok bool) {
	for _, between := range []string{"-", "/", ".", "_", " ", `\`} {
		if p := strings.Split(s, between); len(p) == 3 {
			year, ok = dayMonthYear(p[0], p[1], p[2])
			return year, true, ok
		}
	}
	if !isDigits(s) || len(s) > 8 {
		return 0, false, false
	}
	for a := 1; a <= 4 && a < len(s); a++ {
		for b := a + 1; b < len(s); b++ {
			y, fits := dayMonthYear(s[:a], s[a:b], s[b:])
			if fits && (!ok || yearGuesses(y) < yearGuesses(year)) {
				year, ok = y, true
			}
		}
	}
	return year, false, ok
}

// dayMonthYear reads three numbers, the year first or last.
func dayMonthYear(a, b, c string) (year int, ok bool) {
	for _, order := range [4][3]string{{a, b, c}, {b, a, c}, {b, c, a}, {c, b, a}} {
		day, month := between(order[0], 31), between(order[1], 12)
		if year, ok := fullYear(order[2]); ok && day && month {
			return year, true
		}
	}
	return 0, false
}

// between reports whether s is a number of one or two digits from 1 to most.
func between(s string, most int) bool {
	n, err := strconv.Atoi(s)
	return err == nil && len(s) <= 2 && isDigits(s) && n >= 1 && n <= most
}

func fullYear(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	switch {
	case err != nil || !isDigits(s):
		return 0, false
	case len(s) == 4:
		return n, n >= 1900 && n <= 2050
	case len(s) == 2 && n > 50:
		return n + 1900, true
	case len(s) == 2:
		return n + 2000, true
	}
	return 0, false
}
