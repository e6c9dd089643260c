//go:build linux

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/store/pgtest"
)

// TestStory is one clinic, one patient and one thief, with four processes that know nothing of
// each other: a server on PostgreSQL behind TLS, the clinic's front desk, its monitor, and the
// patient's program. What is sent is verified; what was altered, taken back, or signed with a
// stolen key is not; and every face says the right thing.
func TestStory(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newStory(t, dir)

	// The patient got the card at the desk.
	card := field[string](t, s.pc.run(0, "card", "--json"), "words")
	patient := environment(filepath.Join(dir, "patient"), s.trust)
	c, _ := begin(t, patient)
	c.leave()
	must(t, patient, "", "use", s.url)
	s.says(patient, 2, "UNKNOWN", "NO_PIN", s.send("Please bring your folder."), "Please bring your folder.") // nobody is pinned yet
	must(t, patient, "", "clinics", "add", "--words", card, "--from", "desk", "--yes")
	if got := must(t, patient, "", "clinics"); !strings.Contains(got, "Example Aesthetics") {
		t.Errorf("clinics: got\n%s\nwant the clinic that was added", got)
	}

	// Sent, verified, altered.
	const body = "Your check-up is on 14 May at 10:30. Please bring your folder."
	code := s.send(body)
	s.says(patient, 0, "", "GENUINE_FOR_ANYONE", code, body)
	s.says(patient, 1, "", "ALTERED", code, "Your check-up is on 14 May at 10:30. Please ring 202-555-0199.")
	s.says(patient, 1, "", "UNKNOWN", "2222-2222-2222-2222-2222", body)

	// Taken back.
	taken := s.send("Your check-up moves to 15 May.")
	s.says(patient, 0, "", "GENUINE_FOR_ANYONE", taken, "")
	s.withdraw(taken)
	s.says(patient, 1, "", "WITHDRAWN", taken, "")

	// A thief copies all of the front desk's computer, and sends before anybody notices.
	thief := &desk{t: t, home: filepath.Join(dir, "thief"), pass: s.pc.pass, env: s.pc.env}
	copyFolder(t, s.pc.home, thief.home)
	lure := "Please ring us about your pictures."
	forged := s.sendFrom(thief, lure)
	s.says(patient, 0, "", "GENUINE_FOR_ANYONE", forged, lure)

	// The real computer speaks to the monitor next: the monitor knows that there are two.
	s.pc.run(3, "send", "--text", write(t, filepath.Join(dir, "next.txt"), "Please come by.\n"))
	if list := s.mon.run(1, "monitor", "alarms", "--json"); !strings.Contains(list, `"copied"`) {
		t.Errorf("got alarms %s, want one about a copy", list)
	}
	thief.run(3, "send", "--text", write(t, filepath.Join(dir, "more.txt"), "Please answer.\n"))

	// The clinic ends the key. What the thief sent turns red, and the patient is told.
	before := field[int64](t, s.mon.run(0, "monitor", "status", "--json"), "issued")
	s.pc.run(0, "revoke", "front-desk", "--reason", "compromised", "--sealed", s.sealed)
	until(t, "status after the revocation", func() bool {
		st := s.mon.run(0, "monitor", "status", "--json")
		return field[int64](t, st, "issued") > before && field[int](t, st, "ended") == 1
	})
	must(t, patient, "", "sync")
	s.says(patient, 1, "", "KEY_STOLEN", forged, lure)
	s.says(patient, 1, "", "KEY_STOLEN", code, body)
	if got := must(t, patient, "", "clinics", "--json"); !strings.Contains(got, `"KEY_STOLEN"`) {
		t.Errorf("clinics after the theft: got\n%s\nwant a notice about what was trusted", got)
	}
	home := converse(t, patient)
	if !strings.Contains(home.block, "was not from your clinic") {
		t.Errorf("home after the theft: got\n%s\nwant the notice", home.block)
	}
	home.leave()

	// The server goes away: that is not a verdict about the message.
	s.stop()
	s.says(patient, 2, "", "UNAVAILABLE", code, body)
}

// story is a clinic that is set up, with a running monitor and server.
type story struct {
	t       testing.TB
	dir     string
	url     string
	trust   string // setting by which programs trust the server's certificate
	pc, mon *desk
	sealed  string // the revocation signed at grant time
	n       int    // messages so far
	stop    func() // ends the server
}

func newStory(t testing.TB, dir string) *story {
	t.Helper()
	s := &story{t: t, dir: dir, sealed: filepath.Join(dir, "sealed.note")}
	cert, key := certificate(t, dir)
	s.trust = "SSL_CERT_FILE=" + cert
	address := freePort(t)
	s.url = "https://localhost:" + address[strings.LastIndexByte(address, ':')+1:]
	data := filepath.Join(dir, "server")
	s.stop = serveTLS(t, data, address, pgtest.Database(t), cert, key)

	s.mon, s.pc = newDesk(t, dir, "monitor"), newDesk(t, dir, "front-desk")
	s.mon.env, s.pc.env = []string{s.trust}, []string{s.trust}
	ana := write(t, filepath.Join(dir, "ana.pass"), "ana has words of her own\n")
	ben := write(t, filepath.Join(dir, "ben.pass"), "ben has other words\n")
	share := write(t, filepath.Join(dir, "share.pass"), "words of the root holders\n")
	shares := filepath.Join(dir, "stick")
	listen := freePort(t)
	request := field[string](t, s.mon.run(0, "monitor", "init", "--json", "--address", "https://"+listen, "--person", "ana", "--person", "ben",
		"--person-passphrase-file", ana, "--person-passphrase-file", ben), "request")
	id := field[string](t, s.pc.run(0, "init", "--json", "--name", "Example Aesthetics", "--slug", "example-aesthetics", "--phone", "+15555550100",
		"--server", s.url, "--shares", shares, "--monitor", request, "--share-passphrase-file", share), "clinic_id")
	admit := exec.CommandContext(t.Context(), program("chaperoned"), "clinic", "admit", "--data", data, id)
	admit.Env = environment(dir)
	if out, err := admit.CombinedOutput(); err != nil {
		t.Fatalf("admit: %v\n%s", err, out)
	}
	time.Sleep(1200 * time.Millisecond) // the server looks within a second
	s.pc.run(0, "sync")
	s.mon.run(0, "monitor", "join", "--clinic", id, "--server", s.url)
	s.mon.serve(listen)

	device := field[string](t, s.pc.run(0, "device", "new", "--json"), "request")
	invitation := filepath.Join(dir, "invitation")
	s.mon.run(0, "monitor", "invite", "--device", device, "--out", invitation, "--person", "ana", "--person-passphrase-file", ana)
	s.pc.run(0, "grant", "--here", "--label", "Front desk", "--holder", "front-desk", "--kinds", "notice,withdraw", "--revocation", s.sealed,
		"--root", filepath.Join(shares, "root-1.age"), "--root", filepath.Join(shares, "root-3.age"), "--share-passphrase-file", share)
	s.pc.run(0, "device", "join", "--monitor", invitation)
	until(t, "first status", func() bool {
		return field[int64](t, s.mon.run(0, "monitor", "status", "--json"), "devices") == 1
	})
	return s
}

// send sends a message from the front desk and returns its code.
func (s *story) send(body string) string {
	s.t.Helper()
	return s.sendFrom(s.pc, body)
}

func (s *story) sendFrom(d *desk, body string) string {
	s.t.Helper()
	s.n++
	text := write(s.t, filepath.Join(s.dir, fmt.Sprintf("letter-%d.txt", s.n)), body+"\n")
	return field[string](s.t, d.run(0, "send", "--json", "--text", text), "code")
}

// withdraw takes a message back and waits until the monitor has said so.
func (s *story) withdraw(code string) {
	s.t.Helper()
	before := field[int64](s.t, s.mon.run(0, "monitor", "status", "--json"), "issued")
	s.pc.stdin = code + "\n"
	s.pc.run(0, "withdraw", "-", "--reason", "superseded")
	s.pc.stdin = ""
	until(s.t, "status after the withdrawal", func() bool {
		return field[int64](s.t, s.mon.run(0, "monitor", "status", "--json"), "issued") > before
	})
}

// says asks the patient's program about a code and wants a headline. text is what the patient
// got; "" when only the code is at hand. When instead is given, that headline is right too.
func (s *story) says(env []string, exit int, instead, headline, code, text string) {
	s.t.Helper()
	args := []string{"verify", "--code", "-", "--json"}
	if text != "" {
		s.n++
		args = append(args, "--text", write(s.t, filepath.Join(s.dir, fmt.Sprintf("received-%d.txt", s.n)), text+"\n"))
	}
	// What the clinic said this second may not have reached the patient; a server that is away is
	// part of the story.
	chaperone(s.t, env, "", "sync")
	r := chaperone(s.t, env, code+"\n", args...)
	if r.code != exit {
		s.t.Errorf("verify: exit code %d, want %d for %s\n%s%s", r.code, exit, headline, r.stdout, r.stderr)
		return
	}
	if got := field[string](s.t, r.stdout, "headline"); got != headline && (instead == "" || got != instead) {
		s.t.Errorf("verify: got %s, want %s\n%s", got, headline, r.stdout)
	}
}

// serveTLS starts chaperoned on PostgreSQL with a certificate and waits until it is ready.
func serveTLS(t testing.TB, data, listen, db, cert, key string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program("chaperoned"), "serve", "--data", data, "--listen", listen, "--metrics", "off",
		"--db", db, "--tls-cert", cert, "--tls-key", key)
	cmd.Env = environment(filepath.Dir(data))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop = func() {
		cancel()
		_ = cmd.Wait() // it was killed, or had ended before
	}
	t.Cleanup(stop)
	until(t, "server on PostgreSQL", func() bool {
		conn, err := net.DialTimeout("tcp", listen, time.Second)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return stop
}

// certificate makes one for localhost and returns its files.
func certificate(t testing.TB, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: raw}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
