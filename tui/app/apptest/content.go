package apptest

import (
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/tui/screen"
)

// Content is a small content pack that does not change with the real one.
type Content struct{ Released bool }

var _ screen.Content = Content{}

var platforms = []checklist.Platform{
	{ID: "facebook", Name: "Facebook", Capabilities: map[string]*checklist.Capability{"hide-friends": {Minutes: 3}, "private-account": {Minutes: 6}}},
	{ID: "instagram", Name: "Instagram", Capabilities: map[string]*checklist.Capability{"hide-friends": {Minutes: 4}, "private-account": {Minutes: 6}}},
	{ID: "linkedin", Name: "LinkedIn", Capabilities: map[string]*checklist.Capability{"hide-friends": {Minutes: 3}}},
}

var items = []checklist.Item{
	{ID: "accounts.email", Lane: checklist.LaneAccounts, Minutes: 8, Steps: steps("a")},
	{ID: "clinic.contact", HelperOK: true, Lane: checklist.LaneContain, Minutes: 2, Steps: steps("a", "check:app:verify")},
	{ID: "accounts.manager", Lane: checklist.LaneAccounts, Minutes: 15, Steps: steps("a", "make:app:passwords")},
	{ID: "social.friends", HelperOK: true, Lane: checklist.LaneContain, Minutes: 10, FanOut: "hide-friends", Stops: []string{"names"}, DoesNotStop: []string{"copied"}, Steps: steps("a", "b"), Sources: []string{"help"}},
	{ID: "money.freeze", HelperOK: true, Lane: checklist.LaneMoney, Minutes: 15, Letters: []string{"freeze"}, Stops: []string{"loans"}, DoesNotStop: []string{"copied"}, Steps: steps("a", "ring:role:credit-freeze"), Sources: []string{"help"}},
	{ID: "phone.lock", HelperOK: true, Lane: checklist.LaneAccounts, Minutes: 5, Steps: steps("a")},
	{ID: "social.private", Lane: checklist.LaneContain, Minutes: 12, FanOut: "private-account", Steps: steps("a")},
	{ID: "accounts.twostep", HelperOK: true, Lane: checklist.LaneAccounts, Minutes: 8, Steps: steps("a")},
	{ID: "medical.copy", Lane: checklist.LaneMedical, Minutes: 20, Steps: steps("a", "say:app:message")},
	{ID: "footprint.search", Lane: checklist.LaneFootprint, Minutes: 10, Steps: steps("a")},
	{ID: "now.safe", Lane: checklist.LaneNow, Steps: steps("ring:role:emergency", "ring:role:crisis")},
	{ID: "now.nopay", Lane: checklist.LaneNow, Steps: steps("a")},
	{ID: "now.keep", Lane: checklist.LaneNow, Steps: steps("a")},
	{ID: "now.clinic", Lane: checklist.LaneNow, Steps: steps("a")},
	{ID: "now.hide", Lane: checklist.LaneNow, Steps: steps("a")},
	{ID: "now.tell", Lane: checklist.LaneNow, Steps: steps("a")},
	{ID: "now.report", HelperOK: true, Lane: checklist.LaneNow, Steps: steps("a")},
}

// steps makes steps from ids; "ring:REF" is a step with a reference.
func steps(ids ...string) []checklist.Step {
	var out []checklist.Step
	for _, id := range ids {
		id, ref, _ := strings.Cut(id, ":")
		out = append(out, checklist.Step{ID: id, Ref: ref})
	}
	return out
}

// text is title and why, English then Spanish.
var text = map[string][4]string{
	"accounts.email":   {"Make your email account yours alone", "Who reads your email can reset everything else.", "Haga que su correo sea solo suyo", "Quien lee su correo puede cambiar todo lo demás."},
	"clinic.contact":   {"Check how your clinic really contacts you", "Then a false message stands out.", "Vea cómo le contacta de verdad su clínica", "Así se nota un mensaje falso."},
	"accounts.manager": {"Use a password manager", "One strong password to remember, not forty.", "Use un gestor de contraseñas", "Una sola contraseña que recordar, no cuarenta."},
	"social.friends":   {"Hide who your friends and followers are", "Blackmailers name your friends to frighten you. A hidden list gives them less.", "Oculte quiénes son sus amigos y seguidores", "Quien chantajea nombra a sus amigos para asustarle. Una lista oculta le da menos."},
	"money.freeze":     {"Freeze your credit at three bureaus", "Nobody can take a loan in your name while it is frozen.", "Congele su crédito en tres agencias", "Nadie puede pedir un préstamo a su nombre mientras esté congelado."},
	"phone.lock":       {"Lock your phone number with your carrier", "A stolen number receives your codes.", "Bloquee su número con su operador", "Un número robado recibe sus códigos."},
	"social.private":   {"Make your accounts private", "Strangers see less of you.", "Haga privadas sus cuentas", "Los desconocidos ven menos de usted."},
	"accounts.twostep": {"Two-step sign-in on your email", "A stolen password alone does not open it.", "Inicio de sesión en dos pasos en su correo", "Una contraseña robada no basta para abrirlo."},
	"medical.copy":     {"Ask your clinic for your own records", "You will know what was there.", "Pida a su clínica su propio historial", "Sabrá qué había."},
	"footprint.search": {"See what a search for you shows", "You will know what strangers find.", "Vea qué muestra una búsqueda sobre usted", "Sabrá qué encuentran los desconocidos."},
	"now.safe":         {"Are you safe right now?", "Money and photographs can wait.", "¿Está a salvo ahora mismo?", "El dinero y las fotos pueden esperar."},
	"now.nopay":        {"Do not pay. Do not answer.", "Paying usually brings more demands.", "No pague. No conteste.", "Pagar suele traer más exigencias."},
	"now.keep":         {"Keep everything. Block nobody yet.", "It shows what they did.", "Guárdelo todo. No bloquee a nadie todavía.", "Muestra lo que hicieron."},
	"now.clinic":       {"Did it say it is your clinic?", "It may not be.", "¿Dijo que es su clínica?", "Puede que no lo sea."},
	"now.hide":         {"Hide your friends lists now", "It takes away whom they would write to.", "Oculte ahora sus listas de amigos", "Les quita a quién escribir."},
	"now.tell":         {"Tell someone close", "You should not carry this by yourself.", "Cuénteselo a alguien cercano", "No debe cargar con esto a solas."},
	"now.report":       {"Report it", "Others may be threatened too.", "Denúncielo", "Puede haber otras personas amenazadas."},
}

func pick(locale, en, es string) string {
	if locale == "es" {
		return es
	}
	return en
}

// Title implements [screen.Content].
func (Content) Title(locale, item string) string { t := text[item]; return pick(locale, t[0], t[2]) }

// Lane implements [screen.Content].
func (Content) Lane(locale string, lane checklist.Lane) string {
	switch lane {
	case checklist.LaneContain:
		return pick(locale, "Close the doors", "Cierre las puertas")
	case checklist.LaneMoney:
		return pick(locale, "Your money", "Su dinero")
	case checklist.LaneMedical:
		return pick(locale, "Your health records", "Su historial")
	case checklist.LaneFootprint:
		return pick(locale, "What can be found about you", "Lo que se encuentra de usted")
	}
	return pick(locale, "Your accounts", "Sus cuentas")
}

// Item implements [screen.Content].
func (c Content) Item(locale, id string) checklist.ItemText {
	t := text[id]
	out := checklist.ItemText{Title: c.Title(locale, id), Why: pick(locale, t[1], t[3])}
	for i := range items {
		if items[i].ID != id {
			continue
		}
		for range items[i].Stops {
			out.Stops = append(out.Stops, pick(locale, "Strangers learning who you know.", "Que extraños sepan a quién conoce."))
		}
		for range items[i].DoesNotStop {
			out.DoesNotStop = append(out.DoesNotStop, pick(locale, "Take back what was copied already.", "Recuperar lo que ya se copió."))
		}
		for n, s := range items[i].Steps {
			do := pick(locale, "Open the page of the setting and sign in.", "Abra la página del ajuste e inicie sesión.")
			if n > 0 {
				do = pick(locale, "Choose the strictest answer and save it.", "Elija la opción más estricta y guárdela.")
			}
			out.Steps = append(out.Steps, checklist.StepText{ID: s.ID, Ref: s.Ref, Do: do})
		}
		out.DoneWhen = pick(locale, "The page shows the new setting when you open it again.", "La página muestra el ajuste nuevo cuando la abre otra vez.")
		out.Verify = pick(locale, "Open it in a private window.", "Ábrala en una ventana privada.")
	}
	return out
}

// How implements [screen.Content].
func (Content) How(_ string, p *checklist.Platform, _ string) checklist.How {
	if p.ID == "linkedin" {
		return checklist.How{Moved: true, HelpURL: "https://help.example.com/linkedin"}
	}
	return checklist.How{
		Web: []string{"Settings", "Privacy", "Who can see my list"}, IOS: []string{"Menu", "Privacy", "List"},
		HelpURL: "https://help.example.com/" + p.ID,
	}
}

// Contacts implements [screen.Content].
func (Content) Contacts(locale, ref, region string) []checklist.HelpContact {
	if region != "us" {
		return nil
	}
	switch ref {
	case "role:emergency":
		return []checklist.HelpContact{{Kind: "emergency", Name: pick(locale, "Emergency", "Emergencias"), Phones: []checklist.Phone{{Number: "555-0100"}}}}
	case "role:crisis":
		return []checklist.HelpContact{{Kind: "crisis-line", Name: pick(locale, "Thoughts of harm", "Ideas de hacerse daño"), Phones: []checklist.Phone{{Number: "555-0101", Text: true}}}}
	case "role:credit-freeze":
		return []checklist.HelpContact{{Kind: "bureau", Name: "Example Bureau", Web: "https://bureau.example.com/freeze", Phones: []checklist.Phone{{Number: "555-0102"}}, Mail: []string{"Example Bureau", "P.O. Box 1, Springfield"}}}
	}
	return nil
}

// Regions implements [screen.Content].
func (Content) Regions() []string { return []string{"us", "gb", "ca", "au"} }

// Platforms implements [screen.Content].
func (Content) Platforms() []checklist.Platform { return platforms }

// Crisis implements [screen.Content].
func (Content) Crisis(string) []checklist.Row {
	var out []checklist.Row
	for i := range items {
		if items[i].Lane == checklist.LaneNow {
			out = append(out, checklist.Row{Item: &items[i], Lane: checklist.LaneNow})
		}
	}
	return out
}

// Sources implements [screen.Content].
func (Content) Sources(item string) []checklist.Source {
	if item != "social.friends" && item != "money.freeze" {
		return nil
	}
	return []checklist.Source{{ID: "help", URL: "https://help.example.com/page", Title: "Hide your list", Publisher: "Example Help", Retrieved: "2026-11-20", Status: "official"}}
}

// Development implements [screen.Content].
func (c Content) Development() bool { return !c.Released }
