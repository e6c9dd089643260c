package keylog

import (
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Known is what the log says of a clinic so far.
type Known struct {
	Roots  *contact.RootSet // in force; nil while no profile is logged
	Grants []contact.Grant  // of all roles, in the order of the log
	newest map[string]int64 // the greatest number of each series
	ended  map[[32]byte]end // by H(vkey)
}

// end is what revocations say of a key. Once it is stolen it is so for good; of several times at
// which it retires the smallest counts.
type end struct {
	stolen  bool
	retired int64 // Unix seconds; 0: not
}

// granted is the hash by which revocations name a granted key.
func granted(g contact.Grant) [32]byte {
	if g.Role == contact.RoleEnrol {
		return contact.NoteHash(g.Enrol.String())
	}
	return contact.KeyHash(g.Key)
}

func (k *Known) end(r contact.Revoke) {
	if k.ended == nil {
		k.ended = map[[32]byte]end{}
	}
	e := k.ended[r.KeyHash()]
	if r.Reason == contact.Compromised {
		e.stolen = true // whatever time it names: nobody may use such a key here
	} else if e.retired == 0 || r.Effective < e.retired {
		e.retired = r.Effective
	}
	k.ended[r.KeyHash()] = e
}

// usable says whether a granted key counts at a time: nil, [ErrRevoked], or [ErrSignature] outside
// its window.
func (k *Known) usable(g contact.Grant, now int64) error {
	if e := k.ended[granted(g)]; e.stolen || e.retired != 0 && e.retired <= now {
		return ErrRevoked
	}
	if g.NotBefore > now || g.NotAfter < now {
		return ErrSignature
	}
	return nil
}

// signer returns the grant by which the note's one signature counts. It fails with [ErrSignature],
// or [ErrRevoked] when the key would count but for its end.
func (k *Known) signer(s translog.Signed, now int64, may func(contact.Grant) bool) (contact.Grant, error) {
	if len(s.Sigs) != 1 {
		return contact.Grant{}, ErrSignature
	}
	g, err := k.by(s.Sigs[0], now, may)
	if err != nil {
		return contact.Grant{}, err
	}
	if _, err := s.Open(g.Key); err != nil {
		return contact.Grant{}, ErrSignature
	}
	return g, nil
}

// by finds the grant of a signature line, which it does not verify.
func (k *Known) by(sig translog.Sig, now int64, may func(contact.Grant) bool) (contact.Grant, error) {
	err := ErrSignature
	for _, g := range slices.Backward(k.Grants) {
		if g.Role == contact.RoleEnrol || g.Key.Name != sig.Name || g.Key.ID() != sig.ID || !may(g) {
			continue
		}
		switch e := k.usable(g, now); e {
		case nil:
			return g, nil
		case ErrRevoked:
			err = e
		}
	}
	return contact.Grant{}, err
}

// byTwo fails unless exactly two devices of different holders signed, both of which may make an
// incident statement.
func (k *Known) byTwo(s translog.Signed, now int64) error {
	if len(s.Sigs) != 2 || s.Sigs[0].Name >= s.Sigs[1].Name {
		return ErrSignature
	}
	var two [2]contact.Grant
	for i, sig := range s.Sigs {
		g, err := k.by(sig, now, func(g contact.Grant) bool {
			return g.Role == contact.RoleDevice && slices.Contains(g.Kinds, contact.KindIncident)
		})
		if err != nil {
			return err
		}
		two[i] = g
	}
	if two[0].Holder == two[1].Holder || two[0].Key.Public == two[1].Key.Public {
		return ErrSignature
	}
	if _, err := s.Open(two[0].Key, two[1].Key); err != nil {
		return ErrSignature
	}
	return nil
}
