package translog_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/translog/memlog"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata")

// party is a key that signs in tests.
type party struct {
	key     translog.Key
	private ed25519.PrivateKey
}

func newParty(t testing.TB, name string, seed byte, alg byte) party {
	t.Helper()
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	pub := private.Public().(ed25519.PublicKey)
	key, err := translog.NewKey(name, pub)
	if alg == translog.AlgCosignature {
		key, err = translog.NewWitnessKey(name, pub)
	}
	if err != nil {
		t.Fatal(err)
	}
	return party{key, private}
}

func (p party) sign(text string) translog.Sig {
	return translog.Sig{Name: p.key.Name, ID: p.key.ID(), Bytes: ed25519.Sign(p.private, []byte(text))}
}

func (p party) cosign(text string, at int64) translog.Sig {
	b := binary.BigEndian.AppendUint64(nil, uint64(at))
	b = append(b, ed25519.Sign(p.private, translog.CosignatureText(at, []byte(text)))...)
	return translog.Sig{Name: p.key.Name, ID: p.key.ID(), Bytes: b}
}

const headText = "log.example.com/msgs\n123\nf+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0=\n"

// The cosignature vector was made with github.com/transparency-dev/formats v0.1.1.
func TestForeignCosignature(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/foreign-checkpoint.txt")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/foreign-policy.txt")
	if err != nil {
		t.Fatal(err)
	}
	policy, err := translog.ParsePolicy(text)
	if err != nil {
		t.Fatal(err)
	}
	cp, err := translog.ParseCheckpoint(raw)
	if err != nil {
		t.Fatal(err)
	}
	h, err := policy.Check(cp)
	if err != nil {
		t.Fatal(err)
	}
	if h.LoggedAt != 1795508382 || h.SeenAt != h.LoggedAt || h.Size != 123 {
		t.Errorf("got %+v, want the time of the cosignature, size 123", h)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	t.Parallel()
	good := newParty(t, "a.example.com", 1, translog.AlgEd25519).key
	vkey := good.String()
	raw := append([]byte{1}, good.Public[:]...)
	rename := func(k translog.Key, name string) string { k.Name = name; return k.String() }
	point := func(p [32]byte) string { k := good; k.Public = p; return k.String() }
	one := [32]byte{1} // the identity
	tests := []struct{ name, vkey string }{
		{"empty", ""},
		{"wrong hash", strings.Replace(vkey, vkey[len("a.example.com+"):][:8], "00000000", 1)},
		{"upper-case hash", "a.example.com+" + strings.ToUpper(vkey[len("a.example.com+"):][:8]) + vkey[len("a.example.com+")+8:]},
		{"trailing space", vkey + " "},
		{"padding added", vkey + "="},
		{"url base64", fmt.Sprintf("a.example.com+%08x+%s", good.ID(), base64.URLEncoding.EncodeToString(append([]byte{1}, bytes.Repeat([]byte{0xff}, 32)...)))},
		{"line feed in base64", vkey[:len(vkey)-4] + "\n" + vkey[len(vkey)-4:]},
		{"name with space", rename(good, "a b")},
		{"name not ASCII", rename(good, "é")},
		{"name too long", rename(good, strings.Repeat("a", 97))},
		{"low order: identity", point(one)},
		{"low order: order 2", point([32]byte(append([]byte{0xec}, append(bytes.Repeat([]byte{0xff}, 30), 0x7f)...)))},
		{"not canonical: y = p + 1", point([32]byte(append([]byte{0xee}, append(bytes.Repeat([]byte{0xff}, 30), 0x7f)...)))},
		{"not a point", point([32]byte{2})},
		{"other algorithm", fmt.Sprintf("a.example.com+%08x+%s", good.ID(), base64.StdEncoding.EncodeToString(append([]byte{2}, raw[1:]...)))},
	}
	if k, err := translog.ParseKey(vkey); err != nil || k != good {
		t.Fatalf("got %v, %v, want %v", k, err, good)
	}
	for _, tt := range tests {
		if k, err := translog.ParseKey(tt.vkey); err == nil {
			t.Errorf("%s: got %v, want an error", tt.name, k)
		}
	}
}

func TestParseSignedRefuses(t *testing.T) {
	t.Parallel()
	log := newParty(t, "log.example.com/msgs", 7, translog.AlgEd25519)
	good := string(translog.Signed{Text: headText, Sigs: []translog.Sig{log.sign(headText)}}.Marshal())
	line := good[strings.LastIndex(good, "— "):]
	tests := []struct{ name, raw string }{
		{"empty", ""},
		{"no signature", headText + "\n"},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n")},
		{"CR at the end of a signature", strings.TrimSuffix(good, "\n") + "\r\n"},
		{"last line not ended", strings.TrimSuffix(good, "\n")},
		{"repeated signature line", good + line},
		{"text after signatures", good + "more\n"},
		{"two spaces", strings.Replace(good, "— log", "—  log", 1)},
		{"hyphen for the dash", strings.Replace(good, "— log", "- log", 1)},
		{"trailing bits in base64", strings.Replace(good, "=\n\n", "=\n\n", 1)[:len(good)-3] + "R==\n"},
		{"unpadded", strings.TrimRight(good, "=\n") + "\n"},
		{"control character", strings.Replace(good, "123", "12\x013", 1)},
		{"NUL", strings.Replace(good, "123", "12\x003", 1)},
		{"not UTF-8", strings.Replace(good, "123", "12\xff3", 1)},
	}
	if _, err := translog.ParseSigned([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if tt.raw == good {
			t.Errorf("%s: is the good note", tt.name)
		}
		if _, err := translog.ParseSigned([]byte(tt.raw)); !errors.Is(err, translog.ErrMalformed) {
			t.Errorf("%s: got %v, want %v", tt.name, err, translog.ErrMalformed)
		}
	}
}

func TestParseCheckpointRefuses(t *testing.T) {
	t.Parallel()
	log := newParty(t, "log.example.com/msgs", 7, translog.AlgEd25519)
	sign := func(text string) []byte {
		return translog.Signed{Text: text, Sigs: []translog.Sig{log.sign(text)}}.Marshal()
	}
	root := "f+7CoKgXKE/tNys9TTXcr/ad6U/K3xvznmzew9y6SP0="
	tests := []struct{ name, text string }{
		{"leading zero", "log.example.com/msgs\n0123\n" + root + "\n"},
		{"sign", "log.example.com/msgs\n+123\n" + root + "\n"},
		{"size 2^53", "log.example.com/msgs\n9007199254740992\n" + root + "\n"},
		{"extension line", headText + "extra\n"},
		{"short root", "log.example.com/msgs\n123\nf+7CoA==\n"},
		{"root in other spelling", "log.example.com/msgs\n123\n" + strings.Replace(root, "0=", "1=", 1) + "\n"},
		{"no root", "log.example.com/msgs\n123\n"},
		{"empty origin", "\n123\n" + root + "\n"},
		{"origin with space", "log example\n123\n" + root + "\n"},
	}
	if _, err := translog.ParseCheckpoint(sign(headText)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		if cp, err := translog.ParseCheckpoint(sign(tt.text)); !errors.Is(err, translog.ErrMalformed) {
			t.Errorf("%s: got %+v, %v, want %v", tt.name, cp, err, translog.ErrMalformed)
		}
	}
}

func TestParsePolicyRefuses(t *testing.T) {
	t.Parallel()
	log := "log " + newParty(t, "log.example.com/msgs", 7, translog.AlgEd25519).key.String() + "\n"
	w := func(label, name string, seed byte) string {
		return "witness " + label + " " + newParty(t, name, seed, translog.AlgCosignature).key.String() + "\n"
	}
	tests := []struct{ name, text string }{
		{"empty", ""},
		{"quorum none", log + w("a", "a.example", 1) + "quorum none\n"},
		{"no quorum", log + w("a", "a.example", 1)},
		{"two quorums", log + w("a", "a.example", 1) + "quorum a\nquorum a\n"},
		{"no log", w("a", "a.example", 1) + "quorum a\n"},
		{"one key under two names", log + w("a", "a.example", 1) + w("b", "b.example", 1) + "group g all a b\nquorum g\n"},
		{"witness with the log's key", log + w("a", "a.example", 7) + "quorum a\n"},
		{"two keys for one origin", log + strings.Replace(log, newParty(t, "log.example.com/msgs", 7, 1).key.String(), newParty(t, "log.example.com/msgs", 8, 1).key.String(), 1) + w("a", "a.example", 1) + "quorum a\n"},
		{"label twice", log + w("a", "a.example", 1) + w("a", "b.example", 2) + "quorum a\n"},
		{"label none", log + w("none", "a.example", 1) + "quorum none\n"},
		{"threshold 0", log + w("a", "a.example", 1) + "group g 0 a\nquorum g\n"},
		{"threshold too great", log + w("a", "a.example", 1) + "group g 2 a\nquorum g\n"},
		{"threshold with zero", log + w("a", "a.example", 1) + "group g 01 a\nquorum g\n"},
		{"member twice", log + w("a", "a.example", 1) + "group g 2 a a\nquorum g\n"},
		{"member of two groups", log + w("a", "a.example", 1) + w("b", "b.example", 2) + "group g any a\ngroup h any a b\ngroup q all g h\nquorum q\n"},
		{"unknown member", log + "group g any a\nquorum g\n"},
		{"defined later", log + "quorum a\n" + w("a", "a.example", 1)},
		{"note key as witness", log + "witness a " + newParty(t, "a.example", 1, translog.AlgEd25519).key.String() + "\nquorum a\n"},
		{"witness key as log", "log " + newParty(t, "l", 3, translog.AlgCosignature).key.String() + "\n" + w("a", "a.example", 1) + "quorum a\n"},
		{"unknown keyword", log + w("a", "a.example", 1) + "quorum a\nfoo\n"},
		{"CRLF", log + w("a", "a.example", 1) + "quorum a\r\n"},
		{"last line not ended", log + w("a", "a.example", 1) + "quorum a"},
	}
	for _, tt := range tests {
		if _, err := translog.ParsePolicy([]byte(tt.text)); err == nil {
			t.Errorf("%s: got no error", tt.name)
		}
	}
	ok := "# ours\n\n" + log + w("a", "a.example", 1) + " \t" + w("b", "b.example", 2) + "group g 1 a b\nquorum g\n"
	if _, err := translog.ParsePolicy([]byte(ok)); err != nil {
		t.Errorf("got %v, want a policy", err)
	}
}

// A single witness that lies about the time moves neither T_log nor T_head past what a quorum
// vouches for.
func TestQuorumTimes(t *testing.T) {
	t.Parallel()
	log := newParty(t, "log.example.com/msgs", 7, translog.AlgEd25519)
	var ws []party
	text := "log " + log.key.String() + "\n"
	for i := range 3 {
		p := newParty(t, fmt.Sprintf("w%d.example", i), byte(10+i), translog.AlgCosignature)
		ws = append(ws, p)
		text += fmt.Sprintf("witness w%d %s\n", i, p.key)
	}
	policy := func(group string) *translog.Policy {
		p, err := translog.ParsePolicy([]byte(text + group))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	two := policy("group q 2 w0 w1 w2\nquorum q\n")
	all := policy("group q all w0 w1 w2\nquorum q\n")
	nested := policy("group x any w0 w1\ngroup q all x w2\nquorum q\n")
	const far = 1 << 40
	tests := []struct {
		name      string
		policy    *translog.Policy
		times     [3]int64 // 0: no cosignature
		log, head int64
		err       error
	}{
		{"two of three, all", two, [3]int64{100, 200, 300}, 200, 200, nil},
		{"two of three, two", two, [3]int64{100, 0, 300}, 300, 100, nil},
		{"backdated witness", two, [3]int64{1, 200, 210}, 200, 200, nil},
		{"future witness", two, [3]int64{200, 210, far}, 210, 210, nil},
		{"all of three", all, [3]int64{100, 200, 300}, 300, 100, nil},
		{"one is not two", two, [3]int64{0, 200, 0}, 0, 0, translog.ErrNoQuorum},
		{"none", two, [3]int64{}, 0, 0, translog.ErrNoQuorum},
		{"nested", nested, [3]int64{100, 50, 200}, 200, 100, nil},
		{"nested, wrong two", nested, [3]int64{100, 50, 0}, 0, 0, translog.ErrNoQuorum},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := translog.Signed{Text: headText, Sigs: []translog.Sig{log.sign(headText)}}
			for i, at := range tt.times {
				if at != 0 {
					s.Sigs = append(s.Sigs, ws[i].cosign(headText, at))
				}
			}
			cp, err := translog.ParseCheckpoint(s.Marshal())
			if err != nil {
				t.Fatal(err)
			}
			h, err := tt.policy.Check(cp)
			if !errors.Is(err, tt.err) || h.LoggedAt != tt.log || h.SeenAt != tt.head {
				t.Errorf("got T_log %d, T_head %d, %v; want %d, %d, %v", h.LoggedAt, h.SeenAt, err, tt.log, tt.head, tt.err)
			}
		})
	}
}

func TestPolicyCheckRefuses(t *testing.T) {
	t.Parallel()
	log := newParty(t, "log.example.com/msgs", 7, translog.AlgEd25519)
	w := newParty(t, "w.example", 10, translog.AlgCosignature)
	other := newParty(t, "other.example", 11, translog.AlgCosignature)
	policy, err := translog.ParsePolicy(fmt.Appendf(nil, "log %s\nwitness w %s\nquorum w\n", log.key, w.key))
	if err != nil {
		t.Fatal(err)
	}
	zero := w.cosign(headText, 1)
	copy(zero.Bytes, make([]byte, 8))
	bent := w.cosign(headText, 100)
	bent.Bytes[20] ^= 1
	retimed := w.cosign(headText, 100)
	binary.BigEndian.PutUint64(retimed.Bytes, 50)
	tests := []struct {
		name string
		sigs []translog.Sig
		want error
	}{
		{"log and witness", []translog.Sig{log.sign(headText), w.cosign(headText, 100)}, nil},
		{"log alone", []translog.Sig{log.sign(headText)}, translog.ErrNoQuorum},
		{"witness alone", []translog.Sig{w.cosign(headText, 100)}, translog.ErrSignature},
		{"unknown signature line", []translog.Sig{log.sign(headText), w.cosign(headText, 100), other.cosign(headText, 100)}, translog.ErrSignature},
		{"time changed", []translog.Sig{log.sign(headText), retimed}, translog.ErrSignature},
		{"time 0", []translog.Sig{log.sign(headText), zero}, translog.ErrSignature},
		{"bent", []translog.Sig{log.sign(headText), bent}, translog.ErrSignature},
		{"witness signs like a log", []translog.Sig{log.sign(headText), w.sign(headText)}, translog.ErrSignature},
	}
	for _, tt := range tests {
		cp, err := translog.ParseCheckpoint(translog.Signed{Text: headText, Sigs: tt.sigs}.Marshal())
		if err != nil {
			t.Fatal(tt.name, err)
		}
		if _, err := policy.Check(cp); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
	}
	text := strings.Replace(headText, "/msgs", "/other", 1)
	cp, err := translog.ParseCheckpoint(translog.Signed{Text: text, Sigs: []translog.Sig{log.sign(text)}}.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := policy.Check(cp); !errors.Is(err, translog.ErrUnknownLog) {
		t.Errorf("other origin: got %v, want %v", err, translog.ErrUnknownLog)
	}
}

func newLogs(t testing.TB) *memlog.Logs {
	t.Helper()
	seeds := make([]byte, 96)
	for i := range seeds {
		seeds[i] = byte(i)
	}
	logs, err := memlog.New(memlog.Config{
		Name: "log.example.com", Rand: bytes.NewReader(seeds),
		Now: func() time.Time { return time.Unix(1_900_000_000, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return logs
}

type vectors struct {
	Policy string        `json:"policy"`
	Leaves []string      `json:"leaves"`
	Proofs []string      `json:"proofs"`
	Bad    []namedVector `json:"bad"`
}

type namedVector struct {
	Name  string `json:"name"`
	Proof string `json:"proof"`
}

// TestProofVectors freezes the proofs of a log of nine leaves, and what is refused.
func TestProofVectors(t *testing.T) {
	t.Parallel()
	logs := newLogs(t)
	v := vectors{Policy: string(logs.PolicyText())}
	for i := range 9 {
		leaf := fmt.Sprintf("leaf %d", i)
		if _, err := logs.Msgs.Append([]byte(leaf)); err != nil {
			t.Fatal(err)
		}
		p, err := logs.Msgs.Proof(int64(i))
		if err != nil {
			t.Fatal(err)
		}
		v.Leaves, v.Proofs = append(v.Leaves, leaf), append(v.Proofs, string(p))
	}
	good := v.Proofs[7]
	lines := strings.SplitAfter(good, "\n")
	v.Bad = []namedVector{
		{"other first line", strings.Replace(good, "@v1", "@v2", 1)},
		{"extra data", strings.Replace(good, "index ", "extra AAAA\nindex ", 1)},
		{"index with zero", strings.Replace(good, "index 7", "index 07", 1)},
		{"index of another leaf", strings.Replace(good, "index 7", "index 6", 1)},
		{"index outside the tree", strings.Replace(good, "index 7", "index 8", 1)},
		{"hash missing", strings.Replace(good, lines[2], "", 1)},
		{"hash twice", strings.Replace(good, lines[2], lines[2]+lines[2], 1)},
		{"hashes swapped", strings.Replace(good, lines[2]+lines[3], lines[3]+lines[2], 1)},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n")},
		{"no checkpoint", good[:strings.Index(good, "\n\n")+2]},
	}
	data, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, '\n')
	if *update {
		if err := os.WriteFile("testdata/proofs.json", data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	frozen, err := os.ReadFile("testdata/proofs.json")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(frozen), string(data)); d != "" {
		t.Errorf("vectors changed (-frozen +made):\n%s", d)
	}
	policy, err := translog.ParsePolicy([]byte(v.Policy))
	if err != nil {
		t.Fatal(err)
	}
	verify := func(raw, leaf string) error {
		p, err := translog.ParseProof([]byte(raw))
		if err != nil {
			return err
		}
		if !bytes.Equal(p.Marshal(), []byte(raw)) {
			t.Errorf("proof of %s does not come back", leaf)
		}
		if err := p.Includes([]byte(leaf)); err != nil {
			return err
		}
		_, err = policy.Check(p.Checkpoint)
		return err
	}
	for i, raw := range v.Proofs {
		if err := verify(raw, v.Leaves[i]); err != nil {
			t.Errorf("leaf %d: %v", i, err)
		}
		if err := verify(raw, "leaf X"); !errors.Is(err, translog.ErrProof) {
			t.Errorf("wrong leaf %d: got %v, want %v", i, err, translog.ErrProof)
		}
	}
	for _, b := range v.Bad {
		if err := verify(b.Proof, v.Leaves[7]); err == nil {
			t.Errorf("%s: got no error", b.Name)
		}
	}
}

func TestConsistency(t *testing.T) {
	t.Parallel()
	logs := newLogs(t)
	var heads []translog.Head
	for i := range 9 {
		if _, err := logs.Keys.Append([]byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		size, root := logs.Keys.Head()
		heads = append(heads, translog.Head{Origin: logs.Keys.Origin(), Size: size, Root: root})
	}
	for _, older := range heads {
		for _, newer := range heads {
			if older.Size > newer.Size {
				if err := translog.CheckConsistency(older, newer, nil); !errors.Is(err, translog.ErrProof) {
					t.Errorf("%d to %d: got %v, want %v", older.Size, newer.Size, err, translog.ErrProof)
				}
				continue
			}
			path, err := logs.Keys.Consistency(older.Size, newer.Size)
			if err != nil {
				t.Fatal(err)
			}
			if err := translog.CheckConsistency(older, newer, path); err != nil {
				t.Errorf("%d to %d: %v", older.Size, newer.Size, err)
			}
			forked := older
			forked.Root[0] ^= 1
			if err := translog.CheckConsistency(forked, newer, path); !errors.Is(err, translog.ErrProof) {
				t.Errorf("forked %d to %d: got %v, want %v", older.Size, newer.Size, err, translog.ErrProof)
			}
		}
	}
	other := heads[3]
	other.Origin = "other"
	if err := translog.CheckConsistency(other, heads[3], nil); !errors.Is(err, translog.ErrProof) {
		t.Errorf("other origin: got %v, want %v", err, translog.ErrProof)
	}
}

// There is one log without leaves: a head of size 0 with another root is nobody's, and a prefix of
// nothing.
func TestEmptyLogRegression(t *testing.T) {
	t.Parallel()
	logs := newLogs(t)
	empty := logs.Msgs.Checkpoint()
	c, err := translog.ParseCheckpoint(empty)
	if err != nil {
		t.Fatal(err)
	}
	bad := c
	bad.Root[0] ^= 1
	bad.Signed.Text = bad.Text()
	if _, err := translog.ParseCheckpoint(bad.Signed.Marshal()); !errors.Is(err, translog.ErrMalformed) {
		t.Errorf("another root of size 0: got %v, want %v", err, translog.ErrMalformed)
	}
	if _, err := logs.Msgs.Append([]byte("leaf")); err != nil {
		t.Fatal(err)
	}
	size, root := logs.Msgs.Head()
	newer := translog.Head{Origin: c.Origin, Size: size, Root: root}
	if err := translog.CheckConsistency(translog.Head{Origin: c.Origin, Root: c.Root}, newer, nil); err != nil {
		t.Errorf("the empty log: %v", err)
	}
	if err := translog.CheckConsistency(translog.Head{Origin: c.Origin, Root: bad.Root}, newer, nil); !errors.Is(err, translog.ErrProof) {
		t.Errorf("another root of size 0: got %v, want %v", err, translog.ErrProof)
	}
}
