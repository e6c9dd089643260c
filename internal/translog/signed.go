package translog

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
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
	for line := range strings.Lines(string(raw[i+2:])) {
		sig, err := parseSig(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return Signed{}, err
		}
		again := slices.ContainsFunc(s.Sigs, func(x Sig) bool { return x.Name == sig.Name && x.ID == sig.ID })
		if again || len(s.Sigs) == maxSigs {
			return Signed{}, fmt.Errorf("signed note: repeated signature line: %w", ErrMalformed)
		}
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
	b := make([]byte, 0, len(s.Text)+1+256*len(s.Sigs))
	b = append(append(b, s.Text...), '\n')
	for _, sig := range s.Sigs {
		raw := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(sig.Bytes)), sig.ID), sig.Bytes...)
		b = append(append(append(b, sigPrefix...), sig.Name...), ' ')
		b = append(base64.StdEncoding.AppendEncode(b, raw), '\n')
	}
	return b
}

// Open verifies every signature line and returns the keys in the order of the lines. A line
// by none of the keys, or one that does not verify, is [ErrSignature]; nothing is verified
// unless every line is by one of the keys. What it accepts, golang.org/x/mod/sumdb/note
// accepts: a test says so.
func (s Signed) Open(keys ...Key) ([]Key, error) {
	signers := make([]Key, len(s.Sigs))
	for i, sig := range s.Sigs {
		j := slices.IndexFunc(keys, func(k Key) bool { return k.Name == sig.Name && k.ID() == sig.ID })
		if j < 0 {
			return nil, ErrSignature
		}
		signers[i] = keys[j]
	}
	text := []byte(s.Text)
	for i, k := range signers {
		if !k.Verify(text, s.Sigs[i].Bytes) {
			return nil, ErrSignature
		}
	}
	if len(signers) == 0 {
		return nil, ErrSignature
	}
	return signers, nil
}
