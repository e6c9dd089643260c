package server

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/keylog/keylogtest"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// admit lets a clinic in, as the command does.
func admit(t *testing.T, data string, c *keylogtest.Clinic) {
	t.Helper()
	if err := (&keylog.AdmissionFile{Path: AdmittedFile(data)}).Admit(c.ID); err != nil {
		t.Fatal(err)
	}
}

// contactClient calls what patients call and what clinics call.
type contactClient struct {
	chaperonev1connect.ContactServiceClient
	chaperonev1connect.ClinicServiceClient
}

func contactOver(t *testing.T, r *running, h2 bool, opts ...connecthttp.Option) contactClient {
	t.Helper()
	c := connect.NewClient(connecthttp.NewTransport(httpClient(t, h2), r.url, opts...))
	return contactClient{chaperonev1connect.NewContactServiceClient(c), chaperonev1connect.NewClinicServiceClient(c)}
}

// publication returns the n-th message of a clinic, signed now.
func publication(c *keylogtest.Clinic, n int, change ...func(*chaperonev1.PublishRequest)) *chaperonev1.PublishRequest {
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("message"), uint64(n)))
	req := &chaperonev1.PublishRequest{
		Id: seed[16:], Envelope: bytes.Repeat(seed[:], 60), Leaf: append(bytes.Clone(seed[:]), seed[:16]...),
		KeepUntilDay: time.Now().Unix()/86400 + 200, AwaitProof: true,
	}
	if n%2 == 0 {
		req.WatchId, req.InboxCopy = seed[:16], bytes.Repeat(seed[:], 120)
	}
	for _, f := range change {
		f(req)
	}
	p := envelope.Publication{
		ID: req.GetId(), Sealed: req.GetEnvelope(), Leaf: req.GetLeaf(), Until: req.GetKeepUntilDay(),
		Watch: req.GetWatchId(), Copy: req.GetInboxCopy(),
	}
	signed := c.Request(chaperonev1connect.ClinicServicePublishProcedure, time.Now(), p.Digest())
	req.Proof = &chaperonev1.DeviceProof{
		PublicKey: signed.PublicKey, UnixSeconds: signed.UnixSeconds, Nonce: signed.Nonce, Signature: signed.Signature,
	}
	return req
}

// policyOf reads the policy from a page about a clinic.
func policyOf(t *testing.T, client contactClient, c *keylogtest.Clinic) *translog.Policy {
	t.Helper()
	page, err := client.GetClinic(t.Context(), &chaperonev1.GetClinicRequest{ClinicId: c.ID[:]})
	if err != nil || len(page.GetPage()) != keylog.PageSize {
		t.Fatalf("get clinic: got %d bytes, %v", len(page.GetPage()), err)
	}
	for _, s := range sectionsOf(page.GetPage()) {
		if s.kind == keylog.SectionPolicy {
			policy, err := translog.ParsePolicy(s.data)
			if err != nil {
				t.Fatal(err)
			}
			return policy
		}
	}
	t.Fatal("no policy in the page")
	return nil
}

type section struct {
	kind byte
	data []byte
}

func sectionsOf(page []byte) (out []section) {
	for len(page) > 5 && page[0] != 0 {
		end := 5 + binary.BigEndian.Uint32(page[1:])
		out = append(out, section{page[0], page[5:end]})
		page = page[end:]
	}
	return out
}

// wantProven verifies a proof as a stranger would.
func wantProven(t *testing.T, policy *translog.Policy, raw, leaf []byte, index uint64, origin string) {
	t.Helper()
	p, err := translog.ParseProof(raw)
	if err != nil {
		t.Errorf("proof of %d: %v (%d bytes)", index, err, len(raw))
		return
	}
	head, err := policy.Check(p.Checkpoint)
	if err != nil || head.Origin != origin || p.Index != int64(index) {
		t.Errorf("proof of %d: origin %q, index %d, %v", index, head.Origin, p.Index, err)
	}
	if err := p.Includes(leaf); err != nil {
		t.Errorf("proof of %d: %v", index, err)
	}
}

// A clinic is admitted, logs its notes and publishes; a stranger verifies everything, before and
// after a restart, over every protocol and on every engine.
func TestPublishAndLookUp(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			t.Parallel()
			cfg := Config{Data: t.TempDir(), DB: engine.db(t), every: time.Millisecond}
			clinic := keylogtest.New(t, "a")
			admit(t, cfg.Data, clinic)
			r := start(t, cfg)
			client := contactOver(t, r, true)
			policy := policyOf(t, client, clinic)
			for i, note := range [][]byte{clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour))} {
				logged, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: note})
				if err != nil || logged.GetIndex() != uint64(i) {
					t.Fatalf("append note: got %d, %v, want %d", logged.GetIndex(), err, i)
				}
				wantProven(t, policy, logged.GetProof(), note, logged.GetIndex(), "localhost/keys")
			}
			for n, wire := range wires {
				client := contactOver(t, r, wire.h2, wire.opts...)
				published, err := client.Publish(t.Context(), publication(clinic, n))
				if err != nil || published.GetIndex() != uint64(n) {
					t.Fatalf("publish: got %d, %v, want %d", published.GetIndex(), err, n)
				}
				wantProven(t, policy, published.GetProof(), publication(clinic, n).GetLeaf(), uint64(n), "localhost/msgs")
				wantFound(t, client, clinic, policy, n)
			}
			again, err := client.Publish(t.Context(), publication(clinic, 1))
			if err != nil || again.GetIndex() != 1 {
				t.Errorf("publish again: got %d, %v, want 1", again.GetIndex(), err)
			}
			wantTiles(t, r, policy)
			if engine.name == "memory" {
				return
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			r = start(t, cfg)
			client = contactOver(t, r, true)
			published, err := client.Publish(t.Context(), publication(clinic, 50))
			if err != nil || published.GetIndex() != uint64(len(wires)) {
				t.Errorf("publish after a restart: got %d, %v, want %d", published.GetIndex(), err, len(wires))
			}
			wantProven(t, policy, published.GetProof(), publication(clinic, 50).GetLeaf(), published.GetIndex(), "localhost/msgs")
			for n := range wires {
				wantFound(t, client, clinic, policy, n)
			}
		})
	}
}

func wantFound(t *testing.T, client contactClient, c *keylogtest.Clinic, policy *translog.Policy, n int) {
	t.Helper()
	want := publication(c, n)
	found, err := client.LookUp(t.Context(), &chaperonev1.LookUpRequest{Id: want.GetId()})
	answer := found.GetAnswer()
	if err != nil || len(answer) != envelope.AnswerSize || answer[0] != 1 {
		t.Errorf("look up %d: got %d bytes, %v", n, len(answer), err)
		return
	}
	size := binary.BigEndian.Uint32(answer[1:])
	if !bytes.Equal(answer[5:5+size], want.GetEnvelope()) {
		t.Errorf("look up %d: got another envelope of %d bytes", n, size)
	}
	proof := answer[5+size:]
	wantProven(t, policy, proof[4:4+binary.BigEndian.Uint32(proof)], want.GetLeaf(), uint64(n), "localhost/msgs")
}

// wantTiles follows the msgs log over plain HTTP with the reader of another project: it trusts
// nothing but the checkpoint.
func wantTiles(t *testing.T, r *running, policy *translog.Policy) {
	t.Helper()
	base := r.url + "/log/msgs/"
	res, raw := fetch(t, httpClient(t, false), http.MethodGet, base+"checkpoint", nil)
	cp, err := translog.ParseCheckpoint([]byte(raw))
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("checkpoint: status %d, %v", res.StatusCode, err)
	}
	head, err := policy.Check(cp)
	if err != nil {
		t.Fatalf("checkpoint: %v", err)
	}
	tree := tlog.Tree{N: head.Size, Hash: head.Root}
	hashes := tlog.TileHashReader(tree, &remoteTiles{t, base})
	_, bundle := fetch(t, httpClient(t, false), http.MethodGet, fmt.Sprintf("%stile/entries/000.p/%d", base, head.Size), nil)
	for i := range head.Size {
		n := binary.BigEndian.Uint16([]byte(bundle))
		leaf := []byte(bundle[2 : 2+n])
		bundle = bundle[2+n:]
		path, err := tlog.ProveRecord(head.Size, i, hashes)
		if err != nil {
			t.Fatalf("path of %d from tiles: %v", i, err)
		}
		if err := tlog.CheckRecord(path, head.Size, head.Root, i, tlog.RecordHash(leaf)); err != nil {
			t.Errorf("entry %d: %v", i, err)
		}
	}
	if bundle != "" {
		t.Errorf("%d bytes are left of the entries", len(bundle))
	}
	for _, path := range []string{
		"", "tile/0/000", "tile/0/001", "tile/0/0", "tile/0/x000/000", "tile/1/000.p/1", "tile/0/000.p/0", "tile/0/000.p/256",
		"tile/00/000.p/1", "tile/-1/000.p/1", "tile/0/000.p/200", "tile/entries/000", "tile/entries/001.p/1", "../keys/checkpoint", "tile/7/000.p/1",
		"tile/entries/x999/x999/x999/x999/x999/999", "tile/0/x288/x230/x376/x151/x711/744.p/1",
	} {
		res, _ := fetch(t, httpClient(t, false), http.MethodGet, base+path, nil)
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: got status %d, want 404", path, res.StatusCode)
		}
	}
	if res, _ := fetch(t, httpClient(t, false), http.MethodPost, base+"checkpoint", nil); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: got status %d, want 405", res.StatusCode)
	}
}

type remoteTiles struct {
	t    *testing.T
	base string
}

func (r *remoteTiles) Height() int { return 8 }

func (r *remoteTiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		res, body := fetch(r.t, httpClient(r.t, false), http.MethodGet, r.base+path, nil)
		if res.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("status %d for %s", res.StatusCode, path)
		}
		out = append(out, []byte(body))
	}
	return out, nil
}

func (r *remoteTiles) SaveTiles([]tlog.Tile, [][]byte) {}

func TestPublishIsRefused(t *testing.T) {
	t.Parallel()
	cfg := Config{Data: t.TempDir(), DB: MemoryDB, every: time.Millisecond}
	clinic, stranger := keylogtest.New(t, "a"), keylogtest.New(t, "b")
	admit(t, cfg.Data, clinic)
	r := start(t, cfg)
	client := contactOver(t, r, true)
	publish := func(what string, req *chaperonev1.PublishRequest, want connect.Code) {
		t.Helper()
		_, err := client.Publish(t.Context(), req)
		wantCode(t, what, err, want)
	}
	publish("no grant", publication(clinic, 1), connect.CodePermissionDenied)
	_, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: stranger.Profile(t, 1)})
	wantCode(t, "a clinic that is not admitted", err, connect.CodePermissionDenied)
	for _, note := range [][]byte{clinic.Profile(t, 1), clinic.Grant(t, "Front desk", time.Now().Add(-time.Hour))} {
		if _, err := client.AppendNote(t.Context(), &chaperonev1.AppendNoteRequest{Note: note}); err != nil {
			t.Fatal(err)
		}
	}
	publish("another clinic's device", publication(stranger, 1), connect.CodePermissionDenied)
	changed := publication(clinic, 1)
	changed.Leaf[0] ^= 1
	publish("changed after signing", changed, connect.CodePermissionDenied)
	for what, change := range map[string]func(*chaperonev1.PublishRequest){
		"id":          func(p *chaperonev1.PublishRequest) { p.Id = p.Id[1:] },
		"size":        func(p *chaperonev1.PublishRequest) { p.Envelope = p.Envelope[1:] },
		"leaf":        func(p *chaperonev1.PublishRequest) { p.Leaf = nil },
		"day":         func(p *chaperonev1.PublishRequest) { p.KeepUntilDay = 3 },
		"watch alone": func(p *chaperonev1.PublishRequest) { p.WatchId = make([]byte, 16) },
		"watch":       func(p *chaperonev1.PublishRequest) { p.WatchId, p.InboxCopy = make([]byte, 15), make([]byte, 1920) },
	} {
		publish(what, publication(clinic, 1, change), connect.CodeInvalidArgument)
	}
	if _, err := client.Publish(t.Context(), publication(clinic, 1)); err != nil {
		t.Fatal(err)
	}
	publish("other bytes", publication(clinic, 1, func(p *chaperonev1.PublishRequest) { p.Envelope = make([]byte, 3840) }), connect.CodeAlreadyExists)
	_, err = client.LookUp(t.Context(), &chaperonev1.LookUpRequest{Id: make([]byte, 15)})
	wantCode(t, "short id", err, connect.CodeInvalidArgument)
	unknown, err := client.LookUp(t.Context(), &chaperonev1.LookUpRequest{Id: make([]byte, 16)})
	if err != nil || !bytes.Equal(unknown.GetAnswer(), make([]byte, envelope.AnswerSize)) {
		t.Errorf("unknown id: got %d bytes, %v, want zeros", len(unknown.GetAnswer()), err)
	}
}

// Answers of one size stay of one size on the wire, also for callers that accept compression.
func TestAnswersAreNotCompressed(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB})
	for path, body := range map[string]string{
		chaperonev1connect.ContactServiceLookUpProcedure:    `{"id":"AAAAAAAAAAAAAAAAAAAAAA=="}`,
		chaperonev1connect.ContactServiceGetClinicProcedure: `{"clinicId":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`,
	} {
		res, got := fetch(t, httpClient(t, false), http.MethodPost, r.url+path, strings.NewReader(body),
			"Content-Type", "application/json", "Accept-Encoding", "gzip")
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Encoding") != "" || len(got) < envelope.AnswerSize {
			t.Errorf("%s: got status %d, encoding %q, %d bytes", path, res.StatusCode, res.Header.Get("Content-Encoding"), len(got))
		}
	}
}
