package compile

import (
	"regexp"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// recur turns a recurrence, which lintRecur has checked, into what the engine reads.
func (s *source) recur(x *recurSource) *checklist.Recur {
	days, _ := parseDays(x.Every)
	r := &checklist.Recur{Days: days, Season: x.Season, AlsoOn: x.AlsoOn}
	if x.Lasts != "" {
		ahead, _ := parseDays(x.Ahead)
		r.Lasts = s.lasts(x.Lasts)
		r.Days = r.Lasts - ahead
	}
	for _, p := range x.Phases {
		every, _ := parseDays(p.Every)
		long, _ := parseDays(p.For)
		r.Phases = append(r.Phases, checklist.Phase{Days: every, For: long})
	}
	return r
}

// lasts reads how many days something holds; 0 when that is not known.
func (s *source) lasts(text string) int {
	if id, ok := strings.CutPrefix(text, "agency:"); ok {
		text = ""
		for i := range s.agencies {
			if s.agencies[i].ID == id {
				text = s.agencies[i].Lasts
			}
		}
	}
	days, _ := parseDays(text)
	return days
}

var monthDay = regexp.MustCompile(`^[0-9]{2}-[0-9]{2}$`)

// mostAhead is how many days a date may move towards the end of what was asked for; it must
// come before that end in any case.
const mostAhead = 3

func (s *source) lintRecur(f *Findings, x *itemSource) {
	r, file := x.Recur, x.file+": recur"
	allOf(f, file, "also_on", r.AlsoOn, alsoOn)
	every, err := parseDays(r.Every)
	if err != nil {
		f.add(file, "every: %v", err)
	}
	ways := 0
	for _, way := range []string{r.Every, r.Lasts, r.Season} {
		if way != "" {
			ways++
		}
	}
	if ways > 1 {
		f.add(file, "only one of every, lasts and season")
	}
	if ways == 0 && len(r.AlsoOn) == 0 {
		f.add(file, "says nothing")
	}
	if r.Season != "" {
		// Parsed without a year, so that 29 February, which most years lack, is refused.
		if t, err := time.Parse("2006-01-02", "2027-"+r.Season); !monthDay.MatchString(r.Season) || err != nil || t.IsZero() {
			f.add(file, "season is not a day such as 01-15")
		}
	}
	if (r.Lasts != "") != (r.Ahead != "") {
		f.add(file, "lasts and ahead go together")
	}
	if r.Lasts != "" {
		s.lintLasts(f, file, x)
	}
	last := 0
	for _, p := range r.Phases {
		often, err1 := parseDays(p.Every)
		long, err2 := parseDays(p.For)
		if err1 != nil || err2 != nil || often == 0 || often > every || long <= last {
			f.add(file, "phases come more often than every, and the shortest comes first")
		}
		last = long
	}
}

func (s *source) lintLasts(f *Findings, file string, x *itemSource) {
	r := x.Recur
	lasts := s.lasts(r.Lasts)
	ahead, err := parseDays(r.Ahead)
	if _, agency := strings.CutPrefix(r.Lasts, "agency:"); lasts == 0 && agency {
		f.add(file, "%s does not say how long it lasts", r.Lasts)
	} else if lasts == 0 {
		f.add(file, "lasts is not a duration such as P365D, or agency:ID")
	}
	if err != nil || ahead <= mostAhead || ahead >= lasts {
		f.add(file, "ahead is not more than %d days and less than it lasts", mostAhead)
	}
	if x.FanOut != nil {
		f.add(file, "lasts is not for items that fan out")
	}
}
