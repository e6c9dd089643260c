package app_test

import (
	"fmt"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/charmbracelet/colorprofile"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/tui/app"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
)

// state is one state of the program: how to get there from its start.
type state struct {
	name   string
	device func() *apptest.Device // nil: apptest.New
	none   bool                   // no vault on this device
	load   bool                   // opened by a command instead of open already
	colour bool                   // the state that stands for its screen in the colour goldens
	do     func(r *apptest.Robot, d *apptest.Device)
}

func press(keys ...string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, _ *apptest.Device) { r.Press(keys...) }
}

// judged is a device whose Verify returns v, and the way to the verdict.
func judged(v contact.Verdict) func() *apptest.Device {
	return func() *apptest.Device {
		d, v := apptest.New(), v
		v.Findings = []contact.Finding{v.Headline}
		v.Clinic, v.ClinicID, v.Kind = "Example Aesthetics", [32]byte{0xe5, 1, 2, 3}, "appointment"
		v.Issued = apptest.Now.AddDate(0, 0, -1)
		v.Expires = apptest.Now.AddDate(0, 0, 6)
		v.StatusAt = apptest.Now.AddDate(0, 0, -4)
		v.Level, v.PinnedAt = contact.InPerson, time.Date(2026, time.March, 3, 10, 0, 0, 0, time.UTC)
		d.Verdict = v
		return d
	}
}

// typedPassword opens the passwords, and types one.
func typedPassword(password string, then ...string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, _ *apptest.Device) { r.Press("p", "t").Type(password).Press(then...) }
}

func check(r *apptest.Robot, _ *apptest.Device) {
	r.Press("v").Type("message.chaperone").Press("enter", "enter")
}

func failing(err error) func() *apptest.Device {
	return func() *apptest.Device {
		d := apptest.New()
		d.Fail = err
		return d
	}
}

func locked() *apptest.Device {
	d := apptest.New()
	d.Secret = "correct horse"
	return d
}

func helping() *apptest.Device {
	d := apptest.New()
	d.Helper = true
	return d
}

func helpingLocked() *apptest.Device {
	d := helping()
	d.Secret = "correct horse"
	return d
}

func helpingNowhere() *apptest.Device {
	d := helping()
	d.Fail = patient.ErrDisk
	return d
}

// manyDue is a device with more rows coming due again than the first page has room for.
func manyDue() *apptest.Device {
	d := apptest.New()
	for i, item := range []string{"money.freeze", "social.friends", "phone.lock"} {
		_ = d.Mark(checklist.RowKey{Item: item}, checklist.Done, "", apptest.Now.AddDate(0, 0, 5+i))
	}
	return d
}

func allDone() *apptest.Device {
	d := apptest.New()
	for _, row := range d.Plan().Rows {
		_ = d.Mark(checklist.RowKey{Item: row.Item.ID}, checklist.Done, "", time.Time{})
	}
	return d
}

func unconfirmed() *apptest.Device {
	d := apptest.New()
	d.Vault.Contact.Pins[0].Confirmed, d.Infos[0].Confirmed = false, false
	return d
}

func someLater() *apptest.Device {
	d := apptest.New()
	_ = d.Mark(checklist.RowKey{Item: "phone.lock"}, checklist.Later, "", apptest.Now.AddDate(0, 0, 3))
	_ = d.Mark(checklist.RowKey{Item: "medical.copy"}, checklist.Skipped, checklist.ReasonCannot, time.Time{})
	_ = d.Mark(checklist.RowKey{Item: "footprint.search"}, checklist.NotMine, checklist.ReasonNotMine, time.Time{})
	_ = d.Mark(checklist.RowKey{Item: "accounts.twostep"}, checklist.Recheck, "", time.Time{})
	return d
}

var altered = contact.Verdict{Headline: contact.Altered, Diff: &contact.Diff{Changes: []contact.Change{{
	Kind: "phone", Signed: "Call us at 555-0142 about your appointment.", Received: "Call us at 555-0199 about your appointment.",
	SignedMark: [2]int{11, 19}, ReceivedMark: [2]int{11, 19},
}, {
	Kind: "link", Received: "Or pay at https://pay.example.com/now", ReceivedMark: [2]int{10, 37},
}}}}

// letterOf opens the letter of the second task and presses keys.
func letterOf(keys ...string) func(*apptest.Robot, *apptest.Device) {
	return press(append([]string{"down", "enter", "e"}, keys...)...)
}

// letterFilled fills the letter of the second task in and presses keys.
func letterFilled(keys ...string) func(*apptest.Robot, *apptest.Device) {
	return func(r *apptest.Robot, d *apptest.Device) {
		letterOf("enter")(r, d)
		r.Type("Alex Doe").Press("enter").Type("1 Main Street").Press("enter", "enter").Press(keys...)
	}
}

func states() []state {
	return append(contactStates(), []state{
		{name: "welcome", none: true, colour: true},
		{name: "welcome-server", none: true, do: press("down", "enter")},
		{name: "welcome-code-wrong", none: true, do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("down", "enter", "enter").Type("9D28-0000").Press("enter")
		}},
		{name: "unlock", device: locked, load: true, colour: true},
		{name: "unlock-wrong", device: locked, load: true, do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Type("battery").Press("enter")
		}},
		{name: "unlock-elsewhere", device: failing(patient.ErrAlreadyOpen), load: true},
		{name: "questions-1", device: apptest.Fresh, colour: true},
		{name: "questions-2", device: apptest.Fresh, do: press("u")},
		{name: "questions-3", device: apptest.Fresh, do: press("u", "enter", "space", "down", "down", "space")},
		{name: "questions-4", device: apptest.Fresh, do: press("u", "u", "u", "space")},
		{name: "home", colour: true},
		{name: "home-second", do: press("down", "down")},
		{name: "home-unsaved", device: apptest.Fresh, do: press("esc")},
		{name: "home-nothing", device: allDone},
		{name: "home-due", device: manyDue},
		{name: "home-saved", do: press("enter", "d")},
		{name: "plan", do: press("l"), colour: true},
		{name: "plan-unfolded", device: someLater, do: press("l", "l", "f")},
		{name: "plan-parts", do: press("l", "b")},
		{name: "plan-app", do: press("l", "b", "end", "up", "enter"), colour: true},
		{name: "plan-app-done", do: press("l", "b", "end", "up", "enter", "space", "down")},
		{name: "plan-app-task", do: press("l", "b", "end", "up", "enter", "enter")},
		{name: "plan-part", device: someLater, do: press("l", "b", "down", "enter")},
		{name: "plan-search", do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("l", "/").Type("FACE") }},
		{name: "plan-found", do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("l", "/").Type("rec cli").Press("enter") }},
		{name: "plan-fresh-not-found", device: apptest.Fresh, do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("esc", "l", "/").Type("zzz")
		}},
		{name: "plan-not-found", do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("l", "/").Type("zzz") }},
		{name: "plan-app-not-saved", device: failing(patient.ErrDisk), do: press("l", "b", "end", "enter", "space")},
		{name: "task", do: press("enter"), colour: true},
		{name: "task-one-platform", do: press("enter", "space", "down")},
		{name: "task-moved", do: press("enter", "down", "down", "down", "down", "down", "down", "down", "down")},
		{name: "task-clinic", device: apptest.Fresh, do: press("esc", "down", "enter")},
		{name: "task-contact", do: press("down", "enter")},
		{name: "task-skip", do: press("enter", "s")},
		{name: "task-later", do: press("down", "enter", "l", "down")},
		{name: "task-done", do: press("l", "f", "enter")},
		{name: "task-not-saved", device: failing(patient.ErrDisk), do: press("enter", "d")},
		{name: "task-source", do: press("enter", "w"), colour: true},
		{name: "crisis", do: press("n"), colour: true},
		{name: "crisis-opened", do: press("n", "1")},
		{name: "crisis-no-vault", none: true, do: press("n")},
		{name: "crisis-region", none: true, do: press("n", "g")},
		{name: "verify", do: press("v"), colour: true},
		{name: "verify-no-file", do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("v").Type("gone.chaperone").Press("enter") }},
		{name: "verify-text", do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("v").Type("message.chaperone").Press("enter")
		}},
		{name: "verdict-altered", device: judged(altered), do: check, colour: true},
		{name: "verdict-forged", device: judged(contact.Verdict{Headline: contact.Forged}), do: check},
		{name: "verdict-unavailable", device: judged(contact.Verdict{Headline: contact.Unavailable}), do: check, colour: true},
		{name: "verdict-stale", device: judged(contact.Verdict{Headline: contact.Stale}), do: check},
		{name: "verdict-expired", device: judged(contact.Verdict{
			Headline: contact.Expired, Signer: "front desk", Body: "Your appointment is on Tuesday at 10.\n",
		}), do: check},
		{name: "verdict-anyone", device: judged(contact.Verdict{
			Headline: contact.GenuineForAnyone, Signer: "front desk", Body: "Call us at 555-0142 about your appointment.\nThank you.\n",
			Remarks: []contact.Remark{contact.RemarkDemoWitness, contact.RemarkBearerRequest},
		}), do: check, colour: true},
		{name: "verdict-genuine", device: judged(contact.Verdict{
			Headline: contact.Genuine, Signer: "front desk", Body: "Your appointment is on Tuesday at 10.\n",
		}), do: check, colour: true},
		{name: "verdict-details", device: judged(altered), do: func(r *apptest.Robot, d *apptest.Device) {
			check(r, d)
			r.Press("d")
		}},
		{name: "passwords", do: press("p"), colour: true},
		{name: "passwords-shown", do: press("p", "space")},
		{name: "passwords-longest", do: press("p", "space", "w", "+", "+", "+", "+", "+", "+", "+", "+")},
		{name: "passwords-weak", do: typedPassword("Instagram1987", "ctrl+o")},
		{name: "passwords-short", do: typedPassword("kX9#vQ2!mZ7")},
		{name: "passwords-strong", do: typedPassword("gherkin uncouth sandal whiff jogger tusk"), colour: true},
		{name: "task-passwords", do: press("l", "f", "end", "enter", "o")},
		{name: "recovery", device: apptest.Fresh, do: press("u", "u", "u", "u"), colour: true},
		{name: "recovery-qr", device: apptest.Fresh, do: press("u", "u", "u", "u", "q")},
		{name: "recovery-paper", device: apptest.Fresh, do: press("u", "u", "u", "u", "p")},
		{name: "recovery-wrong", device: apptest.Fresh, do: func(r *apptest.Robot, d *apptest.Device) {
			r.Press("u", "u", "u", "u", "enter").Type(d.Code.Symbols()[:24] + "ZZZZ").Press("enter")
		}},
		{name: "recovery-kept", do: press("s", "down", "down", "down", "down", "down", "enter")},
		{name: "restored", none: true, colour: true, do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("down", "enter", "enter").Type(apptest.New().Code.Grouped()).Press("enter")
		}},
		{name: "pins", device: unconfirmed, do: press("y")},
		{name: "home-unconfirmed", device: unconfirmed},
		{name: "crisis-adopted", do: press("n", "m")},
		{name: "settings", do: press("s"), colour: true},
		{name: "settings-helper", do: press("s", "down", "down", "down", "down", "down", "down", "down", "enter")},
		{name: "settings-helper-locked", device: locked, do: press("s", "down", "down", "down", "down", "down", "down", "down", "enter")},
		{name: "helper", device: helping, colour: true},
		{name: "helper-started", do: press("s", "down", "down", "down", "down", "down", "down", "down", "enter", "enter")},
		{name: "helper-task", device: helping, do: press("enter", "down")},
		{name: "helper-contact", device: helping, do: press("down", "enter")},
		{name: "helper-saved", device: helping, do: press("down", "enter", "d")},
		{name: "helper-not-saved", device: helpingNowhere, do: press("enter", "d")},
		{name: "helper-return", device: helping, do: press("o")},
		{name: "helper-passphrase", device: helpingLocked, do: func(r *apptest.Robot, _ *apptest.Device) { r.Press("o").Type("battery").Press("enter") }},
		{name: "helper-back", device: helpingLocked, do: func(r *apptest.Robot, _ *apptest.Device) {
			r.Press("o").Type("correct horse").Press("enter")
		}},
		{name: "settings-passphrase", do: press("s", "down", "down", "enter", "x", "enter", "y", "enter")},
		{name: "settings-calendar", do: press("s", "down", "down", "down", "down", "down", "down", "enter")},
		{name: "settings-calendar-empty", do: press("s", "down", "down", "down", "down", "down", "down", "enter", "enter")},
		{name: "settings-calendar-saved", device: someLater, do: press("s", "down", "down", "down", "down", "down", "down", "enter", "enter")},
		{name: "settings-no-server", do: press("s", "down", "down", "down", "down", "enter")},
		{name: "settings-wipe", do: press("s", "end", "enter", "x", "enter")},
		{name: "help", do: press("?"), colour: true},
		{name: "triage", do: press("h"), colour: true},
		{name: "triage-second", do: press("h", "enter", "down")},
		{name: "triage-end", do: press("h", "1", "1"), colour: true},
		{name: "triage-end-opened", do: press("h", "2", "1")},
		{name: "triage-nothing-new", do: press("h", "3")},
		{name: "triage-to-task", do: press("h", "3", "2")},
		{name: "triage-adopted", do: press("h", "2", "m")},
		{name: "triage-not-saved", device: failing(patient.ErrDisk), do: press("h", "2", "m")},
		{name: "triage-no-vault", none: true, do: press("n", "h")},
		{name: "triage-region", none: true, do: press("n", "h", "g", "down")},
		{name: "message", do: press("n", "t"), colour: true},
		{name: "message-warm", none: true, do: press("n", "t", "t")},
		{name: "message-copied", do: press("n", "t", "c")},
		{name: "letter-to", do: letterOf()},
		{name: "letter-field", do: letterOf("enter"), colour: true},
		{name: "letter-lines", do: func(r *apptest.Robot, d *apptest.Device) {
			letterOf("enter")(r, d)
			r.Type("Alex Doe").Press("enter").Type("1 Main Street").Press("enter")
		}},
		{name: "letter-refused", do: func(r *apptest.Robot, d *apptest.Device) {
			letterOf("enter")(r, d)
			r.Type("078-05-1120").Press("enter")
		}},
		{name: "letter", do: letterFilled(), colour: true},
		{name: "letter-markdown", do: letterFilled("f", "i")},
		{name: "letter-by-hand", do: letterOf("enter", "enter", "enter")},
		{name: "letter-name", do: letterFilled("s")},
		{name: "letter-saved", do: letterFilled("s", "enter")},
		{name: "letter-there-already", do: letterFilled("s", "enter", "s", "enter")},
	}...)
}

// size is a terminal.
type size struct{ w, h int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.w, s.h) }

// open starts the program in a state.
func (s state) open(t testing.TB, at size, locale string, profile colorprofile.Profile) (*apptest.Robot, *apptest.Device) {
	t.Helper()
	return s.with(t, app.Config{Locale: locale, Theme: "dark", Profile: profile, Width: at.w, Height: at.h})
}

func (s state) with(t testing.TB, cfg app.Config) (*apptest.Robot, *apptest.Device) {
	t.Helper()
	var d *apptest.Device
	if !s.none {
		d = apptest.New()
		if s.device != nil {
			d = s.device()
		}
	}
	cfg.SaveFile = apptest.SaveFile()
	cfg.Content, cfg.Opener, cfg.ReadFile = apptest.Content{Released: true}, apptest.Opener(d), apptest.ReadFile
	cfg.Rand = mathrand.NewChaCha8([32]byte{})
	if cfg.Now == nil {
		now := apptest.Now
		// Every look at the clock is a second later, so that no two keys count as one sign.
		cfg.Now = func() time.Time { now = now.Add(time.Second); return now }
	}
	if !s.none && !s.load {
		cfg.Device = d
	}
	r := apptest.Start(t, app.New(cfg))
	if s.do != nil {
		s.do(r, d)
	}
	return r, d
}
