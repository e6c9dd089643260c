package contact

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// MaxBundle is the greatest size of a bundle, in bytes.
const MaxBundle = 256 << 10

const bundleMagic = "CHAPB1\n"

// The greatest numbers of sections that may repeat.
const (
	maxPolicies  = 8
	maxRotations = 16
)

// Section types of a bundle.
const (
	secMessage      = 1
	secVRF          = 2
	secMessageProof = 3
	secProfile      = 10
	secProfileProof = 11
	secGrant        = 12
	secGrantProof   = 13
	secPolicy       = 14
	secMonitor      = 15
	secMonitorProof = 16
	secRotate       = 17
	secRotateProof  = 18
	secStatus       = 20
)

// Bundle is a message with everything that speaks for it. An absent section is nil. Nothing
// in it is verified.
//
//	CHAPB1\n
//	then sections: type u8 | length u32 | bytes
//
// Types rise; 14 repeats, its contents rising bytewise; 17 and 18 come in pairs, oldest first.
type Bundle struct {
	Message      []byte // 1: signed message note; the only section that must be there
	VRF          []byte // 2: VRF proof, 80 bytes
	MessageProof []byte // 3: tlog-proof of the msgs log
	Profile      []byte // 10: signed profile
	ProfileProof []byte // 11: tlog-proof of the keys log
	Grant        []byte // 12: signed grant of the message's key
	GrantProof   []byte // 13
	Policies     [][]byte
	Monitor      []byte // 15: signed grant of the status's key
	MonitorProof []byte // 16
	Rotations    []Rotation
	Status       []byte // 20: signed status
}

// Rotation is a rotate note and its keys proof.
type Rotation struct{ Note, Proof []byte }

// ParseBundle reads a bundle. It fails with [ErrTooLarge] or [ErrMalformed].
func ParseBundle(raw []byte) (Bundle, error) {
	b, err := parseSections(raw)
	if err == nil && b.Message == nil {
		return Bundle{}, fmt.Errorf("bundle: no message: %w", ErrMalformed)
	}
	return b, err
}

// ParseEvidence reads a bundle without sections 1 and 2: what a server gives out beside an
// envelope or an inbox copy. It fails with [ErrTooLarge] or [ErrMalformed].
func ParseEvidence(raw []byte) (Bundle, error) {
	b, err := parseSections(raw)
	if err == nil && (b.Message != nil || b.VRF != nil) {
		return Bundle{}, fmt.Errorf("evidence: with a message: %w", ErrMalformed)
	}
	return b, err
}

func parseSections(raw []byte) (Bundle, error) {
	if len(raw) > MaxBundle {
		return Bundle{}, fmt.Errorf("bundle: %w", ErrTooLarge)
	}
	rest, ok := bytes.CutPrefix(raw, []byte(bundleMagic))
	if !ok {
		return Bundle{}, fmt.Errorf("bundle: first line: %w", ErrMalformed)
	}
	var b Bundle
	last := byte(0)
	for len(rest) > 0 {
		if len(rest) < 5 {
			return Bundle{}, fmt.Errorf("bundle: cut off: %w", ErrMalformed)
		}
		t, n := rest[0], binary.BigEndian.Uint32(rest[1:])
		rest = rest[5:]
		if n == 0 || uint64(n) > uint64(len(rest)) {
			return Bundle{}, fmt.Errorf("bundle: section %d: length: %w", t, ErrMalformed)
		}
		if err := b.add(last, t, rest[:n:n]); err != nil {
			return Bundle{}, fmt.Errorf("bundle: section %d: %w", t, err)
		}
		last, rest = t, rest[n:]
	}
	if last == secRotate {
		return Bundle{}, fmt.Errorf("bundle: section missing: %w", ErrMalformed)
	}
	return b, nil
}

func (b *Bundle) add(last, t byte, data []byte) error {
	repeats := t == secPolicy && last == secPolicy || t == secRotate && last == secRotateProof
	if t <= last && !repeats || last == secRotate && t != secRotateProof || t == secRotateProof && last != secRotate {
		return fmt.Errorf("out of order: %w", ErrMalformed)
	}
	switch t {
	case secPolicy:
		n := len(b.Policies)
		if n == maxPolicies || n > 0 && bytes.Compare(b.Policies[n-1], data) >= 0 {
			return fmt.Errorf("policies: %w", ErrMalformed)
		}
		b.Policies = append(b.Policies, data)
	case secRotate:
		if len(b.Rotations) == maxRotations {
			return fmt.Errorf("rotations: %w", ErrMalformed)
		}
		b.Rotations = append(b.Rotations, Rotation{Note: data})
	case secRotateProof:
		b.Rotations[len(b.Rotations)-1].Proof = data
	default:
		p := b.single(t)
		if p == nil {
			return fmt.Errorf("unknown: %w", ErrMalformed)
		}
		*p = data
	}
	return nil
}

// single returns where a section that does not repeat lies, or nil for an unknown type.
func (b *Bundle) single(t byte) *[]byte {
	switch t {
	case secMessage:
		return &b.Message
	case secVRF:
		return &b.VRF
	case secMessageProof:
		return &b.MessageProof
	case secProfile:
		return &b.Profile
	case secProfileProof:
		return &b.ProfileProof
	case secGrant:
		return &b.Grant
	case secGrantProof:
		return &b.GrantProof
	case secMonitor:
		return &b.Monitor
	case secMonitorProof:
		return &b.MonitorProof
	case secStatus:
		return &b.Status
	}
	return nil
}

// Marshal returns the bundle's bytes. Policies must rise bytewise. It does not check that
// the result can be read.
func (b Bundle) Marshal() []byte {
	out := []byte(bundleMagic)
	put := func(t byte, data []byte) {
		if len(data) > 0 {
			out = append(append(append(out, t), u32(len(data))...), data...)
		}
	}
	for t := byte(secMessage); t <= secStatus; t++ {
		switch t {
		case secPolicy:
			for _, p := range b.Policies {
				put(t, p)
			}
		case secRotate:
			for _, r := range b.Rotations {
				put(secRotate, r.Note)
				put(secRotateProof, r.Proof)
			}
		default:
			if p := b.single(t); p != nil {
				put(t, *p)
			}
		}
	}
	return out
}
