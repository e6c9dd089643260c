package storetest

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

func statuses(t *testing.T, s Stores) {
	ctx := t.Context()
	put := func(clinic, signer byte, issued int64, note string) {
		t.Helper()
		wantErr(t, note, s.Notes.PutStatus(ctx, keylog.Status{
			Clinic: keylog.ClinicID{clinic}, Signer: [32]byte{signer}, Issued: issued, Note: []byte(note),
		}), nil)
	}
	want := func(s Stores, clinic byte, want ...string) {
		t.Helper()
		all, err := s.Notes.Statuses(ctx, keylog.ClinicID{clinic})
		slices.SortFunc(all, func(a, b keylog.Status) int { return cmp.Compare(a.Signer[0], b.Signer[0]) })
		var got []string
		for _, st := range all {
			got = append(got, string(st.Note))
			if st.Clinic != (keylog.ClinicID{clinic}) || st.Issued == 0 {
				t.Errorf("status: got clinic %v, issued %d", st.Clinic, st.Issued)
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("statuses of %d: %v, (-want +got):\n%s", clinic, err, diff)
		}
	}
	want(s, 1)
	put(1, 1, 100, "first")
	put(1, 1, 90, "older")
	put(1, 1, 100, "of the same moment")
	want(s, 1, "first")
	put(1, 1, 101, "newer")
	put(1, 2, 50, "by the other monitor")
	put(2, 1, 300, "of the other clinic")
	want(s, 1, "newer", "by the other monitor")
	want(s, 2, "of the other clinic")
	if s.Reopen != nil {
		s = s.Reopen(t)
		want(s, 1, "newer", "by the other monitor")
	}
}

// replaced: the old log keeps what its last good checkpoint holds, the new one begins empty, and
// what lost its place may be published again, by nobody else.
func replaced(t *testing.T, s Stores) {
	ctx, next := t.Context(), logwriter.Msgs.Next()
	wantErr(t, "batch", s.Envelopes.CommitBatch(ctx, batchOf(0, message(1), message(3), message(6))), nil)
	wantErr(t, "freeze", s.Logs.Freeze(ctx, logwriter.Msgs, 2, []byte("two")), nil)
	wantErr(t, "offer", s.Logs.Offer(ctx, logwriter.Msgs, 3, []byte("three")), nil)
	end := logwriter.Frozen{Log: logwriter.Msgs, Size: 2, Checkpoint: []byte("two"), Policy: []byte("policy")}
	none, err := s.Logs.Frozen(ctx)
	if len(none) != 0 || err != nil {
		t.Errorf("frozen: got %d, %v, want none", len(none), err)
	}
	wantErr(t, "a log that is not there", s.Logs.Replace(ctx, logwriter.Frozen{Log: next, Policy: []byte("p")}), logwriter.ErrMoved)
	wantErr(t, "replace", s.Logs.Replace(ctx, end), nil)
	wantErr(t, "replace again", s.Logs.Replace(ctx, end), logwriter.ErrMoved)
	if s.Reopen != nil {
		s = s.Reopen(t)
	}
	got, err := s.Logs.Frozen(ctx)
	if diff := gocmp.Diff([]logwriter.Frozen{end}, got); diff != "" || err != nil {
		t.Errorf("frozen: %v, (-want +got):\n%s", err, diff)
	}
	state, err := s.Logs.State(ctx, logwriter.Msgs)
	if err != nil || !state.Frozen || state.Size != 3 || string(state.Offered) != "two" {
		t.Errorf("state of the old log: got %+v, %v", state, err)
	}
	wantState(t, s, next, 0, nil)
	wantErr(t, "batch into the old log", s.Envelopes.CommitBatch(ctx, batchOf(3, message(9))), logwriter.ErrMoved)
	wantErr(t, "offer in the old log", s.Logs.Offer(ctx, logwriter.Msgs, 3, []byte("three")), logwriter.ErrMoved)

	places := func(want map[uint64]envelope.Message) {
		t.Helper()
		for n, w := range want {
			got, err := s.Envelopes.Get(ctx, message(n).ID)
			if err != nil || got.Log != w.Log || got.Index != w.Index || !bytes.Equal(got.Sealed, message(n).Sealed) {
				t.Errorf("message %d: got log %d, index %d, %v, want %d, %d", n, got.Log, got.Index, err, w.Log, w.Index)
			}
		}
	}
	places(map[uint64]envelope.Message{1: {Log: logwriter.Msgs}, 3: {Log: logwriter.Msgs, Index: 1}, 6: {Index: 2}})
	other, sameCommit := message(6), message(6)
	other.Digest[0]++
	sameCommit.ID[0]++
	sameCommit.Digest[0]++
	standing, err := s.Envelopes.Standing(ctx, []envelope.Row{message(3), message(6), other, sameCommit})
	want := []logwriter.Standing{{Taken: true, Index: 1, Same: true}, {}, {Taken: true, Index: 2}, {Taken: true, Index: 2}}
	if diff := gocmp.Diff(want, standing); diff != "" || err != nil {
		t.Errorf("standing: %v, (-want +got):\n%s", err, diff)
	}
	again := func(size int64, rows ...envelope.Row) logwriter.Batch[envelope.Row] {
		b := batchOf(size, rows...)
		b.Log = next
		return b
	}
	for what, bad := range map[string]envelope.Row{"one that has its place": message(1), "other bytes under its id": other, "its commit under another id": sameCommit} {
		wantErr(t, what, s.Envelopes.CommitBatch(ctx, again(0, message(9), bad)), logwriter.ErrTaken)
	}
	wantErr(t, "batch into the new log", s.Envelopes.CommitBatch(ctx, again(0, message(9), message(6))), nil)
	wantErr(t, "again", s.Envelopes.CommitBatch(ctx, again(2, message(6))), logwriter.ErrTaken)
	places(map[uint64]envelope.Message{1: {Log: logwriter.Msgs}, 9: {Log: next}, 6: {Log: next, Index: 1}})
	leaves, err := s.Logs.Leaves(ctx, next, 0, 10)
	if len(leaves) != 2 || err != nil {
		t.Errorf("leaves of the new log: got %d, %v, want 2", len(leaves), err)
	}
	copies, err := s.Envelopes.Inbox(ctx, message(9).Watch, next, -1, 10)
	if len(copies) != 1 || err != nil {
		t.Errorf("copies in the new log: got %d, %v, want 1", len(copies), err)
	}
	size, cp, err := s.Logs.First(ctx, logwriter.Msgs, 1)
	if size != 2 || string(cp) != "two" || err != nil {
		t.Errorf("first checkpoint of the old log: got %d, %q, %v", size, cp, err)
	}
	wantErr(t, "replace the new one", s.Logs.Replace(ctx, logwriter.Frozen{Log: next, Policy: []byte("p")}), nil)
	if all, err := s.Logs.Frozen(ctx); len(all) != 2 || err != nil || all[1].Log != next || all[1].Checkpoint != nil {
		t.Errorf("frozen: got %+v, %v, want two", all, err)
	}
	places(map[uint64]envelope.Message{1: {Log: logwriter.Msgs}, 9: {}, 6: {Index: 1}})
}

// replacedKeys: the new keys log takes the notes of the old one again, which stay where they were.
func replacedKeys(t *testing.T, s Stores) {
	ctx, next := t.Context(), logwriter.Keys.Next()
	first := []keylog.Row{noteRow(1, 1, "profile 1"), noteRow(2, 1, "")}
	wantErr(t, "batch", s.Notes.CommitBatch(ctx, noteBatch(0, first...)), nil)
	wantErr(t, "replace", s.Logs.Replace(ctx, logwriter.Frozen{Log: logwriter.Keys, Policy: []byte("policy")}), nil)
	later := s.NotesOf(next)
	standing, err := later.Standing(ctx, first)
	if diff := gocmp.Diff(make([]logwriter.Standing, 2), standing); diff != "" || err != nil {
		t.Errorf("standing in the new log: %v, (-want +got):\n%s", err, diff)
	}
	b := noteBatch(0, first[1], first[0])
	b.Log = next
	wantErr(t, "batch into the new log", later.CommitBatch(ctx, b), nil)
	for i, store := range []keylog.Store{s.Notes, later} {
		all, err := store.All(ctx, -1, 10)
		own, err2 := store.Notes(ctx, keylog.ClinicID{1}, -1, 10)
		if diff := gocmp.Diff(all, own); diff != "" || err != nil || err2 != nil || len(all) != 2 || !bytes.Equal(all[0].Note, noteText(first[i])) {
			t.Errorf("notes of log %d: got %d, %v, %v, %s", i+1, len(all), err, err2, diff)
		}
	}
	standing, err = s.Notes.Standing(ctx, first[:1])
	if err != nil || standing[0] != (logwriter.Standing{Taken: true, Same: true}) {
		t.Errorf("standing in the old log: got %+v, %v", standing, err)
	}
	if n, err := later.Count(ctx, keylog.ClinicID{1}, keylog.Statement, 0); n != 2 || err != nil {
		t.Errorf("count in the new log: got %d, %v, want 2", n, err)
	}
	if n, err := later.Count(ctx, keylog.ClinicID{1}, keylog.Ending, 0); n != 0 || err != nil {
		t.Errorf("count of another sort: got %d, %v, want 0", n, err)
	}
}
