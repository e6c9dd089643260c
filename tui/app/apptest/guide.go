package apptest

import (
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
)

var triage = &checklist.Triage{
	Start: "start",
	Nodes: []checklist.Node{
		{ID: "start", Always: []string{"role:emergency", "role:crisis"}, Answers: []checklist.Choice{
			{ID: "money", Goto: "clinic", Stage: checklist.Threatened},
			{ID: "told", Ending: "told", Stage: checklist.Notified},
			{ID: "unsure", Ending: "calm", Unsure: true},
		}},
		{ID: "clinic", Always: []string{"role:emergency", "role:crisis"}, Answers: []checklist.Choice{
			{ID: "yes", Ending: "threat"},
			{ID: "unsure", Ending: "threat", Unsure: true},
		}},
	},
	Endings: []checklist.Ending{
		{ID: "threat", Items: []string{"now.safe", "now.nopay", "now.clinic", "now.hide"}},
		{ID: "told", Items: []string{"money.freeze", "social.friends"}},
		{ID: "calm", Items: []string{"social.friends", "phone.lock"}},
	},
}

// Triage implements [screen.Guide].
func (Content) Triage() *checklist.Triage { return triage }

// Node implements [screen.Guide].
func (Content) Node(locale, id string) checklist.NodeText {
	if id == "clinic" {
		return checklist.NodeText{
			Ask:  pick(locale, "Do they say they are from your clinic?", "¿Dicen que son de su clínica?"),
			Hint: pick(locale, "A name and a number can both be faked.", "Un nombre y un número se pueden falsear."),
			Answers: []string{
				pick(locale, "Yes, from my clinic.", "Sí, de mi clínica."),
				pick(locale, "No, or I do not know.", "No, o no lo sé."),
			},
		}
	}
	return checklist.NodeText{
		Ask:  pick(locale, "What is happening right now?", "¿Qué pasa ahora mismo?"),
		Hint: pick(locale, "Pick what is closest. Nothing here is sent anywhere.", "Elija lo que más se parezca. Nada de esto se envía."),
		Answers: []string{
			pick(locale, "Someone wants money or says they will show things.", "Alguien quiere dinero o dice que va a mostrar cosas."),
			pick(locale, "I was told that my data was taken.", "Me dijeron que robaron mis datos."),
			pick(locale, "I do not know.", "No lo sé."),
		},
	}
}

// Ending implements [screen.Guide].
func (Content) Ending(locale, id string) checklist.EndingText {
	if id == "threat" {
		return checklist.EndingText{
			Title: pick(locale, "This is blackmail", "Esto es un chantaje"),
			Say:   pick(locale, "It is a crime against you, and it is not your fault.", "Es un delito contra usted, y no es culpa suya."),
		}
	}
	return checklist.EndingText{
		Title: pick(locale, "Nothing points to a threat right now", "Nada apunta ahora a una amenaza"),
		Say:   pick(locale, "That is good to know. It is not a promise.", "Es bueno saberlo. No es una promesa."),
	}
}

// Steps implements [screen.Guide].
func (Content) Steps(e *checklist.Ending, _ checklist.Answers) []string { return e.Items }

var letters = []checklist.Letter{
	{ID: "freeze", Order: 1, Regions: []string{"us"}, To: []string{"role:credit-freeze"}, AsOf: "2026-11-20", ReviewBy: "2027-05-20"},
	{ID: "records", Order: 2, Regions: []string{"any"}, AsOf: "2026-11-20", ReviewBy: "2027-05-20"},
}

// Letters implements [screen.Guide].
func (Content) Letters(region string) []*checklist.Letter {
	var out []*checklist.Letter
	for i := range letters {
		if slices.Contains(letters[i].Regions, region) || slices.Contains(letters[i].Regions, "any") {
			out = append(out, &letters[i])
		}
	}
	return out
}

// Letter implements [screen.Guide].
func (Content) Letter(locale, id, _ string) checklist.LetterText {
	x := checklist.LetterText{
		Title: pick(locale, "Ask your clinic for your records", "Pida a su clínica su historial"),
		About: pick(locale, "The clinic may ask who you are.", "La clínica puede preguntarle quién es."),
		Send:  pick(locale, "Print it, sign it and mail it.", "Imprímala, fírmela y envíela."),
		Fields: []checklist.FieldText{
			{Field: checklist.Field{ID: "name", Required: true}, Label: pick(locale, "Your name", "Su nombre"), Hint: pick(locale, "As the clinic knows you.", "Como lo conoce la clínica.")},
			{Field: checklist.Field{ID: "address", Lines: true}, Label: pick(locale, "Your postal address", "Su dirección postal")},
		},
		Parts: []checklist.PartText{
			{Text: "{name}\n{address}"},
			{Text: "{date}"},
			{Text: pick(locale, "My request for a copy", "Pido una copia"), Subject: true},
			{Text: pick(locale, "Please give me a copy of my full record.", "Por favor, denme una copia de todo mi historial.")},
			{Text: pick(locale, "Signed: {blank}", "Firma: {blank}")},
		},
	}
	if id == "freeze" {
		x.Title = pick(locale, "Freeze your credit by mail", "Congele su crédito por correo")
		x.Parts = slices.Insert(x.Parts, 2, checklist.PartText{Text: "{to}"})
	}
	return x
}

// LetterLocale implements [screen.Guide].
func (Content) LetterLocale(region, own string) string {
	if region != "" {
		return "en"
	}
	return own
}

// Message implements [screen.Guide].
func (Content) Message(locale string) []checklist.Tone {
	return []checklist.Tone{
		{ID: "plain", Label: pick(locale, "Clear and calm", "Claro y sereno"), Text: pick(locale,
			"I want you to hear this from me. Private data about me was stolen.\n\nThey may write to you. Please do not answer.",
			"Prefiero que lo sepan por mí. Me robaron datos privados.\n\nPuede que les escriban. Por favor, no contesten.")},
		{ID: "warm", Label: pick(locale, "Warm, for someone close", "Con cariño, para alguien cercano"), Text: pick(locale,
			"This is hard for me to write. Someone stole private data about me.",
			"Me cuesta escribir esto. Alguien robó datos privados míos.")},
		{ID: "short", Label: pick(locale, "Short", "Breve"), Text: pick(locale,
			"If they write to you: do not answer, and tell me.", "Si les escribe: no contesten, y avísenme.")},
	}
}
