package clinic

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// read fails unless a verifier reads the text.
func read[T any](parse func(string) (T, error), text string) error {
	if _, err := parse(text); err != nil {
		return fmt.Errorf("sign note: %w", err)
	}
	return nil
}

// SignRevoke signs a revocation with the threshold.
func (r *Roots) SignRevoke(n contact.Revoke) ([]byte, error) {
	text := n.Marshal()
	if err := read(contact.ParseRevoke, text); err != nil {
		return nil, err
	}
	return r.sign(text), nil
}

// SignWithdraw signs a withdrawal with the threshold.
func (r *Roots) SignWithdraw(n contact.Withdraw) ([]byte, error) {
	text := n.Marshal()
	if err := read(contact.ParseWithdraw, text); err != nil {
		return nil, err
	}
	return r.sign(text), nil
}

// SignIncident signs a statement with the threshold. It fails with [ErrRefused] for a body that
// [CheckText] refuses in a message for anyone.
func (r *Roots) SignIncident(n contact.Incident) ([]byte, error) {
	if err := CheckText(n.Body, true); err != nil {
		return nil, err
	}
	text := n.Marshal()
	if err := read(contact.ParseIncident, text); err != nil {
		return nil, err
	}
	return r.sign(text), nil
}

// SignPolicy signs a policy note with the threshold.
func (r *Roots) SignPolicy(n contact.PolicyNote) ([]byte, error) {
	text := n.Marshal()
	if err := read(contact.ParsePolicyNote, text); err != nil {
		return nil, err
	}
	return r.sign(text), nil
}

// SignRotate signs the change from r to next with both thresholds.
func (r *Roots) SignRotate(clinic [32]byte, n int64, next *Roots) ([]byte, error) {
	text := contact.Rotate{Clinic: clinic, N: n, Old: r.set.Hash(), Roots: next.set}.Marshal()
	if err := read(contact.ParseRotate, text); err != nil {
		return nil, err
	}
	s := translog.Signed{Text: text}
	for _, k := range append(slices.Clone(r.signers[:r.set.Threshold]), next.signers[:next.set.Threshold]...) {
		line := k.line(text)
		if !slices.ContainsFunc(s.Sigs, func(x translog.Sig) bool { return x.Name == line.Name && x.ID == line.ID }) {
			s.Sigs = append(s.Sigs, line)
		}
	}
	sortLines(s.Sigs)
	return s.Marshal(), nil
}

func sortLines(sigs []translog.Sig) {
	slices.SortFunc(sigs, func(a, b translog.Sig) int { return cmp.Compare(a.Name, b.Name) })
}

// Revoker is the key of a person who may end device and enrolment keys.
type Revoker struct{ signer signer }

// NewRevoker makes a revoker's key; 32 bytes are read from rand.
func NewRevoker(name string, rand io.Reader) (*Revoker, error) {
	s, err := newSigner(name, rand)
	if err != nil {
		return nil, fmt.Errorf("make revoker key: %w", err)
	}
	return &Revoker{s}, nil
}

// Key returns the public half.
func (r *Revoker) Key() translog.Key { return r.signer.key }

// SignRevoke signs a revocation.
func (r *Revoker) SignRevoke(n contact.Revoke) ([]byte, error) {
	text := n.Marshal()
	if err := read(contact.ParseRevoke, text); err != nil {
		return nil, err
	}
	return r.signer.sign(text), nil
}

// SignWithdraw signs a withdrawal. A verifier accepts it for what this device signed.
func (d *Device) SignWithdraw(n contact.Withdraw) ([]byte, error) {
	text := n.Marshal()
	if err := read(contact.ParseWithdraw, text); err != nil {
		return nil, err
	}
	return d.signer.sign(text), nil
}

// SignIncident signs a statement with two devices, which must have different holders. Errors
// are those of [Roots.SignIncident].
func SignIncident(n contact.Incident, a, b *Device) ([]byte, error) {
	if err := CheckText(n.Body, true); err != nil {
		return nil, err
	}
	text := n.Marshal()
	if err := read(contact.ParseIncident, text); err != nil {
		return nil, err
	}
	s := translog.Signed{Text: text, Sigs: []translog.Sig{a.signer.line(text), b.signer.line(text)}}
	sortLines(s.Sigs)
	return s.Marshal(), nil
}

// SignWithdraw signs a withdrawal.
func (m *Monitor) SignWithdraw(n contact.Withdraw) ([]byte, error) {
	text := n.Marshal()
	if err := read(contact.ParseWithdraw, text); err != nil {
		return nil, err
	}
	return m.signer.sign(text), nil
}
