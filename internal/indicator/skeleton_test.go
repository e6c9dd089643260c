package indicator

import (
	"slices"
	"strings"
	"testing"
)

func TestSkeleton(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, a, b string
		same       bool
		capitals   bool // only as they are written
	}{
		{"itself", "Sunrise Clinic", "Sunrise Clinic", true, false},
		{"case", "SUNRISE CLINIC", "sunrise clinic", true, false},
		{"cyrillic letters", "Sunrise Clinic", "Ѕunrіѕе Сlіnіс", true, false},
		{"greek letters", "NOVA", "ΝΟVΑ", true, true},
		{"a word of greek capitals", "MATH", "ΜΑΤΗ", true, true},
		{"a word of cyrillic capitals in small letters", "КЛИНИКА", "клиника", true, false},
		{"mathematical letters", "Nova", "𝐍𝐨𝐯𝐚", true, false},
		{"full-width letters", "Nova", "Ｎｏｖａ", true, false},
		{"one for l", "Hill", "Hi1l", true, false},
		{"capital i for l", "Hill Clinic", "HiIl CIinic", true, false},
		{"zero for o", "Moon Clinic", "M00n Clinic", true, false},
		{"rn for m", "Modern Clinic", "Modem Clinic", true, false},
		{"a dotless i", "Hill", "Hıll", true, false},
		{"zero-width space", "Nova", "No\u200bva", true, false},
		{"soft hyphen", "Nova", "No\u00adva", true, false},
		{"right-to-left override", "Nova", "\u202eNova", true, false},
		{"variation selector", "Nova", "Nova\ufe0f", true, false},
		{"another space", "Nova Clinic", "Nova\u00a0\u2003Clinic", true, false},
		{"composed and decomposed", "Clínica", "Cli\u0301nica", true, false},
		{"slug", "sunrise-clinic", "sunrise\u2010clinic", true, false},
		{"another name", "Sunrise Clinic", "Sunset Clinic", false, false},
		{"an accent", "Clinica", "Clínica", true, false},
		{"spaces and stops", "Dr. Nova Clinic", "DrNova-Clinic", true, false},
		{"nothing that is seen", "\u200b", "x", false, false},
		{"nothing but stops", "...", "x", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := SameLook(tc.a, tc.b); got != tc.same {
				t.Errorf("SameLook(%q, %q) = %v, want %v; skeletons %q and %q", tc.a, tc.b, got, tc.same, Skeleton(tc.a), Skeleton(tc.b))
			}
			if a, b := Skeleton(tc.a), Skeleton(tc.b); (a == b) != (tc.same && !tc.capitals) {
				t.Errorf("Skeleton(%q) = %q and Skeleton(%q) = %q, want same: %v", tc.a, a, tc.b, b, tc.same)
			}
		})
	}
}

func TestConfusablesTable(t *testing.T) {
	t.Parallel()
	if !slices.IsSorted(confusableFrom[:]) || !slices.IsSorted(confusableAt[:]) {
		t.Error("the table does not rise")
	}
	if got, want := len(confusableAt), len(confusableFrom)+1; got != want {
		t.Errorf("got %d places, want %d", got, want)
	}
	if got, want := int(confusableAt[len(confusableFrom)]), len(confusableTo); got != want {
		t.Errorf("the last text ends at %d, want %d", got, want)
	}
	if SameLook("", "") || SameLook("...", "--") {
		t.Error("a missing name looks like another missing one")
	}
	for i, r := range confusableFrom {
		to, ok := looksLike(r)
		if !ok || to == "" {
			t.Errorf("entry %d, U+%04X: got %q, %v, want a text", i, r, to, ok)
		}
	}
}

func FuzzSkeleton(f *testing.F) {
	for _, s := range []string{"", "Sunrise Clinic", "Ѕunrіѕе\u202e Сlіnіс", "M00n 1ll", "\xff\u0301\u0301", "İı", "ﷺ", "㍿"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := Skeleton(s)
		if b := Skeleton(strings.ToUpper(s)); len(s) < 64 && isASCII(s) && a != b {
			t.Errorf("Skeleton(%q) = %q, in capitals %q", s, a, b)
		}
		for _, seen := range []string{"\u200b", "\u202e", "\u00ad"} {
			if b := Skeleton(s + seen); a != b {
				t.Errorf("Skeleton(%q) = %q, with U+%04X behind it %q", s, a, []rune(seen)[0], b)
			}
		}
		if len(a) > 64*len(s) {
			t.Errorf("Skeleton of %d bytes has %d", len(s), len(a))
		}
	})
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}
