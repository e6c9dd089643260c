package app_test

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/tui/app/apptest"
)

func (s state) at80(t *testing.T) (*apptest.Robot, *apptest.Device) {
	t.Helper()
	return s.open(t, size{80, 24}, "en", colorprofile.NoTTY)
}

// TestWhatIsAsked gives a code in every way, and looks at what the device is asked.
func TestWhatIsAsked(t *testing.T) {
	t.Parallel()
	c := code()
	text := "Dear patient,\nplease ring."
	tests := []struct {
		name string
		do   func(r *apptest.Robot)
		want patient.CodeCheck
	}{
		{"typed", func(r *apptest.Robot) { r.Type(strings.ToLower(c.Symbols())).Press("enter", "enter", "enter") },
			patient.CodeCheck{Code: strings.ToLower(c.Symbols()), Typed: true}},
		{"pasted", func(r *apptest.Robot) {
			r.Send(tea.PasteMsg{Content: c.Grouped() + "\r"}).Press("enter", "enter", "enter")
		},
			patient.CodeCheck{Code: c.Grouped()}},
		{"pasted and then changed", func(r *apptest.Robot) {
			r.Send(tea.PasteMsg{Content: c.Symbols()[:19]}).Type(c.Symbols()[19:]).Press("enter", "enter", "enter")
		}, patient.CodeCheck{Code: c.Symbols(), Typed: true}},
		{"scanned", func(r *apptest.Robot) {
			r.Send(tea.PasteMsg{Content: "CHAPERONE1:" + c.Symbols()}).Press("enter", "enter", "enter")
		},
			patient.CodeCheck{Code: c.Symbols()}},
		{"with its text and its sender", func(r *apptest.Robot) {
			r.Type(c.Symbols()).Press("enter").Send(tea.PasteMsg{Content: "Dear patient,\rplease ring."}).Type("desk@example.com").Press("enter")
		}, patient.CodeCheck{Code: c.Symbols(), Typed: true, Text: &text, Channel: "email", Sender: "desk@example.com"}},
		{"in a message", func(r *apptest.Robot) {
			r.Send(tea.PasteMsg{Content: "Dear patient,\r\nplease ring.\r\n" + c.Grouped()}).Type("202-555-0199").Press("enter")
		}, patient.CodeCheck{Code: c.Grouped(), Text: &text, Channel: "sms", Sender: "202-555-0199"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, d := state{device: func() *apptest.Device {
				d := judged(contact.Verdict{Headline: contact.Unknown})()
				savedNumbers(d)
				return d
			}, do: press("v")}.at80(t)
			tt.do(r)
			r.Saw("No message has this code.")
			if diff := cmp.Diff(tt.want, d.Asked); diff != "" {
				t.Errorf("asked (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNothingWithoutProofIsMoreThanGrey compares a message that names nothing but what was saved.
func TestNothingWithoutProofIsMoreThanGrey(t *testing.T) {
	t.Parallel()
	r, d := state{device: func() *apptest.Device {
		d := judged(contact.Verdict{Headline: contact.Genuine, Signer: "front desk", Body: "x"})()
		savedNumbers(d)
		d.Match = knownSender
		return d
	}, do: byMessage("202-555-0142")}.at80(t)
	r.Saw("We cannot tell").Saw("treat it as not from your clinic")
	if strings.Contains(r.View(), "Genuine") || d.Bundle != nil || d.Asked.Code != "" {
		t.Errorf("got\n%s\nwant grey, and nothing judged", r.View())
	}
	if d.Received == nil || *d.Received != "Dear patient,\nring 202-555-0199 today." || d.Sender != "202-555-0142" {
		t.Errorf("compared: got %v from %q, want the message and its sender", d.Received, d.Sender)
	}
}

// TestMistypedIsKept corrects a code from where it went wrong.
func TestMistypedIsKept(t *testing.T) {
	t.Parallel()
	r, d := state{device: judged(contact.Verdict{Headline: contact.Mistyped}), do: press("v")}.at80(t)
	wrong := code().Symbols()[:19] + "2"
	r.Type(wrong).Press("enter", "enter").Saw("correct it").Press("enter").Saw(wrong)
	d.Verdict.Headline = contact.Unknown
	r.Press("backspace").Type(code().Symbols()[19:]).Saw("all there, and they fit").Press("enter", "enter").Saw("Not from your clinic")
	if d.Asked.Code != code().Symbols() || !d.Asked.Typed {
		t.Errorf("got %q, want the corrected code", d.Asked.Code)
	}
}

// TestNobodyAnswered asks again with what was given.
func TestNobodyAnswered(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(d *apptest.Device){
		"no answer": func(d *apptest.Device) { d.Verdict.Headline = contact.Unavailable },
		"an error":  func(d *apptest.Device) { d.Fail = apptest.ErrRead },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, d := state{device: judged(contact.Verdict{Headline: contact.Genuine, Signer: "front desk", Body: "x"}), do: press("v")}.at80(t)
			do(d)
			r.Type(code().Symbols()).Press("enter", "enter").Saw("try again")
			d.Fail, d.Verdict.Headline = nil, contact.Genuine
			r.Press("enter").Saw("Genuine").Saw("front desk")
			if d.Asked.Code != code().Symbols() {
				t.Errorf("got %q, want the code that was given", d.Asked.Code)
			}
		})
	}
}

// TestNoPinLeadsToTheCard goes from a verdict to the words of a card and back to the clinics.
func TestNoPinLeadsToTheCard(t *testing.T) {
	t.Parallel()
	r, d := state{device: with(offered(nil), func(d *apptest.Device) {
		d.Verdict = contact.Verdict{Headline: contact.NoPin, Findings: []contact.Finding{contact.NoPin}, ClinicID: [32]byte{2}}
	}), do: byCode("a")}.at80(t)
	r.Saw("Type the six words").Type("ABACUS abdomen, able zoom yo-yo uni").Press("tab").Saw("All six are there.")
	r.Press("enter").Saw("How did you get this card?").Press("down", "enter").Saw("Is this your clinic?").Saw("Example Dental")
	if _, err := card.Parse(d.Words); err != nil || d.How != patient.SourcePost {
		t.Errorf("asked for %q from %q, want six words from the post", d.Words, d.How)
	}
	if len(d.Infos) != 1 {
		t.Errorf("got %d clinics before the yes, want one", len(d.Infos))
	}
	r.Press("enter").Saw("We cannot tell").Saw("Added.")
	if len(d.Infos) != 2 || d.Infos[1].Name != "Example Dental" {
		t.Errorf("got %+v, want the clinic of the card", d.Infos)
	}
}

// TestCardCanBeLeft goes back from every question about a card; nothing is added.
func TestCardCanBeLeft(t *testing.T) {
	t.Parallel()
	r, d := state{device: with(offered(nil)), do: byCard("enter")}.at80(t)
	r.Saw("Is this your clinic?").Press("esc").Saw("How did you get this card?")
	// Two signs in a row would leave the program; another key between them is no sign.
	r.Press("up", "esc").Saw("abacus abdomen able zoom yo-yo unit").Press("end", "esc").Saw("Your clinics")
	if len(d.Infos) != 1 {
		t.Errorf("got %d clinics, want the one from before", len(d.Infos))
	}
}

// TestRemoveAsks removes a clinic and saved numbers, each after a yes and not before.
func TestRemoveAsks(t *testing.T) {
	t.Parallel()
	r, d := state{device: with(savedNumbers), do: press("m", "enter", "x")}.at80(t)
	r.Saw("Remove Example Aesthetics?").Press("esc")
	if len(d.Infos) != 1 {
		t.Fatal("a clinic was removed without a yes")
	}
	r.Press("x", "enter").Saw("Removed.")
	if len(d.Infos) != 0 {
		t.Errorf("got %+v, want no clinic", d.Infos)
	}
	r.Press("enter").Saw("202-555-0142").Press("x", "enter").Saw("Removed.")
	if len(d.Saved) != 0 {
		t.Errorf("got %+v, want nothing saved", d.Saved)
	}
	r2, d2 := state{do: press("m", "enter", "x")}.at80(t)
	d2.Fail = patient.ErrDisk
	r2.Press("enter").Saw("could not be saved")
	if len(d2.Infos) != 1 {
		t.Error("a clinic that could not be removed is gone")
	}
}

// TestKeepNumbers tells numbers, domains and addresses apart, and keeps what is typed until it
// could be saved.
func TestKeepNumbers(t *testing.T) {
	t.Parallel()
	r, d := state{do: keeping("", "Example Dental", "", "call us", "202-555-0142")}.at80(t)
	r.Saw("call us") // nothing of it was taken
	r.Press("ctrl+u").Type("202-555-0142").Press("enter").Type("dental.example.com").Press("enter").Type("desk@dental.example.com").Press("enter")
	d.Fail = patient.ErrDisk
	r.Press("enter").Saw("could not be saved").Saw("dental.example.com")
	d.Fail = nil
	r.Press("enter").Saw("Saved.").Saw("numbers you saved")
	want := []patient.SavedContacts{{
		ID: "Example Dental", Clinic: "Example Dental", Numbers: []string{"202-555-0142"},
		Domains: []string{"dental.example.com"}, Addresses: []string{"desk@dental.example.com"},
	}}
	if diff := cmp.Diff(want, d.Saved); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
}

// TestNoticesStayUntilRead: only its own key puts a notice away.
func TestNoticesStayUntilRead(t *testing.T) {
	t.Parallel()
	r, d := state{device: with(turned)}.at80(t)
	r.Saw("was not from your clinic").Press("t").Saw("You did nothing wrong").Press("esc").Saw("was not from your clinic")
	if len(d.Turned) != 2 {
		t.Fatalf("got %d notices after a look, want 2", len(d.Turned))
	}
	d.Fail = patient.ErrDisk
	r.Press("t", "d").Saw("could not be saved")
	d.Fail = nil
	r.Press("d").Saw("12 November").Press("d").Saw("Do this next")
	if len(d.Turned) != 0 || strings.Contains(r.View(), "was not from your clinic") {
		t.Errorf("got %d notices, want none", len(d.Turned))
	}
}

// TestHelperSeesNoClinics: a helper sees neither clinics nor notices, whatever is pressed.
func TestHelperSeesNoClinics(t *testing.T) {
	t.Parallel()
	r, _ := state{device: func() *apptest.Device {
		d := helping()
		turned(d)
		savedNumbers(d)
		return d
	}, do: press("m", "t", "v", "a", "s", "x")}.at80(t)
	for _, never := range []string{"Example", "clinic"} {
		if strings.Contains(r.View(), never) {
			t.Errorf("got\n%s\nwant no %q", r.View(), never)
		}
	}
}
