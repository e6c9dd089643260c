package patient

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Config says how to open a device. Disk is required; everything else has a safe default.
type Config struct {
	Disk       Disk
	Passphrase []byte       // nil: none; see [ErrNeedPassphrase]
	Server     string       // overrides server.json; "" keeps it
	HTTP       *http.Client // nil: one with timeouts and read limits
	Now        func() time.Time
	Rand       io.Reader
	DeviceName string
	Pack       *checklist.Pack // nil: the newest of embedded and downloaded
	// Policies are the texts of witness policies that come with the program. Only under one of
	// these, or under one that the patient installed as policy.txt, the age of a clinic counts.
	Policies [][]byte
	// Patience is how long servers have to answer a look-up; 0 is ten seconds.
	Patience time.Duration
	// Embedded opens the pack that came with the program, for a caller that has opened it already
	// or does so meanwhile; nil: [checklist.Embedded].
	Embedded func() (*checklist.Pack, error)
}

// Device is an open vault and everything one does with it. Its methods may be called from
// several goroutines. After [Device.Close] they fail with ErrClosed.
type Device struct {
	disk Disk
	now  func() time.Time
	rand io.Reader
	http *http.Client

	// syncing is held by what talks to the server for the vault: one at a time. It is taken
	// before mu, and never while mu is held.
	syncing sync.Mutex
	// packing is held while a pack is loaded or fetched; it guards pack.
	packing sync.Mutex
	pack    *checklist.Pack
	// embedded opens the pack that came with the program.
	embedded func() (*checklist.Pack, error)
	// packAsked is when a sync last asked for a pack, guarded by syncing.
	packAsked time.Time

	policies [][]byte
	patience time.Duration
	// refreshing is held while clinics are asked for news: one at a time, and never while mu or
	// notes.mu is held.
	refreshing sync.Mutex
	// notes is what lies sealed beside the vault. Its mu is taken before mu.
	notes notebook

	// mu guards what follows and every write to the disk. It is not held during a request or
	// a key derivation, so that Close is quick.
	mu     sync.Mutex
	closed bool
	unlock func() error
	file   *vault.File
	local  vault.Local // what is on disk, but see Verify
	// beyond is what was learned of clinics and does not fit into the vault; see [vault.Room].
	beyond contact.Memory
	server string
}

// LogValue implements [slog.LogValuer]; nothing of a device enters a log.
func (*Device) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// newDevice checks cfg and takes the disk's lock.
func newDevice(cfg Config) (*Device, error) {
	d := &Device{
		disk: cfg.Disk, now: cfg.Now, rand: cfg.Rand, http: client(cfg.HTTP), pack: cfg.Pack,
		policies: cfg.Policies, patience: cfg.Patience, embedded: cfg.Embedded,
	}
	if d.patience == 0 {
		d.patience = requestTimeout
	}
	if d.now == nil {
		d.now = time.Now
	}
	if d.rand == nil {
		d.rand = rand.Reader
	}
	if d.embedded == nil {
		d.embedded = checklist.Embedded
	}
	unlock, err := d.disk.Lock()
	if err != nil {
		return nil, err
	}
	d.unlock = unlock
	return d, nil
}

// giveUp releases the lock after an error of Create, Open or Restore.
func (d *Device) giveUp() {
	// The error that led here is the one to tell.
	_ = d.Close()
}

// Create makes a vault on a disk that has none and returns the recovery code, which the
// caller shows once and has retyped (see [Device.ConfirmRecovery]). It fails with
// ErrVaultExists, ErrAlreadyOpen or ErrDisk.
func Create(ctx context.Context, cfg Config) (*Device, humancode.Code, error) {
	d, err := newEmpty(cfg)
	if err != nil {
		return nil, humancode.Code{}, fmt.Errorf("create vault: %w", err)
	}
	code, err := d.create(ctx, cfg)
	if err != nil {
		d.giveUp()
		return nil, humancode.Code{}, fmt.Errorf("create vault: %w", err)
	}
	return d, code, nil
}

func (d *Device) create(ctx context.Context, cfg Config) (humancode.Code, error) {
	code, err := humancode.New(d.rand, humancode.RecoveryLen)
	if err != nil {
		return humancode.Code{}, err
	}
	keys, err := vault.DeriveKeys(code)
	if err != nil {
		return humancode.Code{}, err
	}
	seed, err := checklist.NewSeed(d.rand)
	if err != nil {
		return humancode.Code{}, err
	}
	state := vault.State{Schema: vault.Schema, Answers: checklist.Answers{Seed: seed}}
	local := vault.Local{State: state, Keys: keys, Code: code.Symbols()}
	if err := d.begin(ctx, cfg, local); err != nil {
		return humancode.Code{}, err
	}
	return code, nil
}

// newEmpty takes a disk that must not have a vault yet.
func newEmpty(cfg Config) (*Device, error) {
	d, err := newDevice(cfg)
	if err != nil {
		return nil, err
	}
	switch _, err := d.disk.Read(VaultFile); {
	case err == nil:
		d.giveUp()
		return nil, ErrVaultExists
	case !errors.Is(err, fs.ErrNotExist):
		d.giveUp()
		return nil, err
	}
	if err := d.findServer(cfg.Server); err != nil {
		d.giveUp()
		return nil, err
	}
	return d, nil
}

// begin gives this device its name and writes the first vault. Until the last write there is
// no vault.
func (d *Device) begin(ctx context.Context, cfg Config, local vault.Local) error {
	var id [16]byte
	if _, err := io.ReadFull(d.rand, id[:]); err != nil {
		return fmt.Errorf("draw device id: %w", err)
	}
	local.State.Device, local.State.DeviceName = hex.EncodeToString(id[:]), cfg.DeviceName
	secret, err := d.newSecret(cfg.Passphrase)
	if err != nil {
		return err
	}
	defer secret.Zero()
	if d.file, err = vault.NewFile(d.rand, secret); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	// After an error the key stays: a write that reported one may still be on disk.
	return d.write(&local)
}

// newSecret makes the secret of a new file: the passphrase, or a fresh device key on disk.
func (d *Device) newSecret(passphrase []byte) (vault.Secret, error) {
	if len(passphrase) > 0 {
		return vault.Passphrase(passphrase), nil
	}
	var key [vault.DeviceKeyLen]byte
	defer clear(key[:])
	if _, err := io.ReadFull(d.rand, key[:]); err != nil {
		return vault.Secret{}, fmt.Errorf("draw device key: %w", err)
	}
	if err := d.disk.Write(keyFile, key[:]); err != nil {
		return vault.Secret{}, err
	}
	return vault.DeviceKey(key[:]), nil
}

// Open opens the vault on this device. It fails with ErrNoVault, ErrAlreadyOpen,
// ErrNeedPassphrase, ErrWrongPassphrase, ErrNoKey, ErrDisk, vault.ErrDamaged or
// vault.ErrNewer. It uses no network.
func Open(ctx context.Context, cfg Config) (*Device, error) {
	// A disk without a vault stays as it is, without a directory or a lock file.
	if _, err := cfg.Disk.Read(VaultFile); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open vault: %w", ErrNoVault)
	}
	d, err := newDevice(cfg)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	if err := d.open(ctx, cfg); err != nil {
		d.giveUp()
		return nil, fmt.Errorf("open vault: %w", err)
	}
	return d, nil
}

func (d *Device) open(ctx context.Context, cfg Config) error {
	data, err := d.disk.Read(VaultFile)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNoVault
	}
	if err != nil {
		return err
	}
	mode, err := vault.FileMode(data)
	if err != nil {
		return err
	}
	secret, err := d.secret(mode, cfg.Passphrase)
	if err != nil {
		return err
	}
	defer secret.Zero()
	if err := ctx.Err(); err != nil {
		return err
	}
	file, payload, err := vault.OpenFile(data, secret)
	switch {
	case errors.Is(err, vault.ErrWrongKey) && mode == vault.ModePassphrase:
		return ErrWrongPassphrase
	case errors.Is(err, vault.ErrWrongKey):
		return fmt.Errorf("device key: %w", vault.ErrDamaged)
	case err != nil:
		return err
	}
	d.file = file
	defer clear(payload)
	if d.local, err = vault.DecodeLocal(payload); err != nil {
		return err
	}
	if err := d.readBeside(beyondFile, &d.beyond); err != nil {
		return err
	}
	if cfg.DeviceName != "" {
		d.local.State.DeviceName = cfg.DeviceName
	}
	if mode == vault.ModePassphrase {
		// A crash may have left a key that opens nothing any more.
		_ = d.disk.Remove(keyFile)
	}
	return d.findServer(cfg.Server)
}

// secret finds what opens a file of a mode.
func (d *Device) secret(mode vault.Mode, passphrase []byte) (vault.Secret, error) {
	if mode == vault.ModePassphrase {
		if len(passphrase) == 0 {
			return vault.Secret{}, ErrNeedPassphrase
		}
		return vault.Passphrase(passphrase), nil
	}
	key, err := d.disk.Read(keyFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return vault.Secret{}, fmt.Errorf("%w: %w", ErrNoKey, vault.ErrDamaged)
	case err != nil:
		return vault.Secret{}, err
	}
	defer clear(key)
	return vault.DeviceKey(key), nil
}

// Close drops the keys and releases the lock, without waiting for a sync. It is safe to call
// twice.
func (d *Device) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.drop()
	if err := d.unlock(); err != nil {
		return fmt.Errorf("close vault: %w", err)
	}
	return nil
}

// drop overwrites the keys and forgets the rest. mu is held.
func (d *Device) drop() {
	d.closed = true
	if d.file != nil {
		d.file.Zero()
	}
	d.local.Keys.Zero()
	d.local, d.beyond = vault.Local{}, contact.Memory{}
}

// State returns a copy of the state; the zero State after Close.
func (d *Device) State() vault.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.local.State.Clone()
	markConfirmed(&d.local, &s.Contact)
	return s
}

// markConfirmed says in m which pins were confirmed on this device. Stored pins never say.
func markConfirmed(l *vault.Local, m *contact.Memory) {
	for i := range m.Pins {
		m.Pins[i].Confirmed = slices.Contains(l.Confirmed, confirmation(m.Pins[i]))
	}
}

// change applies f to a copy of what is kept, saves the copy, and keeps it once it is on
// disk. On an error everything is as it was.
func (d *Device) change(f func(*vault.Local) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return ErrClosed
	}
	next := clone(&d.local)
	if err := f(&next); err != nil {
		return err
	}
	return d.write(&next)
}

// write saves next and keeps it. mu is held.
func (d *Device) write(next *vault.Local) error {
	next.State.SavedAt, next.State.SavedOn = d.now().Unix(), next.State.DeviceName
	if err := d.makeRoom(next); err != nil {
		return fmt.Errorf("save vault: %w", err)
	}
	for i := range next.State.Contact.Pins {
		next.State.Contact.Pins[i].Confirmed = false
	}
	payload, err := json.Marshal(next)
	if err != nil {
		return fmt.Errorf("save vault: %w", err)
	}
	defer clear(payload)
	data, err := d.file.Seal(d.rand, payload)
	if err != nil {
		return fmt.Errorf("save vault: %w", err)
	}
	if err := d.disk.Write(VaultFile, data); err != nil {
		return fmt.Errorf("save vault: %w", err)
	}
	d.local = *next
	return nil
}

func clone(l *vault.Local) vault.Local {
	c := *l
	c.State = l.State.Clone()
	c.Confirmed = slices.Clone(l.Confirmed)
	c.Unasked = slices.Clone(l.Unasked)
	c.Marks = maps.Clone(l.Marks)
	c.Extra = maps.Clone(l.Extra)
	return c
}

// tick counts a change by this device and returns its stamp.
func tick(s *vault.State) (lamport uint64, device string) {
	s.Lamport++
	return s.Lamport, s.Device
}
