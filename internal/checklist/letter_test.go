package checklist_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

func sampleLetter() checklist.LetterText {
	field := func(id string, required, lines bool) checklist.FieldText {
		return checklist.FieldText{Field: checklist.Field{ID: id, Required: required, Lines: lines}, Label: id}
	}
	return checklist.LetterText{
		Fields: []checklist.FieldText{field("name", true, false), field("address", false, true), field("note", true, true)},
		Parts: []checklist.PartText{
			{Text: "{name}\n{address}\n"},
			{Text: "{date}"},
			{Text: "{to}"},
			{Text: "My request", Subject: true},
			{Text: "My address before this one: {address}"},
			{Text: "Where I was before:\n{address}"},
			{Text: "Note:\n{note}"},
			{Text: "Number: {blank}"},
		},
	}
}

const byHandLine = "...................................."

func TestLetterText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		f      checklist.Filling
		want   string
		byHand []string
	}{
		{"empty", checklist.Filling{}, strings.ReplaceAll("_\n\n_\n\n_\n\nMy request\n\nNote:\n_\n\nNumber: _\n", "_", byHandLine), []string{"name", "note"}},
		{"filled", checklist.Filling{
			Values: map[string]string{"name": " Alex  Doe ", "address": "1 Main Street\n\n Springfield ", "note": "a"},
			To:     []string{"Bureau", "P.O. Box 1"}, Date: "1 May 2026",
		}, "Alex Doe\n1 Main Street\nSpringfield\n\n1 May 2026\n\nBureau\nP.O. Box 1\n\nMy request\n\nMy address before this one: 1 Main Street\nSpringfield\n\nWhere I was before:\n1 Main Street\nSpringfield\n\nNote:\na\n\nNumber: " + byHandLine + "\n", nil},
		{"long lines", checklist.Filling{
			Values: map[string]string{"name": "A", "note": strings.Repeat("word ", 20) + "https://example.com/" + strings.Repeat("x", 80)}, To: []string{"B"}, Date: "D",
		}, "A\n\nD\n\nB\n\nMy request\n\nNote:\n" + strings.TrimSpace(strings.Repeat("word ", 14)) + "\n" + strings.TrimSpace(strings.Repeat("word ", 6)) +
			"\nhttps://example.com/" + strings.Repeat("x", 80) + "\n\nNumber: " + byHandLine + "\n", nil},
		{"a value is never a placeholder", checklist.Filling{
			Values: map[string]string{"name": "{note}", "note": "{name}"}, To: []string{"B"}, Date: "D",
		}, "{note}\n\nD\n\nB\n\nMy request\n\nNote:\n{name}\n\nNumber: " + byHandLine + "\n", nil},
		{"what would steer a terminal is gone", checklist.Filling{
			Values: map[string]string{"name": "A\x1b[31m\u202eB\x07", "note": "x\ty"}, To: []string{"B"}, Date: "D",
		}, "A[31mB\n\nD\n\nB\n\nMy request\n\nNote:\nx y\n\nNumber: " + byHandLine + "\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, byHand := sampleLetter().Text(tt.f)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.byHand, byHand); diff != "" {
				t.Errorf("left to fill in by hand (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLetterMarkdown(t *testing.T) {
	t.Parallel()
	got, _ := sampleLetter().Markdown(checklist.Filling{
		Values: map[string]string{"name": "# Alex *Doe*", "address": "- 1 Main_Street\n2) <b>", "note": "1. see https://example.com | [a](b) `c` ![d] www.example.com"},
		To:     []string{"Bureau", "P.O. Box 1"}, Date: "1 May 2026",
	})
	want := `\# Alex \*Doe\*\
\- 1 Main\_Street\
2\) \<b\>

1 May 2026

Bureau\
P.O. Box 1

**My request**

My address before this one: \- 1 Main\_Street\
2\) \<b\>

Where I was before:\
\- 1 Main\_Street\
2\) \<b\>

Note:\
1\. see https\://example.com \| \[a\](b) \` + "`c\\`" + ` \!\[d\] www\.example.com

Number: ` + byHandLine + "\n"
	want = strings.Replace(want, "My address before this one: \\- 1", "My address before this one: - 1", 1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLetterCheck(t *testing.T) {
	t.Parallel()
	x := sampleLetter()
	tests := []struct {
		name, field, value string
		want               error
	}{
		{"fine", "name", "Alex Doe, 202-555-0142", nil},
		{"unknown", "ssn", "a", checklist.ErrField},
		{"social security number", "note", "it is 078-05-1120", checklist.ErrNeverEnter},
		{"the same in a row", "name", "078051120", checklist.ErrNeverEnter},
		{"the same with spaces", "name", "078 05 1120.", checklist.ErrNeverEnter},
		{"the same with long dashes", "name", "078–05–1120", checklist.ErrNeverEnter},
		{"the same in other digits", "name", "٠٧٨-٠٥-١١٢٠", checklist.ErrNeverEnter},
		{"a code of nine digits with four after the sign", "address", "Atlanta GA 30353-0088", nil},
		{"ten digits", "name", "2025550142", nil},
		{"a date", "note", "2026-11-24", nil},
		{"as long as may be", "name", strings.Repeat("é", checklist.MaxFieldLine), nil},
		{"too long", "name", strings.Repeat("é", checklist.MaxFieldLine+1), checklist.ErrValueSize},
		{"several lines may be longer", "note", strings.Repeat("é", checklist.MaxFieldLine+1), nil},
		{"too long for several lines", "note", strings.Repeat("é", checklist.MaxFieldLines+1), checklist.ErrValueSize},
	}
	for _, tt := range tests {
		err := x.Check(tt.field, tt.value)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), tt.value) && tt.name != "unknown" {
			t.Errorf("%s: the error holds the value", tt.name)
		}
	}
}

// Every letter of the pack, in both languages and formats and for every country: nothing is
// left of its placeholders, every field stands in it, and a line to sign is there.
func TestPackLetters(t *testing.T) {
	t.Parallel()
	p, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, region := range append([]string{"", "zz"}, p.Regions()...) {
		for _, l := range p.Letters(region) {
			seen[l.ID] = true
			for _, locale := range p.Locales() {
				x := p.Text(locale).Letter(l.ID, region)
				f := checklist.Filling{Values: map[string]string{}, To: []string{"Example Bureau"}, Date: "1 May 2026"}
				for _, fd := range x.Fields {
					if fd.Label == "" {
						t.Errorf("%s in %s: field %s has no label", l.ID, locale, fd.ID)
					}
					f.Values[fd.ID] = "value of " + fd.ID
				}
				text, byHand := x.Text(f)
				if len(byHand) > 0 || strings.ContainsAny(text, "{}") {
					t.Errorf("%s in %s: left open %v in\n%s", l.ID, locale, byHand, text)
				}
				for id, v := range f.Values {
					if !strings.Contains(strings.Join(strings.Fields(text), " "), v) {
						t.Errorf("%s in %s: field %s is not in\n%s", l.ID, locale, id, text)
					}
				}
				for line := range strings.Lines(text) {
					if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 72 {
						t.Errorf("%s in %s: a line of %d characters", l.ID, locale, n)
					}
				}
				if !strings.Contains(text, byHandLine) {
					t.Errorf("%s in %s: no line to sign", l.ID, locale)
				}
				if md, _ := x.Markdown(f); !strings.Contains(md, "**") {
					t.Errorf("%s in %s: no subject in\n%s", l.ID, locale, md)
				}
			}
		}
	}
	for _, id := range []string{"records", "disclosures", "freeze", "freeze-more", "takedown"} {
		if !seen[id] {
			t.Errorf("letter %s is for no country", id)
		}
	}
	for _, l := range p.Letters("gb") {
		if l.ID != "records" {
			t.Errorf("gb: got letter %s, want only what holds everywhere", l.ID)
		}
	}
}

// A letter by mail goes to agencies with an address, and to none after their review date.
func TestLetterAddresses(t *testing.T) {
	t.Parallel()
	p, err := checklist.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	at := p.Expires().AddDate(0, 0, -30)
	names := func(id string, late int) []string {
		var out []string
		for _, c := range p.Letter(id).Addresses(func(ref string) []checklist.HelpContact {
			return p.Text("en").Contacts(ref, "us", at.AddDate(0, 0, late))
		}) {
			out = append(out, c.Name)
		}
		return out
	}
	if diff := cmp.Diff([]string{"Equifax", "Experian"}, names("freeze", 0)); diff != "" {
		t.Errorf("freeze (-want +got):\n%s", diff)
	}
	if got := names("freeze-more", 0); len(got) < 3 {
		t.Errorf("freeze-more: got %v, want at least three", got)
	}
	if got := names("freeze", 400); got != nil {
		t.Errorf("past the review date: got %v, want nobody", got)
	}
}

func FuzzLetter(f *testing.F) {
	f.Add("Alex", "1 Main Street\nSpringfield", "note")
	f.Add("# a", "1. b", "- c\n| d |")
	f.Add("\x1b]8;;x\x07", "\u202e", "\xff")
	f.Add("{name}", "{", "}")
	f.Fuzz(func(t *testing.T, name, address, note string) {
		x := sampleLetter()
		fill := checklist.Filling{Values: map[string]string{"name": name, "address": address, "note": note}, To: []string{"B"}, Date: "D"}
		text, byHand := x.Text(fill)
		md, byHandMD := x.Markdown(fill)
		if !slices.Equal(byHand, byHandMD) {
			t.Errorf("left by hand: got %v in text and %v in Markdown", byHand, byHandMD)
		}
		for _, out := range []string{text, md} {
			if !utf8.ValidString(out) {
				t.Errorf("got text that is not UTF-8: %q", out)
			}
			for _, r := range out {
				if r != '\n' && unicode.IsControl(r) || r == '\u202e' {
					t.Errorf("got %q in %q", r, out)
				}
			}
		}
		// Taking the escapes away gives the words of the plain text again.
		words := func(s string) string { return strings.Join(strings.Fields(s), " ") }
		if got, want := words(unescape(md)), words(text); got != want {
			t.Errorf("Markdown says %q, text says %q", got, want)
		}
	})
}

// unescape reads Markdown that is nothing but escaped text, hard breaks and one bold line.
func unescape(md string) string {
	md = strings.ReplaceAll(md, "**My request**", "My request")
	var b strings.Builder
	for i := 0; i < len(md); i++ {
		if md[i] == '\\' {
			i++
			if i < len(md) && md[i] == '\n' {
				b.WriteByte('\n')
				continue
			}
		}
		if i < len(md) {
			b.WriteByte(md[i])
		}
	}
	return b.String()
}

func FuzzLooksLikeSSN(f *testing.F) {
	for _, s := range []string{"078-05-1120", "078051120", "202-555-0142", "30353-0088", "x078 05 1120y", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := checklist.LooksLikeSSN(s + " 078-05-1120"); !got {
			t.Errorf("%q with one behind it: got false", s)
		}
		if !strings.ContainsAny(s, "0123456789") && utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsDigit) < 0 && checklist.LooksLikeSSN(s) {
			t.Errorf("%q has no digit: got true", s)
		}
	})
}
