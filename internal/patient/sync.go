package patient

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"connectrpc.com/connect/v2/connecthttp"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// attempts is how often a sync tries to store before it gives way to a faster device.
const attempts = 4

// SyncResult says what a sync did.
type SyncResult struct {
	Pulled, Pushed bool
	Revision       uint64
	At             time.Time
	// PackFetched says that a newer content pack came too, and PackRefused why one that was
	// offered was not taken: an error of package checklist. The pack in use stayed.
	PackFetched bool
	PackRefused error
}

// Sync merges with the server's copy and stores the result there by compare-and-set. On any
// error the local vault is as it was, but for what an earlier, interrupted sync turns out to
// have stored. It fails with ErrNoServer, ErrOffline, ErrRefused, ErrDeleted, ErrClock,
// ErrDisk or vault.ErrRollback; the last comes with ErrNotFound when the server has lost a
// vault that it had. Then, at most once an hour, it asks for a newer content pack; what goes
// wrong with that never fails the sync. Pinned clinics whose hour has come are asked about
// whatever became of the vault, and messages that were shown as trusted are judged again.
func (d *Device) Sync(ctx context.Context) (SyncResult, error) {
	result, err := d.syncVault(ctx)
	d.refreshDue(ctx)
	return result, err
}

// syncVault is [Device.Sync] without the clinics.
func (d *Device) syncVault(ctx context.Context) (SyncResult, error) {
	result, err := d.syncOnce(ctx)
	if result.Pulled {
		d.judgeAgain()
	}
	return result, err
}

func (d *Device) syncOnce(ctx context.Context) (SyncResult, error) {
	d.syncing.Lock()
	defer d.syncing.Unlock()
	s, err := d.startSync()
	if err != nil {
		return SyncResult{}, fmt.Errorf("sync: %w", err)
	}
	defer s.remote.keys.Zero()
	if err := s.run(ctx); err != nil {
		return SyncResult{}, fmt.Errorf("sync: %w", err)
	}
	if now := time.Now(); d.packAsked.IsZero() || now.Sub(d.packAsked) >= packEvery {
		d.packAsked = now
		s.result.PackFetched, s.result.PackRefused = d.packNews(ctx)
	}
	return s.result, nil
}

// syncRun is one sync at work. It works on a copy, so that nothing is held while it waits
// for the network.
type syncRun struct {
	d      *Device
	remote *remote
	state  vault.State    // the local state at the start, merged with what came
	beyond contact.Memory // what came and does not fit beside the rest
	mark   vault.Mark     // the newest that was seen on this server
	result SyncResult
}

func (d *Device) startSync() (*syncRun, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.closed:
		return nil, ErrClosed
	case d.server == "":
		return nil, ErrNoServer
	}
	return &syncRun{
		d:      d,
		remote: d.remote(d.server, d.local.Keys),
		state:  d.local.State.Clone(),
		mark:   d.local.Marks[d.server],
	}, nil
}

func (s *syncRun) run(ctx context.Context) error {
	if err := s.resend(ctx); err != nil {
		return err
	}
	for range attempts {
		if err := s.pull(ctx); err != nil {
			return err
		}
		content, err := s.state.Content()
		if err != nil {
			return err
		}
		if sum := sha256.Sum256(content); s.mark.Revision > 0 && bytes.Equal(s.mark.Content, sum[:]) {
			return s.commit()
		}
		switch err := s.push(ctx); {
		case err == nil:
			return s.commit()
		case !errors.Is(err, errRaced):
			return err
		}
	}
	return fmt.Errorf("%w: %w", ErrRefused, ErrConflict)
}

// resend finishes a Put that an earlier sync could not see through.
func (s *syncRun) resend(ctx context.Context) error {
	p, err := s.d.readPending(s.remote.server)
	if err != nil || p == nil {
		return err
	}
	state, openErr := vault.OpenBlob(&s.remote.keys, p.base+1, p.blob)
	if openErr != nil || p.base < s.mark.Revision {
		// Garbled, of another vault, or known to be answered.
		return s.d.dropPending()
	}
	switch err := s.put(ctx, p, &state); {
	case err == nil:
		s.merge(state)
		// This much is certain now, whatever comes next.
		if err := s.commit(); err != nil {
			return err
		}
		return s.d.dropPending()
	case errors.Is(err, errRaced), errors.Is(err, ErrNotFound):
		return s.d.dropPending()
	case errors.Is(err, ErrDeleted):
		_ = s.d.dropPending()
		return err
	default:
		return err
	}
}

// pull fetches what is newer than the mark and merges it.
func (s *syncRun) pull(ctx context.Context) error {
	revision, blob, err := s.remote.get(ctx, s.mark.Revision)
	switch {
	case errors.Is(err, ErrNotFound) && s.mark.Revision > 0:
		return fmt.Errorf("%w: %w", err, vault.ErrRollback)
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case revision < s.mark.Revision:
		return vault.ErrRollback
	case revision == 0:
		return badAnswer("revision")
	case revision == s.mark.Revision && len(blob) == 0:
		return nil
	case revision == s.mark.Revision:
		if sum := sha256.Sum256(blob); bytes.Equal(sum[:], s.mark.Blob) {
			return nil
		}
		return vault.ErrRollback
	}
	state, err := vault.OpenBlob(&s.remote.keys, revision, blob)
	if errors.Is(err, vault.ErrNewer) {
		return err
	}
	if err != nil {
		return badAnswer("blob")
	}
	mark, err := newMark(revision, blob, &state)
	if err != nil {
		return err
	}
	s.mark = mark
	s.merge(state)
	s.result.Pulled = true
	return nil
}

// merge takes in a state that came.
func (s *syncRun) merge(state vault.State) {
	var beyond contact.Memory
	s.state = vault.Merge(s.state, state)
	s.state.Contact, beyond = vault.Room(s.state.Contact)
	s.beyond = s.beyond.Merge(beyond)
}

// push seals the merged state and stores it on top of the mark. It fails with errRaced when
// another device was faster.
func (s *syncRun) push(ctx context.Context) error {
	base := s.mark.Revision
	state := s.state.Clone()
	s.d.sign(&state)
	state.Revision = base + 1
	blob, err := vault.SealBlob(s.d.rand, &s.remote.keys, base+1, state)
	if err != nil {
		return err
	}
	p := &pendingPut{base, blob}
	if err := s.d.writePending(s.remote.server, p); err != nil {
		return err
	}
	err = s.put(ctx, p, &state)
	if err == nil || errors.Is(err, errRaced) || errors.Is(err, ErrDeleted) {
		// Left behind, it would only be sent once more and answered the same.
		_ = s.d.dropPending()
	}
	return err
}

// put sends a blob and moves the mark to it.
func (s *syncRun) put(ctx context.Context, p *pendingPut, state *vault.State) error {
	revision, err := s.remote.put(ctx, p.base, p.blob)
	switch {
	case err != nil:
		return err
	case revision <= p.base:
		return vault.ErrRollback
	case revision != p.base+1:
		return badAnswer("revision")
	}
	mark, err := newMark(revision, p.blob, state)
	if err != nil {
		return err
	}
	s.mark = mark
	s.result.Pushed = true
	return nil
}

func newMark(revision uint64, blob []byte, state *vault.State) (vault.Mark, error) {
	content, err := state.Content()
	if err != nil {
		return vault.Mark{}, err
	}
	blobSum, contentSum := sha256.Sum256(blob), sha256.Sum256(content)
	return vault.Mark{Revision: revision, Blob: blobSum[:], Content: contentSum[:]}, nil
}

// commit saves what was merged together with the mark. What the patient did meanwhile stays.
func (s *syncRun) commit() error {
	now := s.d.now()
	s.result.Revision, s.result.At = s.mark.Revision, now
	return s.d.change(func(l *vault.Local) error {
		s.mark.At = now.Unix()
		device, name := l.State.Device, l.State.DeviceName
		l.State = vault.Merge(l.State, s.state)
		l.State.Contact = l.State.Contact.Merge(s.beyond)
		l.State.Device, l.State.DeviceName = device, name
		l.State.Revision = s.mark.Revision
		if l.Marks == nil {
			l.Marks = make(map[string]vault.Mark)
		}
		l.Marks[s.remote.server] = s.mark
		return nil
	})
}

// sign says in a state which device sealed it, and when.
func (d *Device) sign(state *vault.State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	state.Device, state.DeviceName = d.local.State.Device, d.local.State.DeviceName
	state.SavedAt, state.SavedOn = d.now().Unix(), state.DeviceName
}

// SyncedAt returns when this device last synced with the server in use; zero for never.
func (d *Device) SyncedAt() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	if at := d.local.Marks[d.server].At; at != 0 {
		return time.Unix(at, 0)
	}
	return time.Time{}
}

// ForgetServerCopy forgets what was seen on the server in use, so that the next sync stores
// the vault there anew. It is the patient's own answer to a server that lost a vault
// (vault.ErrRollback); a face asks first.
func (d *Device) ForgetServerCopy() error {
	err := d.change(func(l *vault.Local) error {
		l.Marks = maps.Clone(l.Marks)
		delete(l.Marks, d.server)
		l.State.Revision = 0
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget server copy: %w", err)
	}
	return nil
}

// remote is the vault as a server has it.
type remote struct {
	d      *Device
	server string
	keys   vault.Keys
	client chaperonev1connect.VaultServiceClient
}

func (d *Device) remote(server string, keys vault.Keys) *remote {
	// Sealed bytes do not compress, and what does not decompress cannot blow up.
	c := d.connection(server, maxVaultAnswer, connecthttp.WithCompressors())
	return &remote{d, server, keys, chaperonev1connect.NewVaultServiceClient(c)}
}

func (r *remote) proof(op vault.Op, revision uint64, blob []byte) (*chaperonev1.VaultProof, error) {
	var nonce [vault.NonceSize]byte
	if _, err := io.ReadFull(r.d.rand, nonce[:]); err != nil {
		return nil, fmt.Errorf("draw nonce: %w", err)
	}
	at := r.d.now()
	return &chaperonev1.VaultProof{
		PublicKey:   r.keys.PublicKey(),
		UnixSeconds: at.Unix(),
		Nonce:       nonce[:],
		Signature:   r.keys.Sign(op, revision, blob, at, nonce),
	}, nil
}

func (r *remote) get(ctx context.Context, have uint64) (uint64, []byte, error) {
	proof, err := r.proof(vault.OpGet, have, nil)
	if err != nil {
		return 0, nil, err
	}
	answer, err := r.client.Get(ctx, &chaperonev1.VaultServiceGetRequest{VaultId: r.keys.ID[:], Proof: proof, HaveRevision: have})
	if err != nil {
		return 0, nil, serverError(ctx, err)
	}
	return answer.GetRevision(), answer.GetBlob(), nil
}

func (r *remote) put(ctx context.Context, base uint64, blob []byte) (uint64, error) {
	proof, err := r.proof(vault.OpPut, base, blob)
	if err != nil {
		return 0, err
	}
	answer, err := r.client.Put(ctx, &chaperonev1.VaultServicePutRequest{VaultId: r.keys.ID[:], Proof: proof, BaseRevision: base, Blob: blob})
	if err != nil {
		return 0, serverError(ctx, err)
	}
	return answer.GetRevision(), nil
}

func (r *remote) delete(ctx context.Context) error {
	proof, err := r.proof(vault.OpDelete, 0, nil)
	if err != nil {
		return err
	}
	_, err = r.client.Delete(ctx, &chaperonev1.VaultServiceDeleteRequest{VaultId: r.keys.ID[:], Proof: proof})
	return serverError(ctx, err)
}
