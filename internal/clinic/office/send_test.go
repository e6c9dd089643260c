package office

import (
	"errors"
	"strconv"
	"testing"
	"time"

	"connectrpc.com/connect/v2"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/monitor"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
)

func TestSend(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	it, err := o.Send(t.Context(), notice("Please come by."))
	if err != nil {
		t.Fatal(err)
	}
	if it.State != SentOut || it.Code.IsZero() {
		t.Errorf("got state %s, code empty: %v", it.State, it.Code.IsZero())
	}
	if got := d.headline(o, it, "Please come by.\n"); got != contact.GenuineOneKey {
		t.Errorf("got %s, want %s", got, contact.GenuineOneKey)
	}
	if got := d.headline(o, it, "Please come by. Call 555-0199.\n"); got != contact.Altered {
		t.Errorf("got %s, want %s", got, contact.Altered)
	}
	// The envelope opens under the code and holds the note.
	lock, err := contact.NewLock(it.Code)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := contact.OpenOuter(lock, it.Sealed)
	if err != nil {
		t.Fatal(err)
	}
	p, err := outer.Bearer()
	if err != nil || string(p.Note) != string(it.Written.Note) || string(p.VRF) != string(it.VRF) {
		t.Errorf("envelope: got %v", err)
	}

	// Taken back, then the key is stolen.
	if err := o.Withdraw(t.Context(), it.Ref, contact.InError, nil); err != nil {
		t.Fatal(err)
	}
	if got := d.headline(o, it, "Please come by.\n"); got != contact.Withdrawn {
		t.Errorf("withdrawn: got %s, want %s", got, contact.Withdrawn)
	}
	if _, err := o.Revoke(t.Context(), RevokeRequest{Who: "front-desk", Reason: contact.Compromised}); err != nil {
		t.Fatal(err)
	}
	if got := d.headline(o, it, "Please come by.\n"); got != contact.KeyStolen {
		t.Errorf("stolen: got %s, want %s", got, contact.KeyStolen)
	}
}

// Whatever step of writing fails, and however often the machine is started again, a message
// that was kept is sent once, and its code is that of the leaf.
func TestCrashAtEveryStep(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	if _, err := o.Send(t.Context(), notice("First.")); err != nil {
		t.Fatal(err)
	}
	crash := errors.New("power cut")
	for n := 1; ; n++ {
		steps := 0
		o.disk.Step = func(string) error {
			if steps++; steps >= n {
				return crash
			}
			return nil
		}
		before := len(d.fake.order)
		kept, err := o.Send(t.Context(), notice("Message "+strconv.Itoa(n)+"a."))
		if steps < n {
			if err != nil {
				t.Fatal(err)
			}
			if n < 8 {
				t.Errorf("got %d steps, want each of the four records written and synced", n-1)
			}
			break
		}
		if err == nil {
			t.Fatalf("step %d: no error", n)
		}
		if err := o.Close(); err != nil {
			t.Fatal(err)
		}
		o = d.open()
		drafts, err := o.Drafts()
		if err != nil {
			t.Fatal(err)
		}
		if kept != nil && len(drafts) != 1 || kept == nil && len(drafts) > 1 {
			t.Fatalf("step %d: got %d drafts, said kept: %v", n, len(drafts), kept != nil)
		}
		for _, it := range drafts {
			if err := o.Resume(t.Context(), it); err != nil {
				t.Fatalf("step %d: resume: %v", n, err)
			}
			if got := d.headline(o, it, it.Draft.Body); got != contact.GenuineOneKey {
				t.Errorf("step %d: got %s", n, got)
			}
		}
		if got := len(d.fake.order) - before; got != len(drafts) {
			t.Errorf("step %d: got %d leaves, want %d", n, got, len(drafts))
		}
	}
}

// A server that lies about its log gets no code given out.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	first, err := o.Send(t.Context(), notice("First."))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		lie  func(*chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error)
		want error
	}{
		{"another leaf's proof", func(a *chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) {
			a.Proof = first.Proof
			return a, nil
		}, clinic.ErrProof},
		{"another place", func(a *chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) {
			a.Index++
			return a, nil
		}, clinic.ErrProof},
		{"garbage", func(a *chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) {
			a.Proof = []byte("no proof")
			return a, nil
		}, clinic.ErrProof},
		{"no such place", func(a *chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) {
			a.Index = 1 << 60
			return a, nil
		}, clinic.ErrBadAnswer},
		{"never witnessed", func(a *chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) {
			a.Proof = nil
			return a, nil
		}, ErrUnwitness},
		{"stopped", func(*chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) {
			return nil, connect.NewError(connect.CodeFailedPrecondition, "stopped")
		}, clinic.ErrStopped},
	} {
		d.fake.set(func() { d.fake.publish = tt.lie })
		it, err := o.Send(t.Context(), notice("Second."))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if it == nil || it.State == SentOut {
			t.Fatalf("%s: its code counts", tt.name)
		}
		if _, err := o.Bundle(t.Context(), it); !errors.Is(err, ErrNoMessage) {
			t.Errorf("%s: bundle: got %v, want %v", tt.name, err, ErrNoMessage)
		}
		// Honest again: the very same message comes through.
		d.fake.set(func() { d.fake.publish = nil })
		code := it.Code
		if err := o.Resume(t.Context(), it); err != nil || it.State != SentOut || it.Code != code {
			t.Errorf("%s: afterwards: %v, state %s", tt.name, err, it.State)
		}
	}
}

// A message that waits for a second person stays the same; one that waits too long, or for a
// monitor that is away, is made again under a new code.
func TestMonitorElsewhere(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	m, err := o.monitor(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k, _ := o.DeviceKey()
	far := &second{m: m.Local(k)}
	o.book.Here, o.client = false, far
	ctx := t.Context()

	far.errs = []error{clinic.ErrNeedApproval, nil}
	it, err := o.Send(ctx, notice("Approved later."))
	if !errors.Is(err, clinic.ErrNeedApproval) || it.State != Signed {
		t.Fatalf("got %v, state %s, want %v and %s", err, it.State, clinic.ErrNeedApproval, Signed)
	}
	code := it.Code
	if err := o.Resume(ctx, it); err != nil || it.Code != code || it.State != SentOut {
		t.Errorf("after approval: got %v, state %s, same code: %v", err, it.State, it.Code == code)
	}

	far.errs = []error{clinic.ErrNeedApproval}
	if it, err = o.Send(ctx, notice("Approved too late.")); !errors.Is(err, clinic.ErrNeedApproval) {
		t.Fatal(err)
	}
	code = it.Code
	d.fake.set(func() { d.fake.clock = testNow.Add(13 * time.Hour) })
	if err := o.Resume(ctx, it); err != nil || it.Code == code || it.Written.Issued != d.fake.clock.Unix() {
		t.Errorf("too late: got %v, same code: %v", err, it.Code == code)
	}

	for _, want := range []error{clinic.ErrMonitorAway, clinic.ErrMonitorRefused} {
		far.errs = []error{want}
		it, err = o.Send(ctx, notice("A draft."))
		if !errors.Is(err, want) || it.State != Drafted || it.Written.Note != nil || it.Code != (humancode.Code{}) {
			t.Errorf("got %v, state %s, want %v and a draft", err, it.State, want)
		}
		if err := o.Resume(ctx, it); err != nil || it.State != SentOut {
			t.Errorf("when it is back: got %v", err)
		}
	}

	// A monitor with another secret proves nothing.
	other, err := clinic.NewMonitor("other.example", o.cfg.Rand)
	if err != nil {
		t.Fatal(err)
	}
	o.client = &second{m: other.Prover()}
	if it, err = o.Send(ctx, notice("Wrong monitor.")); !errors.Is(err, clinic.ErrProof) || it.State != Drafted {
		t.Errorf("other secret: got %v, state %s, want %v", err, it.State, clinic.ErrProof)
	}

	// What ends a key or a message is handed over directly.
	o.client = far
	if err := o.Withdraw(ctx, it.Ref, contact.InError, nil); !errors.Is(err, ErrNoMessage) {
		t.Errorf("withdraw a draft: got %v, want %v", err, ErrNoMessage)
	}
	if _, err := o.Revoke(ctx, RevokeRequest{Who: "front-desk", Reason: contact.Compromised, Revoker: d.made.Revokers[0]}); err != nil || len(far.got) != 1 {
		t.Errorf("revoke: got %v, %d notes handed over, want one", err, len(far.got))
	}
	if _, err := o.Send(ctx, notice("After the end.")); !errors.Is(err, clinic.ErrNotGranted) {
		t.Errorf("after the end: got %v, want %v", err, clinic.ErrNotGranted)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	d, o := newDesk(t)
	l := List{Digest: [32]byte{1}}
	for i := range 150 {
		l.Drafts = append(l.Drafts, notice("Message "+strconv.Itoa(i%7)+" for you."))
	}
	// The server fails in the middle: what was sent stays, and the same list goes on.
	n := 0
	d.fake.set(func() {
		d.fake.publish = func(a *chaperonev1.PublishResponse) (*chaperonev1.PublishResponse, error) {
			if n++; n > 80 {
				return nil, connect.NewError(connect.CodeUnavailable, "down")
			}
			return a, nil
		}
	})
	// A second person approves the list, once.
	_, err := o.SendList(t.Context(), l, func(int, int) {})
	waits, ok := errors.AsType[*monitor.ApprovalError](err)
	if !ok || waits.Why != "batch" || len(d.fake.order) != 0 {
		t.Fatalf("got %v, %d leaves, want a second person and none", err, len(d.fake.order))
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.approve(ben, waits.Name, 150); err != nil {
		t.Fatal(err)
	}
	o = d.open()
	items, err := o.SendList(t.Context(), l, func(int, int) {})
	if !errors.Is(err, clinic.ErrOffline) {
		t.Fatalf("got %v, want %v", err, clinic.ErrOffline)
	}
	codes := map[int]humancode.Code{}
	for i, it := range items {
		if it.State == SentOut {
			codes[i] = it.Code
		}
	}
	if len(codes) != 80 {
		t.Errorf("got %d sent, want 80", len(codes))
	}
	d.fake.set(func() { d.fake.publish = nil })
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	o = d.open()
	last := 0
	if items, err = o.SendList(t.Context(), l, func(done, _ int) { last = done }); err != nil {
		t.Fatal(err)
	}
	seen := map[humancode.Code]bool{}
	for i, it := range items {
		if it.State != SentOut || seen[it.Code] || it.Draft.Batch == nil || it.Row != i+1 {
			t.Errorf("row %d: state %s, code twice: %v", i+1, it.State, seen[it.Code])
		}
		if was, ok := codes[i]; ok && was != it.Code {
			t.Errorf("row %d: its code changed", i+1)
		}
		seen[it.Code] = true
	}
	if last != 150 || len(d.fake.order) != 150 {
		t.Errorf("got progress to %d, %d leaves, want 150", last, len(d.fake.order))
	}
	l.Drafts[3].Body = "See https://example.com now."
	l.Digest = [32]byte{2}
	var bad *RowError
	if _, err := o.SendList(t.Context(), l, func(int, int) {}); !errors.As(err, &bad) || bad.Row != 4 || !errors.Is(err, clinic.ErrRefused) {
		t.Errorf("bad row: got %v, want row 4", err)
	}
}
