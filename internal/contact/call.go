package contact

import "encoding/hex"

const (
	intentType  = "chaperone/call-intent/v1"
	requestType = "chaperone/call-request/v1"
	ackType     = "chaperone/enrol-ack/v1"

	maxIntentLife = 3600 // seconds
)

// CallIntent says that a clinic is on the phone with one patient; signed by one device key
// that may sign the kind call-intent.
//
//	chaperone/call-intent/v1
//	clinic <b64 id>
//	to <b64 32>
//	salt <b64 32>
//	nonce <hex 16 bytes>        that of the request, when the patient rang
//	rang clinic|patient
//	issued <unix>
//	expires <unix>              after issued, by at most 1 h
type CallIntent struct {
	Clinic  [32]byte
	To      [32]byte
	Salt    [32]byte
	Nonce   [16]byte
	Rang    string // who rang: "clinic" or "patient"
	Issued  int64
	Expires int64
}

// ParseCallIntent reads the text of a call intent. It fails with [ErrMalformed].
func ParseCallIntent(text string) (CallIntent, error) {
	f := readNote(intentType, text)
	c := CallIntent{Clinic: f.b32("clinic"), To: f.b32("to"), Salt: f.b32("salt"), Nonce: f.hex16("nonce", f.one("nonce"))}
	c.Rang = f.word("rang", among("clinic", "patient"))
	c.Issued, c.Expires = f.num("issued"), f.num("expires")
	if c.Expires <= c.Issued || c.Expires-c.Issued > maxIntentLife {
		f.fail("expires")
	}
	return c, f.end()
}

// Marshal returns the intent's text.
func (c CallIntent) Marshal() string {
	var w writer
	w.line(intentType)
	w.line("clinic", b64(c.Clinic[:]))
	w.line("to", b64(c.To[:]))
	w.line("salt", b64(c.Salt[:]))
	w.line("nonce", hex.EncodeToString(c.Nonce[:]))
	w.line("rang", c.Rang)
	w.num("issued", c.Issued)
	w.num("expires", c.Expires)
	return w.String()
}

// CallRequest is what a patient's program posts before ringing the clinic. It is not signed;
// it is sealed under the pair's request key.
//
//	chaperone/call-request/v1
//	clinic <b64 id>
//	nonce <hex 16 bytes>
//	issued <unix>
type CallRequest struct {
	Clinic [32]byte
	Nonce  [16]byte
	Issued int64
}

// ParseCallRequest reads the text of a call request. It fails with [ErrMalformed].
func ParseCallRequest(text string) (CallRequest, error) {
	f := readNote(requestType, text)
	c := CallRequest{Clinic: f.b32("clinic"), Nonce: f.hex16("nonce", f.one("nonce")), Issued: f.num("issued")}
	return c, f.end()
}

// Marshal returns the request's text.
func (c CallRequest) Marshal() string {
	var w writer
	w.line(requestType)
	w.line("clinic", b64(c.Clinic[:]))
	w.line("nonce", hex.EncodeToString(c.Nonce[:]))
	w.num("issued", c.Issued)
	return w.String()
}

// EnrolAck ends an enrolment; signed by one device key that may sign the kind enrol.
//
//	chaperone/enrol-ack/v1
//	clinic <b64 id>
//	to <b64 32>
//	salt <b64 32>
//	level in-person|letter|card|remote
//	issued <unix>
type EnrolAck struct {
	Clinic [32]byte
	To     [32]byte
	Salt   [32]byte
	Level  Level
	Issued int64
}

// ParseEnrolAck reads the text of an acknowledgement. It fails with [ErrMalformed].
func ParseEnrolAck(text string) (EnrolAck, error) {
	f := readNote(ackType, text)
	a := EnrolAck{Clinic: f.b32("clinic"), To: f.b32("to"), Salt: f.b32("salt")}
	a.Level = Level(f.word("level", func(s string) bool { return Level(s).valid() }))
	a.Issued = f.num("issued")
	return a, f.end()
}

// Marshal returns the acknowledgement's text.
func (a EnrolAck) Marshal() string {
	var w writer
	w.line(ackType)
	w.line("clinic", b64(a.Clinic[:]))
	w.line("to", b64(a.To[:]))
	w.line("salt", b64(a.Salt[:]))
	w.line("level", string(a.Level))
	w.num("issued", a.Issued)
	return w.String()
}
