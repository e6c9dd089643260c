package patient

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

func TestRecoveryCode(t *testing.T) {
	t.Parallel()
	cfg := testConfig(newDir(t))
	d, code := create(t, cfg)
	other, err := humancode.New(nil, humancode.RecoveryLen)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]humancode.Code{"another code": other, "no code": {}} {
		if err := d.ConfirmRecovery(c); !errors.Is(err, ErrWrongCode) {
			t.Errorf("%s: got %v, want ErrWrongCode", name, err)
		}
	}
	if d.RecoveryConfirmed() {
		t.Error("confirmed before it was retyped")
	}
	d = reopen(t, d, cfg)
	if got, err := d.RecoveryCode(); err != nil || got.Symbols() != code.Symbols() {
		t.Errorf("after a restart: got %v, want the code", err)
	}
	typed, err := humancode.Parse(strings.ToLower(code.Grouped()), humancode.RecoveryLen)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.ConfirmRecovery(typed); err != nil {
			t.Errorf("the right code: got %v", err)
		}
	}
	d = reopen(t, d, cfg)
	if !d.RecoveryConfirmed() {
		t.Error("not confirmed after a restart")
	}
	if _, err := d.RecoveryCode(); !errors.Is(err, ErrConfirmed) {
		t.Errorf("code after it was confirmed: got %v, want ErrConfirmed", err)
	}
	if d.local.Code != "" {
		t.Error("the code is still kept")
	}
}

func TestPassphrase(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	cfg := testConfig(dir)
	d, _ := create(t, cfg)
	if d.HasPassphrase() {
		t.Error("got a passphrase, want none")
	}
	if err := d.SetPassphrase([]byte("correct horse")); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Read(keyFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("device key beside a passphrase: got %v, want none", err)
	}
	// A crash may leave a key behind.
	if err := dir.Write(keyFile, bytes.Repeat([]byte{1}, 32)); err != nil {
		t.Fatal(err)
	}
	if err := d.SetSettings("es", ""); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), cfg); !errors.Is(err, ErrNeedPassphrase) {
		t.Errorf("without it: got %v, want ErrNeedPassphrase", err)
	}
	wrong := cfg
	wrong.Passphrase = []byte("battery staple")
	if _, err := Open(t.Context(), wrong); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("wrong one: got %v, want ErrWrongPassphrase", err)
	}
	right := cfg
	right.Passphrase = []byte("correct horse")
	d = reopen(t, nil, right)
	if !d.HasPassphrase() || d.State().Settings.Locale != "es" {
		t.Errorf("opened: got passphrase %v, locale %q", d.HasPassphrase(), d.State().Settings.Locale)
	}
	if _, err := dir.Read(keyFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("key that a crash left: got %v, want it removed", err)
	}
	if err := d.SetPassphrase(nil); err != nil {
		t.Fatal(err)
	}
	// Nothing may be written then: a new key over the one in use would lose the vault in a crash.
	before := map[string][]byte{VaultFile: mustRead(t, dir, VaultFile), keyFile: mustRead(t, dir, keyFile)}
	if err := d.SetPassphrase(nil); err != nil {
		t.Errorf("removing it twice: got %v", err)
	}
	for name, data := range before {
		if !bytes.Equal(mustRead(t, dir, name), data) {
			t.Errorf("removing it twice wrote %s", name)
		}
	}
	d = reopen(t, d, cfg)
	if d.HasPassphrase() || d.State().Settings.Locale != "es" {
		t.Errorf("without a passphrase again: got passphrase %v, locale %q", d.HasPassphrase(), d.State().Settings.Locale)
	}
}

func TestCloseZeroesKeys(t *testing.T) {
	t.Parallel()
	d, _ := create(t, testConfig(newDir(t)))
	if d.local.Keys == (vault.Keys{}) {
		t.Fatal("got no keys while open")
	}
	for range 2 {
		if err := d.Close(); err != nil {
			t.Errorf("close: got %v", err)
		}
	}
	if d.local.Keys != (vault.Keys{}) || d.local.Code != "" || d.file.Mode() != 0 {
		t.Error("got keys left after Close")
	}
	key := checklist.RowKey{Item: "x"}
	for name, err := range map[string]error{
		"set answers":  d.SetAnswers(checklist.Answers{}),
		"set settings": d.SetSettings("", ""),
		"add pin":      d.AddPin(contact.Pin{}),
		"confirm pins": d.ConfirmPins(),
		"use server":   d.UseServer(""),
		"passphrase":   d.SetPassphrase(nil),
		"wipe":         d.Wipe(t.Context(), false),
		"sync":         second(d.Sync(t.Context())),
		"verify":       second(d.Verify(t.Context(), nil, nil)),
		"recovery":     second(d.RecoveryCode()),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", name, err)
		}
	}
	if err := d.Mark(key, checklist.Done, "", time.Time{}); err == nil {
		t.Error("mark: got no error")
	}
	if s := d.State(); s.Device != "" {
		t.Error("got a state after Close")
	}
	d.Plan()
}

func second[T any](_ T, err error) error { return err }

func TestServerAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in, want string
		err      error
	}{
		{"", "", nil},
		{"https://chaperone.example.com", "https://chaperone.example.com", nil},
		{" HTTPS://Chaperone.Example.com:8440/base/ ", "https://chaperone.example.com:8440/base", nil},
		{"http://127.0.0.1:8440", "http://127.0.0.1:8440", nil},
		{"http://localhost:8440/", "http://localhost:8440", nil},
		{"http://[::1]:8440/", "http://[::1]:8440", nil},
		{"http://chaperone.example.com", "", ErrBadServer},
		{"http://127.0.0.1.example.com", "", ErrBadServer},
		{"chaperone.example.com", "", ErrBadServer},
		{"https://user:canary@chaperone.example.com", "", ErrBadServer},
		{"https://chaperone.example.com/?q=1", "", ErrBadServer},
		{"https://chaperone.example.com/#x", "", ErrBadServer},
		{"https:canary", "", ErrBadServer},
		{"https://", "", ErrBadServer},
		{"file:///etc/passwd", "", ErrBadServer},
		{"https://canary\x00", "", ErrBadServer},
	} {
		got, err := cleanServer(tt.in)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: got %q and %v, want %q and %v", tt.in, got, err, tt.want, tt.err)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("the error quotes the address: %v", err)
		}
	}
	dir := newDir(t)
	cfg := testConfig(dir)
	d, _ := create(t, cfg)
	if err := d.UseServer("http://chaperone.example.com"); !errors.Is(err, ErrBadServer) {
		t.Errorf("got %v, want ErrBadServer", err)
	}
	for _, s := range []string{"https://a.example.com", "https://b.example.com", ""} {
		if err := d.UseServer(s); err != nil {
			t.Fatal(err)
		}
		d = reopen(t, d, cfg)
		if d.Server() != s {
			t.Errorf("after a restart: got %q, want %q", d.Server(), s)
		}
	}
	over := cfg
	over.Server = "https://c.example.com/"
	d = reopen(t, d, over)
	if d.Server() != "https://c.example.com" {
		t.Errorf("override: got %q", d.Server())
	}
	d = reopen(t, d, cfg)
	if d.Server() != "" {
		t.Errorf("after an override: got %q, want none", d.Server())
	}
}

func TestWipe(t *testing.T) {
	t.Parallel()
	dir := newDir(t)
	cfg := testConfig(dir)
	d, _ := create(t, cfg)
	if err := d.Wipe(t.Context(), true); !errors.Is(err, ErrNoServer) {
		t.Errorf("remote without a server: got %v, want ErrNoServer", err)
	}
	if err := d.SetSettings("es", ""); err != nil {
		t.Errorf("after a wipe that was refused: got %v", err)
	}
	if err := d.Wipe(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir.root); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want the directory gone", err)
	}
	if d.local.Keys != (vault.Keys{}) {
		t.Error("got keys left after Wipe")
	}
	if err := d.Close(); err != nil {
		t.Errorf("close after wipe: got %v", err)
	}
	if _, err := Open(t.Context(), cfg); !errors.Is(err, ErrNoVault) {
		t.Errorf("got %v, want ErrNoVault", err)
	}
	create(t, cfg)
}

func TestDeviceIsNotLogged(t *testing.T) {
	t.Parallel()
	d, code := create(t, testConfig(newDir(t)))
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("device", "device", d, "state", d.State())
	keys, err := vault.DeriveKeys(code)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{code.Symbols(), d.State().Device, hex.EncodeToString(keys.ID[:])} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("got a secret in the log: %s", out.String())
		}
	}
}
