package monitor

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

var (
	// ErrNoChannel says that no channel was made for a device.
	ErrNoChannel = errors.New("no channel for this device")
	// ErrChannelClosed says that a channel was used by two, and that nobody can use it any more.
	ErrChannelClosed = errors.New("this channel is closed")
)

// oldIDs is how many replaced secrets of a channel are known by their ids: whoever uses one of
// them has a copy.
const oldIDs = 256

// channel is the monitor's side of one device's channel. It lies on disk sealed under the
// monitor's state key, and is on disk before an answer leaves.
type channel struct {
	Key     string       `json:"key"` // vkey
	Secret  []byte       `json:"secret"`
	Request contact.Hash `json:"request"` // H of the last request that was answered
	Answer  []byte       `json:"answer"`  // to it
	Old     [][]byte     `json:"old"`     // ids of replaced secrets, newest last
	// Past are H of the requests that were answered under them: what the network held back and
	// delivers late is no second holder of a secret.
	Past   []contact.Hash `json:"past,omitempty"`
	Closed bool           `json:"closed"`
}

func channelFile(device [32]byte) string {
	return channelDir + "/" + hex.EncodeToString(device[:16]) + ".bin"
}

func (m *Monitor) loadChannel(device [32]byte) (channel, error) {
	var c channel
	sealed, err := m.dir.Read(channelFile(device))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, ErrNoChannel
	case err != nil:
		return c, err
	}
	raw, err := open(m.cfg.Keys.state, sealed, append(channelLabel("monitor channel"), device[:]...))
	if err != nil || json.Unmarshal(raw, &c) != nil || len(c.Secret) != 32 {
		return c, fmt.Errorf("channel: %w", disk.ErrDamaged)
	}
	return c, nil
}

func (m *Monitor) saveChannel(device [32]byte, c channel) error {
	raw, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("channel: %w", err)
	}
	sealed, err := seal(m.cfg.Rand, m.cfg.Keys.state, nil, append(channelLabel("monitor channel"), device[:]...), raw)
	if err != nil {
		return err
	}
	return m.dir.Write(channelFile(device), sealed)
}

// Invite makes a channel for a device and returns what the device imports. A channel that there
// was ends. The grant of the device's key is expected from now on.
func (m *Monitor) Invite(device translog.Key) (Invitation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.invite(device)
}

// InviteBy is [Monitor.Invite] by a person. It fails with [ErrPerson] or [ErrWait], and with
// [ErrInvitation] for what is no key.
func (m *Monitor) InviteBy(person, passphrase, vkey string) (Invitation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(person, passphrase); err != nil {
		return Invitation{}, err
	}
	device, err := translog.ParseKey(vkey)
	if err != nil || device.Alg != translog.AlgEd25519 {
		return Invitation{}, ErrInvitation
	}
	return m.invite(device)
}

func (m *Monitor) invite(device translog.Key) (Invitation, error) {
	profile, err := m.profile()
	if err != nil {
		return Invitation{}, err
	}
	var secret Secret
	if _, err := io.ReadFull(m.cfg.Rand, secret[:]); err != nil {
		return Invitation{}, fmt.Errorf("invite: draw secret: %w", err)
	}
	h := contact.KeyHash(device)
	if !m.expected[h] {
		if err := m.notes.append(noteRecord{What: "expected", Hash: h, At: m.now(), Seen: m.now()}); err != nil {
			return Invitation{}, fmt.Errorf("invite: %w", err)
		}
		m.expected[h] = true
	}
	if err := m.saveChannel(h, channel{Key: device.String(), Secret: secret[:]}); err != nil {
		return Invitation{}, fmt.Errorf("invite: %w", err)
	}
	return Invitation{
		Clinic: profile.Clinic, Device: device, Address: m.settings.Address, Pin: m.cfg.Keys.Pin(), Secret: secret,
	}, nil
}

// Uninvite ends a device's channel.
func (m *Monitor) Uninvite(device translog.Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.dir.Remove(channelFile(contact.KeyHash(device)))
}

// Handle answers one sealed request. A byte-identical repeat of the last one is answered with
// the same bytes, and one of an earlier one not at all. Another request under a secret that was
// replaced is the alarm that the device was copied, and closes the channel. It fails with [ErrNoChannel], [ErrChannelClosed],
// [ErrChannel] or disk.ErrDisk; when it fails, nothing was given away.
func (m *Monitor) Handle(op Operation, device [32]byte, sealed []byte) ([]byte, error) {
	id, err := requestID(sealed)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c, err := m.loadChannel(device)
	switch {
	case err != nil:
		return nil, err
	case c.Closed:
		return nil, ErrChannelClosed
	}
	request := sha256.Sum256(append([]byte(op+"\x00"), sealed...))
	if c.Answer != nil && c.Request == request {
		return c.Answer, nil
	}
	if slices.Contains(c.Past, request) {
		return nil, ErrChannel
	}
	secret := Secret(c.Secret)
	if slices.ContainsFunc(c.Old, func(old []byte) bool { return string(old) == string(id[:]) }) {
		return nil, m.copied(device, c, id)
	}
	plain, err := openRequest(secret, op, device, sealed)
	if err != nil {
		return nil, err
	}
	answer, next, err := sealAnswer(m.cfg.Rand, secret, op, device, sealed, m.answer(op, device, plain))
	if err != nil {
		return nil, err
	}
	c.Old = append(c.Old, id[:])
	c.Old = c.Old[max(0, len(c.Old)-oldIDs):]
	c.Past = append(c.Past, request)
	c.Past = c.Past[max(0, len(c.Past)-oldIDs):]
	c.Secret, c.Request, c.Answer = next[:], request, answer
	if err := m.saveChannel(device, c); err != nil {
		m.cfg.Log.Error("channel could not be written")
		return nil, err
	}
	return answer, nil
}

// copied raises the alarm and closes the channel: one of its two ends is not the device.
func (m *Monitor) copied(device [32]byte, c channel, id [idSize]byte) error {
	about := m.view.grants[device].Label
	if about == "" {
		about = hex.EncodeToString(device[:8])
	}
	if err := m.raise(AlarmCopied, hex.EncodeToString(id[:]), about); err != nil {
		return err
	}
	c.Closed = true
	if err := m.saveChannel(device, c); err != nil {
		m.broken = err
		return err
	}
	return ErrChannelClosed
}

// Answers begin with one byte.
const (
	answerDone    = 0
	answerWaits   = 1 // then why, a space, and the name that waits
	answerRefused = 2 // then the reason
)

func (m *Monitor) answer(op Operation, device [32]byte, plain []byte) []byte {
	body, err := m.operate(op, device, plain)
	var waits *ApprovalError
	var refused *RefusalError
	switch {
	case err == nil:
		return append([]byte{answerDone}, body...)
	case errors.As(err, &waits):
		return append([]byte{answerWaits}, waits.Why+" "+waits.Name...)
	case errors.As(err, &refused):
		return append([]byte{answerRefused}, refused.Reason...)
	case errors.Is(err, ErrNotJoined):
		return append([]byte{answerRefused}, "closed"...)
	default:
		return append([]byte{answerRefused}, "disk"...)
	}
}

func (m *Monitor) operate(op Operation, device [32]byte, plain []byte) ([]byte, error) {
	switch op {
	case OpProve:
		p, err := m.prove(device, plain)
		return append(p.VRF, p.Leaf...), err
	case OpDeliver:
		return nil, m.deliver(plain)
	case OpToday:
		return json.Marshal(m.today())
	default:
		return nil, refuse("note")
	}
}

// Sent is a line of what was sent in the clinic's name.
type Sent struct {
	Time    int64        `json:"time"`
	Label   string       `json:"label"`
	Kind    contact.Kind `json:"kind"`
	Channel string       `json:"channel"`
	Batch   string       `json:"batch,omitempty"`
	By      string       `json:"by,omitempty"`
	Count   int          `json:"count"` // of a batch, its messages
}

// Summary lists entries, a batch as one line. A day has at most 200 lines; the oldest go first.
func Summary(entries []Entry) []Sent {
	out := []Sent{}
	at := map[string]int{}
	for _, e := range entries {
		if i, ok := at[e.Batch]; ok && e.Batch != "" {
			out[i].Count++
			continue
		}
		at[e.Batch] = len(out)
		out = append(out, Sent{e.Time, e.Label, e.Kind, e.Channel, e.Batch, e.By, 1})
	}
	return out[max(0, len(out)-200):]
}

// Today returns what was proved in the clinic's name since midnight, the oldest first.
func (m *Monitor) Today() []Sent {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.today()
}

func (m *Monitor) today() []Sent { return Summary(m.outbox.since(midnight(m.cfg.Now()))) }

// maxNote is the greatest size of a note, in bytes.
const maxNote = 32 << 10
