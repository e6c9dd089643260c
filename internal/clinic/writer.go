package clinic

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// DefaultLife is how long a message is valid that does not say.
const DefaultLife = 180 * 24 * time.Hour

// Draft is a message that is not signed yet.
type Draft struct {
	Kind    contact.Kind
	Channel string        // app, email, sms, post or portal
	Body    string        // brought into canonical form when it is signed
	Life    time.Duration // 0 is 180 days
	Batch   *[16]byte
}

// Check fails with [ErrRefused] for a text that [CheckText] refuses in a bearer message.
func (d Draft) Check() error { return CheckText(contact.Canon(d.Body), true) }

// Writer signs the messages of one device under its grant. It is the only place where message
// notes are built, whatever log they go to.
type Writer struct {
	Device *Device
	Grant  contact.Grant
	Rand   io.Reader        // for salts
	Now    func() time.Time // the device's clock
}

// Written is a signed message.
type Written struct {
	Note    []byte
	Commit  [32]byte
	Issued  int64 // Unix seconds
	Expires int64
}

// Bearer signs a message that anybody who has its code can check; id is the code's. It fails
// with [ErrRefused] for a text that [CheckText] refuses, with [ErrNotGranted] when the device
// may not sign this kind now, and with contact.ErrMalformed for what no verifier would read.
func (w Writer) Bearer(id [16]byte, d Draft) (Written, error) {
	if d.Life == 0 {
		d.Life = DefaultLife
	}
	issued := w.Now().Unix()
	g := w.Grant
	if g.Key != w.Device.Key() || issued < g.NotBefore || issued > g.NotAfter || !slices.Contains(g.Kinds, d.Kind) {
		return Written{}, ErrNotGranted
	}
	m := contact.Message{
		Clinic: g.Clinic, ID: id, Bearer: true, Issued: issued, Expires: issued + int64(d.Life/time.Second),
		Channel: d.Channel, Kind: d.Kind, Batch: d.Batch, Body: contact.Canon(d.Body),
	}
	if _, err := io.ReadFull(w.Rand, m.Salt[:]); err != nil {
		return Written{}, fmt.Errorf("read salt: %w", err)
	}
	note, err := w.Device.SignMessage(m)
	if err != nil {
		return Written{}, err
	}
	commit, err := CommitOf(note)
	if err != nil {
		return Written{}, err
	}
	return Written{note, commit, m.Issued, m.Expires}, nil
}

// CommitOf returns the commit of a signed message note.
func CommitOf(note []byte) ([32]byte, error) {
	signed, err := translog.ParseSigned(note)
	if err != nil {
		return [32]byte{}, fmt.Errorf("commit: %w", err)
	}
	return contact.Commit(signed)
}

// Proven is a message that a monitor has proven.
type Proven struct {
	Written
	VRF  []byte // the monitor's proof
	Leaf []byte // for the msgs log
}

// Publication seals a proven message under its code. Every call draws other nonces: to publish
// the same again, keep the result.
func (p Proven) Publication(rand io.Reader, code humancode.Code) (Publication, error) {
	lock, err := contact.NewLock(code)
	if err != nil {
		return Publication{}, fmt.Errorf("seal message: %w", err)
	}
	envelope, err := contact.SealBearer(rand, lock, contact.Payload{Note: p.Note, VRF: p.VRF})
	if err != nil {
		return Publication{}, fmt.Errorf("seal message: %w", err)
	}
	return Publication{ID: lock.ID(), Envelope: envelope, Leaf: p.Leaf, KeepDay: KeepDay(time.Unix(p.Expires, 0))}, nil
}

// Sent is a message that is signed, proven by the monitor and logged.
type Sent struct {
	Note   []byte // the signed note
	Commit [32]byte
	VRF    []byte // the monitor's proof
	Proof  []byte // the msgs log's
	by     device
}
