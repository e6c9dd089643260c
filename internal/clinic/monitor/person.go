package monitor

import (
	"cmp"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
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

// guard counts wrong passphrases by name, in memory.
type guard map[string]guesses

type guesses struct {
	wrong int
	until time.Time
}

// check verifies a passphrase. It fails with [ErrPerson] or [ErrWait].
func (g guard) check(persons []Person, name, passphrase string, now time.Time) error {
	i := slices.IndexFunc(persons, func(p Person) bool { return p.Name == name })
	if i < 0 {
		return ErrPerson
	}
	s := g[name]
	if now.Before(s.until) {
		return ErrWait
	}
	h, err := persons[i].derive(passphrase)
	if err != nil {
		return err
	}
	if subtle.ConstantTimeCompare(h, persons[i].Hash) != 1 {
		if s.wrong++; s.wrong >= wrongTries {
			s = guesses{until: now.Add(wrongPause)}
		}
		g[name] = s
		return ErrPerson
	}
	delete(g, name)
	return nil
}
