package translog_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

func FuzzCheckpoint(f *testing.F) {
	logs := newLogs(f)
	policy, err := translog.ParsePolicy(logs.PolicyText())
	if err != nil {
		f.Fatal(err)
	}
	signed := map[string]bool{} // all that the log ever signed
	for i := range 6 {
		raw := logs.Msgs.Checkpoint()
		cp, err := translog.ParseCheckpoint(raw)
		if err != nil {
			f.Fatal(err)
		}
		signed[cp.Text()] = true
		f.Add(raw)
		if _, err := logs.Msgs.Append([]byte{byte(i)}); err != nil {
			f.Fatal(err)
		}
	}
	f.Add([]byte(headText + "\n— a AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		cp, err := translog.ParseCheckpoint(raw)
		if err != nil {
			return
		}
		if got := cp.Signed.Marshal(); !bytes.Equal(got, raw) {
			t.Errorf("got %q, want %q", got, raw)
		}
		if cp.Text() != cp.Signed.Text {
			t.Errorf("got %q, want %q", cp.Text(), cp.Signed.Text)
		}
		if _, err := policy.Check(cp); err == nil && !signed[cp.Text()] {
			t.Errorf("accepted %q", raw)
		}
	})
}

func FuzzProof(f *testing.F) {
	logs := newLogs(f)
	for i := range 3 {
		if _, err := logs.Msgs.Append([]byte{byte(i)}); err != nil {
			f.Fatal(err)
		}
	}
	p, err := logs.Msgs.Proof(2)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(p)
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := translog.ParseProof(raw)
		if err != nil {
			return
		}
		if got := p.Marshal(); !bytes.Equal(got, raw) {
			t.Errorf("got %q, want %q", got, raw)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(newLogs(f).PolicyText())
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := translog.ParsePolicy(text)
		if err != nil {
			return
		}
		if len(p.Logs) == 0 || len(p.Witnesses) == 0 {
			t.Errorf("got a policy without log or witness: %q", text)
		}
		seen := map[[32]byte]bool{}
		for _, w := range p.Witnesses {
			if seen[w.Key.Public] {
				t.Errorf("one key twice: %q", text)
			}
			seen[w.Key.Public] = true
		}
	})
}

// TestSeedCorpus keeps the fuzz targets' committed seeds in step with the formats.
func TestSeedCorpus(t *testing.T) {
	t.Parallel()
	logs := newLogs(t)
	for i := range 5 {
		if _, err := logs.Msgs.Append([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	proof, err := logs.Msgs.Proof(4)
	if err != nil {
		t.Fatal(err)
	}
	for name, seed := range map[string][]byte{
		"FuzzCheckpoint/cosigned": logs.Msgs.Checkpoint(), "FuzzProof/five-leaves": proof, "FuzzPolicy/demo": logs.PolicyText(),
		"FuzzAddCheckpoint/two-of-five": addCheckpoint(t).Marshal(), "FuzzSigned/cosigned": logs.Msgs.Checkpoint(),
	} {
		path := filepath.Join("testdata", "fuzz", filepath.FromSlash(name))
		want := "go test fuzz v1\n[]byte(" + strconv.Quote(string(seed)) + ")\n"
		if *update {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is out of date", path)
		}
	}
}

func FuzzSigned(f *testing.F) {
	f.Add(newLogs(f).Msgs.Checkpoint())
	f.Add([]byte("a\n\n— b AAAAAAA=\n— c AAAAAAA=\n"))
	f.Add([]byte("\n\n— b AAAAAAA=\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := translog.ParseSigned(raw)
		if err != nil {
			return
		}
		if got := s.Marshal(); !bytes.Equal(got, raw) {
			t.Errorf("got %q, want %q", got, raw)
		}
		if len(s.Sigs) == 0 || s.Text == "" || s.Text[len(s.Text)-1] != '\n' {
			t.Errorf("got %d lines under %q", len(s.Sigs), s.Text)
		}
		if _, err := s.Open(); err == nil {
			t.Error("opened by nobody")
		}
	})
}

func FuzzKey(f *testing.F) {
	logs := newLogs(f)
	for line := range bytes.Lines(logs.PolicyText()) {
		words := bytes.Fields(line)
		f.Add(string(words[len(words)-1]))
	}
	f.Fuzz(func(t *testing.T, vkey string) {
		k, err := translog.ParseKey(vkey)
		if err != nil {
			return
		}
		if got := k.String(); got != vkey {
			t.Errorf("got %q, want %q", got, vkey)
		}
		if err := translog.CheckPublic(k.Public); err != nil {
			t.Errorf("%q: %v", vkey, err)
		}
		if k.Verify([]byte("text"), make([]byte, 64)) || k.Verify([]byte("text"), make([]byte, 72)) {
			t.Errorf("%q verifies a signature of zeros", vkey)
		}
	})
}

func FuzzCosignatures(f *testing.F) {
	logs := newLogs(f)
	cp, err := translog.ParseCheckpoint(logs.Msgs.Checkpoint())
	if err != nil {
		f.Fatal(err)
	}
	policy, err := translog.ParsePolicy(logs.PolicyText())
	if err != nil {
		f.Fatal(err)
	}
	key := policy.Witnesses[0].Key
	genuine := translog.MarshalSig(cp.Signed.Sigs[1])
	f.Add(genuine)
	f.Add(append(translog.MarshalSig(cp.Signed.Sigs[0]), genuine...))
	f.Fuzz(func(t *testing.T, raw []byte) {
		sig, err := translog.ParseCosignatures(raw, key, cp)
		if err == nil && !bytes.Equal(translog.MarshalSig(sig), genuine) {
			t.Errorf("took %q for a cosignature", raw)
		}
	})
}
