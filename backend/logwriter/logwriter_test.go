package logwriter_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/store/memory"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const origin = "log.example.com/msgs"

var errDown = errors.New("test witness is down")

func privateKey(seed string) ed25519.PrivateKey {
	s := sha256.Sum256([]byte(seed))
	return ed25519.NewKeyFromSeed(s[:])
}

// world is a log in memory with its witnesses.
type world struct {
	t         *testing.T
	db        *memory.Store
	key       ed25519.PrivateKey
	witnesses []*switched
	policy    *translog.Policy
	every     time.Duration
}

// switched is a witness that can be turned off and can change its answers.
type switched struct {
	logwriter.Witness

	heads  logwriter.HeadMap
	mu     sync.Mutex
	off    bool
	asked  int
	before func(a translog.AddCheckpoint) // called with each request
}

func (w *switched) AddCheckpoint(ctx context.Context, a translog.AddCheckpoint) (translog.Sig, error) {
	w.mu.Lock()
	w.asked++
	off, before := w.off, w.before
	w.mu.Unlock()
	if before != nil {
		before(a)
	}
	if off {
		return translog.Sig{}, fmt.Errorf("%w: %w", logwriter.ErrWitness, errDown)
	}
	return w.Witness.AddCheckpoint(ctx, a)
}

func (w *switched) turn(off bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.off = off
}

// newWorld makes a log with n witnesses, k of which are enough.
func newWorld(t *testing.T, n, k int) *world {
	t.Helper()
	w := &world{t: t, db: memory.New(), key: privateKey("log"), every: time.Millisecond}
	logKey, err := translog.NewKey(origin, w.key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	text, members := "log "+logKey.String()+"\n", ""
	for i := range n {
		name := fmt.Sprintf("w%d.example.com", i)
		heads := logwriter.HeadMap{}
		local, err := logwriter.NewLocal(name, privateKey(name), heads, time.Now, logKey)
		if err != nil {
			t.Fatal(err)
		}
		w.witnesses = append(w.witnesses, &switched{Witness: local, heads: heads})
		text += fmt.Sprintf("witness w%d %s\n", i, local.Key())
		members += fmt.Sprintf(" w%d", i)
	}
	text += fmt.Sprintf("group all %d%s\nquorum all\n", k, members)
	if w.policy, err = translog.ParsePolicy([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return w
}

// log is a running sequencer and signer.
type log struct {
	*logwriter.Sequencer[envelope.Row]
	*logwriter.Signer

	reader logwriter.Reader
	stop   func()
}

// start runs the log until the test ends or stop is called.
func (w *world) start() *log {
	w.t.Helper()
	var list []logwriter.Witness
	for _, s := range w.witnesses {
		list = append(list, s)
	}
	signer, err := logwriter.NewSigner(logwriter.SignerConfig{
		Log: logwriter.Msgs, Store: w.db.Logs(), Origin: origin, Key: w.key, Policy: w.policy,
		Witnesses: list, Every: w.every, Timeout: time.Second,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	seq, err := logwriter.NewSequencer(logwriter.SequencerConfig[envelope.Row]{
		Log: logwriter.Msgs, Store: w.db.Logs(), Committer: w.db.Envelopes(), Refuse: signer.Err, Committed: signer.Wake,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	var wg sync.WaitGroup
	wg.Go(func() { seq.Run(ctx) })
	wg.Go(func() { signer.Run(ctx) })
	stop := sync.OnceFunc(func() { cancel(); wg.Wait() })
	w.t.Cleanup(stop)
	return &log{seq, signer, logwriter.Reader{Log: logwriter.Msgs, Store: w.db.Logs()}, stop}
}

func row(n int) envelope.Row {
	r := envelope.Row{Commit: sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(n))), Sealed: []byte("sealed")}
	copy(r.ID[:], r.Commit[:])
	return r
}

func leaf(n int) []byte { c := row(n).Commit; return c[:] }

func (l *log) add(t *testing.T, n int) int64 {
	t.Helper()
	index, err := l.Add(t.Context(), leaf(n), row(n))
	if err != nil {
		t.Fatalf("add: %v", err)
	}
	return index
}

// proven waits for the proof of a leaf and verifies it.
func (l *log) proven(t *testing.T, policy *translog.Policy, n int, index int64) translog.Proof {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Wait(ctx, index); err != nil {
		t.Fatalf("wait: %v", err)
	}
	raw, _, err := l.reader.Proof(t.Context(), index)
	if err != nil {
		t.Fatalf("proof: %v", err)
	}
	p, err := translog.ParseProof(raw)
	if err != nil {
		t.Fatalf("parse proof: %v", err)
	}
	if err := p.Includes(leaf(n)); err != nil || p.Index != index {
		t.Errorf("proof of %d: index %d, %v", index, p.Index, err)
	}
	if _, err := policy.Check(p.Checkpoint); err != nil {
		t.Errorf("checkpoint of the proof: %v", err)
	}
	return p
}

func TestEveryLeafIsProven(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	l := w.start()
	for n := range 30 {
		p := l.proven(t, w.policy, n, l.add(t, n))
		if sigs := len(p.Checkpoint.Signed.Sigs); sigs != 3 {
			t.Errorf("got %d signatures, want the log's and two: later ones are not added", sigs)
		}
	}
	first, _, err := l.reader.Proof(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	l.stop()
	l = w.start()
	l.proven(t, w.policy, 30, l.add(t, 30))
	again, _, err := l.reader.Proof(t.Context(), 0)
	if err != nil || string(again) != string(first) {
		t.Errorf("the proof of a leaf changed, %v", err)
	}
}

// A checkpoint is in the store before a witness sees it, and what is frozen has its quorum.
func TestSignedHeadsAreKeptFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 1)
	w.witnesses[0].before = func(a translog.AddCheckpoint) {
		state, err := w.db.Logs().State(context.Background(), logwriter.Msgs)
		if err != nil {
			t.Error(err)
		}
		if a.Checkpoint.Size == 0 {
			return // the empty log commits to nothing
		}
		cp, err := translog.ParseCheckpoint(state.Offered)
		if err != nil || cp.Size < a.Checkpoint.Size {
			t.Errorf("a witness saw size %d, the store has %d, %v", a.Checkpoint.Size, cp.Size, err)
		}
	}
	l := w.start()
	for n := range 10 {
		l.proven(t, w.policy, n, l.add(t, n))
	}
}

func TestQuorum(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	w.witnesses[0].turn(true)
	l := w.start()
	l.proven(t, w.policy, 0, l.add(t, 0))

	w.witnesses[1].turn(true)
	index := l.add(t, 1) // accepted all the same
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := l.Wait(ctx, index); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a quorum: got %v, want to wait", err)
	}
	if _, _, err := l.reader.Proof(t.Context(), index); !errors.Is(err, logwriter.ErrNotFound) {
		t.Errorf("proof without a quorum: got %v, want ErrNotFound", err)
	}
	w.witnesses[0].turn(false) // it has seen nothing so far
	l.proven(t, w.policy, 1, index)
	if err := l.Err(); err != nil {
		t.Errorf("got %v, want a log that goes on", err)
	}
}

// copyOf returns a store with the first n leaves of the world's log: an old backup.
func restored(t *testing.T, w *world, n int, change bool) *world {
	t.Helper()
	old := *w
	old.db = memory.New()
	l := (&world{t: t, db: old.db, key: w.key, policy: w.policy, witnesses: newWorld(t, len(w.witnesses), 1).witnesses, every: w.every}).start()
	for i := range n {
		m := i
		if change && i == n-1 {
			m = i + 1000
		}
		l.proven(t, w.policy, m, l.add(t, m))
	}
	l.stop()
	return &old
}

// A store that is older or other than what witnesses saw signs nothing and takes nothing.
func TestStartCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		kept   int // leaves in the backup, of 5
		change bool
		want   error
	}{
		{"behind", 3, false, logwriter.ErrBehind},
		{"empty", 0, false, logwriter.ErrBehind},
		{"other leaf", 5, true, logwriter.ErrDifferent},
		{"the same", 5, false, nil},
		{"ahead", 7, false, nil},
		{"ahead of another past", 7, true, nil}, // the change is after what was witnessed
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 1, 1)
			l := w.start()
			for n := range 5 {
				l.proven(t, w.policy, n, l.add(t, n))
			}
			l.stop()
			old := restored(t, w, tt.kept, tt.change)
			before, _ := old.db.Logs().State(t.Context(), logwriter.Msgs)
			l = old.start()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if tt.want == nil {
				l.proven(t, w.policy, 500, l.add(t, 500))
				return
			}
			if err := l.Wait(ctx, 1000); !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if _, err := l.Add(t.Context(), leaf(9), row(9)); !errors.Is(err, tt.want) {
				t.Errorf("add: got %v, want %v", err, tt.want)
			}
			after, _ := old.db.Logs().State(t.Context(), logwriter.Msgs)
			if string(after.Offered) != string(before.Offered) || after.Size != before.Size {
				t.Errorf("a stopped log signed or grew: size %d to %d", before.Size, after.Size)
			}
		})
	}
}

// A past that changed beneath a longer log is found by the consistency proof.
func TestForkIsRefusedByWitness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 1)
	l := w.start()
	for n := range 5 {
		l.proven(t, w.policy, n, l.add(t, n))
	}
	l.stop()
	old := *w
	old.db = memory.New()
	alone := &world{t: t, db: old.db, key: w.key, policy: w.policy, witnesses: newWorld(t, 1, 1).witnesses, every: w.every}
	l = alone.start()
	for n := range 7 {
		l.proven(t, w.policy, n+100, l.add(t, n+100))
	}
	l.stop()
	l = old.start()
	l.Wake()
	if _, err := l.Add(t.Context(), leaf(9), row(9)); err != nil && !errors.Is(err, logwriter.ErrDifferent) {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Wait(ctx, 1000); !errors.Is(err, logwriter.ErrDifferent) {
		t.Errorf("got %v, want ErrDifferent", err)
	}
}

// A witness never signs a head below the one that it signed last, whatever the caller says it did.
func TestWitnessRefusesSmallerRegression(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 1)
	l := w.start()
	first := l.proven(t, w.policy, 0, l.add(t, 0)).Checkpoint
	for n := 1; n < 5; n++ {
		l.proven(t, w.policy, n, l.add(t, n))
	}
	l.stop()
	size := w.witnesses[0].heads[origin].Size
	if size <= first.Size {
		t.Fatalf("got size %d after %d", size, first.Size)
	}
	for _, old := range []int64{first.Size, size} {
		_, err := w.witnesses[0].AddCheckpoint(t.Context(), translog.AddCheckpoint{Old: old, Checkpoint: first})
		other, ok := errors.AsType[*logwriter.SizeError](err)
		if !errors.Is(err, logwriter.ErrConsistency) && (!ok || other.Size != size) {
			t.Errorf("size %d offered after %d as if after %d: got %v", first.Size, size, old, err)
		}
	}
}

// A witness that answers that it holds another history stops the log, also when its answer comes
// after those of a quorum.
func TestLateForkRegression(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, 2)
	l := w.start()
	l.proven(t, w.policy, 0, l.add(t, 0))
	l.stop()
	quorum := make(chan struct{}, 2)
	for _, x := range w.witnesses[:2] {
		x.before = func(a translog.AddCheckpoint) {
			if a.Checkpoint.Size > 1 {
				quorum <- struct{}{}
			}
		}
	}
	slow := w.witnesses[2]
	slow.before = func(a translog.AddCheckpoint) {
		if a.Checkpoint.Size > 1 {
			<-quorum
			<-quorum
			time.Sleep(50 * time.Millisecond) // until their answers are in
		}
	}
	slow.heads[origin] = translog.Head{Origin: origin, Size: 1, Root: [32]byte{9}}
	slow.Witness = sameSize{slow.Witness} // at the start it says nothing of its root
	l = w.start()
	l.proven(t, w.policy, 1, l.add(t, 1))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Wait(ctx, 1000); !errors.Is(err, logwriter.ErrDifferent) {
		t.Errorf("got %v, want %v", err, logwriter.ErrDifferent)
	}
}

// sameSize is a witness that signs what has the size it holds.
type sameSize struct{ logwriter.Witness }

func (w sameSize) AddCheckpoint(ctx context.Context, a translog.AddCheckpoint) (translog.Sig, error) {
	sig, err := w.Witness.AddCheckpoint(ctx, a)
	if a.Old == a.Checkpoint.Size && errors.Is(err, logwriter.ErrConsistency) {
		return translog.Sig{}, nil
	}
	return sig, err
}

func TestRemoteWitness(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2, 2)
	for _, s := range w.witnesses {
		srv := httptest.NewServer(logwriter.WitnessHandler(s.Witness))
		t.Cleanup(srv.Close)
		s.Witness = &logwriter.Remote{URL: srv.URL + "/", PublicKey: s.Key(), Client: srv.Client()}
	}
	l := w.start()
	for n := range 10 {
		l.proven(t, w.policy, n, l.add(t, n))
	}
	l.stop()
	old := restored(t, w, 4, false)
	l = old.start()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := l.Wait(ctx, 1000); !errors.Is(err, logwriter.ErrBehind) {
		t.Errorf("got %v, want ErrBehind", err)
	}
}

// What a witness may answer, and what it means.
func TestRemoteAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 1)
	l := w.start()
	p := l.proven(t, w.policy, 0, l.add(t, 0))
	l.stop()
	request := translog.AddCheckpoint{Checkpoint: p.Checkpoint}
	good := p.Checkpoint.Signed.Sigs[1]
	other := good
	other.Name = "other.example.com"
	broken := good
	broken.Bytes = append([]byte{}, good.Bytes...)
	broken.Bytes[20] ^= 1
	line := func(sigs ...translog.Sig) (s string) {
		for _, sig := range sigs {
			s += string(translog.MarshalSig(sig))
		}
		return s
	}
	tests := []struct {
		name   string
		status int
		kind   string
		body   string
		want   error
		size   int64 // of a SizeError
	}{
		{"cosignature", 200, "text/plain", line(good), nil, 0},
		{"among others", 200, "text/plain", line(other, good), nil, 0},
		{"by another key only", 200, "text/plain", line(other), logwriter.ErrWitness, 0},
		{"broken", 200, "text/plain", line(broken), logwriter.ErrWitness, 0},
		{"garbage", 200, "text/html", "<html>", logwriter.ErrWitness, 0},
		{"empty", 200, "text/plain", "", logwriter.ErrWitness, 0},
		{"endless", 200, "text/plain", string(make([]byte, 10<<20)), logwriter.ErrWitness, 0},
		{"size", 409, "text/x.tlog.size", "17\n", nil, 17},
		{"size, misspelt", 409, "text/x.tlog.size", "017\n", logwriter.ErrConsistency, 0},
		{"the size that was given", 409, "text/x.tlog.size", "0\n", logwriter.ErrConsistency, 0},
		{"other root", 409, "text/plain", "no", logwriter.ErrConsistency, 0},
		{"proof", 422, "text/plain", "no", logwriter.ErrConsistency, 0},
		{"unknown log", 404, "text/plain", "no", logwriter.ErrUnknownLog, 0},
		{"unknown key", 403, "text/plain", "no", logwriter.ErrUnknownLog, 0},
		{"down", 503, "text/plain", "no", logwriter.ErrWitness, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", tt.kind)
				rw.WriteHeader(tt.status)
				_, _ = rw.Write([]byte(tt.body))
			}))
			defer srv.Close()
			r := &logwriter.Remote{URL: srv.URL, PublicKey: w.witnesses[0].Key(), Client: srv.Client()}
			_, err := r.AddCheckpoint(t.Context(), request)
			if size, ok := errors.AsType[*logwriter.SizeError](err); ok != (tt.size > 0) || ok && size.Size != tt.size {
				t.Errorf("got %v, want size %d", err, tt.size)
			} else if !ok && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
	gone := &logwriter.Remote{URL: "http://127.0.0.1:1", PublicKey: w.witnesses[0].Key(), Client: &http.Client{Timeout: time.Second}}
	if _, err := gone.AddCheckpoint(t.Context(), request); !errors.Is(err, logwriter.ErrWitness) {
		t.Errorf("nobody there: got %v, want ErrWitness", err)
	}
}

func TestNewSignerRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, 1)
	good := logwriter.SignerConfig{
		Log: logwriter.Msgs, Store: w.db.Logs(), Origin: origin, Key: w.key, Policy: w.policy,
		Witnesses: []logwriter.Witness{w.witnesses[0]},
	}
	if _, err := logwriter.NewSigner(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*logwriter.SignerConfig){
		"another key":    func(c *logwriter.SignerConfig) { c.Key = privateKey("another") },
		"another origin": func(c *logwriter.SignerConfig) { c.Origin = "log.example.com/keys" },
		"no witness":     func(c *logwriter.SignerConfig) { c.Witnesses = nil },
	} {
		c := good
		change(&c)
		if _, err := logwriter.NewSigner(c); !errors.Is(err, logwriter.ErrPolicy) {
			t.Errorf("%s: got %v, want ErrPolicy", name, err)
		}
	}
}
