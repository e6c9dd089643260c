package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
)

func runLogs(t *testing.T, open func(t *testing.T) Stores) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s Stores)
	}{
		{"batch", batch},
		{"taken", taken},
		{"moved", moved},
		{"checkpoints", checkpoints},
		{"expiry", expiry},
		{"notes", notes},
		{"statuses", statuses},
		{"replaced log", replaced},
		{"replaced keys log", replacedKeys},
		{"sequencer against a plain tree", sequencer},
		{"two sequencers of one log", rivals},
		{"64 publishers that repeat themselves", repeats},
		{"reopened", reopenLogs},
		{"cancelled", cancelledLogs},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// message returns the n-th message; every third has a copy.
func message(n uint64) envelope.Row {
	r := envelope.Row{Sealed: content(n, 1920), Until: 20_000 + int64(n)}
	seed := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("message"), n))
	copy(r.ID[:], seed[:])
	r.Commit = sha256.Sum256(seed[:])
	r.Digest = sha256.Sum256(r.Commit[:])
	if n%3 == 0 {
		r.Watch, r.Copy = envelope.WatchID{byte(n % 2), 7}, content(n+1, 3840)
	}
	return r
}

func leafOf(r envelope.Row) []byte { return append(r.Commit[:], r.ID[:]...) }

// batchOf is a batch without hashes that mean anything: no engine looks into them.
func batchOf(size int64, rows ...envelope.Row) logwriter.Batch[envelope.Row] {
	b := logwriter.Batch[envelope.Row]{Log: logwriter.Msgs, Size: size, Rows: rows}
	for _, r := range rows {
		b.Leaves = append(b.Leaves, leafOf(r))
	}
	b.Tiles = []logwriter.Tile{
		{TileID: logwriter.TileID{Level: 0, Index: 0}, Hashes: content(uint64(size), 32*(int(size)+len(rows)))},
		{TileID: logwriter.TileID{Level: 1, Index: 3}, Hashes: content(uint64(size+1), 64)},
	}
	return b
}

func wantState(t *testing.T, s Stores, l logwriter.Log, size int64, offered []byte) {
	t.Helper()
	got, err := s.Logs.State(t.Context(), l)
	if err != nil || got.Size != size || !bytes.Equal(got.Offered, offered) {
		t.Errorf("state of %s: got size %d, offered %q, %v, want %d, %q", l, got.Size, got.Offered, err, size, offered)
	}
}

func wantMessage(t *testing.T, s Stores, r envelope.Row, index int64, sealed []byte) {
	t.Helper()
	got, err := s.Envelopes.Get(t.Context(), r.ID)
	if err != nil || got.Index != index || !bytes.Equal(got.Sealed, sealed) || (got.Sealed == nil) != (sealed == nil) {
		t.Errorf("message: got index %d, %d bytes, %v, want %d, %d bytes", got.Index, len(got.Sealed), err, index, len(sealed))
	}
}

func batch(t *testing.T, s Stores) {
	ctx := t.Context()
	wantState(t, s, logwriter.Msgs, 0, nil)
	wantState(t, s, logwriter.Keys, 0, nil)
	_, err := s.Envelopes.Get(ctx, message(1).ID)
	wantErr(t, "get of nothing", err, envelope.ErrNotFound)
	b := batchOf(0, message(1), message(3))
	wantErr(t, "first batch", s.Envelopes.CommitBatch(ctx, b), nil)
	again := batchOf(2, message(6), message(9))
	wantErr(t, "second batch", s.Envelopes.CommitBatch(ctx, again), nil)
	wantState(t, s, logwriter.Msgs, 4, nil)
	wantState(t, s, logwriter.Keys, 0, nil)
	for i, n := range []uint64{1, 3, 6, 9} {
		wantMessage(t, s, message(n), int64(i), message(n).Sealed)
	}
	tiles, err := s.Logs.Tiles(ctx, logwriter.Msgs, []logwriter.TileID{{Level: 1, Index: 3}, {Level: 0, Index: 0}})
	if err != nil || len(tiles) != 2 || !bytes.Equal(tiles[0], again.Tiles[1].Hashes) || !bytes.Equal(tiles[1], again.Tiles[0].Hashes) {
		t.Errorf("tiles: got %d, %v, want those of the second batch in the order asked for", len(tiles), err)
	}
	for _, ids := range [][]logwriter.TileID{{{Level: 0, Index: 1}}, {{Level: 0, Index: 0}, {Level: 2, Index: 0}}} {
		_, err := s.Logs.Tiles(ctx, logwriter.Msgs, ids)
		wantErr(t, "tile that is not there", err, logwriter.ErrNotFound)
	}
	_, err = s.Logs.Tiles(ctx, logwriter.Keys, []logwriter.TileID{{}})
	wantErr(t, "tile of the other log", err, logwriter.ErrNotFound)
	none, err := s.Logs.Tiles(ctx, logwriter.Msgs, nil)
	if len(none) != 0 || err != nil {
		t.Errorf("no tiles: got %d, %v", len(none), err)
	}
	for _, q := range []struct {
		from int64
		n    int
		want []uint64
	}{{0, 10, []uint64{1, 3, 6, 9}}, {1, 2, []uint64{3, 6}}, {3, 5, []uint64{9}}, {4, 5, nil}} {
		leaves, err := s.Logs.Leaves(ctx, logwriter.Msgs, q.from, q.n)
		var want [][]byte
		for _, n := range q.want {
			want = append(want, leafOf(message(n)))
		}
		if diff := cmp.Diff(want, leaves, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("leaves from %d: %v, (-want +got):\n%s", q.from, err, diff)
		}
	}
	wantCopies(t, s, envelope.WatchID{1, 7}, -1, 10, 1, 3)
	wantCopies(t, s, envelope.WatchID{1, 7}, 1, 10, 3)
	wantCopies(t, s, envelope.WatchID{1, 7}, -1, 1, 1)
	wantCopies(t, s, envelope.WatchID{0, 7}, -1, 10, 2)
	wantCopies(t, s, envelope.WatchID{9}, -1, 10)
}

// wantCopies compares the indexes of copies; the messages 1, 3, 6, 9 have the indexes 0 to 3.
func wantCopies(t *testing.T, s Stores, watch envelope.WatchID, after int64, most int, want ...int64) {
	t.Helper()
	copies, err := s.Envelopes.Inbox(t.Context(), watch, logwriter.Msgs, after, most)
	var got []int64
	for _, c := range copies {
		got = append(got, c.Index)
		if n := []uint64{1, 3, 6, 9}[c.Index]; !bytes.Equal(c.Sealed, message(n).Copy) {
			t.Errorf("copy at %d: got other bytes", c.Index)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("inbox: %v, (-want +got):\n%s", err, diff)
	}
}

// taken: an id or a commit that is in use keeps the whole batch out.
func taken(t *testing.T, s Stores) {
	ctx := t.Context()
	wantErr(t, "batch", s.Envelopes.CommitBatch(ctx, batchOf(0, message(1), message(3))), nil)
	sameID, sameCommit := message(5), message(7)
	sameID.ID, sameCommit.Commit = message(1).ID, message(3).Commit
	for _, bad := range []envelope.Row{message(1), sameID, sameCommit} {
		wantErr(t, "taken", s.Envelopes.CommitBatch(ctx, batchOf(2, message(6), bad)), logwriter.ErrTaken)
		_, err := s.Envelopes.Get(ctx, message(6).ID)
		wantErr(t, "a row beside a taken one", err, envelope.ErrNotFound)
		wantState(t, s, logwriter.Msgs, 2, nil)
	}
	got, err := s.Envelopes.Standing(ctx, []envelope.Row{message(3), message(6), sameID, sameCommit, message(1)})
	want := []logwriter.Standing{{Taken: true, Index: 1, Same: true}, {}, {Taken: true}, {Taken: true, Index: 1}, {Taken: true, Same: true}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("standing: %v, (-want +got):\n%s", err, diff)
	}
	leaves, err := s.Logs.Leaves(ctx, logwriter.Msgs, 0, 10)
	if len(leaves) != 2 || err != nil {
		t.Errorf("leaves: got %d, %v, want 2", len(leaves), err)
	}
	wantCopies(t, s, envelope.WatchID{0, 7}, -1, 10)
}

func moved(t *testing.T, s Stores) {
	ctx := t.Context()
	wantErr(t, "ahead", s.Envelopes.CommitBatch(ctx, batchOf(1, message(1))), logwriter.ErrMoved)
	wantErr(t, "batch", s.Envelopes.CommitBatch(ctx, batchOf(0, message(1))), nil)
	wantErr(t, "behind", s.Envelopes.CommitBatch(ctx, batchOf(0, message(2))), logwriter.ErrMoved)
	_, err := s.Envelopes.Get(ctx, message(2).ID)
	wantErr(t, "a row of a batch that moved", err, envelope.ErrNotFound)

	errs := together(func(i int) error {
		return s.Envelopes.CommitBatch(ctx, batchOf(1, message(uint64(100+i))))
	})
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantErr(t, "rival", err, logwriter.ErrMoved)
	}
	if won != 1 {
		t.Errorf("got %d winners, want 1", won)
	}
	wantState(t, s, logwriter.Msgs, 2, nil)
}

func checkpoints(t *testing.T, s Stores) {
	ctx, g := t.Context(), s.Logs
	wantErr(t, "batch", s.Envelopes.CommitBatch(ctx, batchOf(0, message(1), message(2), message(3), message(4))), nil)
	_, _, err := g.First(ctx, logwriter.Msgs, 0)
	wantErr(t, "first of none", err, logwriter.ErrNotFound)
	_, _, err = g.Newest(ctx, logwriter.Msgs)
	wantErr(t, "newest of none", err, logwriter.ErrNotFound)

	wantErr(t, "offer", g.Offer(ctx, logwriter.Msgs, 3, []byte("three")), nil)
	wantErr(t, "offer less", g.Offer(ctx, logwriter.Msgs, 2, []byte("two")), logwriter.ErrMoved)
	wantErr(t, "offer more than there is", g.Offer(ctx, logwriter.Msgs, 5, []byte("five")), logwriter.ErrMoved)
	wantState(t, s, logwriter.Msgs, 4, []byte("three"))
	wantState(t, s, logwriter.Keys, 0, nil)
	wantErr(t, "offer again", g.Offer(ctx, logwriter.Msgs, 3, []byte("three")), nil)

	wantErr(t, "freeze", g.Freeze(ctx, logwriter.Msgs, 4, []byte("d")), nil)
	wantErr(t, "freeze", g.Freeze(ctx, logwriter.Msgs, 2, []byte("b")), nil)
	wantErr(t, "freeze again", g.Freeze(ctx, logwriter.Msgs, 2, []byte("other")), nil)
	for index, want := range []string{"b", "b", "d", "d"} {
		size, cp, err := g.First(ctx, logwriter.Msgs, int64(index))
		if string(cp) != want || size != int64(want[0]-'a'+1) || err != nil {
			t.Errorf("first above %d: got %q, %d, %v, want %q", index, cp, size, err, want)
		}
	}
	_, _, err = g.First(ctx, logwriter.Msgs, 4)
	wantErr(t, "first above all", err, logwriter.ErrNotFound)
	if size, cp, err := g.Newest(ctx, logwriter.Msgs); size != 4 || string(cp) != "d" || err != nil {
		t.Errorf("newest: got %d, %q, %v, want 4, d", size, cp, err)
	}
	_, _, err = g.Newest(ctx, logwriter.Keys)
	wantErr(t, "newest of the other log", err, logwriter.ErrNotFound)
}

func expiry(t *testing.T, s Stores) {
	ctx := t.Context()
	rows := []envelope.Row{message(1), message(3), message(6), message(9)} // last days 20001, 3, 6, 9
	wantErr(t, "batch", s.Envelopes.CommitBatch(ctx, batchOf(0, rows...)), nil)
	for _, step := range []struct {
		day, mark int64
		most      int
		want      int
	}{
		{20_001, 19_000, 10, 0}, // the last day itself
		{20_002, 19_000, 10, 1},
		{20_007, 19_000, 1, 2}, // one envelope, one copy
		{20_007, 19_000, 10, 2},
		{20_007, 20_001, 10, 0},
		{20_007, 20_004, 10, 2},
		{20_007, 20_100, 10, 1}, // never what still has its envelope
	} {
		n, err := s.Envelopes.Expire(ctx, step.day, step.mark, step.most)
		if n != step.want || err != nil {
			t.Errorf("expire before %d, marks before %d: got %d, %v, want %d", step.day, step.mark, n, err, step.want)
		}
		if step.mark == 19_000 && step.day == 20_002 {
			wantMessage(t, s, rows[0], 0, nil)
			got, err := s.Envelopes.Standing(ctx, rows[:1])
			if err != nil || got[0] != (logwriter.Standing{Taken: true, Same: true}) {
				t.Errorf("standing of a tombstone: got %+v, %v", got, err)
			}
		}
	}
	for _, r := range rows[:3] {
		_, err := s.Envelopes.Get(ctx, r.ID)
		wantErr(t, "forgotten", err, envelope.ErrNotFound)
	}
	wantMessage(t, s, rows[3], 3, rows[3].Sealed)
	wantCopies(t, s, envelope.WatchID{1, 7}, -1, 10, 3)
	wantCopies(t, s, envelope.WatchID{0, 7}, -1, 10)
	leaves, err := s.Logs.Leaves(ctx, logwriter.Msgs, 0, 10)
	if len(leaves) != 4 || err != nil {
		t.Errorf("leaves: got %d, %v, want 4: they stay", len(leaves), err)
	}
}

func noteBatch(size int64, rows ...keylog.Row) logwriter.Batch[keylog.Row] {
	b := logwriter.Batch[keylog.Row]{Log: logwriter.Keys, Size: size, Rows: rows}
	for _, r := range rows {
		b.Leaves = append(b.Leaves, noteText(r))
	}
	return b
}

func noteText(r keylog.Row) []byte { return append([]byte("note "), r.Hash[:]...) }

func noteRow(n byte, clinic byte, serial string) keylog.Row {
	return keylog.Row{Clinic: keylog.ClinicID{clinic}, Hash: [32]byte{n}, Serial: serial, Day: 20_000 + int64(n)}
}

func notes(t *testing.T, s Stores) {
	ctx := t.Context()
	all := []keylog.Row{noteRow(1, 1, "profile 1"), noteRow(2, 1, ""), noteRow(3, 2, "profile 1"), noteRow(4, 1, ""), noteRow(5, 1, "profile 2")}
	wantErr(t, "first", s.Notes.CommitBatch(ctx, noteBatch(0, all[:2]...)), nil)
	wantErr(t, "second", s.Notes.CommitBatch(ctx, noteBatch(2, all[2:]...)), nil)
	wantErr(t, "same note", s.Notes.CommitBatch(ctx, noteBatch(5, noteRow(9, 3, ""), noteRow(2, 1, ""))), logwriter.ErrTaken)
	wantErr(t, "same number", s.Notes.CommitBatch(ctx, noteBatch(5, noteRow(9, 1, "profile 2"))), logwriter.ErrTaken)
	wantState(t, s, logwriter.Keys, 5, nil)
	wantState(t, s, logwriter.Msgs, 0, nil)
	got, err := s.Notes.Standing(ctx, []keylog.Row{all[3], noteRow(9, 1, "profile 2"), noteRow(9, 2, "profile 2"), noteRow(9, 1, "")})
	want := []logwriter.Standing{{Taken: true, Index: 3, Same: true}, {Taken: true, Index: 4}, {}, {}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("standing: %v, (-want +got):\n%s", err, diff)
	}
	list := func(what string, got []keylog.Note, err error, want ...int) {
		t.Helper()
		var wantNotes []keylog.Note
		for _, i := range want {
			wantNotes = append(wantNotes, keylog.Note{Clinic: all[i].Clinic, Index: int64(i), Note: noteText(all[i])})
		}
		if diff := cmp.Diff(wantNotes, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
			t.Errorf("%s: %v, (-want +got):\n%s", what, err, diff)
		}
	}
	of, err := s.Notes.Notes(ctx, keylog.ClinicID{1}, -1, 3)
	list("a clinic's", of, err, 0, 1, 3)
	of, err = s.Notes.Notes(ctx, keylog.ClinicID{1}, 1, 3)
	list("a clinic's later", of, err, 3, 4)
	of, err = s.Notes.Notes(ctx, keylog.ClinicID{7}, -1, 3)
	list("nobody's", of, err)
	of, err = s.Notes.All(ctx, -1, 4)
	list("all", of, err, 0, 1, 2, 3)
	of, err = s.Notes.All(ctx, 3, 4)
	list("all later", of, err, 4)
	for day, want := range map[int64]int{20_000: 4, 20_001: 3, 20_004: 1, 20_005: 0} {
		if n, err := s.Notes.Count(ctx, keylog.ClinicID{1}, keylog.Statement, day); n != want || err != nil {
			t.Errorf("count after %d: got %d, %v, want %d", day, n, err, want)
		}
	}
}
