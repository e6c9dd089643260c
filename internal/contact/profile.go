package contact

import (
	"crypto/sha256"
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const profileType = "chaperone/clinic/v1"

const (
	day = 86400 // seconds

	maxOverlap         = 48 * 3600 // of the windows of two epochs or two policies, seconds
	defaultStatusHours = 24
	maxLines           = 64 // of one kind in a profile
)

// Profile is what a clinic says about itself, signed by its root threshold.
//
//	chaperone/clinic/v1
//	clinic <b64 id>
//	n <rising>
//	name <display, one script, <= 60>
//	slug <a-z0-9->
//	threshold <k>
//	root <vkey>                                       1 to 9
//	server <https origin>                             1*
//	phone <E.164>                                     1*
//	never <id>                                        0*
//	report-to <age recipient>                         none, or 2 and more
//	monitor <epoch> <b64 VRF key> <notbefore> <notafter>   1*
//	policy <b64 H(policy text)> <notbefore> <notafter>     1*
//	status-hours <25..96>                             absent: 24
//	monitor-same-device yes                           optional
//	closed <unix>                                     optional
//	log-frozen <origin> <size> <b64 root>             0*
//
// Lines of one key rise bytewise. All times are Unix seconds.
type Profile struct {
	Clinic            [32]byte
	N                 int64
	Name, Slug        string
	Roots             RootSet
	Servers           []string
	Phones            []string
	Never             []string
	ReportTo          []string
	Monitors          []Epoch
	Policies          []PolicyRef
	StatusHours       int64
	MonitorSameDevice bool
	Closed            int64 // 0: open
	Frozen            []FrozenHead
}

// Epoch is a VRF key of the monitor and the window in which T_log must lie.
type Epoch struct {
	N                   int64
	Key                 [32]byte
	NotBefore, NotAfter int64
}

// PolicyRef names a witness policy by the SHA-256 of its text.
type PolicyRef struct {
	Hash                [32]byte
	NotBefore, NotAfter int64
}

// FrozenHead is the last head of a log that was damaged and replaced.
type FrozenHead struct {
	Origin string
	Size   int64
	Root   [32]byte
}

// PolicyHash is how a profile names a policy's text.
func PolicyHash(text []byte) [32]byte { return sha256.Sum256(text) }

// ParseProfile reads the text of a profile. It fails with [ErrMalformed].
func ParseProfile(text string) (Profile, error) { return parseProfile(text, nil) }

// parseProfile is ParseProfile for one whose root keys are probably those known: checking a key
// costs as much as a tenth of a signature.
func parseProfile(text string, known []translog.Key) (Profile, error) {
	f := readNote(profileType, text)
	f.known = known
	p := Profile{
		Clinic: f.b32("clinic"),
		N:      f.num("n"),
		Name:   f.word("name", display(60)),
		Slug:   f.word("slug", slug(40)),
		Roots:  f.rootSet(),
	}
	p.Servers = f.checked("server", 1, httpsOrigin)
	p.Phones = f.checked("phone", 1, phone)
	p.Never = f.checked("never", 0, slug(40))
	p.ReportTo = f.checked("report-to", 0, ageRecipient)
	if len(p.ReportTo) == 1 {
		f.fail("report-to count")
	}
	for _, v := range f.many("monitor", 1, maxLines) {
		p.Monitors = append(p.Monitors, f.epoch(v))
	}
	for _, v := range f.many("policy", 1, maxLines) {
		w := f.split("policy", v, 3)
		ref := PolicyRef{Hash: f.parseB32("policy", w[0])}
		ref.NotBefore, ref.NotAfter = f.window("policy", w[1], w[2])
		p.Policies = append(p.Policies, ref)
	}
	f.overlaps(p)
	p.StatusHours = defaultStatusHours
	if n, ok := f.optNum("status-hours"); ok {
		if n <= defaultStatusHours || n > 96 {
			f.fail("status-hours")
		}
		p.StatusHours = n
	}
	if v, ok := f.opt("monitor-same-device"); ok {
		if v != "yes" {
			f.fail("monitor-same-device")
		}
		p.MonitorSameDevice = true
	}
	if n, ok := f.optNum("closed"); ok {
		if n == 0 {
			f.fail("closed")
		}
		p.Closed = n
	}
	for _, v := range f.many("log-frozen", 0, maxLines) {
		w := f.split("log-frozen", v, 3)
		if !translog.ValidKeyName(w[0]) {
			f.fail("log-frozen")
		}
		p.Frozen = append(p.Frozen, FrozenHead{w[0], f.parseNum("log-frozen", w[1]), f.parseB32("log-frozen", w[2])})
	}
	return p, f.end()
}

func (f *fields) checked(key string, min int, ok func(string) bool) []string {
	vs := f.many(key, min, maxLines)
	for _, v := range vs {
		if !ok(v) {
			f.fail(key)
		}
	}
	return vs
}

func (f *fields) epoch(v string) Epoch {
	w := f.split("monitor", v, 4)
	e := Epoch{N: f.parseNum("monitor", w[0]), Key: f.parseB32("monitor", w[1])}
	e.NotBefore, e.NotAfter = f.window("monitor", w[2], w[3])
	if f.err == nil && !validVRFKey(e.Key) {
		f.fail("monitor key")
	}
	return e
}

func (f *fields) window(key, from, to string) (int64, int64) {
	a, b := f.parseNum(key, from), f.parseNum(key, to)
	if a >= b {
		f.fail(key + " window")
	}
	return a, b
}

// overlaps checks that epochs and keys are distinct and windows overlap by 48 h at most.
func (f *fields) overlaps(p Profile) {
	for i, a := range p.Monitors {
		for _, b := range p.Monitors[:i] {
			if a.N == b.N || a.Key == b.Key || min(a.NotAfter, b.NotAfter)-max(a.NotBefore, b.NotBefore) > maxOverlap {
				f.fail("monitor windows")
			}
		}
	}
	for i, a := range p.Policies {
		for _, b := range p.Policies[:i] {
			if a.Hash == b.Hash || min(a.NotAfter, b.NotAfter)-max(a.NotBefore, b.NotBefore) > maxOverlap {
				f.fail("policy windows")
			}
		}
	}
}

// Marshal returns the profile's text.
func (p Profile) Marshal() string {
	var w writer
	w.line(profileType)
	w.line("clinic", b64(p.Clinic[:]))
	w.num("n", p.N)
	w.line("name", p.Name)
	w.line("slug", p.Slug)
	w.WriteString(p.Roots.Text())
	w.each("server", p.Servers)
	w.each("phone", p.Phones)
	w.each("never", p.Never)
	w.each("report-to", p.ReportTo)
	var monitors, policies, frozen []string
	for _, e := range p.Monitors {
		monitors = append(monitors, strings.Join([]string{num(e.N), b64(e.Key[:]), num(e.NotBefore), num(e.NotAfter)}, " "))
	}
	for _, r := range p.Policies {
		policies = append(policies, strings.Join([]string{b64(r.Hash[:]), num(r.NotBefore), num(r.NotAfter)}, " "))
	}
	for _, h := range p.Frozen {
		frozen = append(frozen, strings.Join([]string{h.Origin, num(h.Size), b64(h.Root[:])}, " "))
	}
	w.each("monitor", monitors)
	w.each("policy", policies)
	if p.StatusHours != defaultStatusHours {
		w.num("status-hours", p.StatusHours)
	}
	if p.MonitorSameDevice {
		w.line("monitor-same-device", "yes")
	}
	if p.Closed != 0 {
		w.num("closed", p.Closed)
	}
	w.each("log-frozen", frozen)
	return w.String()
}

// each writes one line a value, sorted.
func (w *writer) each(key string, values []string) {
	for _, v := range slices.Sorted(slices.Values(values)) {
		w.line(key, v)
	}
}

// ageRecipient checks the outer form only; who seals to it parses it.
func ageRecipient(s string) bool {
	return strings.HasPrefix(s, "age1") && len(s) > 50 && len(s) <= 4096 &&
		only(s, func(c byte) bool { return isDigit(c) || isLower(c) })
}
