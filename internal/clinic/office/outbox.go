package office

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

// What happens to a message, in this order.
const (
	evDraft     = "draft"
	evSigned    = "signed"
	evUnsigned  = "unsigned" // back to a draft: its code was never given out
	evProven    = "proven"
	evSent      = "sent"
	evCancelled = "cancelled"
	evWithdrawn = "withdrawn"
	evBatch     = "batch"
)

// event is one record of the outbox.
type event struct {
	Type string `json:"t"`
	Ref  string `json:"ref"`
	At   int64  `json:"at,omitempty"` // Unix seconds

	Kind    contact.Kind `json:"kind,omitempty"` // draft
	Channel string       `json:"channel,omitempty"`
	Body    string       `json:"body,omitempty"`
	Life    int64        `json:"life,omitempty"`  // seconds
	Batch   string       `json:"batch,omitempty"` // hex; draft and batch
	Row     int          `json:"row,omitempty"`   // of the batch, from 1

	Code    string `json:"code,omitempty"` // signed
	Note    []byte `json:"note,omitempty"`
	Device  string `json:"device,omitempty"`
	Label   string `json:"label,omitempty"`
	Issued  int64  `json:"issued,omitempty"`
	Expires int64  `json:"expires,omitempty"`

	VRF      []byte `json:"vrf,omitempty"` // proven
	Leaf     []byte `json:"leaf,omitempty"`
	Envelope []byte `json:"envelope,omitempty"`

	Index int64  `json:"index,omitempty"` // sent
	Proof []byte `json:"proof,omitempty"`

	Reason string `json:"reason,omitempty"` // withdrawn, cancelled
	Digest []byte `json:"digest,omitempty"` // batch: of list and template
	Rows   int    `json:"rows,omitempty"`
}

// State is how far a message is.
type State string

// The states of a message.
const (
	Drafted   State = evDraft  // kept, not signed
	Signed    State = evSigned // waits for the monitor
	ProvenBy  State = evProven // waits for the server or its witnesses
	SentOut   State = evSent   // its code may be given out
	Cancelled State = evCancelled
	Withdrawn State = evWithdrawn
)

// Item is a message of the outbox.
type Item struct {
	Ref     string
	State   State
	At      time.Time // when it was drafted
	Draft   clinic.Draft
	Row     int
	Code    humancode.Code // empty before it is signed
	Written clinic.Written
	Device  string // vkey that signed
	Label   string
	VRF     []byte
	Leaf    []byte
	Sealed  []byte
	Index   int64
	Proof   []byte
	SentAt  time.Time
	Reason  string
}

// batch is a list that was begun.
type batch struct {
	digest []byte
	rows   int
	byRow  map[int]*Item
}

// outbox is outbox.log, read. Its records are sealed, each with its number.
type outbox struct {
	journal *disk.Journal
	key     [32]byte
	rand    io.Reader
	next    uint64
	items   []*Item
	byRef   map[string]*Item
	batches map[string]*batch
}

// box opens the outbox, or begins it.
func (o *Office) box() (*outbox, error) {
	if o.outbox != nil {
		return o.outbox, nil
	}
	key, err := o.unseal(outboxKey)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, 32)
		if _, err := io.ReadFull(o.cfg.Rand, key); err != nil {
			return nil, fmt.Errorf("make outbox key: %w", err)
		}
		err = o.seal(outboxKey, key)
	}
	if err != nil {
		return nil, err
	}
	if len(key) != 32 {
		return nil, fmt.Errorf("outbox key: %w", clinic.ErrSealed)
	}
	b := &outbox{key: [32]byte(key), rand: o.cfg.Rand, byRef: map[string]*Item{}, batches: map[string]*batch{}}
	if b.journal, err = o.disk.Journal(outboxFile, b.read); err != nil {
		return nil, err
	}
	o.outbox = b
	return b, nil
}

func recordAD(n uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte("chaperone/v1 outbox\x00"), n)
}

func (b *outbox) read(record []byte) error {
	aead, err := chacha20poly1305.NewX(b.key[:])
	if err != nil {
		return fmt.Errorf("open outbox: %w", err)
	}
	if len(record) < aead.NonceSize() {
		return fmt.Errorf("open outbox: %w", clinic.ErrSealed)
	}
	raw, err := aead.Open(nil, record[:aead.NonceSize()], record[aead.NonceSize():], recordAD(b.next))
	if err != nil {
		return fmt.Errorf("open outbox: %w", clinic.ErrSealed)
	}
	var e event
	if err := json.Unmarshal(raw, &e); err != nil {
		return fmt.Errorf("open outbox: %w", clinic.ErrSealed)
	}
	b.next++
	b.apply(e)
	return nil
}

// append keeps events, all or none, and applies them.
func (b *outbox) append(events ...event) error {
	aead, err := chacha20poly1305.NewX(b.key[:])
	if err != nil {
		return fmt.Errorf("write outbox: %w", err)
	}
	var records [][]byte
	for i, e := range events {
		raw, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write outbox: %w", err)
		}
		nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+len(raw)+aead.Overhead())
		if _, err := io.ReadFull(b.rand, nonce); err != nil {
			return fmt.Errorf("write outbox: %w", err)
		}
		records = append(records, aead.Seal(nonce, nonce, raw, recordAD(b.next+uint64(i)))) //nolint:gosec // few
	}
	if err := b.journal.Append(records...); err != nil {
		return err
	}
	b.next += uint64(len(events))
	for _, e := range events {
		b.apply(e)
	}
	return nil
}

func (b *outbox) apply(e event) {
	if e.Type == evBatch {
		b.batches[e.Batch] = &batch{digest: e.Digest, rows: e.Rows, byRow: map[int]*Item{}}
		return
	}
	it := b.byRef[e.Ref]
	if e.Type == evDraft {
		it = &Item{Ref: e.Ref, At: time.Unix(e.At, 0), Row: e.Row}
		it.Draft = clinic.Draft{Kind: e.Kind, Channel: e.Channel, Body: e.Body, Life: time.Duration(e.Life) * time.Second}
		if id, err := parseBatch(e.Batch); err == nil {
			it.Draft.Batch = &id
		}
		b.items = append(b.items, it)
		b.byRef[e.Ref] = it
		if list, ok := b.batches[e.Batch]; ok {
			list.byRow[e.Row] = it
		}
	}
	if it == nil {
		return // of a version that knew more
	}
	it.State = State(e.Type)
	switch e.Type {
	case evUnsigned:
		it.State = Drafted
		it.Code, it.Written, it.VRF, it.Leaf, it.Sealed = humancode.Code{}, clinic.Written{}, nil, nil, nil
	case evSigned:
		it.Code, _ = humancode.Parse(e.Code, humancode.MessageLen)
		it.Written = clinic.Written{Note: e.Note, Issued: e.Issued, Expires: e.Expires}
		it.Written.Commit, _ = clinic.CommitOf(e.Note)
		it.Device, it.Label = e.Device, e.Label
	case evProven:
		it.VRF, it.Leaf, it.Sealed = e.VRF, e.Leaf, e.Envelope
	case evSent:
		it.Index, it.Proof, it.SentAt = e.Index, e.Proof, time.Unix(e.At, 0)
	case evWithdrawn, evCancelled:
		it.Reason = e.Reason
	}
}

func parseBatch(s string) ([16]byte, error) {
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) != 16 {
		return [16]byte{}, contact.ErrMalformed
	}
	return [16]byte(raw), nil
}

// draftEvent is how a draft is kept under a new name.
func (b *outbox) draftEvent(d clinic.Draft, row int, now time.Time) (event, error) {
	var ref [6]byte
	if _, err := io.ReadFull(b.rand, ref[:]); err != nil {
		return event{}, fmt.Errorf("keep draft: %w", err)
	}
	e := event{
		Type: evDraft, Ref: hex.EncodeToString(ref[:]), At: now.Unix(), Kind: d.Kind, Channel: d.Channel,
		Body: contact.Canon(d.Body), Life: int64(d.Life / time.Second), Row: row,
	}
	if d.Batch != nil {
		e.Batch = hex.EncodeToString(d.Batch[:])
	}
	return e, nil
}

// Items returns all messages of the outbox, oldest first. It asks for the passphrase.
func (o *Office) Items() ([]*Item, error) {
	b, err := o.box()
	if err != nil {
		return nil, err
	}
	return b.items, nil
}

// commitOf finds a message by its reference, its code, or its commit in base64. The item is nil
// for a commit that was not sent from here.
func (o *Office) commitOf(ref string) ([32]byte, *Item, error) {
	b, err := o.box()
	if err != nil {
		return [32]byte{}, nil, err
	}
	ref = strings.TrimSpace(ref)
	if it, ok := b.byRef[strings.ToLower(ref)]; ok && it.Written.Note != nil {
		return it.Written.Commit, it, nil
	}
	if code, err := humancode.Parse(ref, humancode.MessageLen); err == nil {
		for _, it := range b.items {
			if it.Code == code {
				return it.Written.Commit, it, nil
			}
		}
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(ref)
	if err != nil || len(raw) != 32 {
		return [32]byte{}, nil, ErrNoMessage
	}
	for _, it := range b.items {
		if it.Written.Commit == [32]byte(raw) && it.Written.Note != nil {
			return it.Written.Commit, it, nil
		}
	}
	return [32]byte(raw), nil, nil
}
