package chaperone

import (
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// The classes of a verdict. Never show one by colour alone: [Verdict.Sign] is its sign and
// [Verdict.Title] its first words.
const (
	ClassRed   = "red"   // not from your clinic
	ClassGrey  = "grey"  // cannot tell; never treat it as genuine
	ClassAmber = "amber" // signed, with a reservation
	ClassGreen = "green" // genuine
)

// Verdict is what the check of a message found. An empty one, made by the host, is grey.
type Verdict struct {
	class, headline, sign, title, text string
	steps, findings, remarks           []string
	clinic, calls, signer, kind, level string
	body                               string
	issued, expires, logged, status    int64
	changes                            []*Change
}

// ClassCode is one of the Class constants; what is not red, amber or green is grey.
func (v *Verdict) ClassCode() (class string) {
	defer guardValue(&class, ClassGrey)
	switch v.class {
	case ClassRed, ClassAmber, ClassGreen:
		return v.class
	}
	return ClassGrey
}

// Headline is the code of the worst finding, such as "ALTERED" or "GENUINE_FOR_ANYONE"; an
// empty verdict says "UNAVAILABLE".
func (v *Verdict) Headline() (code string) {
	defer guardValue(&code, string(contact.Unavailable))
	if v.headline == "" {
		return string(contact.Unavailable)
	}
	return v.headline
}

// Sign is the sign beside the title, one character.
func (v *Verdict) Sign() string { return v.sign }

// Title says in a few words what is so.
func (v *Verdict) Title() string { return v.title }

// Text says it in a sentence or two.
func (v *Verdict) Text() string { return v.text }

// StepCount is the number of steps that the patient should take.
func (v *Verdict) StepCount() int { return len(v.steps) }

// StepAt returns step i, or "".
func (v *Verdict) StepAt(i int) (step string) {
	defer guardValue(&step, "")
	return at(v.steps, i)
}

// FindingCount is the number of findings.
func (v *Verdict) FindingCount() int { return len(v.findings) }

// FindingAt returns the code of finding i, the worst first, or "".
func (v *Verdict) FindingAt(i int) (code string) {
	defer guardValue(&code, "")
	return at(v.findings, i)
}

// RemarkCount is the number of remarks: worth saying, deciding nothing.
func (v *Verdict) RemarkCount() int { return len(v.remarks) }

// RemarkAt returns remark i in words, or "".
func (v *Verdict) RemarkAt(i int) (remark string) {
	defer guardValue(&remark, "")
	return at(v.remarks, i)
}

// Clinic is the name of the pinned clinic, or "".
func (v *Verdict) Clinic() string { return v.clinic }

// CallsItself is the name that a clinic which is not pinned gives itself, or "". Anybody can
// use a name.
func (v *Verdict) CallsItself() string { return v.calls }

// Signer is the label of the key that signed; only in amber and green.
func (v *Verdict) Signer() string { return v.signer }

// Kind is what the message is about, such as "appointment".
func (v *Verdict) Kind() string { return v.kind }

// Level is how the clinic came to be pinned: "in-person", "letter", "card" or "remote".
func (v *Verdict) Level() string { return v.level }

// Body is the signed text, "" unless the class is amber or green. Show this text, not the
// one that was received.
func (v *Verdict) Body() string { return v.body }

// IssuedUnix is when the clinic wrote it, in Unix seconds; 0 when not known.
func (v *Verdict) IssuedUnix() int64 { return v.issued }

// ExpiresUnix is until when it holds, in Unix seconds; 0 when not known.
func (v *Verdict) ExpiresUnix() int64 { return v.expires }

// LoggedUnix is when it entered the public log, in Unix seconds; 0 when not proven.
func (v *Verdict) LoggedUnix() int64 { return v.logged }

// StatusUnix is when the clinic last said which keys are good, in Unix seconds; 0 for never.
func (v *Verdict) StatusUnix() int64 { return v.status }

// ChangeCount is the number of differences between what the clinic signed and what was
// received; 0 unless that is all that is wrong.
func (v *Verdict) ChangeCount() int { return len(v.changes) }

// ChangeAt returns difference i, the dangerous ones first, or null.
func (v *Verdict) ChangeAt(i int) (change *Change) {
	defer guardValue(&change, nil)
	return at(v.changes, i)
}

// Change is one difference between what the clinic signed and what was received.
type Change struct {
	kind, signed, received string
}

// Kind is "link", "phone", "amount", "wallet", "date", "number" or "text".
func (c *Change) Kind() string { return c.kind }

// SignedLine is the line as the clinic wrote it, "" when it wrote none.
func (c *Change) SignedLine() string { return c.signed }

// ReceivedLine is the line as received, "" when it is missing. It comes from whoever sent it:
// never make its links or numbers touchable.
func (c *Change) ReceivedLine() string { return c.received }
