package server

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// What clinics and patients ask for stands in no log and no metric, and of a look-up nothing stays
// in the data. The envelope is there, sealed.
func TestContactCanariesAreFoundNowhere(t *testing.T) {
	t.Parallel()
	for _, engine := range engines[1:] {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Data: t.TempDir(), DB: engine.db(t), every: time.Millisecond}
			clinic := keylogtest.New(t, "a")
			admit(t, cfg.Data, clinic)
			r := start(t, cfg)
			client := contactOver(t, r, true)
			for _, note := range [][]byte{clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour))} {
				if _, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: note}); err != nil {
					t.Fatal(err)
				}
			}
			asked, sent := []byte("canary-asked-for"), []byte("canary-published")
			with := func(p *chaperonev1.PublishRequest) { p.Id, p.Envelope = sent, bytes.Repeat([]byte("sealed--"), 240) }
			if _, err := client.Publish(t.Context(), publication(clinic, 1, with)); err != nil {
				t.Fatal(err)
			}
			forged := publication(clinic, 2, func(p *chaperonev1.PublishRequest) { p.Id = []byte("canary-forged---") })
			forged.Proof.Signature[0] ^= 1
			_, err := client.Publish(t.Context(), forged)
			wantCode(t, "forged", err, connect.CodePermissionDenied)
			_, err = client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: []byte("canary-note\n")})
			wantCode(t, "no note", err, connect.CodeInvalidArgument)
			granted := clinic.GrantKey(t, keylogtest.Monitor, contact.RoleMonitor, time.Now().Add(-time.Hour))
			if _, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: granted}); err != nil {
				t.Fatal(err)
			}
			status := clinic.Status(time.Now(), keylogtest.Monitor)
			if _, err := client.PutStatus(t.Context(), &chaperonev1.PutStatusRequest{Status: status}); err != nil {
				t.Fatal(err)
			}
			_, err = client.PutStatus(t.Context(), &chaperonev1.PutStatusRequest{Status: []byte("canary-status\n")})
			wantCode(t, "no status", err, connect.CodeInvalidArgument)
			_, err = client.PutStatus(t.Context(), &chaperonev1.PutStatusRequest{Status: clinic.Status(time.Now(), keylogtest.Monitor2)})
			wantCode(t, "status of a key without a grant", err, connect.CodePermissionDenied)
			for _, id := range [][]byte{asked, sent} {
				if _, err := client.LookUp(t.Context(), &chaperonev1.LookUpRequest{Id: id}); err != nil {
					t.Error(err)
				}
			}
			if _, err := client.GetClinic(t.Context(), &chaperonev1.GetClinicRequest{ClinicId: []byte("canary-clinic-canary-clinic-1234")}); err != nil {
				t.Error(err)
			}
			_, metrics := fetch(t, httpClient(t, false), http.MethodGet, "http://"+r.MetricsAddr().String()+"/metrics", nil)
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{"log": r.logs.String(), "metrics": metrics} {
				if len(text) < 200 {
					t.Errorf("the %s has %d bytes: nothing was looked at", what, len(text))
				}
				for _, canary := range []string{"canary", hex.EncodeToString([]byte("canary")), base64.StdEncoding.EncodeToString([]byte("canary")), "sealed--", "127.0.0.1", clinic.ID.String(), keylogtest.Monitor, "Front desk", "example-aesthetics"} {
					if strings.Contains(text, canary) {
						t.Errorf("the %s holds %q", what, canary)
					}
				}
			}
			stored := everything(t, cfg.Data, cfg.DB)
			for canary, want := range map[string]bool{"sealed--sealed--": true, string(asked): false, "canary-forged": false, "canary-note": false, "canary-status": false, string(status): true, clinic.ID.String(): true, "canary-clinic": false} {
				found := bytes.Contains(stored, []byte(canary)) || bytes.Contains(stored, []byte(hex.EncodeToString([]byte(canary))))
				if found != want {
					t.Errorf("the data holds %q: got %v, want %v", canary, found, want)
				}
			}
		})
	}
}
