package monitor

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// ErrKeys says that the monitor's secrets do not read or do not fit together.
var ErrKeys = errors.New("the monitor's keys cannot be used")

// certLife is how long the monitor's certificate is valid. Devices know it by its hash.
const certLife = 20 * 365 * 24 * time.Hour

// Keys are the secrets of a monitor. They are kept sealed under a passphrase; see [Keys.Marshal].
type Keys struct {
	name  string
	seed  [32]byte   // of the signing key
	wide  [][64]byte // of each VRF secret, oldest first
	state [32]byte   // under which channel secrets lie on disk
	cert  []byte     // DER
	tls   *ecdsa.PrivateKey

	signers []*clinic.Monitor // one for each VRF secret; the signing key is the same
}

// NewKeys makes a monitor's secrets. name is that of its signing key. Randomness of the TLS key
// and its certificate is the system's own.
func NewKeys(name string, rand io.Reader, now time.Time) (*Keys, error) {
	k := &Keys{name: name, wide: make([][64]byte, 1)}
	for _, b := range [][]byte{k.seed[:], k.wide[0][:], k.state[:]} {
		if _, err := io.ReadFull(rand, b); err != nil {
			return nil, fmt.Errorf("make monitor keys: %w", err)
		}
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand)
	if err != nil {
		return nil, fmt.Errorf("make monitor keys: %w", err)
	}
	serial := new(big.Int).SetUint64(1)
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "chaperone"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(certLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames: []string{"chaperone"},
	}
	if k.cert, err = x509.CreateCertificate(rand, template, template, private.Public(), private); err != nil {
		return nil, fmt.Errorf("make monitor certificate: %w", err)
	}
	k.tls = private
	return k, k.build()
}

func (k *Keys) build() error {
	k.signers = nil
	for _, w := range k.wide {
		m, err := clinic.NewMonitor(k.name, io.MultiReader(bytes.NewReader(k.seed[:]), bytes.NewReader(w[:])))
		if err != nil {
			return fmt.Errorf("%w: %w", ErrKeys, err)
		}
		k.signers = append(k.signers, m)
	}
	return nil
}

// AddEpoch draws a new VRF secret, for the next monitor line of the profile. The old ones stay:
// what they proved must be known again.
func (k *Keys) AddEpoch(rand io.Reader) error {
	var w [64]byte
	if _, err := io.ReadFull(rand, w[:]); err != nil {
		return fmt.Errorf("make VRF secret: %w", err)
	}
	k.wide = append(k.wide, w)
	return k.build()
}

// Key returns the public half of the signing key, for the monitor's grant.
func (k *Keys) Key() translog.Key { return k.signers[0].Key() }

// VRFKey returns the public half of the newest VRF secret, for the profile's monitor line.
func (k *Keys) VRFKey() [32]byte { return k.signers[len(k.signers)-1].VRFKey() }

// Pin is SHA-256 of the certificate, by which devices know the monitor.
func (k *Keys) Pin() [32]byte { return sha256.Sum256(k.cert) }

// epoch returns the secret of a profile's monitor line.
func (k *Keys) epoch(e contact.Epoch) (*clinic.Monitor, bool) {
	i := slices.IndexFunc(k.signers, func(m *clinic.Monitor) bool { return m.VRFKey() == e.Key })
	if i < 0 {
		return nil, false
	}
	return k.signers[i], true
}

func (k *Keys) certificate() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{k.cert}, PrivateKey: k.tls}
}

type keysJSON struct {
	Name  string   `json:"name"`
	Seed  []byte   `json:"seed"`
	Wide  [][]byte `json:"vrf"`
	State []byte   `json:"state"`
	Cert  []byte   `json:"certificate"`
	TLS   []byte   `json:"tls_key"`
}

// Marshal returns the secrets as JSON. Whoever writes it to disk seals it first.
func (k *Keys) Marshal() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.tls)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeys, err)
	}
	out := keysJSON{Name: k.name, Seed: k.seed[:], State: k.state[:], Cert: k.cert, TLS: der}
	for _, w := range k.wide {
		out.Wide = append(out.Wide, bytes.Clone(w[:]))
	}
	return json.Marshal(out)
}

// ParseKeys reads what [Keys.Marshal] wrote. It fails with [ErrKeys].
func ParseKeys(raw []byte) (*Keys, error) {
	var in keysJSON
	if json.Unmarshal(raw, &in) != nil || len(in.Seed) != 32 || len(in.State) != 32 || len(in.Wide) == 0 {
		return nil, ErrKeys
	}
	k := &Keys{name: in.Name, seed: [32]byte(in.Seed), state: [32]byte(in.State), cert: in.Cert}
	for _, w := range in.Wide {
		if len(w) != 64 {
			return nil, ErrKeys
		}
		k.wide = append(k.wide, [64]byte(w))
	}
	private, err := x509.ParsePKCS8PrivateKey(in.TLS)
	if err != nil {
		return nil, ErrKeys
	}
	var ok bool
	if k.tls, ok = private.(*ecdsa.PrivateKey); !ok {
		return nil, ErrKeys
	}
	if _, err := x509.ParseCertificate(k.cert); err != nil {
		return nil, ErrKeys
	}
	return k, k.build()
}
