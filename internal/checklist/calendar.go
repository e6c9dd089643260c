package checklist

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// CalendarText is what a calendar says. It stands on lock screens and in other people's
// calendars: it must not tell what the tasks are about.
type CalendarText struct {
	Name  string                  // of the calendar
	Title func(r Reminder) string // of one entry, such as "You have 2 tasks"
}

// Calendar writes reminders as a calendar file (RFC 5545): one entry of a quarter of an hour
// for each, with an alarm, in UTC. No field holds a row, a stage or a reason. The names of
// entries (UID) depend on the week and the seed alone, so that a file that is read in again
// replaces the entries of the one before; without the seed nobody can tell whose they are.
// The same input gives the same bytes on every device during one day.
func Calendar(reminders []Reminder, seed uint64, now time.Time, text CalendarText) []byte {
	var b bytes.Buffer
	line := func(name, value string) { fold(&b, name+value) }
	line("BEGIN:", "VCALENDAR")
	line("VERSION:", "2.0")
	line("PRODID:", "-//Tasks//Tasks//EN")
	line("CALSCALE:", "GREGORIAN")
	line("METHOD:", "PUBLISH")
	if text.Name != "" {
		line("X-WR-CALNAME:", calendarText(text.Name))
	}
	stamp := now.UTC().Truncate(24 * time.Hour)
	week, nth := int64(-1), 0
	for _, r := range reminders {
		if w := weekOf(r.At); w != week {
			week, nth = w, 0
		}
		title := calendarText(text.Title(r))
		line("BEGIN:", "VEVENT")
		line("UID:", entryName(seed, week, nth))
		line("DTSTAMP:", calendarTime(stamp))
		line("DTSTART:", calendarTime(r.At))
		line("DURATION:", "PT15M")
		line("SUMMARY:", title)
		line("CLASS:", "PRIVATE")
		line("TRANSP:", "TRANSPARENT")
		line("BEGIN:", "VALARM")
		line("ACTION:", "DISPLAY")
		line("DESCRIPTION:", title)
		line("TRIGGER:", "PT0S")
		line("END:", "VALARM")
		line("END:", "VEVENT")
		nth++
	}
	line("END:", "VCALENDAR")
	return b.Bytes()
}

func calendarTime(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// weekOf counts weeks, from Monday to Sunday in UTC.
func weekOf(t time.Time) int64 {
	const firstMonday = 4 * day // 1970-01-05
	days := t.Unix() - firstMonday
	if days < 0 {
		days -= 7*day - 1
	}
	return days / (7 * day)
}

// entryName is the n-th entry of a week under a seed.
func entryName(seed uint64, week int64, n int) string {
	var key [8]byte
	binary.BigEndian.PutUint64(key[:], seed)
	mac := hmac.New(sha256.New, key[:])
	msg := []byte("chaperone calendar entry v1\x00")
	msg = binary.BigEndian.AppendUint64(msg, uint64(week)) //nolint:gosec // a number, not a size
	msg = append(msg, byte(n))
	mac.Write(msg)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// calendarText escapes a text value and drops what could end a line.
func calendarText(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
	return strings.NewReplacer(`\`, `\\`, `;`, `\;`, `,`, `\,`).Replace(s)
}

// fold writes a content line in pieces of at most 75 octets, whole characters each.
func fold(b *bytes.Buffer, line string) {
	room := 75
	for len(line) > room {
		cut := room
		for !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut])
		b.WriteString("\r\n ")
		line, room = line[cut:], 74
	}
	b.WriteString(line)
	b.WriteString("\r\n")
}
