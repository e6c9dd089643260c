package compile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// coverage writes docs/content-coverage.md: what ships, and what is missing and why.
func (s *source) coverage(english map[string]string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# What the content covers\n\nWritten by `make generate` from `internal/checklist/content`; do not edit.\n\n")
	fmt.Fprintf(&b, "Pack %s, version %d, released %s. %d items, %d platforms, %d agencies, %d sources.\n\n",
		s.pack.ID, s.pack.Version, s.pack.Released, len(s.items), len(s.platforms), len(s.agencies), len(s.sources))
	s.coverItems(&b)
	s.coverPlatforms(&b)
	s.coverAgencies(&b)
	s.coverGuides(&b)
	s.coverSources(&b)
	s.coverLocales(&b, english)
	return b.Bytes()
}

func (s *source) coverItems(b *bytes.Buffer) {
	fmt.Fprintf(b, "## Items\n\n| item | lane | impact | minutes | regions | confidence | read again by |\n|---|---|---|---|---|---|---|\n")
	for i := range s.items {
		x := &s.items[i]
		fmt.Fprintf(b, "| `%s` %s | %s | %d | %d | %s | %s | %s |\n", x.ID, x.Title, x.Lane, x.Impact, x.Minutes,
			strings.Join(x.Regions, " "), x.Confidence, x.ReviewBy)
	}
}

func (s *source) coverPlatforms(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Platforms\n\n`yes` confirmed on an official page, `one` read in a secondary source, `help` the copy read is old: help link only, `=` done by another capability, `no` the platform cannot do it, `-` no fact that may ship.\n\n| |")
	for _, c := range capability {
		fmt.Fprintf(b, " %s |", c)
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---|", len(capability)))
	for i := range s.platforms {
		p := &s.platforms[i]
		fmt.Fprintf(b, "| %s |", p.Name)
		for _, name := range capability {
			cell := "-"
			if c, ok := p.Capabilities[name]; ok {
				cell = map[string]string{"confirmed": "yes", "single-source": "one", "dated": "help"}[c.Confidence]
				if c.SameAs != "" {
					cell = "="
				}
			} else if slices.Contains(p.Cannot, name) {
				cell = "no"
			}
			fmt.Fprintf(b, " %s |", cell)
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintf(b, "\n### Missing on platforms\n\n")
	for i := range s.platforms {
		p := &s.platforms[i]
		for _, name := range slices.Sorted(maps.Keys(p.Missing)) {
			fmt.Fprintf(b, "- %s, %s: %s\n", p.Name, name, p.Missing[name])
		}
	}
}

func (s *source) coverAgencies(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Agencies\n\n| agency | regions | roles | phone | confidence | read again by |\n|---|---|---|---|---|---|\n")
	for i := range s.agencies {
		a := &s.agencies[i]
		phone := "-"
		if len(a.Phones) > 0 {
			phone = a.Phones[0].Number
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |\n", a.Name, strings.Join(a.Regions, " "), strings.Join(a.Roles, ", "), phone, a.Confidence, a.ReviewBy)
	}
	fmt.Fprintf(b, "\n### Missing at agencies\n\n")
	for i := range s.agencies {
		if a := &s.agencies[i]; a.Missing != "" {
			fmt.Fprintf(b, "- %s: %s\n", a.Name, a.Missing)
		}
	}
	fmt.Fprintf(b, "\n### Roles nobody has\n\n| |")
	for _, r := range s.pack.Regions {
		fmt.Fprintf(b, " %s |", r)
	}
	fmt.Fprintf(b, "\n|---|%s\n", strings.Repeat("---|", len(s.pack.Regions)))
	for _, role := range roles {
		row, gap := "", false
		for _, r := range s.pack.Regions {
			has := slices.ContainsFunc(s.agencies, func(a agencySource) bool {
				return slices.Contains(a.Roles, role) && (slices.Contains(a.Regions, r) || slices.Contains(a.Regions, "any"))
			})
			cell := "yes"
			if !has {
				cell, gap = "-", true
			}
			row += " " + cell + " |"
		}
		if gap {
			fmt.Fprintf(b, "| %s |%s\n", role, row)
		}
	}
}

func (s *source) coverGuides(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Questions, letters, messages\n\n%d questions lead to %d endings.\n\n| letter | regions | addressed to | read again by |\n|---|---|---|---|\n", len(s.nodes), len(s.endings))
	for _, l := range s.letters {
		to := "a field says to whom"
		if len(l.To) > 0 {
			var names []string
			for _, a := range s.agencies {
				if len(a.Mail) > 0 && slices.ContainsFunc(l.To, func(ref string) bool { return slices.Contains(a.Roles, strings.TrimPrefix(ref, "role:")) }) {
					names = append(names, a.Name)
				}
			}
			to = strings.Join(names, ", ")
		}
		fmt.Fprintf(b, "| `%s` %s | %s | %s | %s |\n", l.ID, l.Title, strings.Join(l.Regions, " "), to, l.ReviewBy)
	}
	for _, m := range s.messages {
		fmt.Fprintf(b, "\nMessage `%s` in %d tones, read again by %s.\n", m.ID, len(m.Tones), m.ReviewBy)
	}
}

func (s *source) coverSources(b *bytes.Buffer) {
	fmt.Fprintf(b, "\n## Sources whose page is not known\n\nThey were read in a copy that did not carry its address.\n\n")
	for _, x := range s.sources {
		if x.URL == "" && x.Status != "own" {
			fmt.Fprintf(b, "- %s: %s\n", x.Publisher, x.Title)
		}
	}
}

func (s *source) coverLocales(b *bytes.Buffer, english map[string]string) {
	fmt.Fprintf(b, "\n## Languages\n\n")
	for _, l := range s.pack.Locales {
		have := len(s.locales[l])
		if l == "en" {
			have = len(english)
		}
		fmt.Fprintf(b, "- %s: %d of %d texts\n", l, have, len(english))
	}
}
