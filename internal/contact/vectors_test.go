package contact_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata")

// golden fails when value is not what the file freezes. With -update it writes the file.
func golden(t *testing.T, path string, value any) {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(value); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	frozen, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(frozen), b.String()); d != "" {
		t.Errorf("%s changed (-frozen +made):\n%.4000s", path, d)
	}
}

// verdictVectors is verdicts.json. Bundles are named by the start of their SHA-256, because
// several cases share one.
type verdictVectors struct {
	Bundles map[string][]byte `json:"bundles"`
	Cases   []verdictCase     `json:"cases"`
	Codes   []codeCase        `json:"codes"`
}

type codeCase struct {
	Name     string         `json:"name"`
	Code     string         `json:"code"`
	Sure     bool           `json:"sure,omitempty"`
	Answer   string         `json:"answer"` // none, not-found, deleted, found
	Envelope []byte         `json:"envelope,omitempty"`
	Evidence string         `json:"evidence"` // among bundles
	Text     *string        `json:"text,omitempty"`
	Memory   contact.Memory `json:"memory"`
	Now      int64          `json:"now"`
	Want     want           `json:"want"`
}

var answers = []string{"none", "not-found", "deleted", "found"}

func codeVectors(t *testing.T, vectors *verdictVectors) {
	t.Helper()
	for _, c := range contacttest.CodeCases(t) {
		raw := c.Input.Evidence.Marshal()
		sum := sha256.Sum256(raw)
		name := hex.EncodeToString(sum[:6])
		vectors.Bundles[name] = raw
		v, learned, err := contact.VerifyCode(c.Input)
		if err != nil {
			t.Fatal(c.Name, err)
		}
		if v.Headline != c.Headline {
			t.Errorf("%s: got %v, want headline %s", c.Name, v.Findings, c.Headline)
		}
		vectors.Codes = append(vectors.Codes, codeCase{
			Name: c.Name, Code: c.Input.Code, Sure: c.Input.Sure, Answer: answers[c.Input.Answer], Envelope: c.Input.Envelope,
			Evidence: name, Text: c.Input.Text, Memory: c.Input.Memory, Now: unix(c.Input.Now), Want: wantOf(v, learned),
		})
	}
}

type verdictCase struct {
	Name      string         `json:"name"`
	Bundle    string         `json:"bundle"`
	Text      *string        `json:"text,omitempty"`
	Memory    contact.Memory `json:"memory"`
	Now       int64          `json:"now"`
	FreshHead int64          `json:"fresh_head,omitempty"`
	Want      want           `json:"want"`
}

type want struct {
	Headline contact.Finding   `json:"headline"`
	Class    contact.Class     `json:"class"`
	Exit     int               `json:"exit"`
	Findings []contact.Finding `json:"findings"`
	Remarks  []contact.Remark  `json:"remarks,omitempty"`
	Clinic   string            `json:"clinic,omitempty"`
	Signer   string            `json:"signer,omitempty"`
	LoggedAt int64             `json:"logged_at,omitempty"`
	StatusAt int64             `json:"status_at,omitempty"`
	Body     string            `json:"body,omitempty"`
	Changes  []contact.Change  `json:"changes,omitempty"`
	Learned  contact.Memory    `json:"learned"`
}

func wantOf(v contact.Verdict, learned contact.Memory) want {
	w := want{
		Headline: v.Headline, Class: v.Headline.Class(), Exit: v.Headline.ExitCode(), Findings: v.Findings,
		Remarks: v.Remarks, Clinic: v.Clinic, Signer: v.Signer, Body: v.Body, Learned: learned,
		LoggedAt: unix(v.LoggedAt), StatusAt: unix(v.StatusAt),
	}
	if v.Diff != nil {
		w.Changes = v.Diff.Changes
	}
	return w
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func TestVerdictVectors(t *testing.T) {
	t.Parallel()
	vectors := verdictVectors{Bundles: map[string][]byte{}}
	for _, c := range contacttest.Cases(t) {
		sum := sha256.Sum256(c.Input.Bundle)
		name := hex.EncodeToString(sum[:6])
		vectors.Bundles[name] = c.Input.Bundle
		v, learned, err := contact.Verify(c.Input)
		if err != nil {
			t.Fatal(c.Name, err)
		}
		if v.Headline != c.Headline {
			t.Errorf("%s: got %v, want headline %s", c.Name, v.Findings, c.Headline)
		}
		vectors.Cases = append(vectors.Cases, verdictCase{
			Name: c.Name, Bundle: name, Text: c.Input.Text, Memory: c.Input.Memory, Now: unix(c.Input.Now),
			FreshHead: unix(c.Input.FreshHead), Want: wantOf(v, learned),
		})
	}
	codeVectors(t, &vectors)
	golden(t, "testdata/verdicts.json", vectors)
}

// TestFrozenVerdicts judges what the file holds, as another implementation would.
func TestFrozenVerdicts(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors verdictVectors
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	covered := map[contact.Finding]int{}
	for _, c := range vectors.Cases {
		in := contact.Input{Bundle: vectors.Bundles[c.Bundle], Text: c.Text, Memory: c.Memory, Now: time.Unix(c.Now, 0)}
		if c.FreshHead != 0 {
			in.FreshHead = time.Unix(c.FreshHead, 0)
		}
		v, learned, err := contact.Verify(in)
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if d := cmp.Diff(c.Want, wantOf(v, learned)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.Name, d)
		}
		covered[v.Headline]++
	}
	for _, c := range vectors.Codes {
		evidence, err := contact.ParseEvidence(vectors.Bundles[c.Evidence])
		if err != nil {
			t.Fatal(c.Name, err)
		}
		v, learned, err := contact.VerifyCode(contact.CodeInput{
			Code: c.Code, Sure: c.Sure, Answer: contact.Answer(slices.Index(answers, c.Answer)), Envelope: c.Envelope,
			Evidence: evidence, Text: c.Text, Memory: c.Memory, Now: time.Unix(c.Now, 0),
		})
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		if d := cmp.Diff(c.Want, wantOf(v, learned)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.Name, d)
		}
		covered[v.Headline]++
	}
	for _, f := range []contact.Finding{
		contact.LogForked, contact.KeyStolen, contact.Forged, contact.Disowned, contact.NotForYou, contact.Altered,
		contact.Unknown, contact.Mistyped, contact.NoPin, contact.Unavailable, contact.Unproven,
		contact.Clock, contact.Stale, contact.Withdrawn, contact.NotYet, contact.Expired,
		contact.GenuineRemote, contact.GenuineOneKey, contact.GenuineForAnyone, contact.Genuine,
	} {
		if covered[f] == 0 {
			t.Errorf("no vector for %s", f)
		}
	}
	if covered[contact.Altered] < 3 {
		t.Errorf("got %d vectors for ALTERED, want at least 3", covered[contact.Altered])
	}
}

// TestSeedCorpus keeps the fuzz targets' committed seeds in step with the genuine bundle.
func TestSeedCorpus(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	b := w.Parts()
	seeds := map[string]string{
		"FuzzBundle/genuine":    "[]byte(" + strconv.Quote(string(w.Bundle())) + ")",
		"FuzzBundle/message":    "[]byte(" + strconv.Quote(string(contact.Bundle{Message: b.Message}.Marshal())) + ")",
		"FuzzCanon/mixed":       "string(" + strconv.Quote("\ufeff a\u200b\r\n\u0085\te\u0301\xff \u202e> b\U0001fae9\u0301") + ")",
		"FuzzCompare/altered":   "string(" + strconv.Quote(contacttest.Altered) + ")\nstring(" + strconv.Quote(contacttest.Body) + ")",
		"FuzzParseNote/profile": "string(" + strconv.Quote(text(t, b.Profile)) + ")",
		"FuzzParseNote/grant":   "string(" + strconv.Quote(text(t, b.Grant)) + ")",
		"FuzzParseNote/message": "string(" + strconv.Quote(text(t, b.Message)) + ")",
		"FuzzParseNote/status":  "string(" + strconv.Quote(text(t, b.Status)) + ")",
	}
	b.Message, b.VRF = nil, nil
	memory, err := json.Marshal(w.Memory)
	if err != nil {
		t.Fatal(err)
	}
	seeds["FuzzEvidence/genuine"] = "[]byte(" + strconv.Quote(string(b.Marshal())) + ")"
	seeds["FuzzMemory/pinned"] = "[]byte(" + strconv.Quote(string(memory)) + ")"
	seeds["FuzzRootSet/three"] = "string(" + strconv.Quote(w.Roots.Set().Text()) + ")"
	seeds["FuzzPieces/proof-cut"] = "byte('\\x02')\nuint16(30)\nuint16(40)\n[]byte(\"\")"
	pair := w.NewPair("patient")
	sealed, err1 := contact.SealBearer(contacttest.Seed("b"), lock(t, "code"), payload(10))
	copied, err2 := contact.SealCopy(contacttest.Seed("c"), payload(10), pair.Key.Device([32]byte{}), pair.Key.WatchID(), [32]byte{})
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	seeds["FuzzEnvelope/bearer"] = "[]byte(" + strconv.Quote(string(sealed)) + ")"
	seeds["FuzzEnvelope/copy"] = "[]byte(" + strconv.Quote(string(copied)) + ")"
	revoke := w.Log(w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Compromised}))
	seeds["FuzzNews/revoke"] = "[]byte(" + strconv.Quote(string(revoke.Note)) + ")\n[]byte(" + strconv.Quote(string(revoke.Proof)) + ")\n[]byte(" + strconv.Quote(string(w.Status)) + ")"
	for kind, text := range notes(t) {
		seeds["FuzzParseNote/full-"+kind] = "string(" + strconv.Quote(text) + ")"
	}
	for name, seed := range seeds {
		path := filepath.Join("testdata", "fuzz", filepath.FromSlash(name))
		want := "go test fuzz v1\n" + seed + "\n"
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

// TestNoteVectors freezes one full text of each note and its H.
func TestNoteVectors(t *testing.T) {
	t.Parallel()
	type vector struct {
		Kind string       `json:"kind"`
		Text string       `json:"text"`
		Hash contact.Hash `json:"sha256"`
	}
	var vectors []vector
	all := notes(t)
	for _, kind := range kinds {
		vectors = append(vectors, vector{kind, all[kind], contact.NoteHash(all[kind])})
	}
	golden(t, "testdata/notes.json", vectors)
}

func text(t *testing.T, raw []byte) string {
	t.Helper()
	s, err := translog.ParseSigned(raw)
	if err != nil {
		t.Fatal(err)
	}
	return s.Text
}
