package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestBlobSizes(t *testing.T) {
	t.Parallel()
	k := fixedKeys(t)
	base, err := json.Marshal(State{Schema: Schema})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		fill int // length of the state's JSON
		want int
	}{
		{"small", len(base), 16 << 10},
		{"just fits 16 KiB", 16<<10 - 44, 16 << 10},
		{"just above 16 KiB", 16<<10 - 43, 64 << 10},
		{"just fits 64 KiB", 64<<10 - 44, 64 << 10},
		{"just above 64 KiB", 64<<10 - 43, 256 << 10},
		{"just fits 256 KiB", 256<<10 - 44, 256 << 10},
		{"just above 256 KiB", 256<<10 - 43, 0},
	} {
		s := State{Schema: Schema, DeviceName: strings.Repeat("n", tt.fill-len(base))}
		blob, err := SealBlob(nil, k, 1, s)
		if tt.want == 0 {
			if !errors.Is(err, ErrTooLarge) {
				t.Errorf("%s: got %v, want ErrTooLarge", tt.name, err)
			}
			continue
		}
		if err != nil || len(blob) != tt.want {
			t.Errorf("%s: got %d bytes and %v, want %d", tt.name, len(blob), err, tt.want)
			continue
		}
		if got, err := OpenBlob(k, 1, blob); err != nil || got.DeviceName != s.DeviceName {
			t.Errorf("%s: does not open as it was: %v", tt.name, err)
		}
	}
}

func TestBlobIsBound(t *testing.T) {
	t.Parallel()
	k := fixedKeys(t)
	blob, err := SealBlob(nil, k, 7, sampleState())
	if err != nil {
		t.Fatal(err)
	}
	otherID, otherKey := *k, *k
	otherID.ID[0]++
	otherKey.Seal[0]++
	flipped := bytes.Clone(blob)
	flipped[9000] ^= 1
	for _, tt := range []struct {
		name     string
		keys     *Keys
		revision uint64
		blob     []byte
		want     error
	}{
		{"older revision", k, 6, blob, ErrWrongKey},
		{"newer revision", k, 8, blob, ErrWrongKey},
		{"other vault", &otherID, 7, blob, ErrWrongKey},
		{"other key", &otherKey, 7, blob, ErrWrongKey},
		{"altered", k, 7, flipped, ErrWrongKey},
		{"cut", k, 7, blob[:len(blob)-1], ErrDamaged},
		{"grown to the next size", k, 7, append(bytes.Clone(blob), make([]byte, 48<<10)...), ErrWrongKey},
		{"empty", k, 7, nil, ErrDamaged},
	} {
		if _, err := OpenBlob(tt.keys, tt.revision, tt.blob); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestBlobPaddingIsStrict(t *testing.T) {
	t.Parallel()
	k := fixedKeys(t)
	payload, err := json.Marshal(sampleState())
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(plain []byte){
		"last byte not zero": func(p []byte) { p[len(p)-1] = 1 },
		"length too large":   func(p []byte) { p[0] = 0xff },
		"length one short":   func(p []byte) { p[3]-- },
		"length zero":        func(p []byte) { clear(p[:4]) },
	} {
		plain := pad(payload, sizes[0])
		spoil(plain)
		blob, err := seal(nil, &k.Seal, plain, blobAD(&k.ID, 1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenBlob(k, 1, blob); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: got %v, want ErrDamaged", name, err)
		}
	}
}
