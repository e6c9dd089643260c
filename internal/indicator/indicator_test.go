package indicator

import (
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string // "kind text"
	}{
		{"", nil},
		{"Nothing here. Not e.g. this, nor 3.5 or 10 a.m.x", nil},
		{"See https://example.com/a?b=1.", []string{"link https://example.com/a?b=1"}},
		{"see www.example.invalid, or example.com!", []string{"link www.example.invalid", "link example.com"}},
		{"bit.ly/abc and t.me/x", []string{"link bit.ly/abc", "link t.me/x"}},
		{"<a@example.com> and @handle", []string{"link a@example.com", "link @handle"}},
		{"example。com and ｅxample．com", []string{"link example。com", "link ｅxample．com"}},
		{"xn--80ak6aa92e.com пример.рф", []string{"link xn--80ak6aa92e.com", "link пример.рф"}},
		{"http://192.0.2.1/x 192.0.2.1/x", []string{"link http://192.0.2.1/x", "link 192.0.2.1/x"}},
		{"end.Next sentence", nil},
		{"Call +1 (555) 555-0142 now", []string{"phone +1 (555) 555-0142"}},
		{"Call (555) 555-0142.", []string{"phone (555) 555-0142"}},
		{"555.555.0142 or 555-0142", []string{"phone 555.555.0142", "phone 555-0142"}},
		{"+34 600 123 456, +34600123456", []string{"phone +34 600 123 456", "phone +34600123456"}},
		{"call 555\n555 0142", []string{"phone 555\n555 0142"}},
		{"٥٥٥٥٥٥٠١٤٢", []string{"phone ٥٥٥٥٥٥٠١٤٢"}},
		{"pay $450 or 450 USD or USD 450 or €1.200,50", []string{"amount $450", "amount 450 USD", "amount USD 450", "amount €1.200,50"}},
		{"usd500 500eur $ 20 20 €", []string{"amount usd500", "amount 500eur", "amount $ 20", "amount 20 €"}},
		{"two bitcoin, 0.5 BTC, 3 million dollars, $2 million", []string{"amount 0.5 BTC", "amount 3 million dollars", "amount $2 million"}},
		{"cien euros, 100 euros", []string{"amount 100 euros"}},
		{"1BoatSLRHtKNngkdXEeobR76b53LETtpyT", []string{"wallet 1BoatSLRHtKNngkdXEeobR76b53LETtpyT"}},
		{"bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", []string{"wallet bitcoin:bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}},
		{"0x52908400098527886E0F7030069857D2E4169EE7", []string{"wallet 0x52908400098527886E0F7030069857D2E4169EE7"}},
		{"DE89370400440532013000", []string{"wallet DE89370400440532013000"}},
		{"on 2031-05-14, 14/05/2031, 14.5.31", []string{"date 2031-05-14", "date 14/05/2031", "date 14.5.31"}},
		{"14 May 2031, May 14, 14th of May, 14 de mayo de 2031", []string{"date 14 May 2031", "date May 14", "date 14th of May", "date 14 de mayo de 2031"}},
		{"at 10:30, 10:30 am, 9 pm, 9pm", []string{"date 10:30", "date 10:30 am", "date 9 pm", "date 9pm"}},
		{"within 48 hours, 24h, 3 días", []string{"date 48 hours", "date 24h", "date 3 días"}},
		{"I may go. March on.", nil},
		{"case 48213, room 4821, AB-99812", []string{"number 48213", "number AB-99812"}},
		{"14 May 2031 12345", []string{"date 14 May 2031", "number 12345"}},
		{"rooms 12, 34, 56, 78", nil},
	}
	for _, tt := range tests {
		var got []string
		for _, s := range Find(tt.text) {
			got = append(got, string(s.Kind)+" "+tt.text[s.Start:s.End])
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// Letters and digits that browsers, telephones and readers take for plain ones hide nothing.
func TestFindDisguisedRegression(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"Call ⑤⑤⑤-⓪①④② today", "phone ⑤⑤⑤-⓪①④②"},
		{"Call ⁵⁵⁵⁰¹⁴² today", "phone ⁵⁵⁵⁰¹⁴²"},
		{"Call ₅₅₅₀₁₄₂ today", "phone ₅₅₅₀₁₄₂"},
		{"go to ⓔⓥⓘⓛ.ⓒⓞⓜ", "link ⓔⓥⓘⓛ.ⓒⓞⓜ"},
		{"go to 𝐞𝐯𝐢𝐥.𝐜𝐨𝐦", "link 𝐞𝐯𝐢𝐥.𝐜𝐨𝐦"},
		{"go to ｅｖｉｌ．ｃｏｍ", "link ｅｖｉｌ．ｃｏｍ"},
		{"go to evil․com", "link evil․com"}, // one dot leader
		{"go to evil.cοm", "link evil.cοm"}, // a Greek letter
		{"go to пример.онлайн", "link пример.онлайн"},
		{"go to evil.lol", "link evil.lol"},
		{"pay ＄４５０", "amount ＄４５０"},
		{"pay $⁴⁵⁰", "amount $⁴⁵⁰"},
		{"el 1º de mayo", "date 1º de mayo"},
		{"wait…call me, 10 m² and ½", ""},
	} {
		got := ""
		for _, s := range Find(tt.text) {
			got += string(s.Kind) + " " + tt.text[s.Start:s.End]
		}
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	const text = "on 14 May"
	if !Has(text) || !Has(text, Link, Date) || Has(text, Link, Phone) || Has("hello") {
		t.Error("Has does not agree with Find")
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	for i, k := range Kinds() {
		if k.Rank() != i {
			t.Errorf("%s: got %d, want %d", k, k.Rank(), i)
		}
	}
	if got := Kind("text").Rank(); got != len(Kinds()) {
		t.Errorf("unknown kind: got %d, want %d", got, len(Kinds()))
	}
}

func FuzzFind(f *testing.F) {
	for _, s := range []string{"", "pay $450 at example.com by 14 May, call (555) 555-0142", "a@", "www.", "٣ €", "$ ", "0x", "1 million", "⑤⑤⑤-⓪①④② ⓔⓥⓘⓛ.ⓒⓞⓜ", "1º de mayo"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		for _, s := range Find(text) {
			if s.Start < last || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("%q: span %+v after %d", text, s, last)
			}
			last = s.End
			if strings.TrimSpace(text[s.Start:s.End]) != text[s.Start:s.End] {
				t.Errorf("%q: span %q has spaces around", text, text[s.Start:s.End])
			}
		}
	})
}
