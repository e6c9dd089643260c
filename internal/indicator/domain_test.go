package indicator

import (
	"strings"
	"testing"
)

func TestHost(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://Example.com/a?b=1":           "example.com",
		"example.com":                         "example.com",
		"www.example.com:8443/x":              "www.example.com",
		"Desk@Example.com":                    "example.com",
		"mailto:desk@example.com":             "example.com",
		"https://clinic.example@evil.invalid": "evil.invalid",
		"https://user:pw@example.com:1/":      "example.com",
		"http://192.0.2.1/x":                  "192.0.2.1",
		"example。com":                         "example.com",
		"https://example.com.":                "example.com",
		"https://xn--bcher-kva.example/":      "bücher.example",
		"xn--80ak6aa92e.com":                  "аррӏе.com",
		"xn--!.com":                           "xn--!.com",
		"https:\\\\example.com":               "",
		"@handle":                             "",
		"localhost":                           "",
		"":                                    "",
	} {
		if got := Host(link); got != want {
			t.Errorf("%q: got %q, want %q", link, got, want)
		}
	}
}

// The samples of RFC 3492, section 7.1, that have no capitals.
func TestPunycode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"egbpdaj6bu4bxfgehfvwxn":                                                "ليهمابتكلموشعربي؟",
		"ihqwcrb4cv8a8dqg056pqjye":                                              "他们为什么不说中文",
		"4dbcagdahymbxekheh6e0a7fei0b":                                          "למההםפשוטלאמדבריםעברית",
		"n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa":                                "なぜみんな日本語を話してくれないのか",
		"989aomsvi5e83db1d2a355cv1e0vak1dwrv93d5xbh15a0dt30a5jpsd879ccm6fea98c": "세계의모든사람들이한국어를이해한다면얼마나좋을까",
		"d9juau41awczczp":                                                       "そのスピードで",
	} {
		if got, ok := punycode(in); !ok || got != want {
			t.Errorf("%q: got %q, %v, want %q", in, got, ok, want)
		}
	}
	for _, bad := range []string{"!", "a!", strings.Repeat("9", 40), "zzzzzzzz"} {
		if got, ok := punycode(bad); ok {
			t.Errorf("%q: got %q", bad, got)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	const trusted = "example-aesthetics.com"
	for domain, want := range map[string]Look{
		trusted:                             LookSame,
		"mail." + trusted:                   LookSame,
		"www." + trusted:                    LookSame,
		"xexample-aesthetics.com":           LookAlike, // not below it
		"exarnple-aesthetics.com":           LookAlike,
		"examp1e-aesthetics.com":            LookAlike,
		"example-aesthetisc.com":            LookAlike,
		"example-aesthetic.com":             LookAlike,
		"example-aesthetics.net":            LookAlike,
		"example-aesthetics-pay.invalid":    LookAlike,
		"example-aesthetics.pay.invalid":    LookAlike,
		"example-aesthetics.com.invalid":    LookAlike,
		"my-example-aesthetics.invalid":     LookAlike,
		"ехаmple-aesthetics.com":            LookAlike, // three Cyrillic letters
		"exámple-aesthetics.com":            LookAlike,
		"example.com":                       LookOther,
		"aesthetics.com":                    LookOther,
		"something-else-altogether.invalid": LookOther,
		"":                                  LookOther,
	} {
		if got := Compare(domain, trusted); got != want {
			t.Errorf("%q: got %s, want %s", domain, got, want)
		}
	}
	if got := Compare("аррӏе.com", "apple.com"); got != LookAlike {
		t.Errorf("five Cyrillic letters: got %s", got)
	}
	for domain, want := range map[string]Look{"ab.de": LookSame, "ac.de": LookAlike, "xy.de": LookOther} {
		if got := Compare(domain, "ab.de"); got != want {
			t.Errorf("%q beside a short one: got %s, want %s", domain, got, want)
		}
	}
}

// Each of these letters has its look.
func TestAlike(t *testing.T) {
	t.Parallel()
	for _, pair := range []string{"0o", "1l", "3e", "5s", "іi", "аa", "еe", "оo", "рp", "сc", "уy", "хx", "һh", "ԁd", "ԛq", "ԝw", "ӏl", "οo", "αa", "νv", "ρp", "ιi", "ıi", "łl", "øo"} {
		r := []rune(pair)
		if got, want := skeleton(string(r[0])), skeleton(string(r[1])); got != want {
			t.Errorf("%c: got %s, want %s", r[0], got, want)
		}
	}
}

func FuzzHost(f *testing.F) {
	for _, s := range []string{"https://user@xn--bcher-kva.example:8443/x", "a@b.c", "xn--a.b", "", "@", "[::1]"} {
		f.Add(s, "example.com")
	}
	f.Fuzz(func(t *testing.T, link, trusted string) {
		h := Host(link)
		if strings.ContainsAny(h, "/@?#") {
			t.Errorf("%q: got %q", link, h)
		}
		if h != "" && Compare(h, h) != LookSame {
			t.Errorf("%q is not itself", h)
		}
		Compare(h, trusted)
	})
}
