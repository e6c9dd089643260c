package contact_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

func lock(t testing.TB, seed string) contact.Lock {
	t.Helper()
	code, err := humancode.New(contacttest.Seed(seed), humancode.MessageLen)
	if err != nil {
		t.Fatal(err)
	}
	l, err := contact.NewLock(code)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func pairKey(t testing.TB, seed string) (k contact.PairKey) {
	t.Helper()
	if _, err := contacttest.Seed(seed).Read(k[:]); err != nil {
		t.Fatal(err)
	}
	return k
}

func payload(n int) contact.Payload {
	return contact.Payload{Note: bytes.Repeat([]byte("n"), n), VRF: bytes.Repeat([]byte("v"), 80)}
}

func samePayload(a, b contact.Payload) bool {
	return bytes.Equal(a.Note, b.Note) && bytes.Equal(a.VRF, b.VRF)
}

// TestEnvelopeVectors freezes every derived key and one of each sealed form. Nonces are read
// from ChaCha20 as [contacttest.Seed] says.
func TestEnvelopeVectors(t *testing.T) {
	t.Parallel()
	code, err := humancode.New(contacttest.Seed("vector code"), humancode.MessageLen)
	if err != nil {
		t.Fatal(err)
	}
	l, err := contact.NewLock(code)
	if err != nil {
		t.Fatal(err)
	}
	k, signer, salt := pairKey(t, "vector pair"), [32]byte{1}, [32]byte{2}
	dev, to, watch, id := k.Device(signer), k.To(), k.WatchID(), l.ID()
	tag := to.Tag(salt)
	p := payload(10)
	bearer, err1 := contact.SealBearer(contacttest.Seed("bearer"), l, p)
	enrolled, err2 := contact.SealEnrolled(contacttest.Seed("enrolled"), l, p, dev, salt, tag, signer)
	copied, err3 := contact.SealCopy(contacttest.Seed("copy"), p, dev, watch, signer)
	intent, err4 := contact.SealIntent(contacttest.Seed("intent"), p, dev, watch, signer)
	request, err5 := k.SealRequest(contacttest.Seed("request"), contact.CallRequest{Clinic: [32]byte{3}, Nonce: [16]byte{4}, Issued: 1000})
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/envelope.json", map[string]string{
		"code": code.Symbols(), "lookup_id": hex.EncodeToString(id[:]),
		"k_pair": hex.EncodeToString(k[:]), "signer": hex.EncodeToString(signer[:]), "salt": hex.EncodeToString(salt[:]),
		"k_dev": hex.EncodeToString(dev[:]), "k_to": hex.EncodeToString(to[:]), "to": hex.EncodeToString(tag[:]),
		"watch_id": hex.EncodeToString(watch[:]), "note": string(p.Note), "vrf": hex.EncodeToString(p.VRF),
		"bearer": hex.EncodeToString(bearer), "enrolled": hex.EncodeToString(enrolled),
		"inbox_copy": hex.EncodeToString(copied), "call_intent": hex.EncodeToString(intent), "call_request": hex.EncodeToString(request),
	})
}

func TestEnvelopeSizes(t *testing.T) {
	t.Parallel()
	l, k, signer := lock(t, "code"), pairKey(t, "pair"), [32]byte{1}
	dev := k.Device(signer)
	const bearerCost, enrolledCost, copyCost = 40 + 4 + 98 + 84, 40 + 4 + 98 + 40 + 84, 32 + 40 + 4 + 84
	for _, size := range []int{1920, 3840, 7680, 19456} {
		for _, over := range []int{-1, 0, 1} {
			want := size
			if over == 1 {
				want = map[int]int{1920: 3840, 3840: 7680, 7680: 19456}[size]
			}
			b, err1 := contact.SealBearer(contacttest.Seed("b"), l, payload(size-bearerCost+over))
			e, err2 := contact.SealEnrolled(contacttest.Seed("e"), l, payload(size-enrolledCost+over), dev, [32]byte{}, [32]byte{}, signer)
			c, err3 := contact.SealCopy(contacttest.Seed("c"), payload(size-copyCost+over), dev, k.WatchID(), signer)
			for i, got := range [][]byte{b, e, c} {
				err := []error{err1, err2, err3}[i]
				if len(got) != want || (err != nil) != (want == 0) || err != nil && !errors.Is(err, contact.ErrTooLarge) {
					t.Errorf("form %d, %d%+d: got %d bytes, %v, want %d", i, size, over, len(got), err, want)
				}
			}
		}
	}
}

// The longest body of a message fits whatever else its note holds.
func TestLongestMessageFits(t *testing.T) {
	t.Parallel()
	name := strings.Repeat("n", 96)
	m := contact.Message{Issued: 1<<53 - 2 - 366*86400, Expires: 1<<53 - 2, Channel: "portal", Kind: contact.KindAppointment, Batch: &[16]byte{}}
	for i := range 8 {
		m.Refs = append(m.Refs, [16]byte{byte(i)})
	}
	m.Body = strings.Repeat("a", contact.MaxBody-1) + "\n"
	note := m.Marshal()
	if _, err := contact.ParseMessage(note); err != nil {
		t.Fatal(err)
	}
	note += "\n— " + name + " " + strings.Repeat("A", 92) + "\n"
	l, k := lock(t, "code"), pairKey(t, "pair")
	if _, err := contact.SealEnrolled(contacttest.Seed("e"), l, payload(len(note)), k.Device([32]byte{}), [32]byte{}, [32]byte{}, [32]byte{}); err != nil {
		t.Error(err)
	}
}

func TestEnvelopeOpens(t *testing.T) {
	t.Parallel()
	l, k, signer, salt := lock(t, "code"), pairKey(t, "pair"), [32]byte{1}, [32]byte{2}
	to := k.To().Tag(salt)
	for _, n := range []int{1, 1000, 19000} {
		p := payload(n)
		bearer, err := contact.SealBearer(contacttest.Seed("b"), l, p)
		if err != nil {
			t.Fatal(err)
		}
		o, err := contact.OpenOuter(l, bearer)
		if err != nil || o.Enrolled || o.For(k) {
			t.Fatalf("bearer: got %v, enrolled %v", err, o.Enrolled)
		}
		if got, err := o.Bearer(); err != nil || !samePayload(got, p) {
			t.Errorf("bearer of %d: got %v", n, err)
		}
		if _, err := o.Open(k.Device(signer)); !errors.Is(err, contact.ErrSeal) {
			t.Errorf("bearer opened as enrolled: got %v, want %v", err, contact.ErrSeal)
		}
		enrolled, err := contact.SealEnrolled(contacttest.Seed("e"), l, p, k.Device(signer), salt, to, signer)
		if err != nil {
			t.Fatal(err)
		}
		if o, err = contact.OpenOuter(l, enrolled); err != nil || !o.Enrolled || !o.For(k) || o.For(pairKey(t, "other")) ||
			o.Salt != salt || o.To != to || o.Signer != signer {
			t.Fatalf("enrolled: got %v, %v", err, o.Enrolled)
		}
		if got, err := o.Open(k.Device(signer)); err != nil || !samePayload(got, p) {
			t.Errorf("enrolled of %d: got %v", n, err)
		}
		if _, err := o.Bearer(); !errors.Is(err, contact.ErrSeal) {
			t.Errorf("enrolled opened as bearer: got %v, want %v", err, contact.ErrSeal)
		}
		for name, wrong := range map[string]contact.DeviceKey{
			"another device": k.Device([32]byte{9}), "another pair": pairKey(t, "other").Device(signer),
		} {
			if _, err := o.Open(wrong); !errors.Is(err, contact.ErrSeal) {
				t.Errorf("%s: got %v, want %v", name, err, contact.ErrSeal)
			}
		}
	}
}

// A code opens its own envelope and no other; so ciphertexts swapped between ids do not open.
func TestEnvelopeOfAnotherCode(t *testing.T) {
	t.Parallel()
	a, b := lock(t, "a"), lock(t, "b")
	sealed, err := contact.SealBearer(contacttest.Seed("n"), a, payload(10))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := contact.OpenOuter(b, sealed); !errors.Is(err, contact.ErrSeal) {
		t.Errorf("got %v, want %v", err, contact.ErrSeal)
	}
	if a.ID() == b.ID() {
		t.Error("two codes have one id")
	}
	for i := range sealed {
		if i%37 != 0 {
			continue
		}
		broken := slices.Clone(sealed)
		broken[i] ^= 1
		if _, err := contact.OpenOuter(a, broken); !errors.Is(err, contact.ErrSeal) {
			t.Fatalf("byte %d changed: got %v, want %v", i, err, contact.ErrSeal)
		}
	}
	for _, n := range []int{0, 3, 24, 1919, 1921, 19457} {
		if _, err := contact.OpenOuter(a, make([]byte, n)); !errors.Is(err, contact.ErrSeal) {
			t.Errorf("%d bytes: got %v, want %v", n, err, contact.ErrSeal)
		}
	}
}

func TestInboxCopy(t *testing.T) {
	t.Parallel()
	k, signer, p := pairKey(t, "pair"), [32]byte{1}, payload(500)
	dev, watch := k.Device(signer), k.WatchID()
	copied, err1 := contact.SealCopy(contacttest.Seed("c"), p, dev, watch, signer)
	intent, err2 := contact.SealIntent(contacttest.Seed("c"), p, dev, watch, signer)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if got, by, err := contact.OpenCopy(copied, k); err != nil || !samePayload(got, p) || by != signer {
		t.Errorf("copy: got %v from %x", err, by)
	}
	if got, by, err := contact.OpenIntent(intent, k); err != nil || !samePayload(got, p) || by != signer {
		t.Errorf("intent: got %v from %x", err, by)
	}
	elsewhere, err := contact.SealCopy(contacttest.Seed("c"), p, dev, [16]byte{1}, signer)
	if err != nil {
		t.Fatal(err)
	}
	renamed := slices.Clone(copied)
	renamed[0] ^= 1
	for name, sealed := range map[string][]byte{
		"an intent": intent, "from another inbox": elsewhere, "under another name": renamed, "short": copied[:100], "empty": nil,
	} {
		if _, _, err := contact.OpenCopy(sealed, k); !errors.Is(err, contact.ErrSeal) {
			t.Errorf("%s: got %v, want %v", name, err, contact.ErrSeal)
		}
	}
	if _, _, err := contact.OpenCopy(copied, pairKey(t, "other")); !errors.Is(err, contact.ErrSeal) {
		t.Errorf("another pair: got %v, want %v", err, contact.ErrSeal)
	}
}

func TestCallRequest(t *testing.T) {
	t.Parallel()
	k, want := pairKey(t, "pair"), contact.CallRequest{Clinic: [32]byte{3}, Nonce: [16]byte{4}, Issued: 1000}
	sealed, err := k.SealRequest(contacttest.Seed("r"), want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.OpenRequest(sealed); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := pairKey(t, "other").OpenRequest(sealed); !errors.Is(err, contact.ErrSeal) {
		t.Errorf("another pair: got %v, want %v", err, contact.ErrSeal)
	}
}

func TestSealRefuses(t *testing.T) {
	t.Parallel()
	l, k := lock(t, "code"), pairKey(t, "pair")
	for name, p := range map[string]contact.Payload{
		"no proof": {Note: []byte("n")}, "no note": {VRF: make([]byte, 80)}, "short proof": {Note: []byte("n"), VRF: make([]byte, 79)},
	} {
		if _, err := contact.SealBearer(contacttest.Seed("n"), l, p); !errors.Is(err, contact.ErrMalformed) {
			t.Errorf("%s: got %v, want %v", name, err, contact.ErrMalformed)
		}
	}
	if _, err := contact.SealBearer(bytes.NewReader(nil), l, payload(1)); err == nil {
		t.Error("no randomness: got no error")
	}
	if _, err := contact.NewLock(humancode.Code{}); !errors.Is(err, contact.ErrMalformed) {
		t.Errorf("no code: got %v, want %v", err, contact.ErrMalformed)
	}
	for _, secret := range []any{l, k, k.Device([32]byte{}), k.To()} {
		if got := fmt.Sprintf("%v", secret); got != "[redacted]" {
			t.Errorf("%T shows itself as %s", secret, got)
		}
		if got := fmt.Sprint(slog.AnyValue(secret).Resolve()); got != "[redacted]" {
			t.Errorf("%T shows itself as %s", secret, got)
		}
	}
}

func FuzzEnvelope(f *testing.F) {
	l, k := lock(f, "code"), pairKey(f, "pair")
	for n, seal := range map[int]func() ([]byte, error){
		1: func() ([]byte, error) { return contact.SealBearer(contacttest.Seed("b"), l, payload(10)) },
		2: func() ([]byte, error) {
			return contact.SealEnrolled(contacttest.Seed("e"), l, payload(10), k.Device([32]byte{}), [32]byte{}, k.To().Tag([32]byte{}), [32]byte{})
		},
		3: func() ([]byte, error) {
			return contact.SealCopy(contacttest.Seed("c"), payload(10), k.Device([32]byte{}), k.WatchID(), [32]byte{})
		},
	} {
		sealed, err := seal()
		if err != nil {
			f.Fatal(n, err)
		}
		f.Add(sealed)
	}
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if o, err := contact.OpenOuter(l, sealed); err == nil {
			if _, err := o.Bearer(); err != nil && !errors.Is(err, contact.ErrSeal) {
				t.Error(err)
			}
			if p, err := o.Open(k.Device(o.Signer)); err == nil && len(p.VRF) != 80 {
				t.Errorf("got a proof of %d bytes", len(p.VRF))
			}
		}
		if p, _, err := contact.OpenCopy(sealed, k); err == nil && len(p.VRF) != 80 {
			t.Errorf("got a proof of %d bytes", len(p.VRF))
		}
	})
}
