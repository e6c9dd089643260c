package patient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// Errors that a face turns into words. Errors of packages vault, checklist and contact pass
// through wrapped.
var (
	ErrNoVault         = errors.New("no vault on this device yet")
	ErrAlreadyOpen     = errors.New("the vault is open in another window")
	ErrNeedPassphrase  = errors.New("the vault needs its passphrase")
	ErrWrongPassphrase = errors.New("the passphrase does not open the vault")
	ErrDisk            = errors.New("the disk could not be written")   // full, read-only, unreadable
	ErrNoServer        = errors.New("no server is set")                // sync is off
	ErrOffline         = errors.New("the server could not be reached") // nothing was lost
	ErrRefused         = errors.New("the server refused")              // rate limit, quota
	ErrNotFound        = errors.New("the server has no such vault")
	ErrDeleted         = errors.New("the vault was deleted from another device")
	ErrClock           = errors.New("this device's clock is off")
	ErrUnconfirmed     = errors.New("the recovery code was not confirmed yet")
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
}

// Device is an open vault and everything one does with it. Its methods may be called from
// several goroutines.
type Device struct {
	cfg Config
}

// Create makes a vault on a disk that has none and returns the recovery code, which the
// caller shows once and has retyped (see [Device.ConfirmRecovery]).
func Create(ctx context.Context, cfg Config) (*Device, humancode.Code, error) { panic("being built") }

// Open opens the vault on this device. It fails with ErrNoVault, ErrAlreadyOpen,
// ErrNeedPassphrase, ErrWrongPassphrase, ErrDisk or vault.ErrDamaged.
func Open(ctx context.Context, cfg Config) (*Device, error) { panic("being built") }

// Restore fetches the vault that belongs to a recovery code and opens it on a disk that has
// none. The result says when and on which device it was last saved, and lists the pins that
// the patient must confirm before they count.
func Restore(ctx context.Context, cfg Config, code humancode.Code) (*Device, Restored, error) {
	panic("being built")
}

// Restored describes a vault that was just restored.
type Restored struct {
	SavedAt time.Time
	SavedOn string
	Pins    []contact.Pin
}

// Close drops the keys and releases the lock. It is safe to call twice.
func (d *Device) Close() error { panic("being built") }

// State returns a copy of the state.
func (d *Device) State() vault.State { panic("being built") }

// Pack returns the content pack in use.
func (d *Device) Pack() *checklist.Pack { panic("being built") }

// Plan runs the engine on the device.
func (d *Device) Plan() checklist.Plan { panic("being built") }

// SetAnswers saves the answers to the four questions.
func (d *Device) SetAnswers(a checklist.Answers) error { panic("being built") }

// Mark saves what the patient did with a row, and returns once it is on disk. For a fan-out
// row an empty platform means every platform of the row. until is used by [checklist.Later].
func (d *Device) Mark(key checklist.RowKey, status checklist.Status, reason checklist.SkipReason, until time.Time) error {
	panic("being built")
}

// SetSettings saves settings.
func (d *Device) SetSettings(locale, theme string) error { panic("being built") }

// Verify judges a bundle against the pins. text is what the patient received; nil when
// only the bundle is at hand. It remembers stolen marks and the newest time.
func (d *Device) Verify(ctx context.Context, bundle []byte, text *string) (contact.Verdict, error) {
	panic("being built")
}

// AddPin pins a clinic; ConfirmPins accepts the pins that came with a restore.
func (d *Device) AddPin(p contact.Pin) error { panic("being built") }

// ConfirmPins accepts the pins that came with a restore.
func (d *Device) ConfirmPins() error { panic("being built") }

// RecoveryConfirmed reports whether the recovery code was retyped.
func (d *Device) RecoveryConfirmed() bool { panic("being built") }

// ConfirmRecovery checks a retyped recovery code.
func (d *Device) ConfirmRecovery(code humancode.Code) error { panic("being built") }

// RecoveryCode returns the code while it is not confirmed, so that a crash between showing
// and retyping loses nothing; afterwards it fails.
func (d *Device) RecoveryCode() (humancode.Code, error) { panic("being built") }

// SyncResult says what a sync did.
type SyncResult struct {
	Pulled, Pushed bool
	Revision       uint64
	At             time.Time
}

// Sync merges with the server's copy and stores the result there by compare-and-set. On any
// error the local vault is as it was.
func (d *Device) Sync(ctx context.Context) (SyncResult, error) { panic("being built") }

// SetPassphrase wraps the vault key with a passphrase; empty removes it.
func (d *Device) SetPassphrase(passphrase []byte) error { panic("being built") }

// Wipe removes everything on this device and, if remote is set, the server's copy first.
func (d *Device) Wipe(ctx context.Context, remote bool) error { panic("being built") }

// Server returns the server's address, or "".
func (d *Device) Server() string { panic("being built") }

// UseServer saves the server's address; "" turns sync off.
func (d *Device) UseServer(url string) error { panic("being built") }
