package monitor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Errors of a monitor's set-up.
var (
	// ErrNotJoined says that the monitor was not told yet which clinic it is for.
	ErrNotJoined = errors.New("the monitor belongs to no clinic yet")
	// ErrJoined says that it was told before.
	ErrJoined = errors.New("the monitor belongs to a clinic already")
	// ErrProfile says that a profile does not name this monitor, or is not the clinic's.
	ErrProfile = errors.New("a profile that does not name this monitor")
	// ErrSetUp says that a monitor is there already, or that there is none.
	ErrSetUp = errors.New("the monitor is set up already, or not at all")
)

// Server is what a monitor needs of a server. Nothing that it answers is believed.
// *clinic.Server is one.
type Server interface {
	// Checkpoint returns a log's newest checkpoint; log is clinic.KeysLog or clinic.MsgsLog.
	Checkpoint(ctx context.Context, log string) ([]byte, error)
	// Entries returns at least one and at most n leaves from an index on.
	Entries(ctx context.Context, log string, from, n int64) ([][]byte, error)
	PutStatus(ctx context.Context, note []byte) error
	// AppendNote logs a note that the monitor signed. The same one again has the same place.
	AppendNote(ctx context.Context, note []byte) (index int64, proof []byte, err error)
	GetClinic(ctx context.Context, id [32]byte, after int64) (clinic.Page, error)
}

// Config says how to open a monitor.
type Config struct {
	Dir    string           // required
	Keys   *Keys            // required; see [OpenKeyless]
	Server Server           // nil: nothing is read and pushed
	HTTP   *http.Client     // asks witnesses; nil: they are not asked
	Rand   io.Reader        // required
	Now    func() time.Time // required; its zone says when a day begins
	Log    *slog.Logger     // nil: nothing is logged
	// Every is the time between two rounds; 0 is 30 s.
	Every time.Duration
	// Since is when the monitor began to watch, for one that is opened for a moment only: no log
	// is stale before half an hour after it. Zero: it has watched since its first reading.
	Since time.Time
	// Patience is how long to wait for another process that has the folder.
	Patience time.Duration
}

// Settings are what a monitor was told at set-up: monitor.json. There is no secret in it but
// the hashes of passphrases.
type Settings struct {
	Address  string       `json:"address"` // where devices find it: https://host:port
	Key      string       `json:"key"`     // vkey
	VRF      contact.Hash `json:"vrf"`
	Pin      contact.Hash `json:"pin"` // SHA-256 of the certificate
	Persons  []Person     `json:"persons"`
	Hours    *Hours       `json:"hours,omitempty"` // nil: always
	Here     bool         `json:"here,omitempty"`  // on the office's own computer
	Profile  string       `json:"profile,omitempty"`
	Policies []string     `json:"policies,omitempty"`
	Server   string       `json:"server,omitempty"` // where the clinic publishes
	// Known are the notes that were in the log when the monitor was told of its clinic, and that
	// a person looked at: H(text).
	Known []contact.Hash `json:"known,omitempty"`
}

// Monitor is a clinic's second machine. Its methods may be called from several goroutines.
type Monitor struct {
	cfg  Config
	dir  *disk.Dir
	wake chan struct{}

	rounds sync.Mutex // one round at a time; taken before mu

	mu       sync.Mutex
	settings Settings
	joined   *contact.Profile // as it was given by hand
	// announced is the newest profile that was handed over. Only its policies count before it is met
	// in the log: of a log that took the place of another nobody else can say whose it is.
	announced *contact.Profile
	view      *view
	notes     journal
	known     map[[32]byte]bool // H(text) of notes that this machine was told of
	expected  map[[32]byte]bool // H(vkey) of keys whose grant is expected
	logged    map[[32]byte]bool // H(text) of notes that were met in a log and verified
	clockOff  bool              // witnesses say another time than this machine's clock
	outbox    outbox
	alarms    alarms
	waiting   waiting
	people    people
	own       [][]byte          // notes that this monitor signed, oldest first
	handed    map[[32]byte]bool // of own, H(text) of those that the server took
	tails     tailState
	status    statusState
	floor     int64 // no time before it is believed, Unix seconds
	urgent    int64 // when something was met that the next status must say
	broken    error // the disk did not take something: nothing is proved any more
}

// noteRecord is a line of notes.log.
type noteRecord struct {
	What  string       `json:"what"` // logged, given, known or expected
	Note  string       `json:"note,omitempty"`
	Hash  contact.Hash `json:"hash"` // H(text); of expected, H(vkey)
	At    int64        `json:"at"`   // when it was logged or given
	Index int64        `json:"index,omitempty"`
	Seen  int64        `json:"seen"`          // when it was met here
	Own   bool         `json:"own,omitempty"` // signed here, and to be logged from here
}

// SetUp makes the folder of a new monitor: sealed is its keys as [Keys.Marshal] writes them,
// sealed under a passphrase. There are at least two persons, of different names. It fails with
// [ErrSetUp] when there is a monitor, and with [ErrPerson] or [ErrHours].
func SetUp(dir string, k *Keys, sealed []byte, address string, persons []Person, hours *Hours) error {
	return setUp(dir, k, sealed, Settings{Address: address, Persons: persons, Hours: hours})
}

// SetUpHere is [SetUp] of a monitor on the office's own computer. Devices do not reach it over
// the network. What was left of a set-up that was cut off before [Join] gives way.
func SetUpHere(dir string, k *Keys, sealed []byte, persons []Person, hours *Hours) error {
	return setUp(dir, k, sealed, Settings{Here: true, Persons: persons, Hours: hours})
}

func setUp(dir string, k *Keys, sealed []byte, s Settings) error {
	names := map[string]bool{}
	for _, p := range s.Persons {
		names[p.Name] = true
	}
	if len(names) < 2 || len(names) != len(s.Persons) {
		return fmt.Errorf("set up monitor: %w", ErrPerson)
	}
	if err := s.Hours.check(); err != nil {
		return err
	}
	d, err := disk.Open(dir)
	if err != nil {
		return fmt.Errorf("set up monitor: %w", err)
	}
	var old Settings
	if found, err := readJSON(d, settingsFile, &old); err != nil || found && !(s.Here && old.Here && old.Profile == "") {
		return errors.Join(ErrSetUp, err, d.Close())
	}
	s.Key, s.VRF, s.Pin = k.Key().String(), k.VRFKey(), k.Pin()
	// The settings come last: a monitor without them was not set up.
	err = d.Write(keysFile, sealed)
	if err == nil {
		err = writeJSON(d, settingsFile, s)
	}
	return errors.Join(err, d.Close())
}

// SealedKeys reads the sealed keys that [SetUp] kept. It fails with [ErrSetUp].
func SealedKeys(dir string) ([]byte, error) {
	raw, err := disk.ReadFile(dir, keysFile)
	if err == nil && raw == nil {
		err = ErrSetUp
	}
	return raw, err
}

// ReadSettings reads a monitor's settings, also while it runs. It fails with [ErrSetUp].
func ReadSettings(dir string) (Settings, error) {
	var s Settings
	raw, err := disk.ReadFile(dir, settingsFile)
	switch {
	case err != nil:
		return s, err
	case raw == nil:
		return s, ErrSetUp
	}
	return s, parseJSON(settingsFile, raw, &s)
}

// Open opens a monitor that was set up. It fails with disk.ErrAlreadyOpen when another process
// has it, and with disk.ErrDamaged or disk.ErrDisk.
func Open(cfg Config) (*Monitor, error) {
	if cfg.Dir == "" || cfg.Keys == nil || cfg.Rand == nil || cfg.Now == nil {
		return nil, errors.New("open monitor: a required part is missing")
	}
	return openMonitor(cfg)
}

func openMonitor(cfg Config) (*Monitor, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Every == 0 {
		cfg.Every = 30 * time.Second
	}
	if _, err := ReadSettings(cfg.Dir); err != nil {
		return nil, fmt.Errorf("open monitor: %w", err) // no folder is made for a monitor that there is not
	}
	d, err := openSoon(cfg.Dir, cfg.Patience)
	if err != nil {
		return nil, fmt.Errorf("open monitor: %w", err)
	}
	m := &Monitor{
		cfg: cfg, dir: d, wake: make(chan struct{}, 1), handed: map[[32]byte]bool{},
		known: map[[32]byte]bool{}, expected: map[[32]byte]bool{}, logged: map[[32]byte]bool{},
	}
	if err := m.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("open monitor: %w", err), m.Close())
	}
	return m, nil
}

func (m *Monitor) load() error {
	if found, err := readJSON(m.dir, settingsFile, &m.settings); err != nil || !found {
		return errors.Join(err, ErrSetUp)
	}
	if m.cfg.Keys != nil && m.settings.Key != m.cfg.Keys.Key().String() {
		return fmt.Errorf("%w: of another monitor", ErrKeys)
	}
	m.view = newView([32]byte{})
	if m.settings.Profile != "" {
		p, hash, err := readProfile([]byte(m.settings.Profile))
		if err != nil {
			return fmt.Errorf("%s: %w", settingsFile, disk.ErrDamaged)
		}
		m.joined, m.view = &p, newView(p.Clinic)
		if p.Roots.Hash() == p.Clinic {
			// Notes can be judged before the log was read. After a rotation only the log leads there.
			m.view.roots = []contact.RootSet{p.Roots}
		}
		m.known[hash] = true
		for _, h := range m.settings.Known {
			m.known[h] = true
		}
		for _, text := range m.settings.Policies {
			m.view.addPolicy([]byte(text))
		}
	}
	var err error
	if m.alarms.log, err = openJournal(m.dir, alarmsFile, m.alarms.read); err != nil {
		return err
	}
	if m.notes, err = openJournal(m.dir, notesFile, m.readNote); err != nil {
		return err
	}
	if m.outbox.log, err = openJournal(m.dir, outboxFile, m.outbox.read); err != nil {
		return err
	}
	if m.waiting.log, err = openJournal(m.dir, waitingFile, m.waiting.read); err != nil {
		return err
	}
	if _, err := readJSON(m.dir, tailFile, &m.tails); err != nil {
		return err
	}
	if _, err := readJSON(m.dir, statusStateFile, &m.status); err != nil {
		return err
	}
	if _, err := readJSON(m.dir, peopleFile, &m.people); err != nil {
		return err
	}
	m.floor = max(m.outbox.latest(), m.status.Issued)
	m.status.Due = m.status.Due || m.urgent >= m.status.Issued && m.urgent > 0
	return nil
}

func (m *Monitor) readNote(raw []byte) error {
	var r noteRecord
	if err := json.Unmarshal(raw, &r); err != nil {
		return err
	}
	switch r.What {
	case "known":
		m.known[r.Hash] = true
		m.announce(r.Note)
	case "expected":
		m.expected[r.Hash] = true
	case "given", "logged":
		if r.What == "given" {
			m.known[r.Hash] = true
			if r.Own {
				m.own = append(m.own, []byte(r.Note))
			}
		} else {
			m.logged[r.Hash] = true
		}
		// What did not verify when it was met does not verify now.
		a, err := m.view.apply([]byte(r.Note), r.At)
		if err == nil && a.status {
			m.urgent = max(m.urgent, r.Seen)
		}
	default:
		return fmt.Errorf("record of kind %q", r.What)
	}
	return nil
}

// announce takes note of a signed profile that was verified when it was handed over.
func (m *Monitor) announce(note string) {
	s, err := translog.ParseSigned([]byte(note))
	if err != nil {
		return
	}
	if p, err := contact.ParseProfile(s.Text); err == nil && (m.announced == nil || p.N > m.announced.N) {
		m.announced = &p
	}
}

// policies are those by which heads are judged: of the profile in force, then of a newer one that
// was handed over. m.mu is held.
func (m *Monitor) policies() ([]contact.PolicyRef, error) {
	p, err := m.profile()
	if err != nil {
		return nil, err
	}
	refs := slices.Clone(p.Policies)
	if m.announced != nil && m.announced.N > p.N {
		refs = append(refs, m.announced.Policies...)
	}
	return refs, nil
}

// Close gives the directory back.
func (m *Monitor) Close() error {
	return errors.Join(m.alarms.log.close(), m.notes.close(), m.outbox.log.close(), m.waiting.log.close(), m.dir.Close())
}

// profile is the profile in force: the newest in the log, or the one that was given by hand.
// m.mu is held.
func (m *Monitor) profile() (*contact.Profile, error) {
	switch {
	case m.view.profile != nil:
		return m.view.profile, nil
	case m.joined != nil:
		return m.joined, nil
	}
	return nil, ErrNotJoined
}

// Wake asks for a round now.
func (m *Monitor) Wake() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Run reads the logs and signs statuses until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	last := ""
	for ctx.Err() == nil {
		now := ""
		if err := m.Round(ctx); err != nil && ctx.Err() == nil {
			now = err.Error()
		}
		if now != last && now != "" {
			m.cfg.Log.Warn("round not finished", "error", now)
		}
		last = now
		select {
		case <-ctx.Done():
		case <-m.wake:
		case <-time.After(m.cfg.Every):
		}
	}
}

// Round reads what is new in both logs, and signs and pushes a status when one is due. Alarms
// are raised, not returned; an error says what could not be done.
func (m *Monitor) Round(ctx context.Context) error {
	tail := m.Tail(ctx)
	return errors.Join(tail, m.logOwn(ctx), m.statusRound(ctx))
}

// Renew is [Monitor.Round] with a status that is signed now, whether or not one is due.
func (m *Monitor) Renew(ctx context.Context) error {
	m.mu.Lock()
	m.status.Due = true
	m.mu.Unlock()
	return m.Round(ctx)
}

// Directory is where a clinic's directory has its monitor.
func Directory(home string) string { return filepath.Join(home, "monitor") }
