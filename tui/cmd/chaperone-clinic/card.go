package main

import (
	"context"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/command"
)

type cardDoc struct {
	Schema   string   `json:"schema"`
	Name     string   `json:"name"`
	Words    string   `json:"words"`
	Phones   []string `json:"phones"`
	ClinicID string   `json:"clinic_id"`
	QR       string   `json:"qr"`
}

func (p *program) card(ctx context.Context, a *command.Arguments) (int, error) {
	m := withMachine(a)
	png := a.String("png", "", "")
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	return p.on(ctx, m, func(_ context.Context, o *office.Office) (int, error) {
		profile, ok := o.Profile()
		if !ok {
			return 0, office.ErrNoClinic
		}
		six := card.Words(o.ID())
		doc := cardDoc{
			Schema: "chaperone-clinic.card.v1", Name: profile.Name, Words: strings.Join(six, " "), Phones: profile.Phones,
			ClinicID: clinicID(o.ID()), QR: qrCard + strings.ToUpper(strings.Join(six, "-")),
		}
		if *png != "" {
			if err := savePNG(*png, doc.QR); err != nil {
				return 0, err
			}
		}
		w := p.words
		lines := []string{
			profile.Name, "", w.T(words.DeskCardKeep), "", "    " + strings.Join(six[:3], "  "), "    " + strings.Join(six[3:], "  "), "",
			w.T(words.DeskCardPhone, words.Str("phones", strings.Join(profile.Phones, ", "))),
			w.T(words.DeskCardHow), w.T(words.DeskCardNever),
		}
		if s := p.square(doc.QR); s != "" {
			lines = append(lines, "", strings.TrimRight(s, "\n"))
		}
		return p.show(m.json, doc, lines...)
	})
}
