package contacttest

import (
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Case is one frozen situation and what must come of it.
type Case struct {
	Name     string
	Input    contact.Input
	Headline contact.Finding
}

// Cases returns every headline that a bundle can have, most of them in several ways. What can
// come of a code and nothing else is in [CodeCases].
func Cases(tb testing.TB) []Case {
	tb.Helper()
	var cs []Case
	add := func(want contact.Finding, name string, in contact.Input) {
		cs = append(cs, Case{Name: name, Input: in, Headline: want})
	}
	told(tb, add)
	stolen(tb, add)
	forged(tb, add)
	New(tb).altered(add)
	grey(tb, add)
	amber(tb, add)
	enrolled(tb, add)
	rotated(tb, add)
	return cs
}

// Input returns the first case with this headline.
func Input(tb testing.TB, want contact.Finding) contact.Input {
	tb.Helper()
	for _, c := range Cases(tb) {
		if c.Headline == want {
			return c.Input
		}
	}
	tb.Fatalf("no bundle has the headline %s", want)
	return contact.Input{}
}

type adder func(want contact.Finding, name string, in contact.Input)

// told are cases in which the device holds notes or heads that the bundle does not have.
func told(tb testing.TB, add adder) {
	tb.Helper()
	w, other := New(tb), New(tb)
	b := w.Misuse(func(*contact.Message) {})
	other.Memory = w.Memory
	_, learned, err := contact.Verify(other.input(other.Misuse(func(m *contact.Message) { m.Salt = [32]byte{3} })))
	if err != nil {
		tb.Fatal(err)
	}
	w.Memory = w.Memory.Merge(learned)
	add(contact.LogForked, "another head of the same size is held", w.input(b))

	w = New(tb)
	w.Learn(w.News(w.Log(w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Compromised}))))
	add(contact.KeyStolen, "key void from the start, says a sealed revocation", w.Input())

	w = New(tb)
	w.Learn(w.News(w.Log(w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Retired, Effective: Start.Unix() + 86400}))))
	add(contact.Forged, "logged after the root retired the key", w.Input())

	w = New(tb)
	w.Learn(w.News(w.Log(w.Monitor.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.NotOurs}))))
	add(contact.Disowned, "disowned by a note of the monitor", w.Input())

	w = New(tb)
	w.Learn(w.News(w.Log(w.Roots.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.InError}))))
	add(contact.Withdrawn, "withdrawn by a note of the root", w.Input())
}

// enrolled are messages for one patient.
func enrolled(tb testing.TB, add adder) {
	tb.Helper()
	nothing := func(*contact.Message) {}
	w := New(tb)
	b := w.Enrolled(w.NewPair("patient"), nothing)
	add(contact.Genuine, "for this patient", w.input(b))
	in := w.input(b)
	altered := Altered
	in.Text = &altered
	add(contact.Altered, "for this patient, line inserted", in)

	w = New(tb)
	b = w.Enrolled(w.NewPair("patient"), nothing)
	w.Memory.Pairs = []contact.Pair{w.NewPair("another patient")}
	add(contact.NotForYou, "for another patient", w.input(b))
	w.Memory.Pairs = nil
	add(contact.NoPin, "for one patient, device without a pair", w.input(b))
}

// rotated are messages of a device that a new root set granted.
func rotated(tb testing.TB, add adder) {
	tb.Helper()
	w := New(tb)
	next := must(clinic.NewRoots(2, Seed("next roots"), "next-a.example.com", "next-b.example.com"))(tb)
	w.Clock = w.Clock.Add(24 * time.Hour)
	start := w.Clock
	rotation := w.Log(w.Roots.SignRotate(w.Clinic.ID(), 1, next))
	device := must(clinic.NewDevice("new.example.com", Seed("new device")))(tb)
	grant := w.Log(next.SignGrant(contact.Grant{
		Clinic: w.Clinic.ID(), Key: device.Key(), Role: contact.RoleDevice, Kinds: []contact.Kind{contact.KindNotice},
		Label: "New PC", Holder: "new", NotBefore: start.Unix(), NotAfter: start.Unix() + 30*86400,
	}))
	w.Clinic.SetKey(device.Key(), "ok", 0)
	w.Device = device
	b := w.Misuse(func(*contact.Message) {})
	b.Grant, b.GrantProof = grant.Note, grant.Proof
	b.Rotations = []contact.Rotation{{Note: rotation.Note, Proof: rotation.Proof}}
	for _, c := range []struct {
		name string
		seen int64 // when the clinic was pinned
		want contact.Finding
	}{
		{"granted by a new root that was logged before the pin", start.Unix(), contact.GenuineForAnyone},
		{"granted by a new root that waits", start.Unix() - 1, contact.Unproven},
	} {
		w.Clock = start.Add(72 * time.Hour)
		w.NewStatus()
		b.Status = w.Status
		w.Memory.Pins[0].FirstSeen = c.seen
		in := w.input(b)
		in.Memory = w.Memory.Merge(contact.Memory{})
		add(c.want, c.name, in)
	}
}

func stolen(tb testing.TB, add adder) {
	tb.Helper()
	w := New(tb)
	w.Clinic.SetKey(w.Device.Key(), "stolen", Start.Add(24*time.Hour).Unix())
	w.NewStatus()
	add(contact.KeyStolen, "key stolen, says the status", w.Input())

	w = New(tb)
	w.Memory = w.Memory.Merge(contact.Memory{Stolen: []contact.StolenMark{
		{Clinic: w.Clinic.ID(), Key: contact.KeyHash(w.Device.Key()), Since: 0},
	}})
	add(contact.KeyStolen, "key stolen, remembers the device", w.Input())

	w = New(tb)
	w.Clinic.SetKey(w.Device.Key(), "stolen", Start.Add(24*time.Hour).Unix())
	w.NewStatus()
	b := w.Parts()
	b.MessageProof = nil
	add(contact.KeyStolen, "key stolen, log proof removed", w.input(b))

	w = New(tb)
	w.Clinic.Withdraw(w.Sent.Commit, "not-ours")
	w.NewStatus()
	add(contact.Disowned, "disowned", w.Input())
}

func forged(tb testing.TB, add adder) {
	tb.Helper()
	w := New(tb)
	b := w.Parts()
	b.Message = []byte(strings.Replace(string(b.Message), "14 May", "16 May", 1))
	add(contact.Forged, "body changed, signature kept", w.input(b))

	w = New(tb)
	other := named(tb, "somebody else", func(_ *World, c *clinic.Config) { c.Profile.Name = "Example Aesthetics" })
	b = w.Parts()
	o := other.Parts()
	b.Message, b.VRF, b.MessageProof = o.Message, o.VRF, o.MessageProof
	s, err := translog.ParseSigned(o.Message)
	if err == nil { // the same text under the real clinic's id and key name
		s.Text = strings.Replace(s.Text, base64ID(other), base64ID(w), 1)
		s.Sigs[0].ID = w.Device.Key().ID()
		b.Message = s.Marshal()
	}
	add(contact.Forged, "signed by somebody else in the clinic's name", w.input(b))

	w = New(tb)
	b = w.Misuse(func(m *contact.Message) { m.Kind = contact.KindBilling })
	w.NewStatus()
	add(contact.Forged, "kind that the key may not sign", w.input(b))

	w = New(tb)
	w.Clock = Start.Add(91 * 24 * time.Hour)
	b = w.Misuse(func(*contact.Message) {})
	w.NewStatus()
	b.Status = w.Status
	add(contact.Forged, "logged after the grant ended", w.input(b))

	w = New(tb)
	b = w.Misuse(func(m *contact.Message) { m.Issued += 301 })
	add(contact.Forged, "issued long after it was logged", w.input(b))

	w = New(tb)
	w.Clinic.SetKey(w.Device.Key(), "until", Start.Add(24*time.Hour).Unix())
	w.NewStatus()
	add(contact.Forged, "logged after the key was retired", w.Input())

	w = New(tb)
	b = w.Parts()
	b.Message = []byte(strings.Replace(string(b.Message), "\nkind ", "\r\nkind ", 1))
	add(contact.Forged, "CRLF in the note", w.input(b))

	w = New(tb)
	b = w.Parts()
	b.VRF, _ = must(clinic.NewMonitor("monitor.example.com", Seed("another monitor")))(tb).Prove(w.Sent.Commit)
	add(contact.Forged, "proven by another monitor", w.input(b))
}

// base64ID returns the clinic id as notes write it.
func base64ID(w *World) string {
	_, rest, _ := strings.Cut(w.Clinic.Profile().Marshal(), "\nclinic ")
	id, _, _ := strings.Cut(rest, "\n")
	return id
}

func (w *World) altered(add adder) {
	add(contact.Altered, "line inserted", w.With(Altered))
	add(contact.Altered, "date changed", w.With(strings.Replace(Body, "14 May", "16 May", 1)))
	add(contact.Altered, "line removed", w.With(strings.Replace(Body, "Please bring the folder that we gave you. ", "", 1)))
	add(contact.Altered, "phone number added below", w.With(Body+"\nQuestions? +1 555-0142\n"))
	add(contact.Altered, "other text altogether", w.With("We have your pictures. Write to us at once.\n"))
}

func grey(tb testing.TB, add adder) {
	tb.Helper()
	w := New(tb)
	w.Memory = contact.Memory{}
	add(contact.NoPin, "clinic not pinned", w.Input())

	w = New(tb)
	w.Memory.Pins[0].Confirmed = false
	add(contact.NoPin, "pin not confirmed", w.Input())

	w = New(tb)
	drops := []struct {
		name string
		drop func(*contact.Bundle)
	}{
		{"VRF proof", func(b *contact.Bundle) { b.VRF = nil }},
		{"log proof", func(b *contact.Bundle) { b.MessageProof = nil }},
		{"profile", func(b *contact.Bundle) { b.Profile = nil }},
		{"profile's log proof", func(b *contact.Bundle) { b.ProfileProof = nil }},
		{"grant", func(b *contact.Bundle) { b.Grant = nil }},
		{"grant's log proof", func(b *contact.Bundle) { b.GrantProof = nil }},
		{"policy", func(b *contact.Bundle) { b.Policies = nil }},
	}
	for _, d := range drops {
		b := w.Parts()
		d.drop(&b)
		add(contact.Unproven, d.name+" removed", w.input(b))
	}

	b := w.Parts()
	p := must(translog.ParseProof(b.MessageProof))(tb)
	p.Checkpoint.Signed.Sigs = p.Checkpoint.Signed.Sigs[:1]
	b.MessageProof = p.Marshal()
	add(contact.Unproven, "checkpoint without witness", w.input(b))

	w = New(tb)
	in := w.Input()
	in.Now = w.Clock.Add(30 * time.Hour)
	in.FreshHead = w.Clock
	in.Memory = w.Memory
	add(contact.Clock, "device clock 30 hours ahead", in)

	in = w.Input()
	in.Now = w.Clock.Add(25 * time.Hour)
	add(contact.Stale, "status too old", in)

	b = w.Parts()
	b.Status = nil
	add(contact.Stale, "status removed", w.input(b))

	b = w.Parts()
	b.Monitor = nil
	add(contact.Stale, "monitor's grant removed", w.input(b))
}

func amber(tb testing.TB, add adder) {
	tb.Helper()
	w := New(tb)
	w.Clinic.Withdraw(w.Sent.Commit, "error")
	w.NewStatus()
	add(contact.Withdrawn, "withdrawn as an error", w.Input())

	w = New(tb)
	b := w.Misuse(func(m *contact.Message) { m.Issued += 240 })
	add(contact.NotYet, "issued four minutes ahead", w.input(b))

	w = New(tb)
	w.Clock = Start.Add(200 * 24 * time.Hour)
	w.NewStatus()
	add(contact.Expired, "expired", w.Input())

	w = New(tb)
	w.Memory.Pins[0].Level = contact.Remote
	add(contact.GenuineRemote, "pinned from afar", w.Input())

	w = New(tb, func(_ *World, c *clinic.Config) { c.Profile.MonitorSameDevice = true })
	add(contact.GenuineOneKey, "both keys on one computer", w.Input())

	w = New(tb)
	add(contact.GenuineForAnyone, "genuine, no text", w.Input())
	add(contact.GenuineForAnyone, "genuine, same text", w.With(Body))
	add(contact.GenuineForAnyone, "genuine, wrapped and quoted", w.With("> "+strings.ReplaceAll(Body, " on 14", "\r\n> on\t14")))
	add(contact.GenuineForAnyone, "genuine, harmless words around", w.With("Forwarded message:\n\n"+Body+"\nSent from my phone\n"))
	add(contact.GenuineForAnyone, "genuine, hidden characters", w.With(strings.Replace(Body, "folder", "fol\u200bder", 1)))
}

func (w *World) input(b contact.Bundle) contact.Input {
	in := w.Input()
	in.Bundle = b.Marshal()
	return in
}

// Misuse signs a message as somebody does who has the device's key and the monitor, and puts
// it into the genuine bundle: change may break every rule that a clinic's program keeps.
func (w *World) Misuse(change func(*contact.Message)) contact.Bundle {
	w.tb.Helper()
	m := contact.Message{
		Clinic: w.Clinic.ID(), ID: [16]byte{1}, Bearer: true, Salt: [32]byte{2},
		Issued: w.Clock.Unix(), Expires: w.Clock.Add(180 * 24 * time.Hour).Unix(),
		Channel: "email", Kind: contact.KindNotice, Body: contact.Canon(Body),
	}
	change(&m)
	b := w.Parts()
	b.Message = must(w.Device.SignMessage(m))(w.tb)
	signed := must(translog.ParseSigned(b.Message))(w.tb)
	var leaf []byte
	b.VRF, leaf = w.Monitor.Prove(must(contact.Commit(signed))(w.tb))
	index := must(w.Logs.Msgs.Append(leaf))(w.tb)
	b.MessageProof = must(w.Logs.Msgs.Proof(index))(w.tb)
	return b
}
