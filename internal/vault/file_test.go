package vault

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"testing"
)

var testKey = bytes.Repeat([]byte{7}, DeviceKeyLen)

func newFile(t testing.TB, seed byte) *File {
	t.Helper()
	f, err := NewFile(fixed(seed), DeviceKey(testKey))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func sealFile(t testing.TB, f *File, payload []byte) []byte {
	t.Helper()
	data, err := f.Seal(nil, payload)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFileRoundTrip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		payload int
		want    int // sealed size of one area
	}{
		{"empty", 0, 16 << 10},
		{"fits the first size", 16<<10 - 44, 16 << 10},
		{"one more", 16<<10 - 43, 64 << 10},
		{"second size", 64<<10 - 44, 64 << 10},
		{"third size", 256<<10 - 44, 256 << 10},
	} {
		payload := bytes.Repeat([]byte{0xab}, tt.payload)
		f := newFile(t, 3)
		data := sealFile(t, f, payload)
		if want := headerLen + overhead + 2*tt.want + sumLen; len(data) != want {
			t.Errorf("%s: got %d bytes, want %d", tt.name, len(data), want)
		}
		_, got, err := OpenFile(data, DeviceKey(testKey))
		if err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%s: got %d bytes and %v, want the payload", tt.name, len(got), err)
		}
	}
	if _, err := newFile(t, 3).Seal(nil, make([]byte, 256<<10-43)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("above the largest size: got %v, want ErrTooLarge", err)
	}
}

func TestFileWithPassphrase(t *testing.T) {
	t.Parallel()
	f := newFile(t, 4)
	before := sealFile(t, f, []byte("one"))
	lock, err := NewLock(nil, Passphrase([]byte("correct horse")))
	if err != nil {
		t.Fatal(err)
	}
	locked, err := f.Relock(nil, lock)
	if err != nil {
		t.Fatal(err)
	}
	after := sealFile(t, locked, []byte("two"))
	if mode, err := FileMode(after); err != nil || mode != ModePassphrase {
		t.Errorf("mode: got %v and %v, want a passphrase", mode, err)
	}
	if _, got, err := OpenFile(after, Passphrase([]byte("correct horse"))); err != nil || string(got) != "two" {
		t.Errorf("right passphrase: got %q and %v", got, err)
	}
	if _, _, err := OpenFile(after, Passphrase([]byte("correct  horse"))); !errors.Is(err, ErrWrongKey) {
		t.Errorf("wrong passphrase: got %v, want ErrWrongKey", err)
	}
	for name, s := range map[string]Secret{"empty passphrase": Passphrase(nil), "zero secret": {}, "device key": DeviceKey(testKey)} {
		if _, _, err := OpenFile(after, s); !errors.Is(err, ErrWrongKey) {
			t.Errorf("%s: got %v, want ErrWrongKey", name, err)
		}
	}
	if _, got, err := OpenFile(before, DeviceKey(testKey)); err != nil || string(got) != "one" {
		t.Errorf("the file before: got %q and %v, want it to open as it did", got, err)
	}
	// Whoever kept the old device key and the old file must not read the new file with them.
	if f.slotKey == locked.slotKey {
		t.Error("the slot key stayed the same when the passphrase was set")
	}
}

// openSecond makes the second slot usable, as a later version will: a lock with its own slot
// key and the same outer key.
func openSecond(t *testing.T, f *File, s Secret) *File {
	t.Helper()
	g := *f
	g.index = 1 - f.index
	g.slotKey = [32]byte{99}
	g.other = bytes.Repeat([]byte{0}, sizes[f.class])
	lock, err := NewLock(fixed(9), s)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.writeLock(fixed(8), lock); err != nil {
		t.Fatal(err)
	}
	return &g
}

func TestSecondSlotIsPossible(t *testing.T) {
	t.Parallel()
	second := DeviceKey(bytes.Repeat([]byte{8}, DeviceKeyLen))
	first := newFile(t, 5)
	sealed := sealFile(t, first, []byte("ordinary"))
	first, _, err := OpenFile(sealed, DeviceKey(testKey))
	if err != nil {
		t.Fatal(err)
	}
	decoy := openSecond(t, first, second)
	// The ordinary area is carried along: take it from the sealed file.
	areas, err := open(&first.outerKey, sealed[headerLen:len(sealed)-sumLen], outerAD(sealed[:headerLen]))
	if err != nil {
		t.Fatal(err)
	}
	decoy.other = areas[first.index*sizes[0]:][:sizes[0]]
	data := sealFile(t, decoy, []byte("decoy"))

	// Each secret opens its own slot, and saves of one leave the other alone, also when the
	// file grows.
	for i, payload := range [][]byte{[]byte("short"), bytes.Repeat([]byte{1}, 20<<10), bytes.Repeat([]byte{2}, 70<<10), []byte("short again")} {
		d, _, err := OpenFile(data, second)
		if err != nil {
			t.Fatalf("save %d: the second slot does not open: %v", i, err)
		}
		data = sealFile(t, d, payload)
		o, got, err := OpenFile(data, DeviceKey(testKey))
		if err != nil || string(got) != "ordinary" {
			t.Fatalf("save %d: ordinary slot: got %q and %v", i, got, err)
		}
		data = sealFile(t, o, got)
		if _, got, err := OpenFile(data, second); err != nil || !bytes.Equal(got, payload) {
			t.Fatalf("save %d: second slot: got %d bytes and %v", i, len(got), err)
		}
	}
}

func TestFileSlotIsDrawnByLot(t *testing.T) {
	t.Parallel()
	var seen [2]bool
	for seed := range byte(32) {
		seen[newFile(t, seed).index] = true
	}
	if !seen[0] || !seen[1] {
		t.Errorf("got slots %v, want both", seen)
	}
}

func TestEverySaveChangesEverything(t *testing.T) {
	t.Parallel()
	f := newFile(t, 6)
	a, b := sealFile(t, f, []byte("same")), sealFile(t, f, []byte("same"))
	if !bytes.Equal(a[:headerLen], b[:headerLen]) {
		t.Error("the header changed although the secret did not")
	}
	const block = 64
	for i := headerLen; i+block <= len(a); i += block {
		if bytes.Equal(a[i:i+block], b[i:i+block]) {
			t.Fatalf("got the same bytes at %d in two saves", i)
		}
	}
}

// resum makes the checksum right again, as an attacker would.
func resum(data []byte) []byte {
	sum := sha256.Sum256(data[:len(data)-sumLen])
	return append(bytes.Clone(data[:len(data)-sumLen]), sum[:]...)
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	good := sealFile(t, newFile(t, 7), []byte("payload"))
	open := func(data []byte) error {
		_, _, err := OpenFile(data, DeviceKey(testKey))
		return err
	}
	for n := range len(good) {
		if n > headerLen+64 && n < len(good)-64 && n%511 != 0 {
			continue
		}
		if err := open(good[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut to %d bytes: got %v, want ErrDamaged", n, err)
		}
		bad := bytes.Clone(good)
		bad[n] ^= 0x40
		if err := open(bad); !errors.Is(err, ErrDamaged) {
			t.Fatalf("bit flipped at %d: got %v, want ErrDamaged", n, err)
		}
		if n >= len(good)-sumLen {
			continue
		}
		if err := open(resum(bad)); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrWrongKey) {
			t.Fatalf("altered at %d with a right checksum: got %v, want ErrDamaged or ErrWrongKey", n, err)
		}
	}
	if err := open(append(bytes.Clone(good), 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("one byte too many: got %v, want ErrDamaged", err)
	}
}

func TestZeroedFileSealsNothing(t *testing.T) {
	t.Parallel()
	f := newFile(t, 9)
	f.Zero()
	if f.slotKey != [32]byte{} || f.outerKey != [32]byte{} {
		t.Error("got keys left after Zero")
	}
	if _, err := f.Seal(nil, []byte("x")); !errors.Is(err, ErrWrongKey) {
		t.Errorf("got %v, want ErrWrongKey: sealing with a zero key must not happen", err)
	}
}

type brokenRand struct{ left int }

func (r *brokenRand) Read(p []byte) (int, error) {
	if r.left < len(p) {
		return 0, io.ErrUnexpectedEOF
	}
	r.left -= len(p)
	for i := range p {
		p[i] = byte(r.left + i)
	}
	return len(p), nil
}

func TestBrokenRandomnessIsAnError(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 40, 70, 400, 16600, 16720} {
		if _, err := NewFile(&brokenRand{n}, DeviceKey(testKey)); err == nil {
			t.Errorf("%d random bytes: got a file, want an error", n)
		}
	}
	f := newFile(t, 1)
	for _, n := range []int{0, 24, 48} {
		if _, err := f.Seal(&brokenRand{n}, make([]byte, 17<<10)); err == nil {
			t.Errorf("%d random bytes: got a sealed file, want an error", n)
		}
	}
	if _, got, err := OpenFile(sealFile(t, f, []byte("still works")), DeviceKey(testKey)); err != nil || string(got) != "still works" {
		t.Errorf("after errors: got %q and %v", got, err)
	}
}
