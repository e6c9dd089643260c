package compile

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"bytes"
)

// Each rule of triage, letters and messages is broken once, and named in the finding.
func TestLintGuides(t *testing.T) {
	t.Parallel()
	edit := func(name, old, to string) func(*testing.T, fstest.MapFS) {
		return func(t *testing.T, m fstest.MapFS) {
			f, ok := m[name]
			if !ok || !bytes.Contains(f.Data, []byte(old)) {
				t.Fatalf("%s does not hold %q", name, old)
			}
			m[name] = &fstest.MapFile{Data: bytes.Replace(f.Data, []byte(old), []byte(to), 1)}
		}
	}
	gone := func(name string) func(*testing.T, fstest.MapFS) {
		return func(_ *testing.T, m fstest.MapFS) { delete(m, name) }
	}
	const (
		start    = "triage/start.yaml"
		clinic   = "triage/threat-clinic.yaml"
		told     = "triage/told-what.yaml"
		threat   = "triage/endings/threat.yaml"
		freeze   = "letters/freeze.yaml"
		takedown = "letters/takedown.yaml"
		people   = "messages/close-people.yaml"
		item     = "items/money.freeze.yaml"
	)
	tests := []struct {
		name   string
		damage func(*testing.T, fstest.MapFS)
		want   string
	}{
		{"answer to nowhere", edit(start, "goto: signs, ", ""), "want one of goto and ending"},
		{"answer to two places", edit(start, "goto: signs, ", "goto: signs, ending: worried, "), "want one of goto and ending"},
		{"unknown question", edit(start, "goto: signs", "goto: sings"), `no question "sings"`},
		{"unknown ending", edit(clinic, "ending: threat}", "ending: threats}"), `no ending "threats"`},
		{"circle", edit(clinic, "ending: threat}", "goto: start}"), "go round in a circle"},
		{"six questions", func(t *testing.T, m fstest.MapFS) {
			edit(clinic, "ending: threat}", "goto: extra-1}")(t, m)
			for _, n := range []string{"1", "2"} {
				to := "goto: extra-2"
				if n == "2" {
					to = "ending: threat"
				}
				m["triage/extra-"+n+".yaml"] = &fstest.MapFile{Data: []byte("id: extra-" + n + "\nask: Is it so?\nhint: It is.\nanswers:\n" +
					"  - {id: yes, label: It is., " + to + "}\n  - {id: unsure, label: I do not know., " + to + ", unsure: true}\n" +
					"always: [role:emergency, role:crisis-line, app:leave]\n")}
			}
		}, "more than 5 questions"},
		{"nobody asks", edit(start, "goto: told-what", "goto: signs"), "told-what.yaml: no answer leads here"},
		{"ending of nothing", edit(clinic, "ending: threat}", "ending: threat-clinic}"), "endings/threat.yaml: no answer leads here"},
		{"two beginnings", edit(told, "id: told-what", "id: told-what\nstart: true"), "two questions are the first"},
		{"no beginning", edit(start, "start: true\n", ""), "no question is the first"},
		{"nothing for who does not know", edit(start, ", unsure: true", ""), "the last answer, and no other, is unsure"},
		{"unsure in the middle", edit(start, "goto: threat-shown, ", "goto: threat-shown, unsure: true, "), "the last answer, and no other, is unsure"},
		{"no way to leave", edit(start, ", app:leave", ""), "always has no app:leave"},
		{"no emergency line", edit(start, "role:emergency, ", ""), "always has no role:emergency"},
		{"no crisis line", edit(start, "role:crisis-line, ", ""), "always has no role:crisis-line"},
		{"stage", edit(start, "stage: published", "stage: shown"), `stage: "shown" is not one of`},
		{"exposure", edit(told, "exposed: [login]", "exposed: [password]"), `exposed: "password" is not one of`},
		{"item of an ending", edit(threat, "now.no-pay", "now.nopay"), `no item "now.nopay"`},
		{"ending beside the plan", edit("triage/endings/told.yaml", "items: [contain.ask-clinic, contain.clinic-contact, accounts.email-2fa, social.friends-hide]", "items: [now.safe]"), "want at least two"},
		{"number in a question", edit(start, "hint: Pick what is closest.", "hint: Call 911."), "phone number stands in prose"},
		{"half a translation", edit("i18n/es/triage.yaml", "unsure: No lo sé.", "unsur: No lo sé."), "triage.start.answer.unsure is missing"},
		{"letter that is not there", edit(item, "letters: [freeze]", "letters: [thaw]"), `letter "thaw" is not in letters/`},
		{"letter taken away", gone(takedown), `letter "takedown" is not in letters/`},
		{"field of no list", edit(freeze, "{id: reach,", "{id: ssn,"), `field: "ssn" is not one of`},
		{"field that stands nowhere", edit(freeze, "      {reach}\n", ""), `field "reach" stands in no part`},
		{"nothing to fill in", edit(freeze, "{reach}", "{phone}"), "nothing fills {phone} in"},
		{"field without a label", edit(freeze, "label: A phone number for you", "label: \"\""), "label of reach is missing"},
		{"social security number allowed", edit(freeze, "never_enter: [ssn, ", "never_enter: ["), "never_enter with ssn is missing"},
		{"no line to sign", edit(freeze, "Signed: {blank}", "Signed"), "a line to sign is missing"},
		{"nobody to send it to", edit(freeze, "to: [role:credit-freeze]", "to: [role:credit-ban]"), "nobody with role:credit-ban has an address"},
		{"not a role", edit(takedown, "send_ref: role:takedown-form", "send_ref: agency:us-takedown-x"), "is not a role"},
		{"other places to fill in", edit("i18n/es/letters.yaml", "A {platform}", "A la oficina"), "English has [{platform}]"},
		{"letter without a source", edit(freeze, "sources: [freeze-law, ftc-freeze, oregon-freeze, mass-freeze]", "sources: []"), "sources is missing"},
		{"letter read too rarely", edit(freeze, `review_by: "2027-05-23"`, `review_by: "2027-11-25"`), "more than 365 days"},
		{"two tones", edit(people, "  - id: short", "  - id: warm"), "written twice"},
		{"tone without words", edit(people, "label: Short", "label: \"\""), "tone short: label and text is missing"},
		{"message taken away", gone(people), "app:message leads to"},
		{"shouting in a message", edit(people, "I am getting help.", "I am getting help!"), "not our voice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := tree(t)
			tt.damage(t, m)
			_, err := Compile(m, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want a finding with %q", err, tt.want)
			}
		})
	}
}

// Letters go to an office, and still are no harder than the rest: the person must know what
// they sign.
func TestReadingLevelOfGuides(t *testing.T) {
	t.Parallel()
	s, err := read(os.DirFS(content))
	if err != nil {
		t.Fatal(err)
	}
	english, err := s.english()
	if err != nil {
		t.Fatal(err)
	}
	check := func(name string, keys []string) {
		t.Helper()
		whole := func(texts map[string]string) string {
			var b strings.Builder
			for _, key := range keys {
				// What is filled in is not ours to judge.
				if p := strings.TrimRight(placeholder.ReplaceAllString(texts[key], ""), ".\n "); p != "" {
					b.WriteString(p + ". ")
				}
			}
			return b.String()
		}
		if got := gradeEnglish(whole(english)); got > hardestEnglish {
			t.Errorf("%s: got grade %.1f, want at most %.1f", name, got, hardestEnglish)
		}
		if got := easeSpanish(whole(s.locales["es"])); got < easiestSpanish {
			t.Errorf("%s: got Spanish ease %.1f, want at least %.1f", name, got, easiestSpanish)
		}
	}
	for _, n := range s.nodes {
		keys := []string{"triage." + n.ID + ".ask", "triage." + n.ID + ".hint"}
		for _, a := range n.Answers {
			keys = append(keys, "triage."+n.ID+".answer."+a.ID)
		}
		check(n.file, keys)
	}
	for _, e := range s.endings {
		check(e.file, []string{"ending." + e.ID + ".title", "ending." + e.ID + ".say"})
	}
	for _, m := range s.messages {
		for _, tone := range m.Tones {
			check(m.file+" "+tone.ID, []string{"message." + m.ID + "." + tone.ID + ".label", "message." + m.ID + "." + tone.ID + ".text"})
		}
	}
	for _, l := range s.letters {
		key := "letter." + l.ID
		about := []string{key + ".title", key + ".about", key + ".send"}
		for _, f := range l.Fields {
			about = append(about, key+".field."+f.ID, key+".field."+f.ID+".hint")
		}
		check(l.file+" for the person", about)
		var parts []string
		for _, p := range l.Parts {
			parts = append(parts, key+".part."+p.ID)
		}
		check(l.file, parts)
	}
}
