package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"sync"

	"golang.org/x/crypto/argon2"
)

// Mode says what opens a local file. The value is stored.
type Mode uint8

// The modes.
const (
	ModeDeviceKey  Mode = 1 // 32 random bytes in a file beside it
	ModePassphrase Mode = 2 // a passphrase that the patient types
)

func (m Mode) valid() bool { return m == ModeDeviceKey || m == ModePassphrase }

// DeviceKeyLen is the length in bytes of a device key.
const DeviceKeyLen = 32

// The cost of a passphrase (RFC 9106, section 4, second choice). It belongs to the file
// version, so that a changed file cannot ask for more memory.
const (
	argonTime    = 3
	argonMemory  = 64 << 10 // KiB
	argonThreads = 4
)

// deriving is held during a derivation: two at a time would need 128 MiB.
var deriving sync.Mutex

// Secret is what opens a local file. The zero value opens nothing.
type Secret struct {
	mode  Mode
	bytes []byte
}

// DeviceKey is the secret of a file without a passphrase. The key is copied.
func DeviceKey(key []byte) Secret { return Secret{ModeDeviceKey, bytes.Clone(key)} }

// Passphrase is the secret of a file with a passphrase. It is used byte for byte, and copied.
func Passphrase(p []byte) Secret { return Secret{ModePassphrase, bytes.Clone(p)} }

// Zero overwrites the secret.
func (s *Secret) Zero() {
	clear(s.bytes)
	*s = Secret{}
}

// LogValue implements [slog.LogValuer]; secrets never enter a log.
func (Secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// String implements [fmt.Stringer] and hides the secret.
func (Secret) String() string { return "[redacted]" }

// GoString implements [fmt.GoStringer] and hides the secret.
func (Secret) GoString() string { return "[redacted]" }

// lockKey derives the key of one lock. With a passphrase it takes 64 MiB, which are given
// back to the system at once.
func (s Secret) lockKey(salt []byte) (key [32]byte, err error) {
	switch {
	case s.mode == ModeDeviceKey && len(s.bytes) == DeviceKeyLen:
		out, err := hkdf.Key(sha256.New, s.bytes, salt, "device-lock", len(key))
		if err != nil {
			return key, err
		}
		copy(key[:], out)
		clear(out)
	case s.mode == ModePassphrase && len(s.bytes) > 0:
		deriving.Lock()
		defer deriving.Unlock()
		out := argon2.IDKey(s.bytes, salt, argonTime, argonMemory, argonThreads, uint32(len(key)))
		copy(key[:], out)
		clear(out)
		debug.FreeOSMemory()
	default:
		return key, fmt.Errorf("derive lock key: %w", ErrWrongKey)
	}
	return key, nil
}

// Lock is a secret made ready to lock a file, which is the slow part of a passphrase.
type Lock struct {
	mode Mode
	salt [saltLen]byte
	key  [32]byte
}

// NewLock draws a salt and derives the key of a lock.
func NewLock(random io.Reader, s Secret) (Lock, error) {
	l := Lock{mode: s.mode}
	if _, err := io.ReadFull(orRand(random), l.salt[:]); err != nil {
		return Lock{}, fmt.Errorf("draw salt: %w", err)
	}
	key, err := s.lockKey(l.salt[:])
	if err != nil {
		return Lock{}, err
	}
	l.key = key
	return l, nil
}

// Zero overwrites the lock's key.
func (l *Lock) Zero() { *l = Lock{} }

// LogValue implements [slog.LogValuer]; keys never enter a log.
func (Lock) LogValue() slog.Value { return slog.StringValue("[redacted]") }
