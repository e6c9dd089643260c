package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

func FuzzOpenFile(f *testing.F) {
	good := sealFile(f, newFile(f, 1), []byte("payload"))
	f.Add(good)
	f.Add(good[:headerLen])
	f.Add([]byte(magic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		// With the checksum made right the fuzzer gets past the first gate. Passphrase files
		// are left out: each would take two derivations of 64 MiB.
		for _, d := range [][]byte{data, fixSum(data)} {
			if len(d) > len(magic) && Mode(d[len(magic)]) == ModePassphrase {
				continue
			}
			file, payload, err := OpenFile(d, DeviceKey(testKey))
			if err != nil {
				if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrWrongKey) {
					t.Fatalf("got %v, want ErrDamaged or ErrWrongKey", err)
				}
				continue
			}
			if file == nil || string(payload) != "payload" {
				t.Fatalf("got %q from an altered file", payload)
			}
		}
	})
}

func fixSum(data []byte) []byte {
	if len(data) < sumLen {
		return data
	}
	return resum(data)
}

// FuzzOpenBlob takes what lies under the seal, since nobody without the key gets further.
func FuzzOpenBlob(f *testing.F) {
	payload, err := json.Marshal(sampleState())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pad(payload, sizes[0]))
	f.Add(pad([]byte(`{"schema":1,"new":{"lamport":1,"device":"x"}}`), sizes[0]))
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	f.Add([]byte{})
	k := fixedKeys(f)
	f.Fuzz(func(t *testing.T, plain []byte) {
		if _, err := OpenBlob(k, 1, plain); err == nil {
			t.Fatal("opened bytes that nobody sealed")
		}
		payload, err := unpad(plain)
		if err != nil {
			return
		}
		s, err := DecodeState(payload)
		if err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Fatalf("got %v, want ErrDamaged or ErrNewer", err)
			}
			return
		}
		once, err := json.Marshal(s)
		if err != nil {
			t.Fatalf("a state that was read cannot be written: %v", err)
		}
		back, err := DecodeState(once)
		if err != nil {
			t.Fatalf("a state that was written cannot be read: %v\n%s", err, once)
		}
		twice, err := json.Marshal(back)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("writing twice differs: %v\n%s\n%s", err, once, twice)
		}
	})
}

func FuzzMerge(f *testing.F) {
	payload, err := json.Marshal(sampleState())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload, []byte(`{"schema":1}`))
	f.Add([]byte(`{"schema":1,"n":{"lamport":1,"device":"a"}}`), []byte(`{"schema":1,"n":2,"rows":[{"item":"x"},{"item":"x","lamport":2}]}`))
	f.Fuzz(func(t *testing.T, x, y []byte) {
		a, errA := DecodeState(x)
		b, errB := DecodeState(y)
		if errA != nil || errB != nil {
			return
		}
		ab, ba := Merge(a, b), Merge(b, a)
		if got, want := text(t, ab), text(t, ba); got != want {
			t.Fatalf("not commutative:\n%s\n%s", got, want)
		}
		if got, want := text(t, Merge(ab, b)), text(t, ab); got != want {
			t.Fatalf("not idempotent:\n%s\n%s", got, want)
		}
	})
}
