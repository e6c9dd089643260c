package monitor

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

const (
	// maxWaiting is how many requests of one device may wait at a time: a copied device must not
	// bury the others in the list.
	maxWaiting = 50
	// maxNames is how many names are tried for what waits.
	maxNames = 64
)

// asks reports whether a request is for this very message or, of a batch, for its kind: who
// approved notices did not see a bill.
func (r Waiting) asks(device, commit [32]byte, msg contact.Message) bool {
	if r.Device != device || msg.Batch == nil != (r.Batch == "") {
		return false
	}
	if msg.Batch == nil {
		return r.Commit == commit
	}
	return r.Batch == hex.EncodeToString(msg.Batch[:]) && r.Kind == msg.Kind
}

// find returns what waits, or was approved, for a message; or else a name under which it may wait,
// "" when there is none. A name has 32 bits and part of it is the device's choice: one that is in
// use is never given away.
func (w *waiting) find(device, commit [32]byte, msg contact.Message, now int64) (r Waiting, asked bool, free string) {
	name := waitingName(commit, msg.Batch)
	for n := range maxNames {
		r, ok := w.byName[name]
		switch {
		case ok && r.live(now) && r.asks(device, commit, msg):
			return r, true, ""
		case free == "" && (!ok || !r.live(now)):
			free = name
		}
		h := sha256.Sum256(fmt.Appendf(nil, "%d %s %s %x", n, name, msg.Kind, device))
		name = hex.EncodeToString(h[:4])
	}
	return Waiting{}, false, free
}

// crowded reports whether so much of a device waits that nothing is added.
func (w *waiting) crowded(device [32]byte, now int64) bool {
	n := 0
	for _, r := range w.byName {
		if r.Device == device && r.By == "" && r.live(now) {
			n++
		}
	}
	return n >= maxWaiting
}
