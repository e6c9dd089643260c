package checklist

// Message is something to send to people close by, said before a blackmailer can say it: who
// has heard it already cannot be used as a threat. The person sends it; the program does not.
type Message struct {
	ID    string   `json:"id"`
	Tones []string `json:"tones"` // ways of saying it, the one to suggest first
}

// Messages is every message of the pack, by id.
func (p *Pack) Messages() []Message { return p.doc.Messages }

// CloseMessage is the id of the message for people close by.
const CloseMessage = "close-people"

// Tone is one way of saying a message.
type Tone struct {
	ID    string
	Label string // what this way is like
	Text  string // what to send; paragraphs are parted by an empty line
}

// Message returns a message in each of its tones, or nil for an id the pack does not have.
func (t *Texts) Message(id string) []Tone {
	var out []Tone
	for i := range t.pack.doc.Messages {
		m := &t.pack.doc.Messages[i]
		if m.ID != id {
			continue
		}
		for _, tone := range m.Tones {
			key := "message." + id + "." + tone
			out = append(out, Tone{ID: tone, Label: t.Get(key + ".label"), Text: t.Get(key + ".text")})
		}
	}
	return out
}
