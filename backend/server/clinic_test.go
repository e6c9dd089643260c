package server

import (
	"bytes"
	"os"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// A status note travels to whoever asks about the clinic, on every engine and over every protocol,
// and stays when the server starts again.
func TestPutStatus(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Data: t.TempDir(), DB: engine.db(t), every: time.Millisecond}
			clinic := keylogtest.New(t, "a")
			admit(t, cfg.Data, clinic)
			r := start(t, cfg)
			client := contactOver(t, r, true)
			from := time.Now().Add(-time.Hour)
			logNotes(t, client, clinic.Profile(t, 1), clinic.GrantKey(t, keylogtest.Monitor, contact.RoleMonitor, from))
			var status []byte
			for i, wire := range wires {
				status = clinic.Status(from.Add(time.Duration(i)*time.Second), keylogtest.Monitor)
				client := contactOver(t, r, wire.h2, wire.opts...)
				if _, err := client.PutStatus(t.Context(), &chaperonev1.PutStatusRequest{Status: status}); err != nil {
					t.Fatalf("put status: %v", err)
				}
				wantStatus(t, client, clinic, status)
			}
			if _, err := client.PutStatus(t.Context(), &chaperonev1.PutStatusRequest{Status: clinic.Status(from, keylogtest.Monitor)}); err != nil {
				t.Errorf("an older one: got %v, want that it changes nothing", err)
			}
			wantStatus(t, client, clinic, status)
			if engine.name == "memory" {
				return
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			r = start(t, cfg)
			client = contactOver(t, r, true)
			wantStatus(t, client, clinic, status)
		})
	}
}

func wantStatus(t *testing.T, client contactClient, c *keylogtest.Clinic, want []byte) {
	t.Helper()
	page, err := client.GetClinic(t.Context(), &chaperonev1.GetClinicRequest{ClinicId: c.ID[:]})
	if err != nil {
		t.Fatal(err)
	}
	sections := sectionsOf(page.GetPage())
	if last := sections[len(sections)-1]; last.kind != keylog.SectionStatus || !bytes.Equal(last.data, want) {
		t.Errorf("the page ends with section %d, %d bytes, want the status", last.kind, len(last.data))
	}
}

// A clinic publishes as much as it may in a day, and hears what to do then; another goes on. What is
// refused for another reason does not count.
func TestPublishPerDay(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), DB: MemoryDB, every: time.Millisecond, Limits: Limits{PublishPerDay: 3}}
	a, b := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	admit(t, cfg.Data, a)
	admit(t, cfg.Data, b)
	r := start(t, cfg)
	client := contactOver(t, r, true)
	from := time.Now().Add(-time.Hour)
	logNotes(t, client, a.Profile(t, 1), a.Grant(t, "Front desk", from), b.Profile(t, 1), b.Grant(t, "Front desk", from))
	const published = connect.Code(0)
	publish := func(what string, c *keylogtest.Clinic, n int, want connect.Code) {
		t.Helper()
		_, err := client.Publish(t.Context(), publication(c, n))
		if want != published {
			wantCode(t, what, err, want)
		} else if err != nil {
			t.Errorf("%s: got %v", what, err)
		}
	}
	publish("first", a, 0, published)
	for range 5 {
		_, err := client.Publish(t.Context(), publication(a, 0, func(p *chaperonev1.PublishRequest) { p.Envelope = make([]byte, 3840) }))
		wantCode(t, "other bytes", err, connect.CodeAlreadyExists)
	}
	for range 5 {
		publish("first again", a, 0, published)
	}
	publish("second", a, 1, published)
	publish("third", a, 2, published)
	publish("fourth", a, 3, connect.CodeResourceExhausted)
	publish("another clinic", b, 10, published)
}

// A clinic that grants another's key to itself cannot use up what that one may publish.
func TestPublishPerDayOfAnotherRegression(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), DB: MemoryDB, every: time.Millisecond, Limits: Limits{PublishPerDay: 2}}
	a, thief := keylogtest.New(t, "a"), keylogtest.New(t, "thief")
	admit(t, cfg.Data, a)
	admit(t, cfg.Data, thief)
	client := contactOver(t, start(t, cfg), true)
	from := time.Now().Add(-time.Hour)
	stolen := contact.Grant{
		Clinic: thief.ID, Key: a.Key(t, keylogtest.Desk), Role: contact.RoleDevice, Kinds: []contact.Kind{contact.KindNotice},
		Label: "Not mine", Holder: "thief", NotBefore: from.Unix(), NotAfter: from.Add(24 * time.Hour).Unix(), Cap: 100,
	}
	logNotes(t, client, thief.Profile(t, 1), thief.Grant(t, "Front desk", from), thief.SignRoots(stolen.Marshal()),
		a.Profile(t, 1), a.Grant(t, "Front desk", from))
	for n := range 2 {
		if _, err := client.Publish(t.Context(), publication(thief, n)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := client.Publish(t.Context(), publication(thief, 2))
	wantCode(t, "the other clinic's third", err, connect.CodeResourceExhausted)
	for n := range 2 {
		if _, err := client.Publish(t.Context(), publication(a, 10+n)); err != nil {
			t.Errorf("message %d: %v", n, err)
		}
	}
	_, err = client.Publish(t.Context(), publication(a, 12))
	wantCode(t, "third", err, connect.CodeResourceExhausted)
}

// A key that was revoked through one server is refused by another over the same database at once.
func TestRevokedThroughAnotherServer(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), DB: engines[len(engines)-1].db(t), every: time.Millisecond}
	clinic := keylogtest.New(t, "a")
	admit(t, cfg.Data, clinic)
	first := start(t, cfg)
	second := cfg
	second.Data = t.TempDir()
	if err := os.CopyFS(second.Data, os.DirFS(cfg.Data)); err != nil {
		t.Fatal(err)
	}
	here, there := contactOver(t, first, true), contactOver(t, start(t, second), true)
	logNotes(t, here, clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour)))
	if _, err := there.Publish(t.Context(), publication(clinic, 1)); err != nil {
		t.Fatal(err)
	}
	logNotes(t, here, clinic.SignRoots(contact.Revoke{Clinic: clinic.ID, Key: clinic.Key(t, keylogtest.Desk), Reason: contact.Compromised}.Marshal()))
	for what, client := range map[string]contactClient{"here": here, "there": there} {
		_, err := client.Publish(t.Context(), publication(clinic, 2))
		wantCode(t, what, err, connect.CodePermissionDenied)
	}
}
