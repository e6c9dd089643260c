package contact_test

import (
	"slices"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/contacttest"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const hour, dayLong = time.Hour, 24 * time.Hour

// grantKey logs a grant of a key.
func grantKey(t *testing.T, w *contacttest.World, key translog.Key, role contact.Role, holder string, kinds ...contact.Kind) contact.LoggedNote {
	t.Helper()
	from := w.Clock.Unix()
	return w.Log(w.Roots.SignGrant(contact.Grant{
		Clinic: w.Clinic.ID(), Key: key, Role: role, Kinds: kinds, Label: "Key", Holder: holder, NotBefore: from, NotAfter: from + 30*86400,
	}))
}

func revoker(t *testing.T) *clinic.Revoker {
	t.Helper()
	r, err := clinic.NewRevoker("revoker.example.com", contacttest.Seed("revoker"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func device(t *testing.T, name string) *clinic.Device {
	t.Helper()
	d, err := clinic.NewDevice(name, contacttest.Seed(name))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// What a revocation does, whoever signed it.
func TestRevocations(t *testing.T) {
	t.Parallel()
	sent := contacttest.Start.Add(10 * dayLong).Unix()
	tests := []struct {
		name   string
		revoke contact.Revoke // clinic and key are filled in
		more   int64          // a second one by the root, compromised from then; 0: none
		want   contact.Finding
	}{
		{"sealed", contact.Revoke{Reason: contact.Compromised}, 0, contact.KeyStolen},
		{"stolen before", contact.Revoke{Reason: contact.Compromised, Effective: sent - 1}, 0, contact.KeyStolen},
		{"stolen at that second", contact.Revoke{Reason: contact.Compromised, Effective: sent}, 0, contact.KeyStolen},
		{"stolen after", contact.Revoke{Reason: contact.Compromised, Effective: sent + 1}, 0, contact.GenuineForAnyone},
		{"retired before", contact.Revoke{Reason: contact.Retired, Effective: sent - 1}, 0, contact.Forged},
		{"retired at that second", contact.Revoke{Reason: contact.Retired, Effective: sent}, 0, contact.GenuineForAnyone},
		{"sealed, then a time after", contact.Revoke{Reason: contact.Compromised}, sent + 1, contact.GenuineForAnyone},
		{"sealed, then a time before", contact.Revoke{Reason: contact.Compromised}, sent - 1, contact.KeyStolen},
		{"a time, then a smaller one", contact.Revoke{Reason: contact.Compromised, Effective: sent + 1}, sent, contact.KeyStolen},
	}
	for _, tt := range tests {
		for _, by := range []string{"root", "revoker"} {
			t.Run(tt.name+"/"+by, func(t *testing.T) {
				t.Parallel()
				w, r := contacttest.New(t), revoker(t)
				n := tt.revoke
				n.Clinic, n.Key = w.Clinic.ID(), w.Device.Key()
				notes := []contact.LoggedNote{grantKey(t, w, r.Key(), contact.RoleRevoker, "front-desk")}
				if by == "root" {
					notes = append(notes, w.Log(w.Roots.SignRevoke(n)))
				} else {
					notes = append(notes, w.Log(r.SignRevoke(n)))
				}
				if tt.more != 0 {
					n.Reason, n.Effective = contact.Compromised, tt.more
					notes = append(notes, w.Log(w.Roots.SignRevoke(n)))
				}
				slices.Reverse(notes) // the order does not matter
				w.Learn(w.News(notes...))
				if v := verify(t, w.Input()); v.Headline != tt.want {
					t.Errorf("got %v, want %s", v.Findings, tt.want)
				}
			})
		}
	}
}

// A revoker may end devices, and nothing else.
func TestRevokerCannotEndMonitor(t *testing.T) {
	t.Parallel()
	for by, want := range map[string]contact.Finding{"root": contact.Stale, "revoker": contact.GenuineForAnyone} {
		w, r := contacttest.New(t), revoker(t)
		n := contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Monitor.Key(), Reason: contact.Compromised}
		grant := grantKey(t, w, r.Key(), contact.RoleRevoker, "front-desk")
		revoke := w.Log(r.SignRevoke(n))
		if by == "root" {
			revoke = w.Log(w.Roots.SignRevoke(n))
		}
		w.Learn(w.News(grant, revoke))
		if v := verify(t, w.Input()); v.Headline != want {
			t.Errorf("by the %s: got %v, want %s", by, v.Findings, want)
		}
	}
}

// Notes that do not verify teach nothing.
func TestLearnRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		note func(t *testing.T, w *contacttest.World) contact.LoggedNote
	}{
		{"revocation by one root key", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			raw, err := w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Compromised})
			return w.Log(resign(t, raw, func(s *translog.Signed) { s.Sigs = s.Sigs[:1] }), err)
		}},
		{"revocation by one root key under two names", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			raw, err := w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Compromised})
			return w.Log(resign(t, raw, twinName), err)
		}},
		{"revocation by a key without a grant", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			return w.Log(revoker(t).SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Compromised}))
		}},
		{"revocation of another clinic", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			return w.Log(w.Roots.SignRevoke(contact.Revoke{Clinic: [32]byte{1}, Key: w.Device.Key(), Reason: contact.Compromised}))
		}},
		{"revocation that is not logged", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			raw, err := w.Roots.SignRevoke(contact.Revoke{Clinic: w.Clinic.ID(), Key: w.Device.Key(), Reason: contact.Compromised})
			if err != nil {
				t.Fatal(err)
			}
			return contact.LoggedNote{Note: raw, Proof: w.Parts().GrantProof}
		}},
		{"disowned by a device", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			return w.Log(w.Device.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.NotOurs}))
		}},
		{"withdrawn by a device without the kind", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			return w.Log(w.Device.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.InError}))
		}},
		{"incident by one root key", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			raw, err := w.Roots.SignIncident(incident(w, 1))
			return w.Log(resign(t, raw, func(s *translog.Signed) { s.Sigs = s.Sigs[:1] }), err)
		}},
		{"incident by two devices without the kind", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			return w.Log(clinic.SignIncident(incident(w, 1), w.Device, device(t, "other.example.com")))
		}},
		{"rotation without the old keys", func(t *testing.T, w *contacttest.World) contact.LoggedNote {
			next := newRoots(t, "next")
			raw, err := w.Roots.SignRotate(w.Clinic.ID(), 1, next)
			return w.Log(resign(t, raw, func(s *translog.Signed) { s.Sigs = s.Sigs[1:] }), err)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := contacttest.New(t)
			w.Learn(w.News(tt.note(t, w)))
			if len(w.Memory.Notes) != 1 {
				t.Errorf("got %d notes, want the profile only", len(w.Memory.Notes))
			}
			if v := verify(t, w.Input()); v.Headline != contact.GenuineForAnyone {
				t.Errorf("got %v, want %s", v.Findings, contact.GenuineForAnyone)
			}
		})
	}
}

func incident(w *contacttest.World, n int64) contact.Incident {
	return contact.Incident{
		Clinic: w.Clinic.ID(), N: n, Issued: w.Clock.Unix(), Classes: []string{"contact", "images"},
		From: contacttest.Start.Unix(), To: w.Clock.Unix(), Body: "Somebody copied files from our office.\n",
	}
}

func newRoots(t *testing.T, seed string) *clinic.Roots {
	t.Helper()
	r, err := clinic.NewRoots(2, contacttest.Seed(seed), seed+"-a.example.com", seed+"-b.example.com", seed+"-c.example.com")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Withdrawals count by who signed them and when that key was stolen.
func TestWithdrawals(t *testing.T) {
	t.Parallel()
	type world = *contacttest.World
	tests := []struct {
		name string
		note func(t *testing.T, w world) []contact.LoggedNote
		want contact.Finding
	}{
		{"by the device that signed", func(t *testing.T, w world) []contact.LoggedNote {
			g := grantKey(t, w, w.Device.Key(), contact.RoleDevice, "front-desk", contact.KindAppointment, contact.KindWithdraw)
			return []contact.LoggedNote{g, w.Log(w.Device.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.Superseded}))}
		}, contact.Withdrawn},
		{"by another device", func(t *testing.T, w world) []contact.LoggedNote {
			d := device(t, "other.example.com")
			g := grantKey(t, w, d.Key(), contact.RoleDevice, "other", contact.KindWithdraw)
			return []contact.LoggedNote{g, w.Log(d.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.Superseded}))}
		}, contact.GenuineForAnyone},
		{"of another message", func(t *testing.T, w world) []contact.LoggedNote {
			return []contact.LoggedNote{w.Log(w.Roots.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{{1}}, Reason: contact.NotOurs}))}
		}, contact.GenuineForAnyone},
		{"of a batch it is not in", func(t *testing.T, w world) []contact.LoggedNote {
			return []contact.LoggedNote{w.Log(w.Roots.SignWithdraw(contact.Withdraw{Clinic: w.Clinic.ID(), Batch: &[16]byte{}, Reason: contact.NotOurs}))}
		}, contact.GenuineForAnyone},
		{"by a monitor that was stolen by then", func(t *testing.T, w world) []contact.LoggedNote {
			d := contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.NotOurs}
			other, err := clinic.NewMonitor("monitor-b.example.com", contacttest.Seed("monitor b"))
			if err != nil {
				t.Fatal(err)
			}
			g := grantKey(t, w, other.Key(), contact.RoleMonitor, "monitor-b")
			return []contact.LoggedNote{g, w.Log(other.SignWithdraw(d)), w.Log(w.Roots.SignRevoke(contact.Revoke{
				Clinic: w.Clinic.ID(), Key: other.Key(), Reason: contact.Compromised, Effective: w.Clock.Unix(),
			}))}
		}, contact.GenuineForAnyone},
		{"by a monitor that was stolen later", func(t *testing.T, w world) []contact.LoggedNote {
			d := contact.Withdraw{Clinic: w.Clinic.ID(), Commits: [][32]byte{w.Sent.Commit}, Reason: contact.NotOurs}
			other, err := clinic.NewMonitor("monitor-b.example.com", contacttest.Seed("monitor b"))
			if err != nil {
				t.Fatal(err)
			}
			g := grantKey(t, w, other.Key(), contact.RoleMonitor, "monitor-b")
			return []contact.LoggedNote{g, w.Log(other.SignWithdraw(d)), w.Log(w.Roots.SignRevoke(contact.Revoke{
				Clinic: w.Clinic.ID(), Key: other.Key(), Reason: contact.Compromised, Effective: w.Clock.Unix() + 1,
			}))}
		}, contact.Disowned},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := contacttest.New(t)
			w.Learn(w.News(tt.note(t, w)...))
			if v := verify(t, w.Input()); v.Headline != tt.want {
				t.Errorf("got %v, want %s", v.Findings, tt.want)
			}
		})
	}
}

// A statement by the root or by two devices is shown; one that is named and not held is missed.
func TestIncident(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	a, b := device(t, "a.example.com"), device(t, "b.example.com")
	byTwo := incident(w, 2)
	byTwo.Body = "We know more now.\n"
	w.Learn(w.News(
		grantKey(t, w, a.Key(), contact.RoleDevice, "anna", contact.KindIncident),
		grantKey(t, w, b.Key(), contact.RoleDevice, "ben", contact.KindIncident),
		w.Log(w.Roots.SignIncident(incident(w, 1))),
		w.Log(clinic.SignIncident(byTwo, a, b)),
	))
	c, ok := w.Memory.Clinic(w.Clinic.ID(), w.Clock)
	if !ok || c.Incident == nil || c.Incident.Body != byTwo.Body {
		t.Fatalf("got %+v, want the newer statement", c.Incident)
	}
	if v := verify(t, w.Input()); !slices.Contains(v.Remarks, contact.RemarkIncident) || v.Headline != contact.GenuineForAnyone {
		t.Errorf("got %v with %v", v.Findings, v.Remarks)
	}
	same := contacttest.New(t)
	same.Learn(same.News(
		grantKey(t, same, a.Key(), contact.RoleDevice, "anna", contact.KindIncident),
		grantKey(t, same, b.Key(), contact.RoleDevice, "anna", contact.KindIncident),
		same.Log(clinic.SignIncident(byTwo, a, b)),
	))
	if c, _ := same.Memory.Clinic(same.Clinic.ID(), same.Clock); c.Incident != nil {
		t.Error("two devices of one person made a statement")
	}
}

func TestIncidentMissing(t *testing.T) {
	t.Parallel()
	w := contacttest.New(t)
	s, err := translog.ParseSigned(w.Status)
	if err != nil {
		t.Fatal(err)
	}
	st, err := contact.ParseStatus(s.Text)
	if err != nil {
		t.Fatal(err)
	}
	st.Incident = &[32]byte{1}
	if w.Status, err = w.Monitor.SignStatus(st); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, w.Input()); !slices.Contains(v.Remarks, contact.RemarkIncidentMissing) {
		t.Errorf("got %v, want %s", v.Remarks, contact.RemarkIncidentMissing)
	}
}
