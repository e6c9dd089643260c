package office

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Nothing that a thief of the disk could use lies open: no text, no code, no private key.
func TestNothingLiesOpen(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	it, err := o.Send(t.Context(), notice("Canary in the text."))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := o.unseal(deviceFile)
	if err != nil {
		t.Fatal(err)
	}
	var secret struct {
		Seed []byte `json:"seed"`
	}
	if err := json.Unmarshal(raw, &secret); err != nil || len(secret.Seed) != 32 {
		t.Fatal(err)
	}
	never := [][]byte{[]byte("Canary"), []byte(it.Code.Symbols()), []byte(it.Code.Grouped()), secret.Seed, it.Written.Note}
	files := 0
	err = filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		for i, n := range never {
			if bytes.Contains(data, n) {
				t.Errorf("%s holds secret %d", filepath.Base(path), i)
			}
		}
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v", filepath.Base(path), info.Mode(), err)
		}
		return err
	})
	if err != nil || files < 6 {
		t.Errorf("walked %d files, %v", files, err)
	}
}

func TestPassphraseAndDamage(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	for _, text := range []string{"One.", "Two."} {
		if _, err := o.Send(t.Context(), notice(text)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(Config{Dir: d.dir}); !errors.Is(err, disk.ErrAlreadyOpen) {
		t.Errorf("second process: got %v, want %v", err, disk.ErrAlreadyOpen)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	wrong, err := Open(Config{Dir: d.dir, Passphrase: func() (string, error) { return "wrong", nil }, Now: d.fake.now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := wrong.Items(); !errors.Is(err, clinic.ErrPassphrase) {
		t.Errorf("wrong passphrase: got %v, want %v", err, clinic.ErrPassphrase)
	}
	if err := wrong.Close(); err != nil {
		t.Fatal(err)
	}

	// The keyring's file is gone: no new one is made over sealed files.
	ring := filepath.Join(d.dir, filepath.FromSlash(ringFile))
	if err := os.Rename(ring, ring+".away"); err != nil {
		t.Fatal(err)
	}
	o = d.open()
	if _, err := o.Items(); !errors.Is(err, clinic.ErrSealed) {
		t.Errorf("without keyring: got %v, want %v", err, clinic.ErrSealed)
	}
	if err := errors.Join(o.Close(), os.Rename(ring+".away", ring)); err != nil {
		t.Fatal(err)
	}

	// A record in another's place is not taken.
	file := filepath.Join(d.dir, outboxFile)
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	half := len(raw) / 2
	if err := os.WriteFile(file, append(bytes.Clone(raw[half:]), raw[:half]...), 0o600); err != nil {
		t.Fatal(err)
	}
	o = d.open()
	if _, err := o.Items(); !errors.Is(err, disk.ErrDamaged) && !errors.Is(err, clinic.ErrSealed) {
		t.Errorf("records moved: got %v", err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, book := range []string{"", "{", `{"schema":2}`, `{"schema":1,"clinic":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=","roots":"threshold 1\n"}`} {
		if err := os.WriteFile(filepath.Join(d.dir, bookFile), []byte(book), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(Config{Dir: d.dir}); !errors.Is(err, ErrBook) {
			t.Errorf("book %q: got %v, want %v", book, err, ErrBook)
		}
	}
}

// A full disk while a clinic is set up leaves none, and the next try succeeds.
func TestCreateOnFullDisk(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		d := &desk{t: t, fake: newFake(t), dir: filepath.Join(t.TempDir(), "office")}
		o := d.open()
		steps := 0
		o.disk.Step = func(string) error {
			if steps++; steps >= n {
				return syscall.ENOSPC
			}
			return nil
		}
		setup := Setup{
			Name: "Example Aesthetics", Slug: "example", Phones: []string{"+15555550100"}, Server: d.fake.url,
			Public: []string{"https://contact.example.com"}, Threshold: 2, Holders: 2, Here: Here{Persons: people(t)},
		}
		keep := func(Made) error { return nil }
		err := o.Create(t.Context(), setup, keep)
		if steps < n {
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("step %d: got %v, want %v", n, err, syscall.ENOSPC)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		o = d.open()
		if o.HasClinic() {
			// It counts: what is left is to log its notes.
			if err := o.Sync(t.Context()); err != nil || o.Waiting() != 0 {
				t.Fatalf("step %d: sync: %v, %d waiting", n, err, o.Waiting())
			}
			continue
		}
		if err := o.Create(t.Context(), setup, keep); err != nil {
			t.Fatalf("step %d: again: %v", n, err)
		}
	}
}

// A server is believed nothing: what the clinic did not sign, or no witness saw, is not taken.
func TestServerIsNotBelieved(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	other, _ := newDesk(t)
	id := o.ID()
	joined := func() *Office {
		x := &desk{t: t, fake: d.fake, dir: filepath.Join(t.TempDir(), "pc")}
		return x.open()
	}
	pc := joined()
	if err := pc.Join(t.Context(), id, d.fake.url); err != nil {
		t.Fatal(err)
	}
	if got := len(pc.Grants()); got != 4 {
		t.Errorf("got %d grants, want monitor, two revokers and a device", got)
	}
	// Another clinic's server knows nothing of this one, whatever it offers.
	if err := joined().Join(t.Context(), id, other.fake.url); !errors.Is(err, ErrNoClinic) {
		t.Errorf("other server: got %v, want %v", err, ErrNoClinic)
	}
	// A grant that another clinic signed, and one without witnesses.
	page, err := o.server.GetClinic(t.Context(), id, 0)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.made.Roots.SignGrant(clinic.DeviceGrant(id, other.made.Revokers[0].Key(), "Fake", "fake", 1, testNow, contact.KindNotice))
	if err != nil {
		t.Fatal(err)
	}
	own, err := d.made.Roots.SignGrant(clinic.DeviceGrant(id, other.made.Revokers[0].Key(), "Unseen", "unseen", 1, testNow, contact.KindNotice))
	if err != nil {
		t.Fatal(err)
	}
	page.Notes = append(page.Notes,
		clinic.PageNote{Index: 100, Note: foreign, Proof: page.Notes[0].Proof},
		clinic.PageNote{Index: 101, Note: own, Proof: page.Notes[0].Proof},
		clinic.PageNote{Index: 102, Note: own},
		clinic.PageNote{Index: 103, Note: []byte("no note"), Proof: page.Notes[0].Proof},
	)
	page.Policies = append(page.Policies, other.fake.logs.PolicyText())
	pc.book.absorb(page)
	pc.view = pc.book.read()
	if got := len(pc.Grants()); got != 4 || len(pc.book.Policies) != 1 {
		t.Errorf("got %d grants and %d policies, want 4 and 1", got, len(pc.book.Policies))
	}
	// The same by hand in the file: it says no more.
	i, err := d.fake.logs.Keys.Append(foreign)
	if err != nil {
		t.Fatal(err)
	}
	proof, err := d.fake.logs.Keys.Proof(i)
	if err != nil {
		t.Fatal(err)
	}
	if err := pc.book.take(foreign, proof); !errors.Is(err, clinic.ErrProof) {
		t.Errorf("logged, but not the clinic's: got %v, want %v", err, clinic.ErrProof)
	}
	pc.book.Notes = append(pc.book.Notes, entry{Index: i, Note: string(foreign), Proof: string(proof)})
	if got := len(pc.book.read().grants); got != 4 {
		t.Errorf("file changed by hand: got %d grants, want 4", got)
	}
}

func TestRotateAndBackup(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	ctx := t.Context()
	it, err := o.Send(ctx, notice("Before."))
	if err != nil {
		t.Fatal(err)
	}
	var next *clinic.Roots
	if err := o.Rotate(ctx, d.made.Roots, 2, 2, func(r *clinic.Roots) error { next = r; return nil }); err != nil {
		t.Fatal(err)
	}
	k := d.made.Revokers[1].Key()
	if _, err := o.Grant(ctx, d.made.Roots, GrantRequest{Key: k, Label: "X", Holder: "x"}); !errors.Is(err, clinic.ErrRoots) {
		t.Errorf("old roots: got %v, want %v", err, clinic.ErrRoots)
	}
	if _, err := o.Grant(ctx, next, GrantRequest{Key: k, Label: "X", Holder: "x"}); !errors.Is(err, ErrKeyTaken) {
		t.Errorf("a revoker's key: got %v, want %v", err, ErrKeyTaken)
	}
	if p, _ := o.Profile(); p.N != 2 || p.Roots.Hash() != next.Set().Hash() || p.Clinic != d.made.Roots.Set().Hash() {
		t.Errorf("got profile %d of roots %x", p.N, p.Roots.Hash())
	}
	// 72 hours later a patient judges by the new roots, which the bundle leads to.
	d.fake.set(func() { d.fake.clock = testNow.Add(80 * time.Hour) })
	it2, err := o.Send(ctx, notice("After."))
	if err != nil {
		t.Fatal(err)
	}
	if got := d.headline(o, it2, "After.\n"); got != contact.GenuineOneKey && got != contact.Stale && got != contact.Unproven {
		t.Errorf("after rotation: got %s", got)
	}
	sealed, err := o.Backup("a backup of its own")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"Before", it.Code.Symbols(), "Example Aesthetics"} {
		if bytes.Contains(sealed, []byte(secret)) {
			t.Errorf("the backup shows %q", secret)
		}
	}
	x := &desk{t: t, fake: d.fake, dir: filepath.Join(t.TempDir(), "new"), made: d.made}
	r := x.open()
	if err := r.Restore("wrong", sealed); !errors.Is(err, clinic.ErrPassphrase) {
		t.Errorf("wrong passphrase: got %v, want %v", err, clinic.ErrPassphrase)
	}
	if err := r.Restore("a backup of its own", sealed[:len(sealed)-20]); !errors.Is(err, clinic.ErrSealed) {
		t.Errorf("cut off: got %v, want %v", err, clinic.ErrSealed)
	}
	if r.HasClinic() {
		t.Error("a failed restore left a clinic")
	}
	if err := r.Restore("a backup of its own", sealed); err != nil {
		t.Fatal(err)
	}
	items, err := r.Items()
	if err != nil || len(items) != 2 || items[0].Code != it.Code {
		t.Errorf("restored: got %d messages, %v", len(items), err)
	}
	if err := r.Restore("a backup of its own", sealed); !errors.Is(err, ErrHasClinic) {
		t.Errorf("again: got %v, want %v", err, ErrHasClinic)
	}
	if names, err := r.disk.List("keys"); err != nil || strings.Contains(strings.Join(names, " "), "root") {
		t.Errorf("got keys %v, %v, want no root key", names, err)
	}
	// What came after the backup is one alarm on the restored machine, and what the restored machine
	// sends is one on the first.
	for _, text := range []string{"After the backup.", "And more."} {
		if _, err := o.Send(ctx, notice(text)); err != nil {
			t.Fatal(err)
		}
	}
	wantAlarms(t, o)
	if _, err := r.Send(ctx, notice("From the copy.")); err != nil {
		t.Fatal(err)
	}
	wantAlarms(t, r, "published msgs 2-3: 2")
	if err := o.PublishStatus(ctx); err != nil {
		t.Fatal(err)
	}
	wantAlarms(t, o, "published msgs 4")
}

// wantAlarms compares the open alarms of the monitor on this machine: kind and what about.
func wantAlarms(t *testing.T, o *Office, want ...string) {
	t.Helper()
	alarms, err := o.Alarms()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range alarms {
		got = append(got, string(a.Kind)+" "+a.About)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got alarms %q, want %q", got, want)
	}
}
