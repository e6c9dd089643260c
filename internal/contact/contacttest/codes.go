package contacttest

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// CodeCase is one frozen answer to a code and what must come of it.
type CodeCase struct {
	Name     string
	Input    contact.CodeInput
	Headline contact.Finding
}

// Code returns the code that the name stands for.
func Code(tb testing.TB, name string) humancode.Code {
	tb.Helper()
	return must(humancode.New(Seed(name), humancode.MessageLen))(tb)
}

// NewPair returns a pair of the world's clinic; the name stands for its key.
func (w *World) NewPair(name string) contact.Pair {
	w.tb.Helper()
	p := contact.Pair{Clinic: w.Clinic.ID(), Since: Start.Unix()}
	if _, err := Seed(name).Read(p.Key[:]); err != nil {
		w.tb.Fatal(err)
	}
	return p
}

// Enrolled returns a bundle with a message that is made for a pair, and has the memory hold it.
func (w *World) Enrolled(pair contact.Pair, change func(*contact.Message)) contact.Bundle {
	w.tb.Helper()
	w.Memory = w.Memory.Merge(contact.Memory{Pairs: []contact.Pair{pair}})
	return w.Misuse(func(m *contact.Message) {
		m.Bearer, m.To = false, pair.Key.To().Tag(m.Salt)
		change(m)
	})
}

// CodeCases returns what can come of a code.
func CodeCases(tb testing.TB) []CodeCase {
	tb.Helper()
	var cs []CodeCase
	add := func(want contact.Finding, name string, in contact.CodeInput) {
		cs = append(cs, CodeCase{Name: name, Input: in, Headline: want})
	}
	w := New(tb)
	good := w.BearerCode("anyone")
	add(contact.GenuineForAnyone, "for anyone", good)

	in := good
	altered := Altered
	in.Text = &altered
	add(contact.Altered, "for anyone, text altered", in)

	in = good
	in.Code = in.Code[:len(in.Code)-1] + "O"
	add(contact.Mistyped, "symbol that no code has", in)
	in.Code = good.Code[:10]
	add(contact.Mistyped, "half a code", in)
	in.Sure = true
	add(contact.Unknown, "half a code, pasted", in)

	in = good
	in.Answer, in.Envelope = contact.NotFound, nil
	add(contact.Unknown, "no such id", in)
	in.Answer = contact.NoAnswer
	add(contact.Unavailable, "no answer", in)
	in.Answer = contact.Deleted
	add(contact.Unavailable, "deleted", in)

	in = good
	in.Code = Code(tb, "another").Symbols()
	add(contact.Forged, "envelope of another code", in)
	in = good
	in.Envelope = w.sealBearer("anyone", w.Parts())
	add(contact.Forged, "message of another id in the envelope", in)

	w = New(tb)
	pair := w.NewPair("patient")
	one := w.EnrolledCode("one", pair, pair)
	add(contact.Genuine, "for one patient", one)
	in = one
	in.Memory = contact.Memory{Pins: w.Memory.Pins}
	add(contact.NoPin, "for one patient, device without a pair", in)
	in.Memory = in.Memory.Merge(contact.Memory{Pairs: []contact.Pair{w.NewPair("another patient")}})
	add(contact.NotForYou, "for one patient, device of another", in)

	w = New(tb)
	crossed := w.EnrolledCode("crossed", pair, w.NewPair("another patient"))
	add(contact.Forged, "marked for one patient, sealed for another", crossed)
	return cs
}

// BearerCode is what a device has after asking for a code of a message for anyone.
func (w *World) BearerCode(name string) contact.CodeInput {
	w.tb.Helper()
	lock := must(contact.NewLock(Code(w.tb, name)))(w.tb)
	b := w.Misuse(func(m *contact.Message) { m.ID = lock.ID() })
	return w.code(name, w.sealBearer(name, b), b)
}

func (w *World) sealBearer(name string, b contact.Bundle) []byte {
	w.tb.Helper()
	lock := must(contact.NewLock(Code(w.tb, name)))(w.tb)
	return must(contact.SealBearer(Seed(name+" nonce"), lock, contact.Payload{Note: b.Message, VRF: b.VRF}))(w.tb)
}

// EnrolledCode is [World.BearerCode] for one patient: marked for one pair, and sealed under the keys of
// another if somebody errs or lies.
func (w *World) EnrolledCode(name string, marked, sealed contact.Pair) contact.CodeInput {
	w.tb.Helper()
	lock := must(contact.NewLock(Code(w.tb, name)))(w.tb)
	var salt, to [32]byte
	b := w.Enrolled(marked, func(m *contact.Message) { m.ID, salt, to = lock.ID(), m.Salt, m.To })
	signer := contact.KeyHash(w.Device.Key())
	env := must(contact.SealEnrolled(Seed(name+" nonce"), lock, contact.Payload{Note: b.Message, VRF: b.VRF},
		sealed.Key.Device(signer), salt, to, signer))(w.tb)
	return w.code(name, env, b)
}

func (w *World) code(name string, env []byte, b contact.Bundle) contact.CodeInput {
	b.Message, b.VRF = nil, nil
	return contact.CodeInput{
		Code: Code(w.tb, name).Symbols(), Answer: contact.Found, Envelope: env, Evidence: b, Memory: w.Memory, Now: w.Clock,
	}
}
