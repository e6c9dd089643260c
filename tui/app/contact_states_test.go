package app_test

import (
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
)

var errNothing = errors.New("nothing could be decided")

// code is a message code that is always the same.
func code() humancode.Code { return apptest.MessageCode() }

// with is a device after a change.
func with(changes ...func(d *apptest.Device)) func() *apptest.Device {
	return func() *apptest.Device {
		d := apptest.New()
		for _, c := range changes {
			c(d)
		}
		return d
	}
}

func savedNumbers(d *apptest.Device) {
	d.Saved = []patient.SavedContacts{{
		ID: "a", Clinic: "Example Dental", Numbers: []string{"202-555-0142"}, Domains: []string{"dental.example.com"}, Addresses: []string{"desk@dental.example.com"},
	}}
}

func match(m patient.SavedMatch) func(d *apptest.Device) {
	return func(d *apptest.Device) { d.Match = m }
}

var (
	lookAlike = patient.SavedMatch{State: patient.SavedLookAlike, Clinic: "Example Dental", Found: []patient.SavedFinding{
		{Kind: "number", Text: "202-555-0142", Sender: true, State: patient.SavedKnown, Near: "202-555-0142"},
		{Kind: "domain", Text: "denta1.example.com", State: patient.SavedLookAlike, Near: "dental.example.com"},
		{Kind: "number", Text: "202-555-0199", State: patient.SavedUnknown},
	}}
	knownSender = patient.SavedMatch{State: patient.SavedKnown, Clinic: "Example Dental", Found: []patient.SavedFinding{
		{Kind: "number", Text: "202-555-0142", Sender: true, State: patient.SavedKnown, Near: "202-555-0142"},
	}}
	notSaved = patient.SavedMatch{State: patient.SavedUnknown, Found: []patient.SavedFinding{
		{Kind: "number", Text: "202-555-0199", Sender: true, State: patient.SavedUnknown},
	}}
)

// byCode checks a typed code and nothing else, and presses keys.
func byCode(keys ...string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, _ *apptest.Device) {
		r.Press("v").Type(code().Symbols()).Press("enter", "enter").Press(keys...)
	}
}

// byMessage pastes a message, and names a sender.
func byMessage(sender string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, _ *apptest.Device) {
		r.Press("v").Send(tea.PasteMsg{Content: "Dear patient,\rring 202-555-0199 today."}).Type(sender).Press("enter")
	}
}

func typed(text string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, _ *apptest.Device) { r.Press("v").Type(text) }
}

// troubled is a clinic with everything that must be known about one.
func troubled(d *apptest.Device) {
	d.Infos[0].Pending = true
	d.Infos[0].Incident = &contact.Incident{
		From: time.Date(2026, time.October, 2, 0, 0, 0, 0, time.UTC).Unix(), To: time.Date(2026, time.October, 9, 0, 0, 0, 0, time.UTC).Unix(),
		Body: "Somebody copied patient records from our server.\nWe told everybody whom it touches.\n",
	}
}

func silentClinic(d *apptest.Device) { d.Infos[0].StatusAt = time.Time{} }

func noClinic(d *apptest.Device) { d.Infos, d.Vault.Contact.Pins = nil, nil }

var offer = patient.ClinicOffer{
	ID: [32]byte{2}, Name: "Example Dental", Words: []string{"abacus", "abdomen", "able", "zoom", "yo-yo", "unit"},
	Phones: []string{"+12025550142"}, Level: contact.Card, Since: time.Date(2025, time.May, 4, 0, 0, 0, 0, time.UTC),
}

func offered(change func(o *patient.ClinicOffer)) func(d *apptest.Device) {
	return func(d *apptest.Device) {
		d.Offer = offer
		if change != nil {
			change(&d.Offer)
		}
	}
}

// byCard types the six words of a card, says how it came, and presses keys.
func byCard(keys ...string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, _ *apptest.Device) {
		r.Press("m", "a").Type("abacus abdomen able zoom yo-yo unit").Press("enter").Press(keys...)
	}
}

// keeping saves the numbers of a clinic, as far as lines go.
func keeping(lines ...string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, _ *apptest.Device) {
		r.Press("m", "s")
		for _, line := range lines {
			r.Type(line).Press("enter")
		}
	}
}

func turned(d *apptest.Device) {
	d.Turned = []patient.Notice{
		{ID: "1", Clinic: "Example Aesthetics", TrustedAt: apptest.Now.AddDate(0, 0, -9), FoundAt: apptest.Now, Headline: contact.KeyStolen},
		{ID: "2", Clinic: "Example Aesthetics", TrustedAt: apptest.Now.AddDate(0, 0, -12), FoundAt: apptest.Now, Headline: contact.Disowned},
	}
}

// contactStates is every state of the screens about clinics and their messages.
func contactStates() []state {
	return []state{
		{name: "verify-code", do: typed("7k3m9")},
		{name: "verify-code-sign", do: typed("7K3M-0")},
		{name: "verify-code-wrong", do: typed(apptest.WrongCode())},
		{name: "verify-code-whole", do: typed(code().Symbols()), colour: true},
		{name: "verify-code-text", do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("v").Type(code().Symbols()).Press("enter") }},
		{name: "verify-sender", device: with(savedNumbers), do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("v").Send(tea.PasteMsg{Content: "Dear patient,\rCode " + code().Grouped()})
		}},
		{name: "verify-number", do: typed("202-555-0199")},
		{name: "verdict-mistyped", device: judged(contact.Verdict{Headline: contact.Mistyped}), do: byCode()},
		{name: "verdict-mistyped-again", device: judged(contact.Verdict{Headline: contact.Mistyped}), do: byCode("enter")},
		{name: "verdict-unknown-server", device: func() *apptest.Device {
			d := with(noClinic)()
			d.Verdict, d.Host = contact.Verdict{Headline: contact.Unknown, Findings: []contact.Finding{contact.Unknown}}, "chaperone.example.com"
			return d
		}, do: byCode()},
		{name: "verdict-no-pin", device: with(func(d *apptest.Device) {
			d.Verdict = contact.Verdict{Headline: contact.NoPin, Findings: []contact.Finding{contact.NoPin, contact.Stale}, ClinicID: [32]byte{7}, CallsItself: "Example Aesthetics"}
		}), do: byCode()},
		{name: "verdict-no-pair", device: with(func(d *apptest.Device) {
			d.Verdict = contact.Verdict{Headline: contact.NoPin, Findings: []contact.Finding{contact.NoPin}}
		}), do: byCode()},
		{name: "verdict-unproven", device: judged(contact.Verdict{Headline: contact.Unproven}), do: byCode()},
		{name: "verdict-withdrawn", device: judged(contact.Verdict{
			Headline: contact.Withdrawn, Signer: "front desk", Body: "Your appointment is on Tuesday at 10.\n",
		}), do: byCode()},
		{name: "verdict-also", device: with(func(d *apptest.Device) {
			d.Verdict = contact.Verdict{
				Headline: contact.KeyStolen, Clinic: "Example Aesthetics", ClinicID: [32]byte{1},
				Findings: []contact.Finding{contact.KeyStolen, contact.Altered, contact.Stale}, Remarks: []contact.Remark{contact.RemarkMixedScripts},
			}
		}), do: byCode()},
		{name: "verdict-sender", device: func() *apptest.Device {
			d := judged(contact.Verdict{Headline: contact.Genuine, Signer: "front desk", Body: "Your appointment is on Tuesday at 10.\n"})()
			savedNumbers(d)
			d.Match = notSaved
			return d
		}, do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("v").Type(code().Symbols()).Press("enter", "enter").Type("202-555-0199").Press("enter")
		}},
		{name: "verdict-nothing-decided", device: failing(errNothing), do: byCode()},
		{name: "verdict-no-message-file", device: failing(contact.ErrMalformed), do: check},
		{name: "saved-none", do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("v").Send(tea.PasteMsg{Content: "Dear patient,\rring 202-555-0199 today."})
		}},
		{name: "saved-known", device: with(savedNumbers, match(knownSender)), do: byMessage("202-555-0142")},
		{name: "saved-unknown", device: with(savedNumbers, match(notSaved)), do: byMessage("202-555-0199")},
		{name: "saved-look-alike", device: with(savedNumbers, match(lookAlike)), do: byMessage("202-555-0142"), colour: true},
		{name: "clinics", device: with(savedNumbers), do: press("m"), colour: true},
		{name: "clinics-none", device: with(noClinic), do: press("m")},
		{name: "home-no-clinic", device: with(noClinic)},
		{name: "home-incident", device: with(troubled)},
		{name: "clinics-troubled", device: with(troubled), do: press("m")},
		{name: "clinic", do: press("m", "enter"), colour: true},
		{name: "clinic-troubled", device: with(troubled), do: press("m", "enter")},
		{name: "clinic-silent", device: with(silentClinic), do: press("m", "enter")},
		{name: "clinic-unconfirmed", device: unconfirmed, do: press("m", "enter")},
		{name: "clinic-removing", do: press("m", "enter", "x")},
		{name: "clinic-removed", do: press("m", "enter", "x", "enter")},
		{name: "clinic-saved", device: with(savedNumbers), do: press("m", "down", "enter")},
		{name: "clinic-saved-removing", device: with(savedNumbers), do: press("m", "down", "enter", "x")},
		{name: "card", do: press("m", "a"), colour: true},
		{name: "card-words", do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("m", "a").Type("abacus ab") }},
		{name: "card-completed", do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("m", "a").Type("abacus abdome").Press("tab").Type("zo")
		}},
		{name: "card-no-word", do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("m", "a").Type("abacus zzz abd") }},
		{name: "card-how", do: byCard("down")},
		{name: "card-offer", device: with(offered(nil)), do: byCard("enter"), colour: true},
		{name: "card-offer-young", device: with(offered(func(o *patient.ClinicOffer) {
			o.Since, o.Young, o.Level = apptest.Now.AddDate(0, 0, -20), true, contact.Remote
		})), do: byCard("down", "down", "enter")},
		{name: "card-offer-unknown-age", device: with(offered(func(o *patient.ClinicOffer) { o.Since = time.Time{} })), do: byCard("enter")},
		{name: "card-refused", device: with(func(d *apptest.Device) { d.Refuse = patient.ErrLikeClinic }), do: byCard("enter")},
		{name: "card-added", device: with(offered(nil)), do: byCard("enter", "enter")},
		{name: "keep", do: keeping()},
		{name: "keep-numbers", do: keeping("Example Dental", "202-555-0142", "dental.example.com")},
		{name: "keep-wrong", do: keeping("Example Dental", "call us")},
		{name: "keep-saved", do: keeping("Example Dental", "202-555-0142", "")},
		{name: "home-turned", device: with(turned)},
		{name: "notice", device: with(turned), do: press("t"), colour: true},
		{name: "notice-last", device: with(turned), do: press("t", "d")},
		{name: "notice-gone", device: with(turned), do: press("t", "d", "d")},
	}
}
