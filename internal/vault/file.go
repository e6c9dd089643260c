package vault

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
)

const (
	magic     = "CHVAULT1"
	saltLen   = 16
	lockLen   = saltLen + nonceLen + 64 + 16
	headerLen = len(magic) + 2 + 2*lockLen
	sumLen    = sha256.Size
)

// File is an opened local file, without what is in it. It holds the keys of the patient's own
// slot and carries the other slot along unread. It is not safe for concurrent use.
type File struct {
	mode  Mode
	class int // index into sizes; both areas have this size
	index int // the patient's own slot, 0 or 1
	locks [2][lockLen]byte
	other []byte // the other area

	slotKey, outerKey [32]byte
}

// LogValue implements [slog.LogValuer]; keys never enter a log.
func (*File) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Zero overwrites the keys. The file cannot be sealed afterwards.
func (f *File) Zero() {
	clear(f.slotKey[:])
	clear(f.outerKey[:])
	f.mode = 0
}

// FileMode tells what a file needs to be opened, without opening it. It fails with ErrDamaged
// when the file is cut short or garbled.
func FileMode(data []byte) (Mode, error) {
	f, _, err := parseFile(data)
	if err != nil {
		return 0, err
	}
	return f.mode, nil
}

// NewFile makes a file that opens with s. Its own slot is chosen by lot and the other is
// random.
func NewFile(random io.Reader, s Secret) (*File, error) {
	random = orRand(random)
	f := &File{mode: s.mode, other: make([]byte, sizes[0])}
	var lot [1]byte
	for _, part := range [][]byte{lot[:], f.slotKey[:], f.outerKey[:], f.locks[0][:], f.locks[1][:], f.other} {
		if _, err := io.ReadFull(random, part); err != nil {
			return nil, fmt.Errorf("make vault file: %w", err)
		}
	}
	f.index = int(lot[0] & 1)
	lock, err := NewLock(random, s)
	if err != nil {
		return nil, fmt.Errorf("make vault file: %w", err)
	}
	defer lock.Zero()
	if err := f.writeLock(random, lock); err != nil {
		return nil, fmt.Errorf("make vault file: %w", err)
	}
	return f, nil
}

// Relock returns a copy of f that opens with l's secret instead, with a new slot key, so that
// the secret used until now opens nothing sealed from now on. f stays as it is.
func (f *File) Relock(random io.Reader, l Lock) (*File, error) {
	random = orRand(random)
	g := *f
	g.mode = l.mode
	if _, err := io.ReadFull(random, g.slotKey[:]); err != nil {
		return nil, fmt.Errorf("lock vault file: %w", err)
	}
	if err := g.writeLock(random, l); err != nil {
		return nil, fmt.Errorf("lock vault file: %w", err)
	}
	return &g, nil
}

// writeLock puts l before f's own slot.
func (f *File) writeLock(random io.Reader, l Lock) error {
	if !l.mode.valid() {
		return ErrWrongKey
	}
	keys := append(append(make([]byte, 0, 64), f.slotKey[:]...), f.outerKey[:]...)
	defer clear(keys)
	sealed, err := seal(random, &l.key, keys, slotAD("vault-lock", f.index))
	if err != nil {
		return err
	}
	copy(f.locks[f.index][:], l.salt[:])
	copy(f.locks[f.index][saltLen:], sealed)
	return nil
}

func slotAD(name string, index int) []byte { return append(label(name), byte(index)) }

// header returns what stands in the clear, and is bound to everything else.
func (f *File) header() []byte {
	h := make([]byte, 0, headerLen)
	h = append(h, magic...)
	h = append(h, byte(f.mode), byte(f.class))
	h = append(h, f.locks[0][:]...)
	return append(h, f.locks[1][:]...)
}

func outerAD(header []byte) []byte { return append(label("vault-file"), header...) }

// Seal returns the whole file with payload in the patient's own slot. Every byte after the
// header differs from the last time. Seal fails with ErrTooLarge when payload does not fit.
func (f *File) Seal(random io.Reader, payload []byte) ([]byte, error) {
	random = orRand(random)
	if f.mode == 0 {
		return nil, fmt.Errorf("seal vault file: %w", ErrWrongKey)
	}
	class, err := sizeClass(len(payload))
	if err != nil {
		return nil, fmt.Errorf("seal vault file: %w", err)
	}
	if class > f.class {
		grown := make([]byte, sizes[class])
		n := copy(grown, f.other)
		if _, err := io.ReadFull(random, grown[n:]); err != nil {
			return nil, fmt.Errorf("seal vault file: %w", err)
		}
		f.other, f.class = grown, class
	}
	plain := pad(payload, sizes[class])
	defer clear(plain)
	own, err := seal(random, &f.slotKey, plain, slotAD("vault-slot", f.index))
	if err != nil {
		return nil, fmt.Errorf("seal vault file: %w", err)
	}
	area := sizes[f.class]
	body := make([]byte, 2*area)
	mine, theirs := body[f.index*area:][:area], body[(1-f.index)*area:][:area]
	copy(theirs, f.other)
	n := copy(mine, own)
	if _, err := io.ReadFull(random, mine[n:]); err != nil {
		return nil, fmt.Errorf("seal vault file: %w", err)
	}
	header := f.header()
	sealed, err := seal(random, &f.outerKey, body, outerAD(header))
	if err != nil {
		return nil, fmt.Errorf("seal vault file: %w", err)
	}
	out := append(header, sealed...)
	sum := sha256.Sum256(out)
	return append(out, sum[:]...), nil
}

// parseFile reads the parts in the clear; body is still sealed.
func parseFile(data []byte) (f *File, body []byte, err error) {
	if len(data) < headerLen+sumLen || !bytes.HasPrefix(data, []byte(magic)) {
		return nil, nil, fmt.Errorf("read vault file: %w", ErrDamaged)
	}
	f = &File{mode: Mode(data[len(magic)]), class: int(data[len(magic)+1])}
	if !f.mode.valid() || f.class >= len(sizes) || len(data) != headerLen+overhead+2*sizes[f.class]+sumLen {
		return nil, nil, fmt.Errorf("read vault file: %w", ErrDamaged)
	}
	body = data[headerLen : len(data)-sumLen]
	if sum := sha256.Sum256(data[:len(data)-sumLen]); !bytes.Equal(sum[:], data[len(data)-sumLen:]) {
		return nil, nil, fmt.Errorf("read vault file: %w", ErrDamaged)
	}
	copy(f.locks[0][:], data[len(magic)+2:])
	copy(f.locks[1][:], data[len(magic)+2+lockLen:])
	return f, body, nil
}

// OpenFile opens a file and returns it with the payload of the slot that s opens. Both locks
// are always tried, so that the time taken does not tell which one opened. It fails with
// ErrDamaged, or ErrWrongKey when s opens neither slot.
func OpenFile(data []byte, s Secret) (*File, []byte, error) {
	f, body, err := parseFile(data)
	if err != nil {
		return nil, nil, err
	}
	if s.mode != f.mode {
		return nil, nil, fmt.Errorf("open vault file: %w", ErrWrongKey)
	}
	opened := -1
	for i := range f.locks {
		key, err := s.lockKey(f.locks[i][:saltLen])
		if err != nil {
			return nil, nil, fmt.Errorf("open vault file: %w", err)
		}
		keys, err := open(&key, f.locks[i][saltLen:], slotAD("vault-lock", i))
		clear(key[:])
		if err != nil {
			continue
		}
		opened = i
		copy(f.slotKey[:], keys)
		copy(f.outerKey[:], keys[32:])
		clear(keys)
	}
	if opened < 0 {
		return nil, nil, fmt.Errorf("open vault file: %w", ErrWrongKey)
	}
	f.index = opened
	areas, err := open(&f.outerKey, body, outerAD(data[:headerLen]))
	if err != nil {
		return nil, nil, fmt.Errorf("open vault file: %w", ErrDamaged)
	}
	size := sizes[f.class]
	f.other = bytes.Clone(areas[(1-opened)*size:][:size])
	mine := areas[opened*size:][:size]
	for class := f.class; class >= 0; class-- {
		plain, err := open(&f.slotKey, mine[:sizes[class]], slotAD("vault-slot", opened))
		if err != nil {
			continue
		}
		payload, err := unpad(plain)
		if err != nil {
			return nil, nil, fmt.Errorf("open vault file: %w", err)
		}
		return f, payload, nil
	}
	return nil, nil, fmt.Errorf("open vault file: %w", ErrDamaged)
}

// Mode tells what opens the file; 0 after Zero.
func (f *File) Mode() Mode { return f.mode }
