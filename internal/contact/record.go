package contact

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const (
	policyType  = "chaperone/policy/v1"
	receiptType = "chaperone/filing-receipt/v1"
	moduleType  = "chaperone/web-module/v1"

	maxPolicyText = 16 << 10
	maxModulePath = 100
)

// PolicyNote puts the text of a witness policy into the keys log; signed by the root
// threshold.
//
//	chaperone/policy/v1
//	clinic <b64 id>
//	policy <b64 H(policy text)>
//	body-bytes <n>
//
//	<policy text, at most 16384 bytes, without TAB>
type PolicyNote struct {
	Clinic [32]byte
	Text   string
}

// ParsePolicyNote reads the text of a policy note; the policy in it must be one that
// [translog.ParsePolicy] reads. It fails with [ErrMalformed].
func ParsePolicyNote(text string) (PolicyNote, error) {
	f, body := readBody(policyType, text)
	p := PolicyNote{Clinic: f.b32("clinic"), Text: body}
	if f.b32("policy") != PolicyHash([]byte(body)) {
		f.fail("policy")
	}
	f.bodyBytes(body)
	if f.err == nil {
		if _, err := translog.ParsePolicy([]byte(body)); err != nil || len(body) > maxPolicyText || strings.Contains(body, "\t") {
			f.fail("body")
		}
	}
	return p, f.end()
}

// Marshal returns the note's text.
func (p PolicyNote) Marshal() string {
	var w writer
	hash := PolicyHash([]byte(p.Text))
	w.line(policyType)
	w.line("clinic", b64(p.Clinic[:]))
	w.line("policy", b64(hash[:]))
	w.num("body-bytes", int64(len(p.Text)))
	w.WriteString("\n")
	w.WriteString(p.Text)
	return w.String()
}

// FilingReceipt says that a server took a sealed report; signed by its filing key.
//
//	chaperone/filing-receipt/v1
//	report <b64 H(ciphertext)>
//	bytes <integer>             the size that was stored
//	accepted <unix>
//	tag <hex 16 bytes>          random
type FilingReceipt struct {
	Report   [32]byte
	Bytes    int64
	Accepted int64
	Tag      [16]byte
}

// ParseFilingReceipt reads the text of a filing receipt. It fails with [ErrMalformed].
func ParseFilingReceipt(text string) (FilingReceipt, error) {
	f := readNote(receiptType, text)
	r := FilingReceipt{Report: f.b32("report"), Bytes: f.num("bytes"), Accepted: f.num("accepted"), Tag: f.hex16("tag", f.one("tag"))}
	return r, f.end()
}

// Marshal returns the receipt's text.
func (r FilingReceipt) Marshal() string {
	var w writer
	w.line(receiptType)
	w.line("report", b64(r.Report[:]))
	w.num("bytes", r.Bytes)
	w.num("accepted", r.Accepted)
	w.line("tag", hex.EncodeToString(r.Tag[:]))
	return w.String()
}

// FilingLeaf is the 48-byte leaf of a filing receipt in the msgs log:
// H(L("filing") || text || signature) || tag. The note must have exactly one Ed25519 signature
// line and be a filing receipt; it is not verified. It fails with [ErrMalformed].
func FilingLeaf(s translog.Signed) ([]byte, error) {
	r, err := ParseFilingReceipt(s.Text)
	if err != nil {
		return nil, err
	}
	if len(s.Sigs) != 1 || len(s.Sigs[0].Bytes) != 64 {
		return nil, fmt.Errorf("filing leaf: %w", ErrMalformed)
	}
	h := hashOf("filing", []byte(s.Text), s.Sigs[0].Bytes)
	return append(h[:], r.Tag[:]...), nil
}

// WebModule lists the files of the page's checker, so that anybody can compare what a server
// gives out; signed by one key.
//
//	chaperone/web-module/v1
//	origin <https origin>
//	issued <unix>
//	file <path> <b64 SHA-256>   1 to 64
//
// A path is 1 to 100 of a-z A-Z 0-9 . _ / -, and starts with a slash; no path twice.
type WebModule struct {
	Origin string
	Issued int64
	Files  []ModuleFile
}

// ModuleFile is one file that a page loads.
type ModuleFile struct {
	Path string
	Hash [32]byte
}

// ParseWebModule reads the text of a web-module note. It fails with [ErrMalformed].
func ParseWebModule(text string) (WebModule, error) {
	f := readNote(moduleType, text)
	m := WebModule{Origin: f.word("origin", httpsOrigin), Issued: f.num("issued")}
	for i, v := range f.many("file", 1, maxLines) {
		w := f.split("file", v, 2)
		if !modulePath(w[0]) || i > 0 && m.Files[i-1].Path == w[0] {
			f.fail("file")
		}
		m.Files = append(m.Files, ModuleFile{w[0], f.parseB32("file", w[1])})
	}
	return m, f.end()
}

func modulePath(s string) bool {
	return strings.HasPrefix(s, "/") && len(s) <= maxModulePath && only(s, func(c byte) bool {
		return isDigit(c) || isLower(c) || isUpper(c) || strings.IndexByte("._/-", c) >= 0
	})
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// Marshal returns the note's text.
func (m WebModule) Marshal() string {
	var w writer
	w.line(moduleType)
	w.line("origin", m.Origin)
	w.num("issued", m.Issued)
	var files []string
	for _, x := range m.Files {
		files = append(files, x.Path+" "+b64(x.Hash[:]))
	}
	w.each("file", files)
	return w.String()
}
