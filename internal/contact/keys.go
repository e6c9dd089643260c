package contact

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"filippo.io/edwards25519/field"
	"filippo.io/mostly-harmless/vrf-r255"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// maxRoots is the greatest number of root keys.
const maxRoots = 9

// KeyHash is H(vkey), which names a key in status notes and stolen marks.
func KeyHash(k translog.Key) [32]byte { return sha256.Sum256([]byte(k.String())) }

// RootSet is the set of a clinic's root keys. Threshold of them must sign.
type RootSet struct {
	Threshold int
	Keys      []translog.Key // rising by vkey; names and public keys distinct
}

// ParseRootSet reads
//
//	threshold <k>
//	root <vkey>      1 to 9, rising bytewise
func ParseRootSet(text string) (RootSet, error) {
	f := readNote("root-set", "root-set\n"+text)
	rs := f.rootSet()
	return rs, f.end()
}

func (f *fields) rootSet() RootSet {
	rs := RootSet{Threshold: int(f.num("threshold"))}
	names, keys := map[string]bool{}, map[[32]byte]bool{}
	for _, v := range f.many("root", 1, maxRoots) {
		k := f.key("root", v)
		if names[k.Name] || keys[k.Public] {
			f.fail("root named twice")
		}
		names[k.Name], keys[k.Public] = true, true
		rs.Keys = append(rs.Keys, k)
	}
	if rs.Threshold < 1 || rs.Threshold > len(rs.Keys) {
		f.fail("threshold")
	}
	return rs
}

// key reads an Ed25519 vkey.
func (f *fields) key(key, v string) translog.Key {
	for _, k := range f.known {
		if strings.HasPrefix(v, k.Name) && k.String() == v {
			return k
		}
	}
	k, err := translog.ParseKey(v)
	if err != nil || k.Alg != translog.AlgEd25519 {
		f.fail(key)
	}
	return k
}

// Text returns the root set as pins and profiles hold it.
func (rs RootSet) Text() string {
	var w writer
	w.num("threshold", int64(rs.Threshold))
	for _, k := range rs.Keys {
		w.line("root", k.String())
	}
	return w.String()
}

// Hash is H(L("root-set") || text). That of the first root set is the clinic id.
func (rs RootSet) Hash() [32]byte { return hashOf("root-set", []byte(rs.Text())) }

// opens verifies a note that the root threshold signs: every line by a root key and valid,
// rising by key name, and enough distinct public keys. Names count for nothing.
func (rs RootSet) opens(s translog.Signed) error {
	signers, err := s.Open(rs.Keys...)
	if err != nil {
		return err
	}
	distinct := map[[32]byte]bool{}
	for i, k := range signers {
		if i > 0 && signers[i-1].Name >= k.Name {
			return fmt.Errorf("signature lines out of order: %w", ErrMalformed)
		}
		distinct[k.Public] = true
	}
	if len(distinct) < rs.Threshold {
		return translog.ErrSignature
	}
	return nil
}

func (rs RootSet) holds(pub [32]byte) bool {
	for _, k := range rs.Keys {
		if k.Public == pub {
			return true
		}
	}
	return false
}

// same reports whether two root sets have one text, without writing it.
func (rs RootSet) same(o RootSet) bool {
	return rs.Threshold == o.Threshold && slices.Equal(rs.Keys, o.Keys)
}

// opensOne verifies a note that exactly one key signs.
func opensOne(s translog.Signed, k translog.Key) error {
	if len(s.Sigs) != 1 {
		return translog.ErrSignature
	}
	_, err := s.Open(k)
	return err
}

const enrolPrefix = "x25519:"

// EnrolKey is an X25519 public key, written `x25519:<base64>`.
type EnrolKey [32]byte

func (k EnrolKey) String() string { return enrolPrefix + base64.StdEncoding.EncodeToString(k[:]) }

func (f *fields) enrolKey(key, v string) EnrolKey {
	k := EnrolKey(f.parseB32(key, strings.TrimPrefix(v, enrolPrefix)))
	if f.err == nil && !k.valid() {
		f.fail(key)
	}
	return k
}

// valid reports whether k is canonically encoded (below 2^255-19) and not of low order.
func (k EnrolKey) valid() bool {
	e, err := new(field.Element).SetBytes(k[:])
	if err != nil || [32]byte(e.Bytes()) != k {
		return false
	}
	for _, low := range lowOrder() {
		if hex.EncodeToString(k[:]) == low {
			return false
		}
	}
	return true
}

// lowOrder lists the canonical encodings of the points of curve25519 and its twist whose order
// divides 8. A test holds them against crypto/ecdh, which this package does without: it would
// bring the NIST curves into the page's module.
func lowOrder() [5]string {
	return [5]string{
		"0000000000000000000000000000000000000000000000000000000000000000",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	}
}

// validVRFKey reports whether k is a canonical ristretto255 element other than the identity,
// whose secret everybody knows.
func validVRFKey(k [32]byte) bool {
	_, err := vrf.NewPublicKey(k[:])
	return err == nil && k != [32]byte{}
}
