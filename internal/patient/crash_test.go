package patient

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// errKilled stands for a kill -9: it is thrown from the middle of a change.
var errKilled = errors.New("killed")

// fault breaks one step of all that a disk does.
type fault struct {
	at    int    // the step that breaks, counted from 1; 0 breaks none
	how   string // kill, torn kill, full, torn full, stays full
	count int
	fired bool
	dir   *Dir
}

func (f *fault) step(name string) error {
	f.count++
	if f.count != f.at && (f.how != "stays full" || !f.fired) {
		return nil
	}
	f.fired = true
	if f.how == "torn kill" || f.how == "torn full" {
		f.tear()
	}
	if f.how == "kill" || f.how == "torn kill" {
		panic(errKilled)
	}
	return &fs.PathError{Op: name, Err: syscall.ENOSPC}
}

// tear cuts temporary files in half, as a write that did not get through leaves them.
func (f *fault) tear() {
	for _, pattern := range []string{"*.tmp", "pack/*.tmp"} {
		found, _ := filepath.Glob(filepath.Join(f.dir.root, pattern))
		for _, file := range found {
			if info, err := os.Stat(file); err == nil {
				_ = os.Truncate(file, info.Size()/2)
			}
		}
	}
}

// acknowledged is what a patient was told is saved.
type acknowledged struct {
	code      humancode.Code // of a vault that was created
	locale    string
	region    string
	clinic    [32]byte
	confirmed bool
	server    string
	tried     map[string]bool // what was tried and not acknowledged may be there or not
}

// walk does what a patient does, and notes what was acknowledged. It goes on after errors.
func walk(d *Device, code humancode.Code, ack *acknowledged) {
	for i := range 2 {
		locale := fmt.Sprintf("l%d", i)
		ack.tried[locale] = true
		if d.SetSettings(locale, "") == nil {
			ack.locale = locale
		}
	}
	ack.tried["us"] = true
	if d.SetAnswers(checklist.Answers{Region: "us"}) == nil {
		ack.region = "us"
	}
	if d.AddPin(contact.Pin{Clinic: [32]byte{7}}) == nil {
		ack.clinic = [32]byte{7}
	}
	ack.tried["https://a.example.com"] = true
	if d.UseServer("https://a.example.com") == nil {
		ack.server = "https://a.example.com"
	}
	ack.tried["confirmed"] = true
	if d.ConfirmRecovery(code) == nil {
		ack.confirmed = true
	}
	ack.tried["last"] = true
	if d.SetSettings("last", "") == nil {
		ack.locale = "last"
	}
}

// run creates a vault and walks, until it is killed.
func run(t *testing.T, dir *Dir, ack *acknowledged) {
	t.Helper()
	defer func() {
		// The system takes the lock of a dead process away.
		_ = dir.unlock()
		if r := recover(); r != nil && r != any(errKilled) {
			panic(r)
		}
	}()
	ack.tried = map[string]bool{"": true}
	d, code, err := Create(t.Context(), testConfig(dir))
	if err != nil {
		return
	}
	ack.code = code
	walk(d, code, ack)
}

func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"kill", "torn kill", "full", "torn full", "stays full"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			steps, fired := 0, 0
			for at := 0; at <= steps; at++ {
				dir := newDir(t)
				f := &fault{at: at, how: how, dir: dir}
				dir.step = f.step
				var ack acknowledged
				run(t, dir, &ack)
				if at == 0 {
					steps = f.count
					if ack.locale != "last" || !ack.confirmed {
						t.Fatalf("without a fault: got %+v, want everything acknowledged", ack)
					}
				} else if f.fired {
					fired++
				}
				check(t, fmt.Sprintf("%s at step %d", how, at), dir.root, ack)
			}
			if steps < 35 || fired != steps {
				t.Errorf("got %d faults in %d steps, want one at each of 35 or more", fired, steps)
			}
		})
	}
}

// check opens the disk as the next process does.
func check(t *testing.T, name, root string, ack acknowledged) {
	t.Helper()
	dir, err := NewDir(root)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), testConfig(dir))
	if ack.code.IsZero() && errors.Is(err, ErrNoVault) {
		// Never acknowledged; a new start must work.
		if d, _, err = Create(t.Context(), testConfig(dir)); err != nil {
			t.Errorf("%s: create after it: %v", name, err)
			return
		}
		_ = d.Close()
		return
	}
	if err != nil {
		t.Errorf("%s: open: %v", name, err)
		return
	}
	defer d.Close()
	s := d.State()
	if s.Settings.Locale != ack.locale && !ack.tried[s.Settings.Locale] {
		t.Errorf("%s: locale: got %q, which nobody set", name, s.Settings.Locale)
	}
	if order(s.Settings.Locale) < order(ack.locale) {
		t.Errorf("%s: locale: got %q, want %q, which was acknowledged, or later", name, s.Settings.Locale, ack.locale)
	}
	if ack.region != "" && s.Answers.Region != ack.region {
		t.Errorf("%s: region: got %q, want %q", name, s.Answers.Region, ack.region)
	}
	if ack.clinic != [32]byte{} && (len(s.Contact.Pins) != 1 || !s.Contact.Pins[0].Confirmed) {
		t.Errorf("%s: got pins %v, want one that is confirmed", name, s.Contact.Pins)
	}
	if ack.confirmed && !d.RecoveryConfirmed() {
		t.Errorf("%s: the confirmation of the recovery code is lost", name)
	}
	if !ack.confirmed && !d.RecoveryConfirmed() && !ack.code.IsZero() {
		if code, err := d.RecoveryCode(); err != nil || code.Symbols() != ack.code.Symbols() {
			t.Errorf("%s: the recovery code is lost: %v", name, err)
		}
	}
	if ack.server != "" && d.Server() != ack.server {
		t.Errorf("%s: server: got %q, want %q", name, d.Server(), ack.server)
	}
	for _, file := range dir.files(t) {
		if filepath.Ext(file) == tempSuffix {
			t.Errorf("%s: got litter %s", name, file)
		}
	}
	if err := d.SetSettings("after", ""); err != nil || d.State().Settings.Locale != "after" {
		t.Errorf("%s: the vault does not take changes any more: %v", name, err)
	}
}

func order(locale string) int {
	for i, l := range []string{"", "l0", "l1", "last"} {
		if l == locale {
			return i
		}
	}
	return -1
}

// TestRemovingPassphraseSurvivesAKill kills the program at each step of removing a
// passphrase: the old secret or the new one must open the vault.
func TestRemovingPassphraseSurvivesAKill(t *testing.T) {
	t.Parallel()
	passphrase := []byte("correct horse")
	base := newDir(t)
	d, _ := create(t, testConfig(base))
	if err := d.SetSettings("kept", ""); err != nil {
		t.Fatal(err)
	}
	if err := d.SetPassphrase(passphrase); err != nil {
		t.Fatal(err)
	}
	locked, err := base.Read(VaultFile)
	if err != nil {
		t.Fatal(err)
	}
	open, removed := d, 0
	for at, steps := 0, 0; at <= steps; at++ {
		dir := newDir(t)
		if err := dir.Write(VaultFile, locked); err != nil {
			t.Fatal(err)
		}
		// A device as Open leaves it, without the two slow derivations.
		victim, err := newDevice(testConfig(dir))
		if err != nil {
			t.Fatal(err)
		}
		file := *open.file
		victim.file, victim.local = &file, clone(&open.local)
		f := &fault{at: at, how: "kill", dir: dir}
		dir.step = f.step
		func() {
			defer func() {
				_ = dir.unlock()
				if r := recover(); r != nil && r != any(errKilled) {
					panic(r)
				}
			}()
			if err := victim.SetPassphrase(nil); err != nil {
				t.Errorf("step %d: %v", at, err)
			}
		}()
		if at == 0 {
			steps = f.count
			if steps < 10 {
				t.Fatalf("got %d steps, want the writes of two files", steps)
			}
		}
		dir.step = nil
		if data, err := dir.Read(VaultFile); err == nil && bytes.Equal(data, locked) {
			continue // the passphrase opens it as before
		}
		removed++
		again, err := Open(t.Context(), testConfig(dir))
		if err != nil {
			t.Errorf("killed at step %d: neither secret opens the vault: %v", at, err)
			continue
		}
		if got := again.State().Settings.Locale; got != "kept" {
			t.Errorf("killed at step %d: got %q", at, got)
		}
		_ = again.Close()
	}
	if removed < 2 {
		t.Errorf("got %d files with a new lock, want the one without a fault and the one with all but the last step", removed)
	}
}

// TestSetPassphraseSurvivesAKill kills the program at each step of setting a passphrase.
func TestSetPassphraseSurvivesAKill(t *testing.T) {
	t.Parallel()
	base := newDir(t)
	d, _ := create(t, testConfig(base))
	if err := d.SetSettings("kept", ""); err != nil {
		t.Fatal(err)
	}
	before, err := base.Read(VaultFile)
	if err != nil {
		t.Fatal(err)
	}
	key, err := base.Read(keyFile)
	if err != nil {
		t.Fatal(err)
	}
	secret := vault.Passphrase([]byte("correct horse"))
	lock, err := vault.NewLock(nil, secret)
	if err != nil {
		t.Fatal(err)
	}
	for at, steps := 0, 0; at <= steps; at++ {
		dir := newDir(t)
		for name, data := range map[string][]byte{VaultFile: before, keyFile: key} {
			if err := dir.Write(name, data); err != nil {
				t.Fatal(err)
			}
		}
		victim, err := Open(t.Context(), testConfig(dir))
		if err != nil {
			t.Fatal(err)
		}
		f := &fault{at: at, how: "kill", dir: dir}
		dir.step = f.step
		func() {
			defer func() {
				_ = dir.unlock()
				if r := recover(); r != nil && r != any(errKilled) {
					panic(r)
				}
			}()
			if err := victim.setLock(lock); err != nil {
				t.Errorf("step %d: %v", at, err)
			}
		}()
		if at == 0 {
			steps = f.count
		}
		dir.step = nil
		data, err := dir.Read(VaultFile)
		if err != nil {
			t.Errorf("killed at step %d: %v", at, err)
			continue
		}
		if mode, err := vault.FileMode(data); err != nil || (mode == vault.ModeDeviceKey && !bytes.Equal(data, before)) {
			t.Errorf("killed at step %d: got mode %v and %v", at, mode, err)
		}
		if kept, err := dir.Read(keyFile); bytes.Equal(data, before) && !bytes.Equal(kept, key) {
			t.Errorf("killed at step %d: the key is gone before the passphrase counts: %v", at, err)
		}
		if at == 0 {
			if _, payload, err := vault.OpenFile(data, secret); err != nil || !bytes.Contains(payload, []byte("kept")) {
				t.Errorf("the new passphrase does not open the vault: %v", err)
			}
		}
	}
}
