package translog_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// addCheckpoint is a request for a log of five leaves, of which the witness has seen two.
func addCheckpoint(tb testing.TB) translog.AddCheckpoint {
	tb.Helper()
	logs := newLogs(tb)
	for i := range 5 {
		if _, err := logs.Msgs.Append([]byte{byte(i)}); err != nil {
			tb.Fatal(err)
		}
	}
	cp, err := translog.ParseCheckpoint(logs.Msgs.Checkpoint())
	if err != nil {
		tb.Fatal(err)
	}
	proof, err := logs.Msgs.Consistency(2, 5)
	if err != nil {
		tb.Fatal(err)
	}
	return translog.AddCheckpoint{Old: 2, Proof: proof, Checkpoint: cp}
}

func TestAddCheckpoint(t *testing.T) {
	t.Parallel()
	good := addCheckpoint(t)
	raw := string(good.Marshal())
	if !strings.HasPrefix(raw, "old 2\n") {
		t.Errorf("got %q, want the old size first", raw)
	}
	got, err := translog.ParseAddCheckpoint([]byte(raw))
	if err != nil || got.Old != 2 || len(got.Proof) != len(good.Proof) || got.Checkpoint.Size != 5 {
		t.Errorf("got %+v, %v", got, err)
	}
	none := translog.AddCheckpoint{Checkpoint: good.Checkpoint}
	if got, err := translog.ParseAddCheckpoint(none.Marshal()); err != nil || got.Old != 0 || got.Proof != nil {
		t.Errorf("without a proof: got %+v, %v", got, err)
	}
	proofLine := raw[6 : 6+45]
	for name, bad := range map[string]string{
		"empty":                "",
		"no old size":          raw[6:],
		"leading zero":         "old 0" + raw[4:],
		"negative":             strings.Replace(raw, "old 2", "old -2", 1),
		"above the checkpoint": strings.Replace(raw, "old 2", "old 6", 1),
		"proof from nothing":   strings.Replace(raw, "old 2", "old 0", 1),
		"two spaces":           strings.Replace(raw, "old 2", "old  2", 1),
		"CRLF":                 strings.ReplaceAll(raw, "\n", "\r\n"),
		"short hash":           strings.Replace(raw, proofLine, "AAAA\n", 1),
		"other base64":         strings.Replace(raw, proofLine, strings.Replace(proofLine, "=", "", 1), 1),
		"64 hashes":            strings.Replace(raw, proofLine, strings.Repeat(proofLine, 64), 1),
		"no empty line":        strings.Replace(raw, "\n\n", "\n", 1),
		"no signature":         raw[:strings.LastIndex(raw, "\n\n")+1],
		"too long":             raw + strings.Repeat("x", translog.MaxAddCheckpoint),
	} {
		if _, err := translog.ParseAddCheckpoint([]byte(bad)); !errors.Is(err, translog.ErrMalformed) {
			t.Errorf("%s: got %v, want ErrMalformed", name, err)
		}
	}
}

func TestCosignatures(t *testing.T) {
	t.Parallel()
	logs := newLogs(t)
	policy, err := translog.ParsePolicy(logs.PolicyText())
	if err != nil {
		t.Fatal(err)
	}
	cp, err := translog.ParseCheckpoint(logs.Msgs.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	other, err := translog.ParseCheckpoint(logs.Keys.Checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	key := policy.Witnesses[0].Key
	byLog, byWitness := string(translog.MarshalSig(cp.Signed.Sigs[0])), string(translog.MarshalSig(cp.Signed.Sigs[1]))
	for _, tt := range []struct {
		name, lines string
		want        error
	}{
		{"one", byWitness, nil},
		{"among others", byLog + byWitness, nil},
		{"by others", byLog, translog.ErrSignature},
		{"of another checkpoint", string(translog.MarshalSig(other.Signed.Sigs[1])), translog.ErrSignature},
		{"empty", "", translog.ErrMalformed},
		{"not ended", byWitness[:len(byWitness)-1], translog.ErrMalformed},
		{"empty line", byWitness + "\n", nil}, // it was found before
		{"empty line first", "\n" + byWitness, translog.ErrMalformed},
		{"garbage", "<html>\n", translog.ErrMalformed},
	} {
		sig, err := translog.ParseCosignatures([]byte(tt.lines), key, cp)
		if !errors.Is(err, tt.want) || err == nil && !bytes.Equal(sig.Bytes, cp.Signed.Sigs[1].Bytes) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
}

func TestPolicyKeepsAddresses(t *testing.T) {
	t.Parallel()
	text := strings.Replace(string(newLogs(t).PolicyText()), "\nquorum", " https://witness.example.com/a\nquorum", 1)
	p, err := translog.ParsePolicy([]byte(text))
	if err != nil || p.Witnesses[0].URL != "https://witness.example.com/a" {
		t.Errorf("got %+v, %v, want the address", p, err)
	}
}

func FuzzAddCheckpoint(f *testing.F) {
	f.Add(addCheckpoint(f).Marshal())
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := translog.ParseAddCheckpoint(raw)
		if err != nil {
			return
		}
		if got := a.Marshal(); !bytes.Equal(got, raw) {
			t.Errorf("got %q, want %q", got, raw)
		}
	})
}
