package clinic

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/edwards25519"
	"filippo.io/mostly-harmless/vrf-r255"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Errors of this package.
var (
	// ErrRoots says that the root keys asked for are not at least 2 of at most 9.
	ErrRoots = errors.New("unacceptable number of root keys")
	// ErrRefused says that a text may not be signed as this kind of message.
	ErrRefused = errors.New("text that a message may not have")
	// ErrNotGranted says that a device has no grant for this kind at this time.
	ErrNotGranted = errors.New("the device has no grant for this")
)

// signer is one Ed25519 key and its name.
type signer struct {
	key     translog.Key
	private ed25519.PrivateKey
}

// newSigner reads 32 bytes from rand.
func newSigner(name string, rand io.Reader) (signer, error) {
	var seed [ed25519.SeedSize]byte
	if _, err := io.ReadFull(rand, seed[:]); err != nil {
		return signer{}, fmt.Errorf("read seed: %w", err)
	}
	private := ed25519.NewKeyFromSeed(seed[:])
	key, err := translog.NewKey(name, private.Public().(ed25519.PublicKey))
	if err != nil {
		return signer{}, fmt.Errorf("key %q: %w", name, err)
	}
	return signer{key, private}, nil
}

func (s signer) line(text string) translog.Sig {
	return translog.Sig{Name: s.key.Name, ID: s.key.ID(), Bytes: ed25519.Sign(s.private, []byte(text))}
}

func (s signer) sign(text string) []byte {
	return translog.Signed{Text: text, Sigs: []translog.Sig{s.line(text)}}.Marshal()
}

// Roots is a clinic's offline root: the only keys that can speak for profile and grants.
type Roots struct {
	set     contact.RootSet
	signers []signer // at least the threshold; rising by name
}

// NewRoots makes one key a name, threshold of which must sign: at least 2. 32 bytes a key are
// read from rand.
func NewRoots(threshold int, rand io.Reader, names ...string) (*Roots, error) {
	if threshold < 2 || threshold > len(names) || len(names) > 9 {
		return nil, ErrRoots
	}
	r := &Roots{set: contact.RootSet{Threshold: threshold}}
	for _, name := range names {
		s, err := newSigner(name, rand)
		if err != nil {
			return nil, fmt.Errorf("make root keys: %w", err)
		}
		r.signers = append(r.signers, s)
		r.set.Keys = append(r.set.Keys, s.key)
	}
	r.sort()
	slices.SortFunc(r.set.Keys, func(a, b translog.Key) int { return cmp.Compare(a.String(), b.String()) })
	if _, err := contact.ParseRootSet(r.set.Text()); err != nil {
		return nil, fmt.Errorf("make root keys: %w", err)
	}
	return r, nil
}

func (r *Roots) sort() {
	slices.SortFunc(r.signers, func(a, b signer) int { return cmp.Compare(a.key.Name, b.key.Name) })
}

// Set returns the public half.
func (r *Roots) Set() contact.RootSet { return r.set }

// SignProfile signs a profile with the threshold.
func (r *Roots) SignProfile(p contact.Profile) ([]byte, error) {
	text := p.Marshal()
	if _, err := contact.ParseProfile(text); err != nil {
		return nil, fmt.Errorf("sign profile: %w", err)
	}
	return r.sign(text), nil
}

// SignGrant signs a grant with the threshold.
func (r *Roots) SignGrant(g contact.Grant) ([]byte, error) {
	text := g.Marshal()
	if _, err := contact.ParseGrant(text); err != nil {
		return nil, fmt.Errorf("sign grant: %w", err)
	}
	return r.sign(text), nil
}

func (r *Roots) sign(text string) []byte {
	s := translog.Signed{Text: text}
	for _, k := range r.signers[:r.set.Threshold] {
		s.Sigs = append(s.Sigs, k.line(text))
	}
	return s.Marshal()
}

// Device is the key of one staff PC or phone. It signs messages and nothing else.
type Device struct{ signer signer }

// NewDevice makes a device key; 32 bytes are read from rand.
func NewDevice(name string, rand io.Reader) (*Device, error) {
	s, err := newSigner(name, rand)
	if err != nil {
		return nil, fmt.Errorf("make device key: %w", err)
	}
	return &Device{s}, nil
}

// Key returns the public half.
func (d *Device) Key() translog.Key { return d.signer.key }

// SignMessage signs a message. It fails with [ErrRefused] for a body that [CheckText] refuses
// and with contact.ErrMalformed for anything else a verifier would not read.
func (d *Device) SignMessage(m contact.Message) ([]byte, error) {
	if err := CheckText(m.Body, m.Bearer); err != nil {
		return nil, err
	}
	text := m.Marshal()
	if _, err := contact.ParseMessage(text); err != nil {
		return nil, fmt.Errorf("sign message: %w", err)
	}
	return d.signer.sign(text), nil
}

// Monitor is the second machine: it proves messages and signs status notes. It holds no
// message text.
type Monitor struct {
	signer signer
	vrf    *vrf.PrivateKey
}

// NewMonitor makes a monitor key and a VRF secret; 96 bytes are read from rand.
func NewMonitor(name string, rand io.Reader) (*Monitor, error) {
	s, err := newSigner(name, rand)
	if err != nil {
		return nil, fmt.Errorf("make monitor key: %w", err)
	}
	var wide [64]byte
	if _, err := io.ReadFull(rand, wide[:]); err != nil {
		return nil, fmt.Errorf("make VRF secret: %w", err)
	}
	scalar, err := edwards25519.NewScalar().SetUniformBytes(wide[:])
	if err != nil {
		return nil, fmt.Errorf("make VRF secret: %w", err)
	}
	secret, err := vrf.NewPrivateKey(scalar.Bytes())
	if err != nil {
		return nil, fmt.Errorf("make VRF secret: %w", err)
	}
	return &Monitor{s, secret}, nil
}

// Key returns the public half of the signing key.
func (m *Monitor) Key() translog.Key { return m.signer.key }

// VRFKey returns the public half of the VRF secret, for the profile's monitor line.
func (m *Monitor) VRFKey() [32]byte { return [32]byte(m.vrf.PublicKey().Bytes()) }

// Prove returns the VRF proof of a message's commit, 80 bytes, and its leaf for the msgs log.
func (m *Monitor) Prove(commit [32]byte) (proof, leaf []byte) {
	p := m.vrf.Prove(contact.TagInput(commit))
	return p.Bytes(), contact.Leaf(commit, [16]byte(p.Hash()))
}

// SignStatus signs a status.
func (m *Monitor) SignStatus(s contact.Status) ([]byte, error) {
	text := s.Marshal()
	if _, err := contact.ParseStatus(text); err != nil {
		return nil, fmt.Errorf("sign status: %w", err)
	}
	return m.signer.sign(text), nil
}
