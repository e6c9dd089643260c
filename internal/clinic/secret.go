package clinic

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"filippo.io/age"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Errors of secrets and key files.
var (
	// ErrSecret says that bytes are no secret of this kind.
	ErrSecret = errors.New("not a key of this kind")
	// ErrPassphrase says that a passphrase does not open a file.
	ErrPassphrase = errors.New("the passphrase does not open this file")
	// ErrSealed says that a sealed file cannot be read: damaged, or not ours.
	ErrSealed = errors.New("sealed file not readable")
)

// secretType is in every secret, so that a file of another program is not taken for one.
const secretType = "chaperone/secret/v1"

// secret is a private key as a sealed file holds it.
type secret struct {
	Type string `json:"type"`
	Role string `json:"role"` // root, revoker, device
	Name string `json:"name"` // of the key
	Seed []byte `json:"seed"` // 32 bytes, Ed25519
	// Roots is the root set's text, only of a root.
	Roots string `json:"roots,omitempty"`
}

func (s signer) secret(role string) secret {
	return secret{Type: secretType, Role: role, Name: s.key.Name, Seed: s.private.Seed()}
}

func (s secret) marshal() []byte {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil // cannot be: strings and bytes only
	}
	return append(raw, '\n')
}

func parseSecret(raw []byte, role string) (secret, signer, error) {
	var s secret
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || s.Type != secretType || s.Role != role || len(s.Seed) != ed25519.SeedSize {
		return secret{}, signer{}, ErrSecret
	}
	k, err := newSigner(s.Name, bytes.NewReader(s.Seed))
	if err != nil {
		return secret{}, signer{}, ErrSecret
	}
	return s, k, nil
}

// Secret returns the private key, to be sealed into a file.
func (d *Device) Secret() []byte { return d.signer.secret("device").marshal() }

// ParseDevice reads [Device.Secret]. It fails with [ErrSecret].
func ParseDevice(raw []byte) (*Device, error) {
	_, k, err := parseSecret(raw, "device")
	if err != nil {
		return nil, err
	}
	return &Device{k}, nil
}

// Secret returns the private key, to be sealed into a file.
func (r *Revoker) Secret() []byte { return r.signer.secret("revoker").marshal() }

// ParseRevoker reads [Revoker.Secret]. It fails with [ErrSecret].
func ParseRevoker(raw []byte) (*Revoker, error) {
	_, k, err := parseSecret(raw, "revoker")
	if err != nil {
		return nil, err
	}
	return &Revoker{k}, nil
}

// RootShare is the key of one root holder, and the public set that it belongs to.
type RootShare struct {
	signer signer
	set    contact.RootSet
}

// Key returns the public half.
func (s *RootShare) Key() translog.Key { return s.signer.key }

// Set returns the root set that the share belongs to.
func (s *RootShare) Set() contact.RootSet { return s.set }

// Secret returns the private key, to be sealed into a file that goes offline.
func (s *RootShare) Secret() []byte {
	x := s.signer.secret("root")
	x.Roots = s.set.Text()
	return x.marshal()
}

// ParseRootShare reads [RootShare.Secret]. It fails with [ErrSecret].
func ParseRootShare(raw []byte) (*RootShare, error) {
	s, k, err := parseSecret(raw, "root")
	if err != nil {
		return nil, err
	}
	set, err := contact.ParseRootSet(s.Roots)
	if err != nil || !slices.Contains(set.Keys, k.key) {
		return nil, ErrSecret
	}
	return &RootShare{k, set}, nil
}

// Shares returns the keys one by one, for their holders.
func (r *Roots) Shares() []*RootShare {
	var out []*RootShare
	for _, s := range r.signers {
		out = append(out, &RootShare{s, r.set})
	}
	return out
}

// JoinRoots brings the threshold of root holders together. It fails with [ErrRoots] when they
// are too few, or of different root sets; one share twice counts once.
func JoinRoots(shares ...*RootShare) (*Roots, error) {
	if len(shares) == 0 {
		return nil, ErrRoots
	}
	r := &Roots{set: shares[0].set}
	for _, s := range shares {
		if s.set.Hash() != r.set.Hash() {
			return nil, fmt.Errorf("%w: of different root sets", ErrRoots)
		}
		if !slices.ContainsFunc(r.signers, func(x signer) bool { return x.key == s.signer.key }) {
			r.signers = append(r.signers, s.signer)
		}
	}
	if len(r.signers) < r.set.Threshold {
		return nil, fmt.Errorf("%w: too few", ErrRoots)
	}
	r.sort()
	return r, nil
}

// SealPassphrase seals data under a passphrase, as an age file that `age -d` opens too. work is
// the logarithm of scrypt's cost; 0 is age's own, about a second.
func SealPassphrase(passphrase string, work int, data []byte) ([]byte, error) {
	r, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	if work > 0 {
		r.SetWorkFactor(work)
	}
	return sealTo(data, r)
}

// OpenPassphrase opens what [SealPassphrase] sealed. It fails with [ErrPassphrase] or
// [ErrSealed].
func OpenPassphrase(passphrase string, sealed []byte) ([]byte, error) {
	i, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrPassphrase
	}
	return openFrom(sealed, i)
}

func sealTo(data []byte, r age.Recipient) ([]byte, error) {
	var out bytes.Buffer
	w, err := age.Encrypt(&out, r)
	if err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("seal file: %w", err)
	}
	return out.Bytes(), nil
}

func openFrom(sealed []byte, i age.Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), i)
	if err != nil {
		var no *age.NoIdentityMatchError
		if errors.As(err, &no) {
			return nil, ErrPassphrase
		}
		return nil, fmt.Errorf("%w: header", ErrSealed)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: body", ErrSealed)
	}
	return data, nil
}

// Keyring seals the files of one machine. One passphrase opens it; sealing needs none.
type Keyring struct {
	identity  *age.HybridIdentity // nil: it seals only
	recipient *age.HybridRecipient
}

// NewKeyring makes a keyring, and the file that its passphrase opens. Errors are those of
// [SealPassphrase].
func NewKeyring(passphrase string, work int) (*Keyring, []byte, error) {
	i, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, nil, fmt.Errorf("make keyring: %w", err)
	}
	file, err := SealPassphrase(passphrase, work, []byte(i.String()+"\n"))
	if err != nil {
		return nil, nil, fmt.Errorf("make keyring: %w", err)
	}
	return &Keyring{i, i.Recipient()}, file, nil
}

// OpenKeyring opens the file of a keyring. Errors are those of [OpenPassphrase].
func OpenKeyring(passphrase string, file []byte) (*Keyring, error) {
	raw, err := OpenPassphrase(passphrase, file)
	if err != nil {
		return nil, err
	}
	i, err := age.ParseHybridIdentity(string(bytes.TrimSpace(raw)))
	if err != nil {
		return nil, ErrSealed
	}
	return &Keyring{i, i.Recipient()}, nil
}

// Relock makes the keyring's file anew, under another passphrase.
func (k *Keyring) Relock(passphrase string, work int) ([]byte, error) {
	return SealPassphrase(passphrase, work, []byte(k.identity.String()+"\n"))
}

// Seal seals data so that only the keyring opens it.
func (k *Keyring) Seal(data []byte) ([]byte, error) { return sealTo(data, k.recipient) }

// Open opens what Seal sealed. It fails with [ErrSealed].
func (k *Keyring) Open(sealed []byte) ([]byte, error) {
	data, err := openFrom(sealed, k.identity)
	if errors.Is(err, ErrPassphrase) {
		return nil, fmt.Errorf("%w: of another machine", ErrSealed)
	}
	return data, err
}
