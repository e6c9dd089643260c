package contact

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

const statusType = "chaperone/status/v1"

const (
	maxStatus    = 32 << 10 // bytes of the signed note
	maxStatusKey = 128
	maxGone      = 256
	maxHoliday   = 14 * day
)

// Status is a clinic's newest word on its keys and messages, signed by one monitor key.
//
//	chaperone/status/v1
//	clinic <b64 id>
//	issued <unix>
//	next <unix>                              optional: after issued, at most 14 d
//	profile <b64 H(profile text)>
//	keys <size> <b64 root>
//	msgs <size> <b64 root>
//	key <b64 H(vkey)> ok|until <unix>|stolen <unix>          0 to 128
//	gone <b64 commit>|<hex batch> not-ours|error|superseded  0 to 256
//	incident <b64 H(note text)>              optional
type Status struct {
	Clinic   [32]byte
	Issued   int64
	Next     int64 // 0: none
	Profile  [32]byte
	Keys     LogHead
	Msgs     LogHead
	KeyState []KeyState
	Gone     []Gone
	Incident *[32]byte
}

// LogHead is the size and root of a log that the monitor read to the end.
type LogHead struct {
	Size int64
	Root [32]byte
}

// KeyState is what a status says of one key: "ok", "until" or "stolen", the last two with a
// time in Unix seconds.
type KeyState struct {
	Key   [32]byte // H(vkey)
	State string
	Time  int64
}

// Gone withdraws one message by its commit, or a batch.
type Gone struct {
	Commit *[32]byte
	Batch  *[16]byte // nil when Commit is set
	Reason string    // "not-ours", "error" or "superseded"
}

// NoteHash is H(note text), which names a profile or an incident in a status.
func NoteHash(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// ParseStatus reads the text of a status. It fails with [ErrMalformed].
func ParseStatus(text string) (Status, error) {
	f := readNote(statusType, text)
	if len(text) > maxStatus {
		f.fail("size")
	}
	s := Status{Clinic: f.b32("clinic"), Issued: f.num("issued")}
	if n, ok := f.optNum("next"); ok {
		if n <= s.Issued || n-s.Issued > maxHoliday {
			f.fail("next")
		}
		s.Next = n
	}
	s.Profile = f.b32("profile")
	s.Keys, s.Msgs = f.logHead("keys"), f.logHead("msgs")
	seen := map[string]bool{}
	for _, v := range f.many("key", 0, maxStatusKey) {
		w := strings.Split(v, " ")
		k := KeyState{Key: f.parseB32("key", w[0])}
		switch {
		case len(w) == 2 && w[1] == "ok":
			k.State = w[1]
		case len(w) == 3 && (w[1] == "until" || w[1] == "stolen"):
			k.State, k.Time = w[1], f.parseNum("key", w[2])
		default:
			f.fail("key")
		}
		if seen[w[0]] {
			f.fail("key listed twice")
		}
		seen[w[0]] = true
		s.KeyState = append(s.KeyState, k)
	}
	for _, v := range f.many("gone", 0, maxGone) {
		w := f.split("gone", v, 2)
		g := Gone{Reason: w[1]}
		if batch, err := parseHex16(w[0]); err == nil {
			g.Batch = &batch
		} else {
			c := f.parseB32("gone", w[0])
			g.Commit = &c
		}
		if !among(NotOurs, InError, Superseded)(w[1]) || seen["gone "+w[0]] {
			f.fail("gone")
		}
		seen["gone "+w[0]] = true
		s.Gone = append(s.Gone, g)
	}
	if v, ok := f.opt("incident"); ok {
		h := f.parseB32("incident", v)
		s.Incident = &h
	}
	return s, f.end()
}

func (f *fields) logHead(key string) LogHead {
	w := f.split(key, f.one(key), 2)
	return LogHead{Size: f.parseNum(key, w[0]), Root: f.parseB32(key, w[1])}
}

// Marshal returns the status's text.
func (s Status) Marshal() string {
	var w writer
	w.line(statusType)
	w.line("clinic", b64(s.Clinic[:]))
	w.num("issued", s.Issued)
	if s.Next != 0 {
		w.num("next", s.Next)
	}
	w.line("profile", b64(s.Profile[:]))
	w.line("keys", num(s.Keys.Size), b64(s.Keys.Root[:]))
	w.line("msgs", num(s.Msgs.Size), b64(s.Msgs.Root[:]))
	var keys, gone []string
	for _, k := range s.KeyState {
		line := b64(k.Key[:]) + " " + k.State
		if k.State != "ok" {
			line += " " + num(k.Time)
		}
		keys = append(keys, line)
	}
	for _, g := range s.Gone {
		gone = append(gone, g.target()+" "+g.Reason)
	}
	w.each("key", keys)
	w.each("gone", gone)
	if s.Incident != nil {
		w.line("incident", b64(s.Incident[:]))
	}
	return w.String()
}

func (g Gone) target() string {
	if g.Batch != nil {
		return hex.EncodeToString(g.Batch[:])
	}
	if g.Commit != nil {
		return b64(g.Commit[:])
	}
	return ""
}

// keyState returns what the status says of a key, or the zero value.
func (s Status) keyState(key [32]byte) KeyState {
	for _, k := range s.KeyState {
		if k.Key == key {
			return k
		}
	}
	return KeyState{}
}
