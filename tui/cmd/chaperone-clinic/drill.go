package main

import (
	"context"
	"strconv"

	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

// drill is one emergency to practise.
type drill struct {
	name  string
	title words.Key
	steps []words.Key
}

func drills() []drill {
	return []drill{
		{"stolen", words.DeskDrillStolen, []words.Key{words.DeskDrillStolen1, words.DeskDrillStolen2, words.DeskDrillStolen3, words.DeskDrillStolen4}},
		{"mailbox", words.DeskDrillMailbox, []words.Key{words.DeskDrillMailbox1, words.DeskDrillMailbox2, words.DeskDrillMailbox3}},
		{"wrong", words.DeskDrillWrong, []words.Key{words.DeskDrillWrong1, words.DeskDrillWrong2}},
		{"root", words.DeskDrillRoot, []words.Key{words.DeskDrillRoot1, words.DeskDrillRoot2, words.DeskDrillRoot3}},
	}
}

type drillDoc struct {
	Schema string   `json:"schema"`
	Drill  string   `json:"drill"`
	Steps  []string `json:"steps"`
}

// drill walks through an emergency. It changes nothing and signs nothing.
func (p *program) drill(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	if err := a.Read(p.words, 1); err != nil {
		return 0, err
	}
	w := p.words
	which := a.Arg(0)
	if which == "" {
		lines := []string{w.T(words.DeskDrillList)}
		for _, d := range drills() {
			lines = append(lines, "- "+d.name+": "+w.T(d.title))
		}
		return p.show(m.json, drillDoc{"chaperone-clinic.drill.v1", "", lines[1:]}, lines...)
	}
	for _, d := range drills() {
		if d.name == which {
			return p.on(ctx, m, func(_ context.Context, o *office.Office) (int, error) { return p.walk(m, o, d) })
		}
	}
	return 0, a.Refuse(w.T(words.CliErrValue, words.Str("name", "drill")))
}

func (p *program) walk(m *machine, o *office.Office, d drill) (int, error) {
	if !o.HasClinic() {
		return 0, office.ErrNoClinic
	}
	w := p.words
	set, _ := o.Roots()
	doc := drillDoc{Schema: "chaperone-clinic.drill.v1", Drill: d.name}
	lines := []string{w.T(words.DeskDrillOnly), w.T(d.title), ""}
	for i, k := range d.steps {
		step := w.T(k, words.Int("need", set.Threshold), words.Int("all", len(set.Keys)), words.Str("program", name))
		doc.Steps = append(doc.Steps, step)
		lines = append(lines, strconv.Itoa(i+1)+". "+step)
	}
	return p.show(m.json, doc, append(lines, "", w.T(words.DeskDrillEnd))...)
}
