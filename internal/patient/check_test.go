package patient

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/patient/patienttest"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// clinicWorld is a clinic, its server, and a device of a patient.
type clinicWorld struct {
	*contacttest.World
	s   *patienttest.Server
	d   *Device
	cfg Config
	dir *Dir
}

// newClinicWorld has the clinic pinned, and one message for anyone on the server.
func newClinicWorld(t testing.TB) (*clinicWorld, contact.CodeInput) {
	t.Helper()
	w := &clinicWorld{World: contacttest.New(t), s: patienttest.New(t), dir: newDir(t)}
	in := w.BearerCode("anyone")
	w.s.Put(t, in)
	w.s.Tell(w.News())
	w.s.Logs(w.World.Logs.Keys, w.World.Logs.Msgs)
	w.cfg = testConfig(w.dir)
	w.cfg.Server, w.cfg.Patience = w.s.URL, time.Second
	w.cfg.Now = func() time.Time { return w.Clock }
	w.d, _ = create(t, w.cfg)
	if err := w.d.AddPin(w.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	return w, in
}

// want checks a code and compares the headline.
func (w *clinicWorld) want(t *testing.T, c CodeCheck, want contact.Finding) Checked {
	t.Helper()
	got, err := w.d.CheckCode(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if got.Headline != want {
		t.Errorf("got %v, want %s", got.Findings, want)
	}
	return got
}

func TestCheckCode(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	code := contacttest.Code(t, "anyone")
	for _, spelling := range []string{code.Symbols(), strings.ToLower(code.Grouped()), " CHAPERONE1:" + code.Symbols() + "\n"} {
		got := w.want(t, CodeCheck{Code: spelling}, contact.GenuineForAnyone)
		if got.Clinic != "Example Aesthetics" || got.Signer != "Front desk" || got.Body == "" || got.Server != "" {
			t.Errorf("got clinic %q, signer %q, server %q", got.Clinic, got.Signer, got.Server)
		}
	}
	altered, same := contacttest.Altered, contacttest.Body
	w.want(t, CodeCheck{Code: in.Code, Text: &altered}, contact.Altered)
	got := w.want(t, CodeCheck{Code: in.Code, Text: &same, Channel: "sms"}, contact.GenuineForAnyone)
	if got.SeenAt.IsZero() || !hasRemark(got.Verdict, contact.RemarkSeenBefore) || !hasRemark(got.Verdict, contact.RemarkOtherChannel) {
		t.Errorf("got remarks %v, seen %v", got.Remarks, got.SeenAt)
	}
	w.want(t, CodeCheck{Code: contacttest.Code(t, "nobody").Symbols()}, contact.Unknown)

	other := contacttest.Code(t, "another")
	swapped := in
	swapped.Code = other.Symbols()
	w.s.Put(t, swapped)
	w.want(t, CodeCheck{Code: other.Symbols()}, contact.Forged)
	swapped.Envelope = nil
	w.s.Put(t, swapped)
	w.want(t, CodeCheck{Code: other.Symbols()}, contact.Unavailable)

	// The clinic's first page was read because it was due, and no look-up asked for another.
	if lookUps, pages := w.s.Asked(); len(pages) != 1 || lookUps != 8 {
		t.Errorf("got %d look-ups and %d pages, want 8 and 1", lookUps, len(pages))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.d.CheckCode(ctx, CodeCheck{Code: in.Code}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
}

func hasRemark(v contact.Verdict, want contact.Remark) bool {
	for _, r := range v.Remarks {
		if r == want {
			return true
		}
	}
	return false
}

func TestWrongCodes(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	slip := in.Code[:len(in.Code)-1] + "O"
	half := in.Code[:10]
	for i, tt := range []struct {
		code  string
		typed bool
		want  contact.Finding
	}{
		{slip, true, contact.Mistyped},
		{strings.ToLower(slip[:4] + "-" + slip[4:]), true, contact.Unknown}, // the same, again
		{half, true, contact.Mistyped},
		{slip, true, contact.Mistyped}, // another one in between
		{half, false, contact.Unknown},
		{"", true, contact.Mistyped},
	} {
		got := w.want(t, CodeCheck{Code: tt.code, Typed: tt.typed}, tt.want)
		if len(got.Findings) != 1 {
			t.Errorf("%d: got %v", i, got.Findings)
		}
	}
	if n, _ := w.s.Asked(); n != 0 {
		t.Errorf("a code that cannot be one was asked for %d times", n)
	}
	w.want(t, CodeCheck{Code: in.Code, Typed: true}, contact.GenuineForAnyone)
}

func TestCheckCodeForOnePatient(t *testing.T) {
	t.Parallel()
	w, _ := newClinicWorld(t)
	mine, others := w.NewPair("patient"), w.NewPair("another patient")
	one := w.EnrolledCode("one", mine, mine)
	w.s.Put(t, one)
	check := CodeCheck{Code: one.Code}
	w.want(t, check, contact.NoPin) // there is no pair on this device
	addPair := func(p contact.Pair) {
		t.Helper()
		if err := w.d.change(func(l *vault.Local) error {
			l.State.Contact = l.State.Contact.Merge(contact.Memory{Pairs: []contact.Pair{p}})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	addPair(others)
	if got := w.want(t, check, contact.NotForYou); got.Body != "" {
		t.Error("the body of somebody else's message is shown")
	}
	addPair(mine)
	w.want(t, check, contact.Genuine)
	crossed := w.EnrolledCode("crossed", mine, others)
	w.s.Put(t, crossed)
	w.want(t, CodeCheck{Code: crossed.Code}, contact.Forged)
}

// Without a pin nothing is genuine, and the server that was asked is named.
func TestCheckCodeWithoutPin(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	if err := w.d.RemoveClinic(t.Context(), w.Clinic.ID()); err != nil {
		t.Fatal(err)
	}
	got := w.want(t, CodeCheck{Code: in.Code}, contact.NoPin)
	if got.CallsItself != "Example Aesthetics" || got.Clinic != "" || got.Body != "" || got.Signer != "" || len(got.Findings) != 1 {
		t.Errorf("got %+v", got.Verdict)
	}
	altered := contacttest.Altered
	w.want(t, CodeCheck{Code: in.Code, Text: &altered}, contact.Altered)
	got = w.want(t, CodeCheck{Code: contacttest.Code(t, "nobody").Symbols()}, contact.Unknown)
	if want := strings.TrimPrefix(w.s.URL, "http://"); got.Server != want {
		t.Errorf("got server %q, want %q", got.Server, want)
	}
	if err := w.d.UseServer(""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.d.CheckCode(t.Context(), CodeCheck{Code: in.Code}); !errors.Is(err, ErrNoServer) {
		t.Errorf("no server: got %v, want ErrNoServer", err)
	}
}

// Whatever a server does instead of answering, the verdict is UNAVAILABLE, soon, and nothing that
// was held is lost.
func TestServersThatDoNotAnswer(t *testing.T) {
	t.Parallel()
	garbage := func(answer []byte) func(*clinicWorld) {
		return func(w *clinicWorld) { w.s.LieOnLookUp(func() ([]byte, error) { return answer, nil }) }
	}
	raw := func(f http.HandlerFunc) func(*clinicWorld) { return func(w *clinicWorld) { w.s.Raw(f) } }
	whole := func(change func([]byte)) []byte {
		b := make([]byte, lookUpSize)
		change(b)
		return b
	}
	for name, lie := range map[string]func(*clinicWorld){
		"nothing":           garbage(nil),
		"a byte short":      garbage(make([]byte, lookUpSize-1)),
		"a byte long":       garbage(make([]byte, lookUpSize+1)),
		"unknown state":     garbage(whole(func(b []byte) { b[0] = 3 })),
		"found nothing":     garbage(whole(func(b []byte) { b[0] = 1 })),
		"length beyond":     garbage(whole(func(b []byte) { b[0], b[1] = 1, 0xff })),
		"not found, and":    garbage(whole(func(b []byte) { b[lookUpSize-1] = 1 })),
		"ten megabytes":     garbage(make([]byte, 10<<20)),
		"error":             raw(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }),
		"a page of a hotel": raw(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>Welcome</html>")) }),
		"elsewhere": raw(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://198.51.100.1/", http.StatusFound)
		}),
		"never": raw(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
		"a byte now and then": raw(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/proto")
			for r.Context().Err() == nil {
				time.Sleep(20 * time.Millisecond)
				_, _ = w.Write([]byte{0})
				_ = http.NewResponseController(w).Flush()
			}
		}),
		"no end": raw(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/proto")
			block := make([]byte, 1<<16)
			for r.Context().Err() == nil {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, in := newClinicWorld(t)
			if err := w.d.RefreshClinics(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.d.patience = 200 * time.Millisecond
			lie(w)
			start := time.Now()
			w.want(t, CodeCheck{Code: in.Code}, contact.Unavailable)
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("took %v", took)
			}
			w.s.Raw(nil)
			w.s.LieOnLookUp(nil)
			w.d.patience = 2 * time.Second
			w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
		})
	}
}

// hosts sends requests for https hosts to servers of a test.
type hosts map[string]*patienttest.Server

func (h hosts) RoundTrip(r *http.Request) (*http.Response, error) {
	s, ok := h[r.URL.Host]
	if !ok {
		return nil, errors.New("no such host")
	}
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(s.URL, "http://")
	return http.DefaultTransport.RoundTrip(r)
}

// Of several servers one that has the message wins, and none of them alone can say that there is
// no such message.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t, func(_ *contacttest.World, c *clinic.Config) {
		c.Profile.Servers = []string{"https://a.example.com", "https://b.example.com"}
	})
	a, b, own := patienttest.New(t), patienttest.New(t), patienttest.New(t)
	in := w.BearerCode("anyone")
	for _, s := range []*patienttest.Server{a, b, own} {
		s.Tell(w.News())
		s.Logs(w.Logs.Keys, w.Logs.Msgs)
	}
	b.Put(t, in)
	cfg := testConfig(newDir(t))
	cfg.Server, cfg.Patience, cfg.Now = "https://own.example.com", 500*time.Millisecond, func() time.Time { return w.Clock }
	cfg.HTTP = &http.Client{Transport: hosts{"a.example.com": a, "b.example.com": b, "own.example.com": own}}
	d, _ := create(t, cfg)
	if err := d.AddPin(w.Memory.Pins[0]); err != nil {
		t.Fatal(err)
	}
	want := func(what, code string, want contact.Finding) {
		t.Helper()
		got, err := d.CheckCode(t.Context(), CodeCheck{Code: code})
		if err != nil || got.Headline != want {
			t.Errorf("%s: got %v, %v, want %s", what, got.Findings, err, want)
		}
	}
	nobody := contacttest.Code(t, "nobody").Symbols()
	want("on one of two", in.Code, contact.GenuineForAnyone)
	want("on none", nobody, contact.Unknown)
	if n, _ := own.Asked(); n != 0 {
		t.Error("a server that is none of the clinic's was asked for a message")
	}

	broken := in
	broken.Envelope = make([]byte, len(in.Envelope))
	a.Put(t, broken)
	want("one has garbage", in.Code, contact.GenuineForAnyone)
	a.LieOnLookUp(func() ([]byte, error) { return nil, errors.New("down") })
	want("one is down", in.Code, contact.GenuineForAnyone)
	want("one is down, the other has none", nobody, contact.Unavailable)
	a.LieOnLookUp(nil)
	gone := in
	gone.Envelope = nil
	a.Put(t, gone)
	want("one deleted it", in.Code, contact.GenuineForAnyone)
	b.LieOnLookUp(func() ([]byte, error) { return make([]byte, lookUpSize), nil })
	want("one deleted it, the other has none", in.Code, contact.Unavailable)
	a.Put(t, broken)
	want("garbage alone", in.Code, contact.Forged)
}

// What lies on the disk says neither which clinic nor which code.
func TestNothingInTheClearOnDisk(t *testing.T) {
	t.Parallel()
	w, in := newClinicWorld(t)
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
	if err := w.d.SaveContacts(SavedContacts{Clinic: "Canary Clinic", Numbers: []string{"+1 555-0123"}}); err != nil {
		t.Fatal(err)
	}
	files := 0
	err := filepath.WalkDir(w.dir.root, func(file string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(file)
		for _, secret := range []string{"Aesthetics", "example-aesthetics", "555", in.Code, "Canary", "chaperone/"} {
			if strings.Contains(string(data), secret) && filepath.Base(file) != serverFile {
				t.Errorf("%s holds %q", filepath.Base(file), secret)
			}
			if strings.Contains(filepath.Base(file), secret) {
				t.Errorf("the name %q holds %q", file, secret)
			}
		}
		return err
	})
	if err != nil || files < 4 {
		t.Errorf("looked at %d files, %v", files, err)
	}
	// It is all there after a restart, without a network.
	w.d = reopen(t, w.d, w.cfg)
	w.s.LieOnPages(func([]byte) ([]byte, error) { return nil, errors.New("down") })
	w.want(t, CodeCheck{Code: in.Code}, contact.GenuineForAnyone)
}
