package monitor

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"time"

	"golang.org/x/crypto/scrypt"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
)

// Errors of a person's decision.
var (
	// ErrPerson says that the name, or the passphrase, is not one that was given at set-up.
	ErrPerson = errors.New("no such person, or another passphrase")
	// ErrWait says that somebody guessed: three wrong passphrases stop a name for ten minutes.
	ErrWait = errors.New("too many wrong passphrases")
	// ErrOwn says that a person may not approve what their own device asks.
	ErrOwn = errors.New("a second person must approve")
	// ErrNotWaiting says that nothing of this name waits.
	ErrNotWaiting = errors.New("nothing of this name waits")
	// ErrNumber says that the number of messages must be given for a batch, and only for one.
	ErrNumber = errors.New("how many messages the batch has")
	// ErrHoliday says that a day is not ahead, or by more than 14 days.
	ErrHoliday = errors.New("a holiday ends within 14 days")
)

const (
	wrongTries = 3
	wrongPause = 10 * time.Minute
)

// Person may approve, with a passphrase of their own. It is kept as scrypt (N=2^Work, r=8, p=1).
type Person struct {
	Name string `json:"name"` // as grants write holders
	Salt []byte `json:"salt"`
	Hash []byte `json:"hash"`
	Work int    `json:"work"`
}

// usualWork is the logarithm of scrypt's cost.
const usualWork = 15

// NewPerson makes a person. 16 bytes are read from rand. work is the logarithm of scrypt's cost;
// 0 is the usual one. It fails with [ErrPerson] for a name
// that is not 1 to 20 of a-z, 0-9 and inner hyphens, or a passphrase under 8 bytes.
func NewPerson(rand io.Reader, name, passphrase string, work int) (Person, error) {
	if len(name) > 20 || !regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`).MatchString(name) || len(passphrase) < 8 {
		return Person{}, ErrPerson
	}
	p := Person{Name: name, Salt: make([]byte, 16), Work: cmp.Or(work, usualWork)}
	if _, err := io.ReadFull(rand, p.Salt); err != nil {
		return Person{}, fmt.Errorf("draw salt: %w", err)
	}
	var err error
	p.Hash, err = p.derive(passphrase)
	return p, err
}

func (p Person) derive(passphrase string) ([]byte, error) {
	if p.Work < 1 || p.Work > 20 {
		return nil, fmt.Errorf("cost of passphrase: %w", disk.ErrDamaged)
	}
	h, err := scrypt.Key([]byte(passphrase), p.Salt, 1<<p.Work, 8, 1, 32)
	if err != nil {
		return nil, fmt.Errorf("derive from passphrase: %w", err)
	}
	return h, nil
}

// people is what persons have said and tried: people.json. It outlives the process, for a
// decision may be made in a process of its own.
type people struct {
	Votes map[string]vote `json:"votes,omitempty"` // by what two must say
	Guard guard           `json:"guard,omitempty"`
}

func (m *Monitor) savePeople(next people) error {
	if err := writeJSON(m.dir, peopleFile, next); err != nil {
		return fmt.Errorf("keep what was said: %w", err)
	}
	m.people = next
	return nil
}

// check verifies a person's passphrase. A wrong one is on disk before the answer. It fails with
// [ErrPerson] or [ErrWait]. m.mu is held.
func (m *Monitor) check(person, passphrase string) error {
	tries := maps.Clone(m.people.Guard)
	if tries == nil {
		tries = guard{}
	}
	before := tries[person]
	err := tries.check(m.settings.Persons, person, passphrase, m.cfg.Now())
	if tries[person] != before {
		if err := m.savePeople(people{m.people.Votes, tries}); err != nil {
			return err
		}
	}
	return err
}

// guard counts wrong passphrases by name.
type guard map[string]guesses

type guesses struct {
	Wrong int   `json:"wrong,omitempty"`
	Until int64 `json:"until,omitempty"` // Unix seconds
}

// check verifies a passphrase. It fails with [ErrPerson] or [ErrWait].
func (g guard) check(persons []Person, name, passphrase string, now time.Time) error {
	i := slices.IndexFunc(persons, func(p Person) bool { return p.Name == name })
	if i < 0 {
		return ErrPerson
	}
	s := g[name]
	if now.Unix() < s.Until {
		return ErrWait
	}
	h, err := persons[i].derive(passphrase)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(h, persons[i].Hash) != 1 {
		if s.Wrong++; s.Wrong >= wrongTries {
			s = guesses{Until: now.Add(wrongPause).Unix()}
		}
		g[name] = s
		return ErrPerson
	}
	delete(g, name)
	return nil
}
