package clinic

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// ErrProof says that a log's proof does not verify under the clinic's policy.
var ErrProof = errors.New("the log's proof does not verify")

// Logged is a signed note and its proof in the keys log.
type Logged struct{ Note, Proof []byte }

// Papers is what speaks for all messages of a clinic.
type Papers struct {
	Profile   Logged
	Monitor   Logged // grant of the key that signs the status
	Rotations []contact.Rotation
	Policies  [][]byte
}

// Bundle puts together a message and all that speaks for it. grant is that of its device. It
// fails when the result would not be read.
func (p Papers) Bundle(s Sent, grant Logged, status []byte) ([]byte, error) {
	b := contact.Bundle{
		Message: s.Note, VRF: s.VRF, MessageProof: s.Proof,
		Profile: p.Profile.Note, ProfileProof: p.Profile.Proof,
		Grant: grant.Note, GrantProof: grant.Proof,
		Policies: slices.SortedFunc(slices.Values(p.Policies), bytes.Compare),
		Monitor:  p.Monitor.Note, MonitorProof: p.Monitor.Proof,
		Rotations: p.Rotations,
		Status:    status,
	}
	raw := b.Marshal()
	back, err := contact.ParseBundle(raw)
	if err != nil {
		return nil, fmt.Errorf("make bundle: %w", err)
	}
	if !bytes.Equal(back.Marshal(), raw) {
		return nil, errors.New("make bundle: not canonical")
	}
	return raw, nil
}

// CheckProof verifies that a leaf is in a log, under a head that enough witnesses of one of the
// policies signed. log is [KeysLog] or [MsgsLog]. It fails with [ErrProof].
func CheckProof(policies [][]byte, log string, leaf, proof []byte) (translog.Head, int64, error) {
	p, err := translog.ParseProof(proof)
	if err != nil {
		return translog.Head{}, 0, fmt.Errorf("%w: %w", ErrProof, err)
	}
	if err := p.Includes(leaf); err != nil {
		return translog.Head{}, 0, fmt.Errorf("%w: %w", ErrProof, err)
	}
	h, err := CheckHead(policies, log, p.Checkpoint)
	return h, p.Index, err
}

// CheckHead verifies a checkpoint as [CheckProof] does.
func CheckHead(policies [][]byte, log string, c translog.Checkpoint) (translog.Head, error) {
	if !strings.HasSuffix(c.Origin, "/"+log) {
		return translog.Head{}, fmt.Errorf("%w: of another log", ErrProof)
	}
	for _, text := range policies {
		policy, err := translog.ParsePolicy(text)
		if err != nil || !policy.NamesLog(c.Origin) {
			continue
		}
		h, err := policy.Check(c)
		if err == nil {
			return h, nil
		}
	}
	return translog.Head{}, fmt.Errorf("%w: not enough witnesses", ErrProof)
}

// FirstProfile fills in what a clinic's first profile has to say beside name, slug, servers and
// phones: the clinic id, the keys, the policy, and windows of the given length from a time on.
func FirstProfile(p contact.Profile, roots contact.RootSet, vrf [32]byte, policy []byte, from time.Time, life time.Duration) contact.Profile {
	start := from.Unix()
	end := start + int64(life/time.Second)
	p.Clinic, p.Roots = roots.Hash(), roots
	p.N = max(p.N, 1)
	p.StatusHours = max(p.StatusHours, 24)
	p.Monitors = []contact.Epoch{{N: 1, Key: vrf, NotBefore: start, NotAfter: end}}
	p.Policies = []contact.PolicyRef{{Hash: contact.PolicyHash(policy), NotBefore: start, NotAfter: end}}
	return p
}

// The longest lives of grants.
const (
	DeviceLife = 90 * 24 * time.Hour
	YearLife   = 365 * 24 * time.Hour
)

// MonitorGrant is the grant of a monitor for a year.
func MonitorGrant(clinic [32]byte, key translog.Key, label string, from time.Time) contact.Grant {
	return contact.Grant{
		Clinic: clinic, Key: key, Role: contact.RoleMonitor, Label: label, Holder: "monitor",
		NotBefore: from.Unix(), NotAfter: from.Add(YearLife).Unix(),
	}
}

// RevokerGrant is the grant of a revoker for a year.
func RevokerGrant(clinic [32]byte, key translog.Key, label, holder string, from time.Time) contact.Grant {
	return contact.Grant{
		Clinic: clinic, Key: key, Role: contact.RoleRevoker, Label: label, Holder: holder,
		NotBefore: from.Unix(), NotAfter: from.Add(YearLife).Unix(),
	}
}

// DeviceGrant is the grant of a device for 90 days. most is how many messages a day its monitor
// proves before a second person must approve.
func DeviceGrant(clinic [32]byte, key translog.Key, label, holder string, most int64, from time.Time, kinds ...contact.Kind) contact.Grant {
	return contact.Grant{
		Clinic: clinic, Key: key, Role: contact.RoleDevice, Kinds: slices.Compact(slices.Sorted(slices.Values(kinds))),
		Label: label, Holder: holder, NotBefore: from.Unix(), NotAfter: from.Add(DeviceLife).Unix(), Cap: most,
	}
}

// SealedRevocation is the revocation that is made when a key is granted and kept apart, for the
// day the key is stolen: everything that it ever signed is void then.
func SealedRevocation(clinic [32]byte, key translog.Key) contact.Revoke {
	return contact.Revoke{Clinic: clinic, Key: key, Reason: contact.Compromised}
}

// SignedByRoots reports whether every line of a note is by a key of the set, rising by name, and
// enough distinct public keys are among them.
func SignedByRoots(s translog.Signed, set contact.RootSet) bool {
	signers, err := s.Open(set.Keys...)
	if err != nil {
		return false
	}
	distinct := map[[32]byte]bool{}
	for i, k := range signers {
		if i > 0 && signers[i-1].Name >= k.Name {
			return false
		}
		distinct[k.Public] = true
	}
	return len(distinct) >= set.Threshold
}
