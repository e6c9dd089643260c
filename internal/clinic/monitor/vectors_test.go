package monitor

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
)

var update = flag.Bool("update", false, "write the vectors anew")

// vector is one step of a channel. All bytes are hex.
type vector struct {
	Name    string `json:"name"`
	Secret  string `json:"secret"`
	Op      string `json:"op"`
	Device  string `json:"device"`
	ID      string `json:"id"`
	Plain   string `json:"plain"`
	Request string `json:"request"`
	Body    string `json:"body"` // plain of the answer, without its nonce
	Answer  string `json:"answer"`
	Next    string `json:"next"`
}

func makeVectors(t *testing.T) []vector {
	t.Helper()
	rand := contacttest.Seed("channel vectors")
	secret, device := Secret{1, 2, 3}, [32]byte{4, 5, 6}
	var out []vector
	for _, step := range []struct {
		name        string
		op          Operation
		plain, body string
	}{
		{"prove", OpProve, "a signed message\n", "\x00proof and leaf"},
		{"wait", OpProve, "another signed message\n", "\x01billing 0011aabb"},
		{"deliver", OpDeliver, "a signed note\n", "\x00"},
		{"today", OpToday, "", "\x00[]"},
		{"refused", OpProve, "x", "\x02note"},
	} {
		id, err := secret.id()
		if err != nil {
			t.Fatal(err)
		}
		request, err := sealRequest(rand, secret, step.op, device, []byte(step.plain))
		if err != nil {
			t.Fatal(err)
		}
		answer, next, err := sealAnswer(rand, secret, step.op, device, request, []byte(step.body))
		if err != nil {
			t.Fatal(err)
		}
		x := func(b []byte) string { return hex.EncodeToString(b) }
		out = append(out, vector{
			step.name, x(secret[:]), string(step.op), x(device[:]), x(id[:]), x([]byte(step.plain)), x(request), x([]byte(step.body)), x(answer), x(next[:]),
		})
		secret = next
	}
	return out
}

func TestVectors(t *testing.T) {
	t.Parallel()
	const file = "testdata/channel.json"
	made := makeVectors(t)
	if *update {
		raw, err := json.MarshalIndent(made, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(raw, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var want []vector
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	if len(want) != len(made) {
		t.Fatalf("got %d vectors, want %d", len(made), len(want))
	}
	for i, v := range want {
		if made[i] != v {
			t.Errorf("%s: got %+v, want %+v", v.Name, made[i], v)
		}
		b := func(s string) []byte {
			raw, err := hex.DecodeString(s)
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
		secret, device, op := Secret(b(v.Secret)), [32]byte(b(v.Device)), Operation(v.Op)
		plain, err := openRequest(secret, op, device, b(v.Request))
		if err != nil || !bytes.Equal(plain, b(v.Plain)) {
			t.Errorf("%s: got request %x, %v", v.Name, plain, err)
		}
		body, next, err := openAnswer(secret, op, device, b(v.Request), b(v.Answer))
		if err != nil || !bytes.Equal(body, b(v.Body)) || !bytes.Equal(next[:], b(v.Next)) {
			t.Errorf("%s: got answer %x and secret %x, %v", v.Name, body, next[:], err)
		}
		for name, err := range map[string]error{
			"another operation": second(openRequest(secret, op+"x", device, b(v.Request))),
			"another device":    second(openRequest(secret, op, [32]byte{}, b(v.Request))),
			"another secret":    second(openRequest(Secret{}, op, device, b(v.Request))),
			"answer as request": second(openRequest(secret, op, device, b(v.Answer))),
		} {
			if err == nil {
				t.Errorf("%s, %s: opens", v.Name, name)
			}
		}
		if _, _, err := openAnswer(secret, op, device, append(b(v.Request), 0), b(v.Answer)); err == nil {
			t.Errorf("%s: an answer opens for another request", v.Name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzOpenRequest(f *testing.F) {
	secret, device := Secret{7}, [32]byte{8}
	sealed, err := sealRequest(contacttest.Seed("fuzz"), secret, OpProve, device, []byte("note"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add(sealed[:len(sealed)-1])
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		plain, err := openRequest(secret, OpProve, device, raw)
		if err == nil && (string(plain) != "note" || !bytes.Equal(raw, sealed)) {
			t.Errorf("opens: %x", raw)
		}
	})
}
