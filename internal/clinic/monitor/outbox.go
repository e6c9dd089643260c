package monitor

import (
	"encoding/json"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Entry is one message that was proved. It holds what is needed to know the message again, to
// count and to list it; nothing of its text and nothing about who it is for. A monitor that is
// stolen gives away when which device sent what kind of message, and no more.
type Entry struct {
	Commit  contact.Hash `json:"commit"`
	Device  contact.Hash `json:"device"` // H(vkey)
	Label   string       `json:"label"`  // of the device, from its grant
	Kind    contact.Kind `json:"kind"`
	Channel string       `json:"channel"`
	Issued  int64        `json:"issued"`
	Expires int64        `json:"expires"`
	Batch   string       `json:"batch,omitempty"` // hex
	Epoch   contact.Hash `json:"epoch"`           // VRF key
	Time    int64        `json:"time"`            // when it was proved
	By      string       `json:"by,omitempty"`    // the second person, when one was needed
	Other   bool         `json:"other,omitempty"` // proved by the clinic's other monitor
}

// outbox is every message that was ever proved.
type outbox struct {
	entries []Entry
	index   map[[32]byte]int
	batches map[batchOf]int // how many messages of a batch a device had proved
	log     journal
}

type batchOf struct {
	device [32]byte
	batch  string
	kind   contact.Kind
}

func (o *outbox) read(raw []byte) error {
	var e Entry
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	o.put(e)
	return nil
}

func (o *outbox) put(e Entry) {
	if o.index == nil {
		o.index, o.batches = map[[32]byte]int{}, map[batchOf]int{}
	}
	if _, ok := o.index[e.Commit]; ok {
		return
	}
	o.index[e.Commit] = len(o.entries)
	o.entries = append(o.entries, e)
	if e.Batch != "" {
		o.batches[batchOf{e.Device, e.Batch, e.Kind}]++
	}
}

// add returns when the entry is on disk.
func (o *outbox) add(e Entry) error {
	if err := o.log.append(e); err != nil {
		return err
	}
	o.put(e)
	return nil
}

func (o *outbox) get(commit [32]byte) (Entry, bool) {
	i, ok := o.index[commit]
	if !ok {
		return Entry{}, false
	}
	return o.entries[i], true
}

// since returns the entries from a time on, the oldest first.
func (o *outbox) since(from int64) []Entry {
	i := len(o.entries)
	for i > 0 && o.entries[i-1].Time >= from {
		i--
	}
	return o.entries[i:]
}

// latest is the time of the newest entry, or 0.
func (o *outbox) latest() int64 {
	if len(o.entries) == 0 {
		return 0
	}
	return o.entries[len(o.entries)-1].Time
}

// midnight is when the day of t began, in t's zone.
func midnight(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location()).Unix()
}

// ReadDay reads what was proved on the day of a time, in its zone, from a monitor's directory,
// also while the monitor runs.
func ReadDay(dir string, day time.Time) ([]Entry, error) {
	var o outbox
	if err := readJournal(dir, outboxFile, o.read); err != nil {
		return nil, err
	}
	from := midnight(day)
	to := midnight(time.Unix(from, 0).In(day.Location()).AddDate(0, 0, 1))
	var out []Entry
	for _, e := range o.since(from) {
		if e.Time < to {
			out = append(out, e)
		}
	}
	return out, nil
}
