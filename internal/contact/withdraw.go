package contact

import "encoding/hex"

const withdrawType = "chaperone/withdraw/v1"

// Reasons of a withdrawal.
const (
	NotOurs    = "not-ours"
	InError    = "error"
	Superseded = "superseded"
)

// Withdraw takes messages back. It is signed by the device that signed them and may sign
// withdrawals, by a monitor, or by the root threshold; `not-ours` never by a device.
//
//	chaperone/withdraw/v1
//	clinic <b64 id>
//	commit <b64>                1 to 64, or
//	batch <hex 16 bytes>        one, in their place
//	reason not-ours|error|superseded
type Withdraw struct {
	Clinic  [32]byte
	Commits [][32]byte // rising by their base64
	Batch   *[16]byte  // nil when Commits is set
	Reason  string
}

// ParseWithdraw reads the text of a withdrawal. It fails with [ErrMalformed].
func ParseWithdraw(text string) (Withdraw, error) {
	f := readNote(withdrawType, text)
	d := Withdraw{Clinic: f.b32("clinic")}
	if v, ok := f.opt("batch"); ok {
		batch := f.hex16("batch", v)
		d.Batch = &batch
	} else {
		for _, v := range f.many("commit", 1, maxLines) {
			d.Commits = append(d.Commits, f.parseB32("commit", v))
		}
	}
	d.Reason = f.word("reason", among(NotOurs, InError, Superseded))
	return d, f.end()
}

// Marshal returns the withdrawal's text.
func (d Withdraw) Marshal() string {
	var w writer
	w.line(withdrawType)
	w.line("clinic", b64(d.Clinic[:]))
	if d.Batch != nil {
		w.line("batch", hex.EncodeToString(d.Batch[:]))
	}
	var commits []string
	for _, c := range d.Commits {
		commits = append(commits, b64(c[:]))
	}
	w.each("commit", commits)
	w.line("reason", d.Reason)
	return w.String()
}

// of reports whether the withdrawal is of this message.
func (d Withdraw) of(commit [32]byte, batch *[16]byte) bool {
	for _, c := range d.Commits {
		if c == commit {
			return true
		}
	}
	return d.Batch != nil && batch != nil && *d.Batch == *batch
}
