package contact

import (
	"time"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// Answer is what the servers said about a code.
type Answer int

// The answers. The zero value is the one that promises nothing.
const (
	NoAnswer Answer = iota // nobody answered, or what came proves nothing
	NotFound               // every server of every pinned clinic has no such id
	Deleted                // a server says that it had one, and deleted it after its last day
	Found                  // Envelope is what a server gave out
)

// CodeInput is what a verdict about a code is reached from.
type CodeInput struct {
	// Code is what was typed, pasted or scanned.
	Code string
	// Sure says that it was pasted, scanned, or typed the same way twice.
	Sure   bool
	Answer Answer
	// Envelope is the stored envelope; only with Found.
	Envelope []byte
	// Evidence is everything else that came with it. Its Message and VRF are not looked at.
	Evidence Bundle

	// The others are those of [Input].
	Text      *string
	Channel   string
	Memory    Memory
	Now       time.Time
	FreshHead time.Time
	Prefixes  []Prefix
}

// VerifyCode judges a code and what servers answered to it. Results and errors are those of
// [Verify].
func VerifyCode(in CodeInput) (Verdict, Memory, error) {
	if in.Text != nil && len(*in.Text) > maxText {
		return Verdict{}, Memory{}, errText()
	}
	code, err := humancode.Parse(in.Code, humancode.MessageLen)
	switch {
	case err != nil && in.Sure:
		return alone(Unknown), Memory{}, nil
	case err != nil:
		return alone(Mistyped), Memory{}, nil
	case in.Answer == NotFound:
		return alone(Unknown), Memory{}, nil
	case in.Answer != Found:
		return alone(Unavailable), Memory{}, nil
	}
	lock, err := NewLock(code)
	if err != nil {
		return Verdict{}, Memory{}, err
	}
	outer, err := OpenOuter(lock, in.Envelope)
	if err != nil {
		return alone(Forged), Memory{}, nil
	}
	payload, f := in.open(outer)
	if f != "" {
		return alone(f), Memory{}, nil
	}
	b := in.Evidence
	b.Message, b.VRF = payload.Note, payload.VRF
	return decide(judge{
		in:     Input{Text: in.Text, Channel: in.Channel, Memory: in.Memory, Now: in.Now, FreshHead: in.FreshHead, Prefixes: in.Prefixes},
		b:      b,
		sealed: &outer,
	})
}

// open opens the inner layer, or says what is found in its place.
func (in CodeInput) open(o Outer) (Payload, Finding) {
	if !o.Enrolled {
		p, err := o.Bearer()
		if err != nil {
			return Payload{}, Forged
		}
		return p, ""
	}
	if len(in.Memory.Pairs) == 0 {
		return Payload{}, NoPin
	}
	for _, pair := range in.Memory.Pairs {
		if !o.For(pair.Key) {
			continue
		}
		p, err := o.Open(pair.Key.Device(o.Signer))
		if err != nil {
			return Payload{}, Forged
		}
		return p, ""
	}
	return Payload{}, NotForYou
}

// alone is a verdict of one finding about something that could not be read.
func alone(f Finding) Verdict { return Verdict{Headline: f, Findings: []Finding{f}} }

// inboxCopy says which pair and signer an inbox copy opened under.
type inboxCopy struct {
	key    PairKey
	signer [32]byte
}

// VerifyCopy judges a message from a pair's inbox, that [OpenCopy] opened: in.Bundle is not
// looked at, evidence is everything that came beside the payload. Results and errors are those
// of [Verify].
func VerifyCopy(in Input, pair Pair, p Payload, signer [32]byte, evidence Bundle) (Verdict, Memory, error) {
	if in.Text != nil && len(*in.Text) > maxText {
		return Verdict{}, Memory{}, errText()
	}
	evidence.Message, evidence.VRF = p.Note, p.VRF
	return decide(judge{in: in, b: evidence, copied: &inboxCopy{pair.Key, signer}})
}
