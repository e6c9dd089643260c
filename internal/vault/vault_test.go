package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

var update = flag.Bool("update", false, "rewrite testdata")

// fixed returns the same random bytes for the same seed.
func fixed(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

func fixedCode(t testing.TB) humancode.Code {
	t.Helper()
	code, err := humancode.New(fixed(1), humancode.RecoveryLen)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func fixedKeys(t testing.TB) *Keys {
	t.Helper()
	k, err := DeriveKeys(fixedCode(t))
	if err != nil {
		t.Fatal(err)
	}
	return &k
}

func sampleState() State {
	return State{
		Schema: Schema, Device: "device-a", DeviceName: "phone", Lamport: 12,
		Answers:  checklist.Answers{Stage: checklist.Notified, Region: "us", Exposed: []checklist.Exposure{checklist.PhotoFace}, Uses: []string{"facebook"}},
		Answered: true, AnswersLamport: 3, AnswersDevice: "device-a",
		Rows: []checklist.RowState{
			{RowKey: checklist.RowKey{Item: "acct-email"}, Status: checklist.Done, DoneAt: 1_800_000_000, Lamport: 4, Device: "device-a"},
			{RowKey: checklist.RowKey{Item: "hide-friends", Platform: "facebook"}, Status: checklist.Skipped, SkipReason: checklist.ReasonNotNow, Lamport: 5, Device: "device-b"},
		},
		Contact:  contact.Memory{Pins: []contact.Pin{{Clinic: [32]byte{1}, RootSet: [32]byte{1}, Roots: "roots", Name: "Example Aesthetics", Level: contact.InPerson, FirstSeen: 1_790_000_000}}, Now: 1_800_000_100},
		Settings: Settings{Locale: "es", Lamport: 6, Device: "device-a"},
		SavedAt:  1_800_000_200, SavedOn: "phone", Revision: 4,
	}
}

// vectors is testdata/vectors.json. Other implementations test themselves against it.
type vectors struct {
	Comment   string `json:"comment"`
	Code      string `json:"code"`
	ID        string `json:"vault_id"`
	IDHash    string `json:"vault_id_sha256"`
	Seed      string `json:"request_seed"`
	PublicKey string `json:"public_key"`
	Seal      string `json:"seal_key"`
	Request   struct {
		Op        Op     `json:"op"`
		Unix      int64  `json:"unix"`
		Nonce     string `json:"nonce"`
		Revision  uint64 `json:"revision"`
		BlobHash  string `json:"blob_sha256"`
		Signature string `json:"signature"`
	} `json:"request"`
	Blob struct {
		Revision uint64          `json:"revision"`
		Nonce    string          `json:"nonce"`
		State    json.RawMessage `json:"state"`
		Sealed   []byte          `json:"sealed"` // base64
	} `json:"blob"`
}

func TestVectors(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "vectors.json")
	code, k := fixedCode(t), fixedKeys(t)
	nonce := [24]byte{}
	for i := range nonce {
		nonce[i] = byte(i)
	}
	blob, err := SealBlob(bytes.NewReader(nonce[:]), k, 5, sampleState())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_800_000_000, 0)
	var rpcNonce [NonceSize]byte
	copy(rpcNonce[:], nonce[:])
	sig := k.Sign(OpPut, 4, blob, at, rpcNonce)
	if *update {
		state, err := json.Marshal(sampleState())
		if err != nil {
			t.Fatal(err)
		}
		var v vectors
		idHash, blobHash := sha256.Sum256(k.ID[:]), sha256.Sum256(blob)
		v.Comment = "docs/design/0003-vault.md: keys, a request for a Put, a sealed blob. Lower-case hex; sealed is base64."
		v.Code, v.ID, v.IDHash = code.Symbols(), hex.EncodeToString(k.ID[:]), hex.EncodeToString(idHash[:])
		v.Seed, v.Seal, v.PublicKey = hex.EncodeToString(k.Seed[:]), hex.EncodeToString(k.Seal[:]), hex.EncodeToString(k.PublicKey())
		v.Request.Op, v.Request.Unix, v.Request.Nonce, v.Request.Revision = OpPut, at.Unix(), hex.EncodeToString(rpcNonce[:]), 4
		v.Request.BlobHash, v.Request.Signature = hex.EncodeToString(blobHash[:]), hex.EncodeToString(sig)
		v.Blob.Revision, v.Blob.Nonce, v.Blob.State, v.Blob.Sealed = 5, hex.EncodeToString(nonce[:]), state, blob
		out, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(out, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	parsed, err := humancode.Parse(v.Code, humancode.RecoveryLen)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DeriveKeys(parsed)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, got, want string }{
		{"vault id", hex.EncodeToString(got.ID[:]), v.ID},
		{"request seed", hex.EncodeToString(got.Seed[:]), v.Seed},
		{"seal key", hex.EncodeToString(got.Seal[:]), v.Seal},
		{"public key", hex.EncodeToString(got.PublicKey()), v.PublicKey},
		{"signature", hex.EncodeToString(got.Sign(v.Request.Op, v.Request.Revision, v.Blob.Sealed, time.Unix(v.Request.Unix, 0), rpcNonce)), v.Request.Signature},
		{"blob", hex.EncodeToString(blob), hex.EncodeToString(v.Blob.Sealed)},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %.64s, want %.64s", tt.name, tt.got, tt.want)
		}
	}
	s, err := OpenBlob(&got, v.Blob.Revision, v.Blob.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sampleState(), s); d != "" {
		t.Errorf("state in the blob (-want +got):\n%s", d)
	}
}

func TestDeriveKeysRefusesOtherCodes(t *testing.T) {
	t.Parallel()
	short, err := humancode.New(fixed(1), humancode.MessageLen)
	if err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]humancode.Code{"empty": {}, "message code": short} {
		if _, err := DeriveKeys(code); !errors.Is(err, humancode.ErrLength) {
			t.Errorf("%s: got %v, want ErrLength", name, err)
		}
	}
}

func TestNothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	const canary = "canary-7f"
	s := sampleState()
	s.DeviceName, s.Settings.Locale = canary, canary
	k := Keys{ID: [32]byte([]byte(canary + strings.Repeat("x", 23)))}
	file, err := NewFile(fixed(2), DeviceKey(bytes.Repeat([]byte{1}, DeviceKeyLen)))
	if err != nil {
		t.Fatal(err)
	}
	file.slotKey = k.ID
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "state", s, "settings", s.Settings, "keys", k, "file", file,
			"local", Local{State: s, Code: canary}, "secret", Passphrase([]byte(canary)))
	}
	fmt.Fprintf(&out, "%v %+v %#v %s", k, k, k, k)
	fmt.Fprintf(&out, "%v %+v %#v", Passphrase([]byte(canary)), Passphrase([]byte(canary)), Passphrase([]byte(canary)))
	if strings.Contains(out.String(), canary) || strings.Contains(out.String(), "99, 97, 110") || strings.Contains(out.String(), "99 97 110") {
		t.Errorf("got a secret in the output: %s", out.String())
	}
	if n := strings.Count(out.String(), "[redacted]"); n != 12+7 {
		t.Errorf("got %d redactions, want 19:\n%s", n, out.String())
	}
}

func TestFieldListsMatchStructs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		typ    reflect.Type
		fields []string
	}{
		{reflect.TypeFor[State](), stateFields[:]},
		{reflect.TypeFor[Local](), localFields[:]},
	} {
		var want []string
		for i := range tt.typ.NumField() {
			name, _, _ := strings.Cut(tt.typ.Field(i).Tag.Get("json"), ",")
			if name != "-" {
				want = append(want, name)
			}
		}
		if d := cmp.Diff(want, tt.fields); d != "" {
			t.Errorf("%v: (-struct +list)\n%s", tt.typ, d)
		}
	}
}

func TestUnknownFieldsAreKept(t *testing.T) {
	t.Parallel()
	const in = `{"schema":1,"z_new":{"lamport":3,"device":"b","list":[1, 2]},"a_new":"<x>","Rows":null}`
	s, err := DecodeState([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	s.Lamport = 9
	out, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := DecodeState(out)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(again.Extra["z_new"]), `{"lamport":3,"device":"b","list":[1,2]}`; got != want {
		t.Errorf("z_new: got %s, want %s", got, want)
	}
	if got, want := string(again.Extra["a_new"]), `"\u003cx\u003e"`; got != want {
		t.Errorf("a_new: got %s, want %s", got, want)
	}
	if len(again.Extra) != 2 {
		t.Errorf("got %d unknown fields, want 2: a known name in other case is not unknown", len(again.Extra))
	}
	l, err := DecodeLocal(fmt.Appendf(nil, `{"state":%s,"keys":%q,"later":7}`, in, "A"+strings.Repeat("A", 127)))
	if err != nil {
		t.Fatal(err)
	}
	out, err = json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out, []byte(`"later":7`)) || !bytes.Contains(out, []byte(`"z_new":`)) {
		t.Errorf("got %s, want the unknown fields in it", out)
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		want     error
	}{
		{"empty", ``, ErrDamaged},
		{"null", `null`, ErrDamaged},
		{"list", `[]`, ErrDamaged},
		{"no schema", `{}`, ErrDamaged},
		{"negative schema", `{"schema":-1}`, ErrDamaged},
		{"trailing", `{"schema":1} x`, ErrDamaged},
		{"wrong type", `{"schema":1,"rows":"canary"}`, ErrDamaged},
		{"newer", `{"schema":2}`, ErrNewer},
		{"newer with changed fields", `{"schema":2,"rows":"canary"}`, ErrNewer},
	} {
		_, err := DecodeState([]byte(tt.in))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error quotes the content: %v", tt.name, err)
		}
		if _, err := DecodeLocal([]byte(`{"state":` + tt.in + `}`)); !errors.Is(err, tt.want) && tt.in != "" {
			t.Errorf("%s in a slot: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	s := sampleState()
	s.Extra = map[string]json.RawMessage{"x": json.RawMessage("1")}
	s.Contact.Stolen = []contact.StolenMark{{Since: 1}}
	want, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	c := s.Clone()
	c.Answers.Exposed[0], c.Answers.Uses[0], c.Rows[0].Item, c.Contact.Pins[0].Name = "x", "x", "x", "x"
	c.Contact.Stolen[0].Since = 9
	c.Extra["y"] = json.RawMessage("2")
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("changing the clone changed the original:\ngot  %s\nwant %s", got, want)
	}
}
