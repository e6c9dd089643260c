package contact

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const messageType = "chaperone/message/v1"

const (
	maxMessageLife = 366 * day
	maxRefs        = 8

	// MaxBody is the longest body of a message, in bytes.
	MaxBody = 16384
)

// Message is one message of a clinic, signed by one device key.
//
//	chaperone/message/v1
//	clinic <b64 id>
//	id <hex 16 bytes>
//	to <b64 32> | bearer
//	salt <b64 32>
//	issued <unix>
//	expires <unix>             after issued, at most 366 d
//	channel app|email|sms|post|portal
//	kind notice|appointment|billing|records
//	refs <hex 16 bytes>,…      optional, 1 to 8, rising
//	batch <hex 16 bytes>       optional
//	body-bytes <n>
//
//	<canonical body>
type Message struct {
	Clinic  [32]byte
	ID      [16]byte
	Bearer  bool
	To      [32]byte // zero when Bearer
	Salt    [32]byte
	Issued  int64
	Expires int64
	Channel string
	Kind    Kind
	Refs    [][16]byte
	Batch   *[16]byte
	Body    string
}

// ParseMessage reads the text of a message. The body must be canonical and pass
// [CheckBody]. It fails with [ErrMalformed].
func ParseMessage(text string) (Message, error) {
	f, body := readBody(messageType, text)
	m := Message{Clinic: f.b32("clinic"), ID: f.hex16("id", f.one("id")), Body: body}
	if to := f.one("to"); to == "bearer" {
		m.Bearer = true
	} else {
		m.To = f.parseB32("to", to)
	}
	m.Salt = f.b32("salt")
	m.Issued, m.Expires = f.num("issued"), f.num("expires")
	if m.Expires <= m.Issued || m.Expires-m.Issued > maxMessageLife {
		f.fail("expires")
	}
	m.Channel = f.word("channel", among("app", "email", "sms", "post", "portal"))
	m.Kind = Kind(f.word("kind", among("notice", "appointment", "billing", "records")))
	if v, ok := f.opt("refs"); ok {
		last := ""
		for s := range strings.SplitSeq(v, ",") {
			if s <= last || len(m.Refs) == maxRefs {
				f.fail("refs")
			}
			last = s
			m.Refs = append(m.Refs, f.hex16("refs", s))
		}
	}
	if v, ok := f.opt("batch"); ok {
		batch := f.hex16("batch", v)
		m.Batch = &batch
	}
	f.bodyBytes(body)
	if f.err == nil && CheckBody(body) != nil {
		f.fail("body")
	}
	return m, f.end()
}

// Marshal returns the message's text.
func (m Message) Marshal() string {
	var w writer
	w.line(messageType)
	w.line("clinic", b64(m.Clinic[:]))
	w.line("id", hex.EncodeToString(m.ID[:]))
	if m.Bearer {
		w.line("to", "bearer")
	} else {
		w.line("to", b64(m.To[:]))
	}
	w.line("salt", b64(m.Salt[:]))
	w.num("issued", m.Issued)
	w.num("expires", m.Expires)
	w.line("channel", m.Channel)
	w.line("kind", string(m.Kind))
	if len(m.Refs) > 0 {
		var refs []string
		for _, r := range m.Refs {
			refs = append(refs, hex.EncodeToString(r[:]))
		}
		slices.Sort(refs)
		w.line("refs", strings.Join(refs, ","))
	}
	if m.Batch != nil {
		w.line("batch", hex.EncodeToString(m.Batch[:]))
	}
	w.num("body-bytes", int64(len(m.Body)))
	w.WriteString("\n")
	w.WriteString(m.Body)
	return w.String()
}

// Commit is H(L("commit") || u32 length || text || signature) of a signed message. It is the
// only thing about a message that a log sees. The note must have exactly one Ed25519
// signature line.
func Commit(s translog.Signed) ([32]byte, error) {
	if len(s.Sigs) != 1 || len(s.Sigs[0].Bytes) != 64 {
		return [32]byte{}, fmt.Errorf("commit: %w", ErrMalformed)
	}
	return hashOf("commit", u32(len(s.Text)), []byte(s.Text), s.Sigs[0].Bytes), nil
}
