package keylog_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

type world struct {
	*keylog.Service

	db       *memory.Store
	frozen   int64
	now      time.Time
	admitted map[keylog.ClinicID]bool
}

func (w *world) Admitted(c keylog.ClinicID) (bool, error) { return w.admitted[c], nil }

func (w *world) Wait(_ context.Context, index int64) error {
	if index < w.frozen {
		return nil
	}
	return context.DeadlineExceeded
}

func (w *world) witness(t *testing.T) {
	t.Helper()
	state, err := w.db.Logs().State(t.Context(), logwriter.Keys)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.db.Logs().Freeze(t.Context(), logwriter.Keys, state.Size, []byte("checkpoint\n")); err != nil {
		t.Fatal(err)
	}
	w.frozen = state.Size
}

func newWorld(t *testing.T, clinics ...*keylogtest.Clinic) *world {
	t.Helper()
	w := &world{db: memory.New(), now: time.Date(2031, 5, 1, 8, 0, 0, 0, time.UTC), admitted: map[keylog.ClinicID]bool{}}
	for _, c := range clinics {
		w.admitted[c.ID] = true
	}
	w.Service = w.service(t)
	return w
}

// service returns another service over the same log.
func (w *world) service(t *testing.T) *keylog.Service {
	t.Helper()
	seq, err := logwriter.NewSequencer(logwriter.SequencerConfig[keylog.Row]{Log: logwriter.Keys, Store: w.db.Logs(), Committer: w.db.Notes(logwriter.Keys)})
	if err != nil {
		t.Fatal(err)
	}
	go seq.Run(t.Context())
	s, err := keylog.New(keylog.Config{
		Store: w.db.Notes(logwriter.Keys), Sequencer: seq, Heads: w, Admission: w, Policy: []byte("policy\n"),
		Prover: logwriter.Reader{Log: logwriter.Keys, Store: w.db.Logs()}, Now: func() time.Time { return w.now },
		Newest: func(_ context.Context, l logwriter.Log) ([]byte, error) {
			if l == logwriter.Msgs {
				return nil, nil
			}
			return []byte("newest\n"), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (w *world) append(t *testing.T, note []byte) keylog.Receipt {
	t.Helper()
	r, err := w.Append(t.Context(), note)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return r
}

func TestAppend(t *testing.T) {
	t.Parallel()
	a, b := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	w := newWorld(t, a)
	wantErr := func(what string, note []byte, want error) {
		t.Helper()
		if _, err := w.Append(t.Context(), note); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	wantErr("grant before the profile", a.Grant(t, "Front desk", w.now), keylog.ErrSignature)
	wantErr("clinic that is not admitted", b.Profile(t, 1), keylog.ErrNotAdmitted)
	wantErr("one signature of two", a.Sign(a.ProfileText(t, 1), "root-a.example.com"), keylog.ErrSignature)
	wantErr("signed out of order", a.Sign(a.ProfileText(t, 1), "root-b.example.com", "root-a.example.com"), keylog.ErrSignature)
	wantErr("signed by another clinic", b.Sign(a.ProfileText(t, 1), "root-a.example.com", "root-b.example.com"), keylog.ErrSignature)
	wantErr("unknown kind", a.Sign("chaperone/joke/v1\n", "root-a.example.com", "root-b.example.com"), keylog.ErrMalformed)
	wantErr("not a note", []byte("hello\n"), keylog.ErrMalformed)
	wantErr("CRLF", bytes.ReplaceAll(a.Profile(t, 1), []byte("\n"), []byte("\r\n")), keylog.ErrMalformed)
	wantErr("too large", append(a.Profile(t, 1), make([]byte, keylog.MaxNote)...), keylog.ErrMalformed)
	twice := bytes.Clone(a.Profile(t, 1))
	twice = append(twice, twice[bytes.LastIndex(twice, []byte("— ")):]...)
	wantErr("a signature line twice", twice, keylog.ErrMalformed)

	if r := w.append(t, a.Profile(t, 3)); r.Index != 0 || r.Proof != nil {
		t.Errorf("profile: got %d, %d bytes, want index 0, not witnessed", r.Index, len(r.Proof))
	}
	w.witness(t)
	if r := w.append(t, a.Profile(t, 3)); r.Index != 0 || len(r.Proof) == 0 {
		t.Errorf("profile again: got %d, %d bytes, want index 0 and a proof", r.Index, len(r.Proof))
	}
	other := strings.Replace(a.ProfileText(t, 3), "+15555550100", "+15555550101", 1)
	wantErr("another profile of this number", a.Sign(other, "root-a.example.com", "root-b.example.com"), keylog.ErrExists)
	wantErr("a smaller number", a.Profile(t, 2), keylog.ErrExists)
	if r := w.append(t, a.Profile(t, 4)); r.Index != 1 {
		t.Errorf("next profile: got %d, want 1", r.Index)
	}
	if r := w.append(t, a.Profile(t, 3)); r.Index != 0 {
		t.Errorf("an old profile again: got %d, want 0", r.Index)
	}
	w.append(t, a.Grant(t, "Front desk", w.now))
}

func TestQuota(t *testing.T) {
	t.Parallel()
	a, b := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	w := newWorld(t, a, b)
	w.append(t, a.Profile(t, 1))
	for n := range keylog.MaxYearly - 1 {
		w.append(t, a.Grant(t, fmt.Sprintf("Desk %d", n), w.now))
	}
	if _, err := w.Append(t.Context(), a.Grant(t, "One more", w.now)); !errors.Is(err, keylog.ErrQuota) {
		t.Errorf("note %d: got %v, want ErrQuota", keylog.MaxYearly+1, err)
	}
	w.append(t, a.Grant(t, "Desk 7", w.now)) // it is there
	w.append(t, b.Profile(t, 1))
	w.now = w.now.Add(366 * 24 * time.Hour)
	w.append(t, a.Grant(t, "One more", w.now))
}

// sections takes a page apart.
func sections(t *testing.T, raw []byte, err error) (out []string, kinds []byte) {
	t.Helper()
	if err != nil || len(raw) != keylog.PageSize {
		t.Fatalf("page: got %d bytes, %v, want %d", len(raw), err, keylog.PageSize)
	}
	for len(raw) > 5 && raw[0] != 0 {
		n := binary.BigEndian.Uint32(raw[1:])
		kinds, out, raw = append(kinds, raw[0]), append(out, string(raw[5:5+n])), raw[5+n:]
	}
	if len(bytes.Trim(raw, "\x00")) != 0 {
		t.Error("the rest of a page is not zeros")
	}
	return out, kinds
}

// indexOf reads the index that a section holds.
func indexOf(part string) int64 { return int64(binary.BigEndian.Uint64([]byte(part))) }

func TestClinicPages(t *testing.T) {
	t.Parallel()
	a, b := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	w := newWorld(t, a, b)
	raw, err := w.Clinic(t.Context(), a.ID, -1)
	if parts, kinds := sections(t, raw, err); !bytes.Equal(kinds, []byte{1, 3}) || parts[0] != "newest\n" || parts[1] != "policy\n" {
		t.Errorf("nobody: got %q, want checkpoint and policy", parts)
	}
	var want []string
	add := func(note []byte) {
		want = append(want, string(note))
		w.append(t, note)
	}
	add(a.Profile(t, 1))
	w.append(t, b.Profile(t, 1))
	for n := range 150 {
		add(a.Grant(t, fmt.Sprintf("Desk %d", n), w.now))
	}
	w.witness(t)
	w.append(t, a.Grant(t, "Not witnessed", w.now))

	var got []string
	pages := 0
	for after := int64(-1); ; pages++ {
		raw, err := w.Clinic(t.Context(), a.ID, after)
		parts, kinds := sections(t, raw, err)
		more := false
		for i, kind := range kinds {
			switch kind {
			case keylog.SectionNote:
				got = append(got, parts[i][8:])
				if kinds[i+1] != keylog.SectionProof {
					t.Fatal("a note without its proof")
				}
			case keylog.SectionMore:
				more, after = true, int64(binary.BigEndian.Uint64([]byte(parts[i])))
			}
		}
		if !more {
			break
		}
	}
	if len(got) != len(want) || strings.Join(got, "") != strings.Join(want, "") {
		t.Errorf("got %d notes, want %d, in order", len(got), len(want))
	}
	if pages < 1 {
		t.Error("all of them fit on one page: nothing was tried")
	}
}

func TestAuthorise(t *testing.T) {
	t.Parallel()
	a := keylogtest.New(t, "a")
	w := newWorld(t, a)
	const procedure = "/chaperone.v1.ClinicService/Publish"
	good := a.Request(procedure, w.now, [32]byte{1})
	wantErr := func(what string, s *keylog.Service, r keylog.Request, want error) {
		t.Helper()
		c, err := s.Authorise(t.Context(), r)
		if !errors.Is(err, want) || want == nil && !slices.Equal(c, []keylog.ClinicID{a.ID}) {
			t.Errorf("%s: got %v, want %v", what, err, want)
		}
	}
	wantErr("nobody granted it", w.Service, good, keylog.ErrProof)
	w.append(t, a.Profile(t, 1))
	w.append(t, a.Grant(t, "Front desk", w.now))
	wantErr("granted", w.Service, good, nil)
	wantErr("granted, on another server", w.service(t), good, nil)
	for name, change := range map[string]func(*keylog.Request){
		"procedure": func(r *keylog.Request) { r.Procedure += "2" },
		"digest":    func(r *keylog.Request) { r.Digest[0]++ },
		"time":      func(r *keylog.Request) { r.UnixSeconds++ },
		"nonce":     func(r *keylog.Request) { r.Nonce = make([]byte, 16) },
	} {
		r := a.Request(procedure, w.now, [32]byte{1})
		change(&r)
		wantErr("another "+name, w.Service, r, keylog.ErrProof)
	}
	short := good
	short.Nonce = short.Nonce[1:]
	wantErr("short nonce", w.Service, short, keylog.ErrMalformed)
	wantErr("old", w.Service, a.Request(procedure, w.now.Add(-5*time.Minute-time.Second), [32]byte{1}), keylog.ErrClock)
	wantErr("of the future", w.Service, a.Request(procedure, w.now.Add(5*time.Minute+time.Second), [32]byte{1}), keylog.ErrClock)
	w.admitted[a.ID] = false
	wantErr("no longer admitted", w.Service, good, keylog.ErrNotAdmitted)
	w.admitted[a.ID] = true
	w.now = w.now.Add(31 * 24 * time.Hour)
	wantErr("grant over", w.Service, a.Request(procedure, w.now, [32]byte{1}), keylog.ErrProof)
}

// Public keys are public: another clinic that granted this one's keys to itself, even first, and
// revoked them, and is not admitted any more, changes nothing for it.
func TestAnotherClinicGrantsTheKeyRegression(t *testing.T) {
	t.Parallel()
	a, thief := keylogtest.New(t, "a"), keylogtest.New(t, "thief")
	w := newWorld(t, a, thief)
	const procedure = "/chaperone.v1.ClinicService/Publish"
	want := func(what string, want ...keylog.ClinicID) {
		t.Helper()
		got, err := w.Authorise(t.Context(), a.Request(procedure, w.now, [32]byte{1}))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v, want %v", what, got, err, want)
		}
	}
	w.append(t, thief.Profile(t, 1))
	for key, role := range map[string]contact.Role{keylogtest.Desk: contact.RoleDevice, keylogtest.Monitor: contact.RoleMonitor} {
		g := contact.Grant{
			Clinic: thief.ID, Key: a.Key(t, key), Role: role, Label: "Not mine", Holder: "thief",
			NotBefore: w.now.Add(-time.Hour).Unix(), NotAfter: w.now.Add(24 * time.Hour).Unix(), Cap: 100,
		}
		if role == contact.RoleDevice {
			g.Kinds = []contact.Kind{contact.KindNotice}
		}
		w.append(t, thief.SignRoots(g.Marshal()))
	}
	want("before its own clinic granted it", thief.ID)
	w.append(t, a.Profile(t, 1))
	w.append(t, a.Grant(t, "Front desk", w.now.Add(-time.Hour)))
	w.append(t, a.GrantKey(t, keylogtest.Monitor, contact.RoleMonitor, w.now.Add(-time.Hour)))
	want("granted by both", thief.ID, a.ID)
	if err := w.PutStatus(t.Context(), a.Status(w.now, keylogtest.Monitor)); err != nil {
		t.Errorf("status: %v", err)
	}
	w.admitted[thief.ID] = false
	want("the other is not admitted", a.ID)
	w.admitted[thief.ID] = true
	for _, key := range []string{keylogtest.Desk, keylogtest.Monitor} {
		w.append(t, thief.SignRoots(contact.Revoke{Clinic: thief.ID, Key: a.Key(t, key), Reason: contact.Compromised}.Marshal()))
	}
	want("the other revoked it", a.ID)
	if err := w.PutStatus(t.Context(), a.Status(w.now.Add(time.Minute), keylogtest.Monitor)); err != nil {
		t.Errorf("status after the other's revocation: %v", err)
	}
}

func TestAdmissionFile(t *testing.T) {
	t.Parallel()
	a, b := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	now := time.Unix(1000, 0)
	f := &keylog.AdmissionFile{Path: filepath.Join(t.TempDir(), "clinics"), Now: func() time.Time { return now }}
	want := func(what string, c *keylogtest.Clinic, want bool) {
		t.Helper()
		if got, err := f.Admitted(c.ID); got != want || err != nil {
			t.Errorf("%s: got %v, %v, want %v", what, got, err, want)
		}
	}
	want("no file", a, false)
	command := &keylog.AdmissionFile{Path: f.Path}
	for range 2 {
		if err := command.Admit(a.ID); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(time.Second)
	want("admitted while the server runs", a, true)
	want("another", b, false)
	raw, err := os.ReadFile(f.Path)
	if err != nil || string(raw) != a.ID.String()+"\n" {
		t.Errorf("file: got %q, %v, want one line", raw, err)
	}
	if err := os.WriteFile(f.Path, []byte("# none\n\nnonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Second)
	if _, err := f.Admitted(a.ID); !errors.Is(err, keylog.ErrMalformed) {
		t.Errorf("damaged file: got %v, want ErrMalformed", err)
	}
}
