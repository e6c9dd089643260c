package patient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/indicator"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Errors of [Device.PrepareClinic] and [Device.AddClinic].
var (
	// ErrCardWords: these are not six words of a clinic's card. It comes with an error of package
	// card that says which word.
	ErrCardWords = errors.New("these are not the six words of a card")
	// ErrNoClinic: the server knows no clinic of these words.
	ErrNoClinic = errors.New("the server knows no clinic of these words")
	// ErrFalseClinic: the server answered with a clinic that does not prove what it says.
	ErrFalseClinic = errors.New("the clinic's papers do not hold")
	// ErrSameClinic: this very clinic is pinned already.
	ErrSameClinic = errors.New("this clinic was added before")
	// ErrLikeClinic: another pinned clinic has this name or phone number, or one that looks like
	// it. "You already have this clinic. It never needs to be added again. If someone asked you
	// to, that is the fraud."
	ErrLikeClinic = errors.New("a clinic like this one was added before")
)

// Source is how the patient got a clinic's card, in their own words.
type Source string

// The sources.
const (
	SourceDesk   Source = "desk"   // on paper or on a screen, at the clinic
	SourcePost   Source = "post"   // by letter
	SourceRemote Source = "remote" // by email, text, call or link
)

// ClinicInfo is what a device shows of a clinic in its list.
type ClinicInfo struct {
	ID        [32]byte
	Name      string // as pinned
	Level     contact.Level
	PinnedAt  time.Time
	Confirmed bool // on this device; a clinic that is not confirmed counts as not pinned
	// AskedAt is when this device last learned something from one of the clinic's servers; zero
	// for never.
	AskedAt time.Time
	// StatusAt is when the clinic last said which of its keys and messages hold; zero when this
	// device has not heard it.
	StatusAt time.Time
	Phones   []string // those in use; a change waits 72 hours
	Servers  []string
	Closed   time.Time // zero: open
	// Pending says that the clinic announced a change that is not used yet: ask at the desk.
	Pending bool
	// Incident is its newest statement about a breach; nil when none is held.
	Incident *contact.Incident
}

// ClinicOffer is a clinic that was found and checked and is not pinned yet.
type ClinicOffer struct {
	ID     [32]byte
	Name   string // what it calls itself; anybody can use a name
	Words  []string
	Phones []string
	Level  contact.Level // at which it would be pinned
	// Since is when its first profile entered the public list; zero when that cannot be told.
	Since time.Time
	// Young says that Since is less than 90 days ago: a warning.
	Young bool

	memory contact.Memory // the pin, and what was learned with it
	papers papers
	slug   string
}

// LogValue keeps clinics out of logs.
func (ClinicOffer) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// LogValue keeps clinics out of logs.
func (ClinicInfo) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// youngFor is how long after its first profile a clinic is young.
const youngFor = 90 * 24 * time.Hour

// level is at which a clinic is pinned by the words of a card: no higher than "card", whatever
// the patient says.
func (s Source) level() (contact.Level, bool) {
	switch s {
	case SourceDesk, SourcePost:
		return contact.Card, true
	case SourceRemote:
		return contact.Remote, true
	}
	return "", false
}

// Clinics lists the pinned clinics by name. It answers from memory, and from the disk the first
// time.
func (d *Device) Clinics() []ClinicInfo {
	state := d.State()
	m := state.Contact
	now := d.now()
	var out []ClinicInfo
	for _, p := range m.Pins {
		c := ClinicInfo{
			ID: p.Clinic, Name: p.Name, Level: p.Level, PinnedAt: time.Unix(p.FirstSeen, 0).UTC(), Confirmed: p.Confirmed,
			StatusAt: statusAt(m, p.Clinic),
		}
		if held, ok := m.Clinic(p.Clinic, now); ok {
			c.Phones, c.Servers, c.Closed, c.Pending, c.Incident = held.Phones, held.Servers, held.Closed, held.Pending, held.Incident
		}
		if papers, err := d.papersOf(p.Clinic); err == nil && papers.AskedAt != 0 {
			c.AskedAt = time.Unix(papers.AskedAt, 0).UTC()
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b ClinicInfo) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	return out
}

// statusAt is when the newest status of a clinic was issued; zero for none.
func statusAt(m contact.Memory, clinic [32]byte) time.Time {
	newest := int64(0)
	for _, s := range m.Statuses {
		if s.Clinic == clinic {
			newest = max(newest, s.Issued)
		}
	}
	if newest == 0 {
		return time.Time{}
	}
	return time.Unix(newest, 0).UTC()
}

// PrepareClinic asks the server in use for the clinic whose card has these six words, and
// checks it. Nothing is kept before [Device.AddClinic].
//
// It fails with ErrCardWords, ErrNoClinic, ErrFalseClinic, ErrSameClinic, ErrLikeClinic,
// ErrNoServer, ErrOffline or ErrRefused.
func (d *Device) PrepareClinic(ctx context.Context, words string, how Source) (ClinicOffer, error) {
	offer, err := d.prepareClinic(ctx, words, how)
	if err != nil {
		return ClinicOffer{}, fmt.Errorf("find clinic: %w", err)
	}
	return offer, nil
}

func (d *Device) prepareClinic(ctx context.Context, words string, how Source) (ClinicOffer, error) {
	number, err := card.Parse(words)
	if err != nil {
		return ClinicOffer{}, fmt.Errorf("%w: %w", ErrCardWords, err)
	}
	level, ok := how.level()
	if !ok {
		return ClinicOffer{}, fmt.Errorf("how the card came: %w", fs.ErrInvalid)
	}
	server := d.Server()
	if server == "" {
		return ClinicOffer{}, ErrNoServer
	}
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	t, err := d.askClinic(ctx, server, nil, number[:], 0)
	if err != nil {
		return ClinicOffer{}, err
	}
	if len(t.news.Notes) == 0 {
		return ClinicOffer{}, ErrNoClinic
	}
	offer, err := d.offer(t.news, number, level)
	if err != nil {
		return ClinicOffer{}, err
	}
	offer.papers.setMark(serverMark{Server: server, Next: t.next, Keys: t.keys, FullAt: d.now().Unix()})
	offer.papers.AskedAt = d.now().Unix()
	if err := d.likeAnother(offer); err != nil {
		return ClinicOffer{}, err
	}
	return offer, nil
}

// offer verifies what a server said about a clinic that is not pinned yet, as if it were.
func (d *Device) offer(news contact.News, number card.Number, level contact.Level) (ClinicOffer, error) {
	now := d.now()
	roots, ok := firstRoots(news, number)
	if !ok {
		return ClinicOffer{}, ErrFalseClinic
	}
	pin := contact.NewPin(roots, "", level, now.Unix())
	news.Clinic = pin.Clinic
	m := contact.Memory{Pins: []contact.Pin{pin}}
	learned, kept, err := contact.Sift(m, news, now)
	if err != nil {
		return ClinicOffer{}, fmt.Errorf("%w: %w", ErrFalseClinic, err)
	}
	newest := newestProfile(learned)
	if newest == nil {
		return ClinicOffer{}, ErrFalseClinic
	}
	pin.Name = newest.Name
	m = learned.Merge(contact.Memory{Pins: []contact.Pin{pin}})
	offer := ClinicOffer{
		ID: pin.Clinic, Name: pin.Name, Words: card.Words(pin.Clinic), Level: level,
		memory: m, slug: newest.Slug,
		papers: papers{Clinic: pin.Clinic, Notes: kept.Notes, Policies: kept.Policies, Status: kept.Status, Heads: kept.Heads},
	}
	if c, ok := m.Clinic(pin.Clinic, now); ok {
		offer.Phones = c.Phones
	}
	offer.Since = d.since(kept)
	offer.Young = !offer.Since.IsZero() && now.Sub(offer.Since) < youngFor
	return offer, nil
}

// firstRoots finds the root set that the words of a card stand for, in a profile that names it.
// Whether the profile holds is another question.
func firstRoots(news contact.News, number card.Number) (contact.RootSet, bool) {
	for _, n := range news.Notes {
		s, err := translog.ParseSigned(n.Note)
		if err != nil {
			continue
		}
		p, err := contact.ParseProfile(s.Text)
		if err == nil && p.Roots.Hash() == p.Clinic && card.Of(p.Clinic) == number {
			return p.Roots, true
		}
	}
	return contact.RootSet{}, false
}

// newestProfile returns the profile with the greatest number that was learned; nil for none.
func newestProfile(m contact.Memory) *contact.Profile {
	var newest *contact.Profile
	for _, n := range m.Notes {
		if p, err := contact.ParseProfile(n.Text); err == nil && (newest == nil || p.N > newest.N) {
			newest = &p
		}
	}
	return newest
}

// since is when the clinic's first profile was logged, by a policy that came with the program or
// that the patient installed: under one of its own choosing a clinic can be as old as it likes.
func (d *Device) since(kept contact.News) time.Time {
	var policies []*translog.Policy
	texts := d.policies
	if own, err := d.disk.Read(policyFile); err == nil {
		texts = append(slices.Clone(texts), own)
	}
	for _, text := range texts {
		if p, err := translog.ParsePolicy(text); err == nil {
			policies = append(policies, p)
		}
	}
	first := int64(0)
	for _, n := range kept.Notes {
		s, err := translog.ParseSigned(n.Note)
		if err != nil {
			continue
		}
		if p, err := contact.ParseProfile(s.Text); err != nil || p.Roots.Hash() != kept.Clinic {
			continue
		}
		proof, err := translog.ParseProof(n.Proof)
		if err != nil || proof.Includes(n.Note) != nil {
			continue
		}
		for _, p := range policies {
			if h, err := p.Check(proof.Checkpoint); err == nil && (first == 0 || h.LoggedAt < first) {
				first = h.LoggedAt
			}
		}
	}
	if first == 0 {
		return time.Time{}
	}
	return time.Unix(first, 0).UTC()
}

// likeAnother refuses a clinic that is pinned, or that could be taken for one that is.
func (d *Device) likeAnother(offer ClinicOffer) error {
	m := d.State().Contact
	for _, p := range m.Pins {
		if p.Clinic == offer.ID {
			return ErrSameClinic
		}
		if indicator.SameLook(p.Name, offer.Name) {
			return ErrLikeClinic
		}
		for _, n := range m.Notes {
			if n.Clinic != p.Clinic {
				continue
			}
			had, err := contact.ParseProfile(n.Text)
			if err != nil {
				continue
			}
			if indicator.SameLook(had.Name, offer.Name) || indicator.SameLook(had.Slug, offer.slug) ||
				slices.ContainsFunc(had.Phones, func(x string) bool { return slices.Contains(offer.allPhones(), x) }) {
				return ErrLikeClinic
			}
		}
	}
	return nil
}

// allPhones is the numbers of every profile that came with an offer, those that wait too.
func (o ClinicOffer) allPhones() []string {
	var out []string
	for _, n := range o.memory.Notes {
		if p, err := contact.ParseProfile(n.Text); err == nil {
			out = append(out, p.Phones...)
		}
	}
	return out
}

// AddClinic pins what PrepareClinic offered. It fails with ErrSameClinic, ErrLikeClinic or
// ErrDisk.
func (d *Device) AddClinic(ctx context.Context, offer ClinicOffer) error {
	if err := d.addClinic(ctx, offer); err != nil {
		return fmt.Errorf("add clinic: %w", err)
	}
	return nil
}

func (d *Device) addClinic(ctx context.Context, offer ClinicOffer) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if len(offer.memory.Pins) != 1 {
		return ErrFalseClinic // no offer of PrepareClinic
	}
	if err := d.likeAnother(offer); err != nil {
		return err
	}
	err := d.change(func(l *vault.Local) error {
		tick(&l.State)
		m := offer.memory.Merge(contact.Memory{})
		m.Pins[0].Round = l.State.Contact.NextRound(offer.ID)
		l.State.Contact = l.State.Contact.Merge(m)
		confirm(l, m.Pins[0])
		return nil
	})
	if err != nil {
		return err
	}
	// The clinic is added. Papers that could not be kept are fetched again within the hour.
	_ = d.keepPapers(offer.papers)
	return nil
}

// RemoveClinic takes a clinic away on all devices. Its messages then read as those of a clinic
// that is not pinned. One that is not there is no error.
func (d *Device) RemoveClinic(ctx context.Context, id [32]byte) error {
	err := ctx.Err()
	if err == nil {
		err = d.change(func(l *vault.Local) error {
			if slices.ContainsFunc(l.State.Contact.Pins, func(p contact.Pin) bool { return p.Clinic == id }) {
				tick(&l.State)
				l.State.Contact = l.State.Contact.Remove(id)
			}
			return nil
		})
	}
	if err == nil {
		err = d.dropPapers(id)
	}
	if err != nil {
		return fmt.Errorf("remove clinic: %w", err)
	}
	return nil
}
