package contact

import (
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const revokeType = "chaperone/revoke/v1"

// Reasons of a revocation.
const (
	Compromised = "compromised"
	Retired     = "retired"
)

// Revoke ends a key. It is signed by the root threshold, or by one revoker, who may end device
// and enrolment keys only.
//
//	chaperone/revoke/v1
//	clinic <b64 id>
//	key <vkey> | x25519:<b64 32>
//	reason compromised|retired
//	effective grant|<unix>      grant for compromised only; a time is not 0
//
// A sealed revocation is made when the key is granted, for the day it is stolen. It says
// `effective grant`: everything the key ever signed is void. It has no number, so the order in
// which revocations are met does not matter.
type Revoke struct {
	Clinic    [32]byte
	Key       translog.Key // zero for an enrolment key
	Enrol     EnrolKey     // zero for the others
	Reason    string       // Compromised or Retired
	Effective int64        // Unix seconds; 0: from the grant on
}

// ParseRevoke reads the text of a revocation. It fails with [ErrMalformed].
func ParseRevoke(text string) (Revoke, error) {
	f := readNote(revokeType, text)
	r := Revoke{Clinic: f.b32("clinic")}
	if key := f.one("key"); strings.HasPrefix(key, enrolPrefix) {
		r.Enrol = f.enrolKey("key", key)
	} else {
		r.Key = f.key("key", key)
	}
	r.Reason = f.word("reason", among(Compromised, Retired))
	if v := f.one("effective"); v == "grant" {
		if r.Reason != Compromised {
			f.fail("effective")
		}
	} else if r.Effective = f.parseNum("effective", v); r.Effective == 0 {
		f.fail("effective")
	}
	return r, f.end()
}

// Marshal returns the revocation's text.
func (r Revoke) Marshal() string {
	var w writer
	w.line(revokeType)
	w.line("clinic", b64(r.Clinic[:]))
	w.line("key", r.key())
	w.line("reason", r.Reason)
	if r.Effective == 0 {
		w.line("effective", "grant")
	} else {
		w.num("effective", r.Effective)
	}
	return w.String()
}

func (r Revoke) key() string {
	if r.Key == (translog.Key{}) {
		return r.Enrol.String()
	}
	return r.Key.String()
}

// KeyHash is H(vkey) of the key that ends.
func (r Revoke) KeyHash() [32]byte { return NoteHash(r.key()) }
