package monitor

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// waitLife is how long a request waits for a second person, and how long an approval counts,
// in seconds. A message that is logged later than a day after it was signed proves nothing.
const waitLife = 12 * 3600

// Waiting is a request that a second person must approve.
type Waiting struct {
	Name     string       `json:"name"`
	Why      string       `json:"why"` // cap, billing, batch or hours
	Device   contact.Hash `json:"device"`
	Label    string       `json:"label"`
	Holder   string       `json:"holder"`
	Kind     contact.Kind `json:"kind"`
	Commit   contact.Hash `json:"commit"`
	Batch    string       `json:"batch,omitempty"` // hex
	Since    int64        `json:"since"`
	By       string       `json:"by,omitempty"`       // who approved
	At       int64        `json:"at,omitempty"`       // when
	Messages int          `json:"messages,omitempty"` // of a batch, how many were approved
}

// ApprovalError says that a request waits for a second person.
type ApprovalError struct {
	Name string // what the person says to approve it
	Why  string // cap, billing, batch or hours
}

// Error implements error.
func (e *ApprovalError) Error() string {
	return fmt.Sprintf("%v (%s, because of %s)", clinic.ErrNeedApproval, e.Name, e.Why)
}

// Unwrap says that it is a [clinic.ErrNeedApproval].
func (e *ApprovalError) Unwrap() error { return clinic.ErrNeedApproval }

// waiting is what waits and what was approved, by name.
type waiting struct {
	byName map[string]Waiting
	log    journal
}

func (w *waiting) read(raw []byte) error {
	var r Waiting
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	if w.byName == nil {
		w.byName = map[string]Waiting{}
	}
	w.byName[r.Name] = r
	return nil
}

func (w *waiting) put(r Waiting) error {
	if err := w.log.append(r); err != nil {
		return err
	}
	if w.byName == nil {
		w.byName = map[string]Waiting{}
	}
	w.byName[r.Name] = r
	return nil
}

// waitingName is what a person types: eight hex digits of the batch, or of the commit.
func waitingName(commit [32]byte, batch *[16]byte) string {
	if batch != nil {
		return hex.EncodeToString(batch[:4])
	}
	return hex.EncodeToString(commit[:4])
}

// live reports whether the request may still be approved or, when it was, still counts.
func (r Waiting) live(now int64) bool { return now-max(r.Since, r.At) <= waitLife }

// Waiting returns what waits for a second person, the oldest first.
func (m *Monitor) Waiting() []Waiting {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.waiting.open(m.now())
}

func (w *waiting) open(now int64) []Waiting {
	var out []Waiting
	for _, r := range w.byName {
		if r.By == "" && r.live(now) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Waiting) int { return int(a.Since - b.Since) })
	return out
}

// ReadWaiting reads what waits, from a monitor's directory, also while it runs.
func ReadWaiting(dir string, now time.Time) ([]Waiting, error) {
	var w waiting
	if err := readJournal(dir, waitingFile, w.read); err != nil {
		return nil, err
	}
	return w.open(now.Unix()), nil
}

// vote is one person's word on what two must say.
type vote struct {
	By string `json:"by"`
	At int64  `json:"at"`
}

// voteLife is how long one person's word waits for the other's, in seconds.
const voteLife = 3600

// second reports whether a second person has now said the same. The first one's word lies on
// disk: it is often said to another process. m.mu is held.
func (m *Monitor) second(what, person string) (bool, error) {
	now := m.now()
	v, ok := m.people.Votes[what]
	done := ok && v.By != person && now-v.At <= voteLife
	votes := maps.Clone(m.people.Votes)
	maps.DeleteFunc(votes, func(_ string, v vote) bool { return now-v.At > voteLife })
	if done {
		delete(votes, what)
	} else {
		if votes == nil {
			votes = map[string]vote{}
		}
		votes[what] = vote{person, now}
	}
	return done, m.savePeople(people{Votes: votes, Guard: m.people.Guard})
}

// Approve is a person's word: a request may go on, once, or as many messages of a batch as they
// say. It fails with [ErrPerson], [ErrWait], [ErrOwn], [ErrNotWaiting] or [ErrNumber].
func (m *Monitor) Approve(person, passphrase, name string, messages int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(person, passphrase); err != nil {
		return err
	}
	r, ok := m.waiting.byName[name]
	switch {
	case !ok || r.By != "" || !r.live(m.now()):
		return ErrNotWaiting
	case r.Holder == person:
		return ErrOwn
	case (r.Batch == "") != (messages == 0) || messages < 0:
		return ErrNumber
	}
	r.By, r.At = person, m.now()
	r.Messages += messages
	if err := m.waiting.put(r); err != nil {
		return fmt.Errorf("approve: %w", err)
	}
	return nil
}

// Acknowledge answers for an alarm by name. It fails with [ErrPerson], [ErrWait] or
// [ErrNoAlarm].
func (m *Monitor) Acknowledge(person, passphrase string, alarm int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(person, passphrase); err != nil {
		return err
	}
	return m.alarms.answer(alarm, person, m.now())
}

// Holiday says when the clinic opens again, Unix seconds: statuses stand until then. It counts
// once a second person has said the same within the hour. It fails with [ErrPerson], [ErrWait]
// or [ErrHoliday].
func (m *Monitor) Holiday(person, passphrase string, until int64) (done bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(person, passphrase); err != nil {
		return false, err
	}
	if until <= m.now() || until-m.now() > maxHoliday {
		return false, ErrHoliday
	}
	if done, err := m.second(fmt.Sprintf("holiday %d", until), person); err != nil || !done {
		return false, err
	}
	s := m.status
	s.Holiday, s.Due = until, true
	if err := writeJSON(m.dir, statusStateFile, s); err != nil {
		return false, fmt.Errorf("keep holiday: %w", err)
	}
	m.status = s
	m.Wake()
	return true, nil
}
