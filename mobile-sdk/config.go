package chaperone

import (
	"context"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
)

// Config says where a [Client] keeps its files and which server and language it uses. Only
// the data directory is required.
type Config struct {
	dataDir, server, locale, deviceName string
	now                                 func() time.Time // nil but in tests
}

// NewConfig returns an empty configuration.
func NewConfig() *Config { return &Config{} }

// SetDataDir sets the directory for the sealed files, one that the app alone can read. It is
// made when it is missing.
func (c *Config) SetDataDir(dir string) {
	defer guardNone()
	c.dataDir = dir
}

// SetServer sets the address of the server to sync with, such as
// "https://chaperone.example.com". Without one the address that was saved before holds, or
// nothing is synced.
func (c *Config) SetServer(url string) {
	defer guardNone()
	c.server = url
}

// SetLocale sets the language of texts for people, a BCP 47 tag such as "en" or "es-MX". A
// language that the library does not speak, and none, give English.
func (c *Config) SetLocale(tag string) {
	defer guardNone()
	c.locale = tag
}

// SetDeviceName sets what the patient calls this device. It is only ever stored sealed.
func (c *Config) SetDeviceName(name string) {
	defer guardNone()
	c.deviceName = name
}

// Open opens the vault that was created or restored here before. It fails with CodeNoVault,
// CodeAlreadyOpen, CodeNoKey, CodeKeyStore, CodeDamaged, CodeNewer or CodeDisk. No network is
// used.
func (c *Config) Open(store SecureStore) (client *Client, err error) {
	defer guard(&err)
	cfg, disk, err := c.patientConfig(store)
	if err != nil {
		return nil, err
	}
	defer disk.releaseUnless(&client)
	device, err := patient.Open(context.Background(), cfg)
	if err != nil {
		return nil, mapped(err)
	}
	return newClient(device, c), nil
}

// Create makes a vault where there is none. The app shows [Client.RecoveryCode] at once, has
// it retyped and calls [Client.ConfirmRecovery]. It fails with CodeVaultExists and, like
// Open, when the disk or the key store does not take what must be saved. No network is used.
func (c *Config) Create(store SecureStore) (client *Client, err error) {
	defer guard(&err)
	cfg, disk, err := c.patientConfig(store)
	if err != nil {
		return nil, err
	}
	defer disk.releaseUnless(&client)
	device, _, err := patient.Create(context.Background(), cfg)
	if err != nil {
		return nil, mapped(err)
	}
	return newClient(device, c), nil
}

// Restore fetches the vault that belongs to a recovery code and opens it on a device that
// has none. Spaces, hyphens and the case of the code do not matter. timeoutMs is how long it
// may take; 0 or less means 30 seconds. It fails with CodeWrongCode, CodeVaultExists,
// CodeNoServer, CodeOffline, CodeTimeout and like Create.
//
// Clinics that come with a restored vault count only once the patient has looked at them:
// see [Client.Clinics] and [Client.ConfirmClinics].
func (c *Config) Restore(store SecureStore, recoveryCode string, timeoutMs int64) (restored *Restored, err error) {
	defer guard(&err)
	cfg, disk, err := c.patientConfig(store)
	if err != nil {
		return nil, err
	}
	var client *Client
	defer disk.releaseUnless(&client)
	code, err := humancode.Parse(recoveryCode, humancode.RecoveryLen)
	if err != nil {
		return nil, fail(CodeWrongCode)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout(timeoutMs))
	defer cancel()
	device, was, err := patient.Restore(ctx, cfg, code)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, mapped(err)
	}
	client = newClient(device, c)
	return &Restored{client: client, at: unix(was.SavedAt), on: safe(was.SavedOn)}, nil
}

// patientConfig checks the configuration and puts the host's key store in front of the disk.
func (c *Config) patientConfig(store SecureStore) (patient.Config, *keyDisk, error) {
	if c == nil || c.dataDir == "" || store == nil {
		return patient.Config{}, nil, fail(CodeBadInput)
	}
	dir, err := patient.NewDir(c.dataDir)
	if err != nil {
		return patient.Config{}, nil, mapped(err)
	}
	disk := &keyDisk{Disk: dir, store: store}
	return patient.Config{Disk: disk, Server: c.server, DeviceName: c.deviceName, Now: c.now}, disk, nil
}

const defaultTimeout = 30 * time.Second

// timeout reads the timeoutMs of a blocking call.
func timeout(ms int64) time.Duration {
	if ms <= 0 {
		return defaultTimeout
	}
	return time.Duration(min(ms, int64(10*time.Minute/time.Millisecond))) * time.Millisecond
}
