package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const (
	// statusEvery is the time between two statuses when nothing happens, in seconds.
	statusEvery = 6 * 3600
	// maxNext is how far ahead the next opening may be without a holiday.
	maxNext    = 4 * 24 * time.Hour
	maxHoliday = 14 * 24 * 3600 // seconds
	// keptFor is how long a withdrawn message may still be unexpired, in seconds.
	keptFor = 366 * 24 * 3600

	maxStatusKeys = 128
	maxStatusGone = 256
	// MaxStatus is the greatest size of a signed status, in bytes.
	MaxStatus = 32 << 10
)

// ErrUnread says that a status would have to name a log that was not read yet.
var ErrUnread = errors.New("the logs were not read yet")

// statusState is what the monitor knows of its statuses: status.json.
type statusState struct {
	Issued  int64 `json:"issued"` // of the newest, Unix seconds
	Pushed  bool  `json:"pushed"` // whether the server has it
	Due     bool  `json:"due"`    // whether one must be issued at once
	Holiday int64 `json:"holiday,omitempty"`
}

// Status signs a status now and keeps it; the server is told in the next round. It fails with
// [ErrUnread] before both logs were read to the end once, with a [*RefusalError] when the
// monitor's own key was ended, and with [ErrNotJoined].
func (m *Monitor) Status() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.signStatus()
}

func (m *Monitor) signStatus() ([]byte, error) {
	if _, err := m.profile(); err != nil {
		return nil, err
	}
	switch {
	case m.broken != nil:
		return nil, refuse("disk")
	case m.clockOff:
		return nil, refuse("clock")
	}
	if e := m.view.ended[contact.KeyHash(m.cfg.Keys.Key())]; e.stolen || e.retired {
		return nil, refuse("key")
	}
	keys, msgs := m.tails.Logs[clinic.KeysLog], m.tails.Logs[clinic.MsgsLog]
	if m.view.profile == nil || !keys.Read || !msgs.Read {
		return nil, ErrUnread
	}
	s := contact.Status{
		Clinic: m.view.clinic, Issued: max(m.now(), m.status.Issued+1), Profile: m.view.profileHash,
		Keys: contact.LogHead{Size: keys.Size, Root: keys.Root}, Msgs: contact.LogHead{Size: msgs.Size, Root: msgs.Root},
	}
	full := m.fillKeys(&s)
	full = m.fillGone(&s) || full
	if m.view.incident != nil {
		s.Incident = &m.view.incidentOf
	}
	m.fillNext(&s)
	if full {
		if err := m.raise(AlarmFull, fmt.Sprintf("%d", s.Issued/(24*3600)), "status"); err != nil {
			return nil, err
		}
	}
	note, err := m.cfg.Keys.signers[0].SignStatus(s)
	if err != nil {
		return nil, fmt.Errorf("status: %w", err)
	}
	if len(note) > MaxStatus {
		return nil, fmt.Errorf("status: %w: %d bytes", contact.ErrTooLarge, len(note))
	}
	next := m.status
	next.Issued, next.Pushed, next.Due = s.Issued, false, false
	if next.Holiday <= s.Issued {
		next.Holiday = 0
	}
	// The note comes first: a state that knows of a status which is not there would not have what
	// that one says be said again.
	err = m.dir.Write(statusFile, note)
	if err == nil {
		err = writeJSON(m.dir, statusStateFile, next)
	}
	if err != nil {
		return nil, fmt.Errorf("keep status: %w", err)
	}
	m.status, m.floor = next, max(m.floor, s.Issued)
	return note, nil
}

// fillKeys lists device keys and other monitors' keys. When there are too many, ended ones stay,
// then those with the latest windows. It reports whether some had no room.
func (m *Monitor) fillKeys(s *contact.Status) bool {
	own := contact.KeyHash(m.cfg.Keys.Key())
	type line struct {
		contact.KeyState
		until int64
	}
	var lines []line
	for _, h := range m.view.order {
		g := m.view.grants[h]
		if h == own || g.Role != contact.RoleDevice && g.Role != contact.RoleMonitor {
			continue
		}
		// A message lives a year at most; a key that could sign none that is left says nothing.
		e := m.view.ended[h]
		if g.NotAfter+keptFor < s.Issued && !e.stolen {
			continue
		}
		k := contact.KeyState{Key: h, State: "ok"}
		switch {
		case e.stolen:
			k.State, k.Time = "stolen", e.stolenAt
		case e.retired:
			k.State, k.Time = "until", e.retiredAt
		}
		lines = append(lines, line{k, g.NotAfter})
	}
	slices.SortStableFunc(lines, func(a, b line) int {
		return cmp.Or(-cmp.Compare(rank(a.State), rank(b.State)), -cmp.Compare(a.until, b.until))
	})
	full := len(lines) > maxStatusKeys
	for _, l := range lines[:min(len(lines), maxStatusKeys)] {
		s.KeyState = append(s.KeyState, l.KeyState)
	}
	return full
}

func rank(state string) int {
	if state == "stolen" {
		return 1
	}
	return 0
}

// fillGone lists what was taken back and may be unexpired. What is not ours comes first.
func (m *Monitor) fillGone(s *contact.Status) bool {
	var lines []withdrawn
	for _, g := range m.view.gone {
		if !m.stillGone(g, s.Issued) || !m.mayWithdraw(g) {
			continue
		}
		i := slices.IndexFunc(lines, func(x withdrawn) bool { return sameTarget(x.Gone, g.Gone) })
		switch {
		case i < 0:
			lines = append(lines, g)
		case g.Reason == contact.NotOurs:
			lines[i] = g // the graver word on one message
		}
	}
	slices.SortStableFunc(lines, func(a, b withdrawn) int {
		return cmp.Or(cmp.Compare(gravity(a.Reason), gravity(b.Reason)), -cmp.Compare(a.at, b.at))
	})
	full := len(lines) > maxStatusGone
	for _, l := range lines[:min(len(lines), maxStatusGone)] {
		s.Gone = append(s.Gone, l.Gone)
	}
	return full
}

func gravity(reason string) int {
	return slices.Index([]string{contact.NotOurs, contact.InError, contact.Superseded}, reason)
}

func (m *Monitor) stillGone(g withdrawn, now int64) bool {
	if g.Commit != nil {
		if e, ok := m.outbox.get(*g.Commit); ok {
			return e.Expires >= now
		}
	}
	return now-g.at <= keptFor
}

// mayWithdraw reports whether a device that took messages back had signed them.
func (m *Monitor) mayWithdraw(g withdrawn) bool {
	if g.by == ([32]byte{}) {
		return true
	}
	if g.Commit != nil {
		e, ok := m.outbox.get(*g.Commit)
		return ok && e.Device == contact.Hash(g.by)
	}
	name, own := fmt.Sprintf("%x", g.Batch[:]), false
	for _, e := range m.outbox.entries {
		if e.Batch == name {
			if own = e.Device == contact.Hash(g.by); !own {
				return false
			}
		}
	}
	return own
}

// fillNext says when the clinic opens again: the end of a holiday that two persons confirmed, or
// the next opening hour while it is closed.
func (m *Monitor) fillNext(s *contact.Status) {
	if m.status.Holiday > s.Issued {
		s.Next = m.status.Holiday
		return
	}
	t := time.Unix(s.Issued, 0).In(m.cfg.Now().Location())
	if m.settings.Hours == nil {
		return
	}
	if next, ok := m.settings.Hours.next(t, maxNext); ok {
		s.Next = next.Unix()
	}
}

// statusRound signs a status when one is due, and hands it to the server until it is there.
func (m *Monitor) statusRound(ctx context.Context) error {
	m.mu.Lock()
	var err error
	if m.status.Due || m.now()-m.status.Issued >= statusEvery {
		_, err = m.signStatus()
	}
	pushed := m.status.Pushed || m.status.Issued == 0
	issued := m.status.Issued
	var note []byte
	if err == nil && !pushed {
		note, err = m.dir.Read(statusFile)
	}
	m.mu.Unlock()
	if err != nil || pushed || m.cfg.Server == nil {
		return err
	}
	if err := m.cfg.Server.PutStatus(ctx, note); err != nil {
		return fmt.Errorf("push status: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.status.Issued != issued {
		return nil
	}
	next := m.status
	next.Pushed = true
	if err := writeJSON(m.dir, statusStateFile, next); err != nil {
		return err
	}
	m.status = next
	return nil
}

// ReadStatus reads the newest signed status of a monitor's directory, also while it runs; nil
// when there is none.
func ReadStatus(dir string) ([]byte, contact.Status, error) {
	raw, err := disk.ReadFile(dir, statusFile)
	if err != nil || raw == nil {
		return nil, contact.Status{}, err
	}
	s, err := translog.ParseSigned(raw)
	if err != nil {
		return nil, contact.Status{}, fmt.Errorf("%s: %w", statusFile, disk.ErrDamaged)
	}
	st, err := contact.ParseStatus(s.Text)
	if err != nil {
		return nil, contact.Status{}, fmt.Errorf("%s: %w", statusFile, disk.ErrDamaged)
	}
	return raw, st, nil
}
