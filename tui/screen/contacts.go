package screen

import (
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// DrawContacts adds the people and pages that a step leads to: name, numbers, address.
func DrawContacts(t *widget.Text, env *Env, ref, region string, by int) {
	st := t.Style
	for _, c := range env.Content.Contacts(env.Locale(), ref, region) {
		line := c.Name
		if numbers := Numbers(env.Words, c); numbers != "" {
			line += ": " + numbers
		}
		t.Indent(st.Strong, by, line)
		if c.Web != "" {
			t.Link(st.Muted, by, c.Web)
		}
		if len(c.Mail) > 0 {
			t.Indent(st.Muted, by, strings.Join(c.Mail, ", "))
		}
		if c.Note != "" {
			t.Indent(st.Muted, by, c.Note)
		}
	}
}

// Numbers writes the numbers of a contact in one line.
func Numbers(w *words.Catalogue, c checklist.HelpContact) string {
	var out []string
	for _, p := range c.Phones {
		switch {
		case p.Word != "":
			out = append(out, w.T(words.ContactText, words.Str("word", p.Word), words.Str("number", p.Number)))
		case p.Text:
			out = append(out, w.T(words.ContactBoth, words.Str("number", p.Number)))
		default:
			out = append(out, p.Number)
		}
	}
	return strings.Join(out, ", ")
}

// RegionName returns the name of a country; one without a name in the catalogue keeps its
// code.
func RegionName(w *words.Catalogue, id string) string {
	name, ok := map[string]words.Key{
		"us": words.RegionUs, "gb": words.RegionGb, "au": words.RegionAu, "ca": words.RegionCa, "nz": words.RegionNz,
	}[id]
	if !ok {
		return strings.ToUpper(id)
	}
	return w.T(name)
}
