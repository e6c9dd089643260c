package office

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// The files of the folder.
const (
	bookFile   = "clinic.json"
	ringFile   = "keys/machine.age" // opened by the passphrase; opens the others
	deviceFile = "keys/device.age"
	outboxKey  = "keys/outbox.age"
	outboxFile = "outbox.log"
	sealedDir  = "revocations"
)

// Config says where a machine's folder is and what it works with.
type Config struct {
	Dir string
	// Passphrase is asked at most once, when a sealed file has to be opened or the first is made.
	Passphrase func() (string, error)
	Work       int              // cost of passphrases, see clinic.SealPassphrase; 0 is the usual one
	Now        func() time.Time // nil means time.Now
	Rand       io.Reader        // nil means crypto/rand
	HTTP       *http.Client     // nil means one with timeouts
	Witnesses  *http.Client     // asks witnesses for a monitor on this machine; nil: they are not asked
	// Wait is how long a note or a message is asked for again until enough witnesses have
	// signed; 0 means two minutes.
	Wait time.Duration
}

// Office is a machine's folder, open. It is not safe for concurrent use.
type Office struct {
	cfg    Config
	disk   *disk.Dir
	book   book
	view   *view
	ring   *clinic.Keyring  // nil: locked
	outbox *outbox          // nil: not read
	server *clinic.Server   // nil: not asked yet
	client Second           // the clinic's other machine; nil: no channel was opened yet
	mon    *monitor.Monitor // on this machine; nil: not opened yet
	unread error            // what kept mon from reading the logs
	logged bool             // notes were logged since mon has read
}

// Open opens the folder and locks it. It needs no passphrase yet, and no clinic. Errors are
// [ErrBook] and those of package disk.
func Open(cfg Config) (*Office, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Wait == 0 {
		cfg.Wait = 2 * time.Minute
	}
	d, err := disk.Open(cfg.Dir)
	if err != nil {
		return nil, err
	}
	o := &Office{cfg: cfg, disk: d, book: book{Schema: bookSchema}}
	raw, err := d.Read(bookFile)
	if err == nil {
		o.book, err = parseBook(raw)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, errors.Join(err, d.Close())
	}
	o.view = o.book.read()
	return o, nil
}

// Close gives the folder back.
func (o *Office) Close() error {
	var err error
	if o.outbox != nil {
		err = o.outbox.journal.Close()
	}
	if o.mon != nil {
		err = errors.Join(err, o.mon.Close())
	}
	return errors.Join(err, o.disk.Close())
}

// save writes the book.
func (o *Office) save() error {
	raw, err := o.book.marshal()
	if err != nil {
		return err
	}
	if err := o.disk.Write(bookFile, raw); err != nil {
		return err
	}
	o.view = o.book.read()
	return nil
}

// HasClinic reports whether the machine belongs to a clinic.
func (o *Office) HasClinic() bool { return o.book.Clinic != (contact.Hash{}) }

// ID returns the clinic id.
func (o *Office) ID() [32]byte { return o.book.Clinic }

// ServerURL returns where the clinic publishes.
func (o *Office) ServerURL() string { return o.book.Server }

// Profile returns the profile in force: the newest logged one, or the one that waits to be.
func (o *Office) Profile() (contact.Profile, bool) {
	if o.view.profile.N > 0 {
		return o.view.profile, true
	}
	for _, note := range o.book.Pending {
		if s, err := translog.ParseSigned([]byte(note)); err == nil {
			if p, err := contact.ParseProfile(s.Text); err == nil {
				return p, true
			}
		}
	}
	return contact.Profile{}, false
}

// Grants returns the logged grants, oldest first.
func (o *Office) Grants() []Granted { return o.view.grants }

// Roots returns the root set in force.
func (o *Office) Roots() (contact.RootSet, bool) {
	if len(o.view.sets) == 0 {
		return contact.RootSet{}, false
	}
	return o.view.current(), true
}

// Waiting returns how many notes wait to be logged.
func (o *Office) Waiting() int { return len(o.book.Pending) }

// Here reports whether the monitor's keys are on this machine.
func (o *Office) Here() bool { return o.book.Here }

// need fails with [ErrNoClinic] on a machine without one.
func (o *Office) need() error {
	if !o.HasClinic() {
		return ErrNoClinic
	}
	return nil
}

// unlock opens the keyring, or makes one with the first passphrase.
func (o *Office) unlock() error {
	if o.ring != nil {
		return nil
	}
	if o.cfg.Passphrase == nil {
		return clinic.ErrPassphrase
	}
	file, err := o.disk.Read(ringFile)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	if fresh && o.disk.Has(outboxKey) {
		return fmt.Errorf("%w: its key file is missing", clinic.ErrSealed)
	}
	passphrase, err := o.cfg.Passphrase()
	if err != nil {
		return err
	}
	if !fresh {
		o.ring, err = clinic.OpenKeyring(passphrase, file)
		return err
	}
	ring, file, err := clinic.NewKeyring(passphrase, o.cfg.Work)
	if err != nil {
		return err
	}
	if err := o.disk.Write(ringFile, file); err != nil {
		return err
	}
	o.ring = ring
	return nil
}

// HasPassphrase reports whether the machine's passphrase was chosen already.
func (o *Office) HasPassphrase() bool { return o.disk.Has(ringFile) }

// seal writes a secret, sealed.
func (o *Office) seal(name string, data []byte) error {
	if err := o.unlock(); err != nil {
		return err
	}
	sealed, err := o.ring.Seal(data)
	if err != nil {
		return err
	}
	return o.disk.Write(name, sealed)
}

// unseal reads a secret.
func (o *Office) unseal(name string) ([]byte, error) {
	sealed, err := o.disk.Read(name)
	if err != nil {
		return nil, err
	}
	if err := o.unlock(); err != nil {
		return nil, err
	}
	return o.ring.Open(sealed)
}

// connect returns the server.
func (o *Office) connect() (*clinic.Server, error) {
	if o.server != nil {
		return o.server, nil
	}
	s, err := clinic.NewServer(clinic.ServerConfig{URL: o.book.Server, HTTP: o.cfg.HTTP, Now: o.cfg.Now, Rand: o.cfg.Rand})
	if err != nil {
		return nil, err
	}
	o.server = s
	return s, nil
}

// askEvery is how often a note or a message is asked for again until enough witnesses have signed.
const askEvery = 500 * time.Millisecond

// again calls until it answers true, fails, or Config.Wait is over: then [ErrUnwitness].
func (o *Office) again(ctx context.Context, try func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, o.cfg.Wait)
	defer cancel()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		done, err := try()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for witnesses: %w", ErrUnwitness)
		case <-tick.C:
		}
	}
}

// logNotes keeps signed notes and logs them. When the server does not take them now they stay
// kept, and the error is [ErrUnlogged] with the reason.
func (o *Office) logNotes(ctx context.Context, notes ...[]byte) error {
	if err := o.announce(ctx, notes...); err != nil {
		return err
	}
	return o.logQueue(ctx, notes)
}

// logQueue is logNotes without telling the monitor.
func (o *Office) logQueue(ctx context.Context, notes [][]byte) error {
	for _, n := range notes {
		o.book.Pending = append(o.book.Pending, string(n))
	}
	if err := o.save(); err != nil {
		return err
	}
	if err := o.push(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnlogged, err)
	}
	return nil
}

// push logs what waits, oldest first. A note that is not taken keeps no other one back: the next
// may end a stolen key. The error is that of the first.
func (o *Office) push(ctx context.Context) error {
	if err := o.joinMonitor(); err != nil {
		return err
	}
	s, err := o.connect()
	if err != nil {
		return err
	}
	var failed error
	for _, note := range slices.Clone(o.book.Pending) {
		err := o.pushOne(ctx, s, note)
		if failed == nil {
			failed = err
		}
		if errors.Is(err, clinic.ErrOffline) || errors.Is(err, disk.ErrDisk) || ctx.Err() != nil {
			break // nor would the others
		}
	}
	return failed
}

func (o *Office) pushOne(ctx context.Context, s *clinic.Server, note string) error {
	var proof []byte
	err := o.again(ctx, func() (bool, error) {
		_, p, err := s.AppendNote(ctx, []byte(note))
		proof = p
		return len(p) > 0, err
	})
	if err != nil {
		return err
	}
	o.logged = true
	if err := o.book.take([]byte(note), proof); err != nil && !errors.Is(err, ErrKeyTaken) {
		return err
	}
	o.book.Pending = slices.DeleteFunc(slices.Clone(o.book.Pending), func(x string) bool { return x == note })
	return o.save()
}

// Sync logs what waits and takes in what the server has of the clinic. Errors are those of
// clinic.Server, and [ErrUnwitness].
func (o *Office) Sync(ctx context.Context) error {
	if err := o.need(); err != nil {
		return err
	}
	if err := o.push(ctx); err != nil {
		return err
	}
	return o.fetch(ctx)
}

// maxPages is how many pages about the clinic are read at once.
const maxPages = 256

// fetch takes in what the server has of the clinic.
func (o *Office) fetch(ctx context.Context) error {
	s, err := o.connect()
	if err != nil {
		return err
	}
	after := int64(0)
	for range maxPages {
		page, err := s.GetClinic(ctx, o.book.Clinic, after)
		if err != nil {
			return err
		}
		if o.book.absorb(page) {
			if err := o.save(); err != nil {
				return err
			}
		}
		if len(page.Status) > 0 && o.newStatus(page.Status) {
			if err := o.save(); err != nil {
				return err
			}
		}
		if !page.More || page.Next <= after {
			return nil
		}
		after = page.Next
	}
	return fmt.Errorf("read pages: %w", clinic.ErrBadAnswer)
}

// statusAhead is how far a status may be ahead of this machine's clock, in seconds: patients'
// devices believe no more.
const statusAhead = 3600

// newStatus takes a status into the book when a granted monitor signed it and it is newer, and
// reports whether it did.
func (o *Office) newStatus(raw []byte) bool {
	st, _, ok := o.openStatus(raw)
	if !ok || st.Issued > o.cfg.Now().Unix()+statusAhead {
		return false
	}
	if old, _, ok := o.openStatus([]byte(o.book.Status)); ok && old.Issued >= st.Issued {
		return false
	}
	o.book.Status = string(raw)
	return true
}

// openStatus verifies a status under the granted monitor keys that had not ended by then.
func (o *Office) openStatus(raw []byte) (contact.Status, *Granted, bool) {
	s, err := translog.ParseSigned(raw)
	if err != nil || len(s.Sigs) != 1 {
		return contact.Status{}, nil, false
	}
	st, err := contact.ParseStatus(s.Text)
	if err != nil || st.Clinic != [32]byte(o.book.Clinic) {
		return contact.Status{}, nil, false
	}
	for _, g := range o.view.grants {
		if g.Role != contact.RoleMonitor || g.Key.Name != s.Sigs[0].Name {
			continue
		}
		if r := g.Revoked; r != nil && (r.Reason == contact.Compromised || st.Issued > r.Effective) {
			continue
		}
		if _, err := s.Open(g.Key); err == nil {
			by, ok := o.view.grantAt(g.Key.String(), st.Issued)
			return st, by, ok
		}
	}
	return contact.Status{}, nil, false
}

// taken reports whether the clinic knows a public key already, in any role.
func (o *Office) taken(k translog.Key) bool {
	held := func(x translog.Key) bool { return x.Public == k.Public }
	if slices.ContainsFunc(o.view.grants, func(g Granted) bool { return held(g.Key) }) {
		return true
	}
	return slices.ContainsFunc(o.view.sets, func(s contact.RootSet) bool { return slices.ContainsFunc(s.Keys, held) })
}

// StatusAt returns when the newest status that is known here was issued.
func (o *Office) StatusAt() (time.Time, bool) {
	st, _, ok := o.openStatus([]byte(o.book.Status))
	return time.Unix(st.Issued, 0).UTC(), ok
}
