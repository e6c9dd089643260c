package words_test

import (
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

func TestT(t *testing.T) {
	t.Parallel()
	en, es := words.For("en"), words.For("es-MX")
	day := time.Date(2026, time.March, 3, 14, 5, 0, 0, time.UTC)
	tests := []struct{ name, got, want string }{
		{"plain", en.T(words.HomeNext), "Do this next"},
		{"spanish", es.T(words.HomeNext), "Haga esto ahora"},
		{"fills", en.T(words.HomeProgress, words.Int("done", 3), words.Int("total", 12), words.Int("minutes", 95)),
			"3 of 12 done, about 95 minutes left"},
		{"argument is not a placeholder", en.T(words.DateMoment, words.Str("date", "{time}"), words.Str("time", "x")), "{time}, x"},
		{"missing argument shows", en.T(words.DateMoment, words.Str("date", "a")), "a, {time}"},
		{"one", en.N(words.DateInDays, 1), "in 1 day"},
		{"other", en.N(words.DateInDays, 4), "in 4 days"},
		{"none", es.N(words.DateInDays, 0), "en 0 días"},
		{"date", es.Date(day), "3 de marzo de 2026"},
		{"day of this year", en.Day(day, day), "3 March"},
		{"day of another year", en.Day(day, day.AddDate(1, 0, 0)), "3 March 2026"},
		{"moment", en.Moment(day), "3 March 2026, 14:05"},
		{"no date", en.Date(time.Time{}), ""},
		{"today", en.In(day.Add(time.Hour), day), "today"},
		{"tomorrow", en.In(day.Add(11*time.Hour), day), "tomorrow"},
		{"in days", en.In(day.AddDate(0, 0, 4), day), "in 4 days"},
		{"unknown key", en.T(words.Key(65535)), ""},
		{"key spells itself", words.HomeNext.String(), "home.next"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, tt.got, tt.want)
		}
	}
	if k, ok := words.Lookup("home.next"); !ok || k != words.HomeNext {
		t.Errorf("Lookup(home.next): got %v %v, want HomeNext", k, ok)
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		env  map[string]string
		want string
		utf8 bool
	}{
		{"lang", map[string]string{"LANG": "es_MX.UTF-8"}, "es", true},
		{"lc_all wins", map[string]string{"LANG": "es_MX.UTF-8", "LC_ALL": "en_US.utf8"}, "en", true},
		{"C is English and ASCII", map[string]string{"LANG": "C"}, "en", false},
		{"language list", map[string]string{"LANGUAGE": "es:en", "LANG": "en_US.UTF-8"}, "es", true},
		{"another language", map[string]string{"LANG": "fr_FR.UTF-8"}, "en", true},
	}
	for _, tt := range tests {
		getenv := func(k string) string { return tt.env[k] }
		if got := words.System(getenv); got != tt.want {
			t.Errorf("%s: got locale %q, want %q", tt.name, got, tt.want)
		}
		if got := words.UTF8(getenv); got != tt.utf8 {
			t.Errorf("%s: got UTF-8 %v, want %v", tt.name, got, tt.utf8)
		}
	}
}

// BenchmarkFirstWord is what a program pays before its first word.
func BenchmarkFirstWord(b *testing.B) {
	for b.Loop() {
		if words.For("es").T(words.HomeNext) == "" {
			b.Fatal("no word")
		}
	}
}
