package translog

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// maxInt is the greatest integer that any of our formats holds: 2^53 - 1.
const maxInt = 1<<53 - 1

// maxSigs is the greatest number of signature lines of one note.
const maxSigs = 64

// ErrSignature says that a signature line is by nobody we look for, or does not verify.
var ErrSignature = errors.New("signature does not verify")

// Signed is a C2SP signed note: text, an empty line, signature lines. The text ends in LF.
type Signed struct {
	Text string
	Sigs []Sig
}

// Sig is one signature line.
type Sig struct {
	Name  string
	ID    uint32
	Bytes []byte // without the four bytes of the id
}

const sigPrefix = "— "

// ParseSigned reads a signed note. It verifies nothing. Other base64 spellings, repeated
// signature lines (same name and id) and control characters other than LF are [ErrMalformed].
func ParseSigned(raw []byte) (Signed, error) {
	if !utf8.Valid(raw) {
		return Signed{}, fmt.Errorf("signed note: not UTF-8: %w", ErrMalformed)
	}
	for _, c := range raw {
		if c < ' ' && c != '\n' {
			return Signed{}, fmt.Errorf("signed note: control character: %w", ErrMalformed)
		}
	}
	i := bytes.LastIndex(raw, []byte("\n\n"))
	if i < 0 || !bytes.HasSuffix(raw, []byte("\n")) || i+2 == len(raw) {
		return Signed{}, fmt.Errorf("signed note: no signatures: %w", ErrMalformed)
	}
	s := Signed{Text: string(raw[:i+1])}
	seen := make(map[string]bool)
	for line := range strings.Lines(string(raw[i+2:])) {
		sig, err := parseSig(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return Signed{}, err
		}
		id := fmt.Sprintf("%s+%08x", sig.Name, sig.ID)
		if seen[id] || len(s.Sigs) == maxSigs {
			return Signed{}, fmt.Errorf("signed note: repeated signature line: %w", ErrMalformed)
		}
		seen[id] = true
		s.Sigs = append(s.Sigs, sig)
	}
	if !bytes.Equal(s.Marshal(), raw) {
		return Signed{}, fmt.Errorf("signed note: not canonical: %w", ErrMalformed)
	}
	return s, nil
}

func parseSig(line string) (Sig, error) {
	bad := fmt.Errorf("signature line: %w", ErrMalformed)
	line, ok := strings.CutPrefix(line, sigPrefix)
	if !ok {
		return Sig{}, bad
	}
	name, b64, ok := strings.Cut(line, " ")
	if !ok || !ValidKeyName(name) {
		return Sig{}, bad
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(b64)
	if err != nil || len(raw) < 5 {
		return Sig{}, bad
	}
	return Sig{Name: name, ID: binary.BigEndian.Uint32(raw), Bytes: raw[4:]}, nil
}

// Marshal returns the note's bytes.
func (s Signed) Marshal() []byte {
	b := []byte(s.Text + "\n")
	for _, sig := range s.Sigs {
		raw := append(binary.BigEndian.AppendUint32(nil, sig.ID), sig.Bytes...)
		b = fmt.Appendf(b, "%s%s %s\n", sigPrefix, sig.Name, base64.StdEncoding.EncodeToString(raw))
	}
	return b
}

// Open verifies every signature line and returns the keys in the order of the lines. A line
// by none of the keys, or one that does not verify, is [ErrSignature].
func (s Signed) Open(keys ...Key) ([]Key, error) {
	known := make(map[string]Key, len(keys))
	list := make([]note.Verifier, 0, len(keys))
	for _, k := range keys {
		known[fmt.Sprintf("%s+%08x", k.Name, k.ID())] = k
		list = append(list, verifier{k})
	}
	n, err := note.Open(s.Marshal(), note.VerifierList(list...))
	if err != nil || len(n.Sigs) != len(s.Sigs) || n.Text != s.Text {
		return nil, ErrSignature
	}
	signers := make([]Key, len(s.Sigs))
	for i, sig := range s.Sigs {
		signers[i] = known[fmt.Sprintf("%s+%08x", sig.Name, sig.ID)]
	}
	return signers, nil
}

// verifier shows a Key to package note.
type verifier struct{ key Key }

func (v verifier) Name() string                 { return v.key.Name }
func (v verifier) KeyHash() uint32              { return v.key.ID() }
func (v verifier) Verify(text, sig []byte) bool { return v.key.Verify(text, sig) }
