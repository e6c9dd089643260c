package compile

import (
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

// The parts of the content that guide a person: triage questions, letters and messages.

type nodeSource struct {
	ID      string `yaml:"id"`
	Start   bool   `yaml:"start"`
	Ask     string `yaml:"ask"`
	Hint    string `yaml:"hint"`
	Answers []struct {
		ID     string `yaml:"id"`
		Label  string `yaml:"label"`
		Goto   string `yaml:"goto"`
		Ending string `yaml:"ending"`
		Sets   struct {
			Stage   string   `yaml:"stage"`
			Exposed []string `yaml:"exposed"`
			Only    bool     `yaml:"only"`
		} `yaml:"sets"`
		Unsure bool `yaml:"unsure"`
	} `yaml:"answers"`
	Always []string `yaml:"always"`

	file string
}

type endingSource struct {
	ID    string   `yaml:"id"`
	Title string   `yaml:"title"`
	Say   string   `yaml:"say"`
	Items []string `yaml:"items"`

	file string
}

type letterSource struct {
	ID      string   `yaml:"id"`
	Order   int      `yaml:"order"`
	Title   string   `yaml:"title"`
	About   string   `yaml:"about"`
	Send    string   `yaml:"send"`
	SendRef string   `yaml:"send_ref"`
	Regions []string `yaml:"regions"`
	To      []string `yaml:"to"`
	Fields  []struct {
		ID       string `yaml:"id"`
		Label    string `yaml:"label"`
		Hint     string `yaml:"hint"`
		Required bool   `yaml:"required"`
		Lines    bool   `yaml:"lines"`
	} `yaml:"fields"`
	NeverEnter []string `yaml:"never_enter"`
	Parts      []struct {
		ID      string   `yaml:"id"`
		Regions []string `yaml:"regions"`
		Subject bool     `yaml:"subject"`
		Text    string   `yaml:"text"`
	} `yaml:"parts"`
	Sources  []string `yaml:"sources"`
	AsOf     string   `yaml:"as_of"`
	ReviewBy string   `yaml:"review_by"`

	file string
}

type messageSource struct {
	ID    string `yaml:"id"`
	Tones []struct {
		ID    string `yaml:"id"`
		Label string `yaml:"label"`
		Text  string `yaml:"text"`
	} `yaml:"tones"`
	Sources  []string `yaml:"sources"`
	AsOf     string   `yaml:"as_of"`
	ReviewBy string   `yaml:"review_by"`

	file string
}

// guideTexts hands out the English texts of the guides.
func (s *source) guideTexts(put func(file, key, text string)) {
	for _, n := range s.nodes {
		put(n.file, "triage."+n.ID+".ask", n.Ask)
		put(n.file, "triage."+n.ID+".hint", n.Hint)
		for _, a := range n.Answers {
			put(n.file, "triage."+n.ID+".answer."+a.ID, a.Label)
		}
	}
	for _, e := range s.endings {
		put(e.file, "ending."+e.ID+".title", e.Title)
		put(e.file, "ending."+e.ID+".say", e.Say)
	}
	for _, l := range s.letters {
		key := "letter." + l.ID
		put(l.file, key+".title", l.Title)
		put(l.file, key+".about", l.About)
		put(l.file, key+".send", l.Send)
		for _, f := range l.Fields {
			put(l.file, key+".field."+f.ID, f.Label)
			put(l.file, key+".field."+f.ID+".hint", f.Hint)
		}
		for _, p := range l.Parts {
			put(l.file, key+".part."+p.ID, p.Text)
		}
	}
	for _, m := range s.messages {
		for _, t := range m.Tones {
			put(m.file, "message."+m.ID+"."+t.ID+".label", t.Label)
			put(m.file, "message."+m.ID+"."+t.ID+".text", t.Text)
		}
	}
}

// guides puts the guides into the document.
func (s *source) guides(d *checklist.Document) {
	if len(s.nodes) > 0 {
		d.Triage = &checklist.Triage{}
	}
	for _, n := range s.nodes {
		if n.Start {
			d.Triage.Start = n.ID
		}
		node := checklist.Node{ID: n.ID, Always: slices.DeleteFunc(slices.Clone(n.Always), func(ref string) bool { return ref == refLeave })}
		for _, a := range n.Answers {
			node.Answers = append(node.Answers, checklist.Choice{
				ID: a.ID, Goto: a.Goto, Ending: a.Ending, Unsure: a.Unsure,
				Stage: checklist.Stage(a.Sets.Stage), Exposed: typed[checklist.Exposure](a.Sets.Exposed), Only: a.Sets.Only,
			})
		}
		d.Triage.Nodes = append(d.Triage.Nodes, node)
	}
	for _, e := range s.endings {
		if d.Triage != nil {
			d.Triage.Endings = append(d.Triage.Endings, checklist.Ending{ID: e.ID, Items: e.Items})
		}
	}
	for _, l := range s.letters {
		letter := checklist.Letter{
			ID: l.ID, Order: l.Order, Regions: l.Regions, To: l.To, Send: l.SendRef, NeverEnter: l.NeverEnter,
			Sources: l.Sources, AsOf: l.AsOf, ReviewBy: l.ReviewBy,
		}
		for _, f := range l.Fields {
			letter.Fields = append(letter.Fields, checklist.Field{ID: f.ID, Required: f.Required, Lines: f.Lines})
		}
		for _, p := range l.Parts {
			letter.Parts = append(letter.Parts, checklist.Part{ID: p.ID, Regions: p.Regions, Subject: p.Subject})
		}
		d.Letters = append(d.Letters, letter)
	}
	for _, m := range s.messages {
		message := checklist.Message{ID: m.ID}
		for _, t := range m.Tones {
			message.Tones = append(message.Tones, t.ID)
		}
		d.Messages = append(d.Messages, message)
	}
}
