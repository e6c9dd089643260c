package monitor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Errors of reading a log.
var (
	// ErrLog says that a log's head or leaves are not what its policy and its tree demand.
	ErrLog = errors.New("the log does not fit its head")
	// ErrNoServer says that there is no server to read from.
	ErrNoServer = errors.New("no server is set")
)

// staleAfter is how old the newest head that enough witnesses signed may be, in seconds.
const staleAfter = 30 * 60

// tailState is how far both logs were read: tail.json.
type tailState struct {
	Logs map[string]position `json:"logs"` // by clinic.KeysLog, clinic.MsgsLog
	// Started is when reading began: nothing is stale before that is half an hour ago.
	Started int64 `json:"started"`
	// Restored says that the folder came back from a backup: what was proved after it is not in
	// the outbox.
	Restored bool `json:"restored,omitempty"`
}

// position is how far a log was read and verified: what stands to the left of Size is known by
// the hashes of its perfect subtrees, so that a longer tree can be recomputed from the leaves
// that are new.
type position struct {
	Origin     string         `json:"origin"` // "" while the log is empty
	Read       bool           `json:"read"`   // whether it was read to the end
	Size       int64          `json:"size"`
	Root       contact.Hash   `json:"root"`
	Hashes     []contact.Hash `json:"hashes"`
	Checkpoint string         `json:"checkpoint"` // the newest, as signed
	Fresh      int64          `json:"fresh"`      // newest time at which enough witnesses stood by it
	Witness    int64          `json:"witness"`    // greatest size that a witness named
	Alone      aloneHead      `json:"alone"`
}

// aloneHead is the last head that the log signed and too few witnesses.
type aloneHead struct {
	Origin string       `json:"origin"`
	Size   int64        `json:"size"`
	Root   contact.Hash `json:"root"`
}

// finding is something in the leaves that is ours, held back until the head is recomputed.
type finding struct {
	index  int64
	note   []byte   // of the keys log
	commit [32]byte // of the msgs log
}

// Tail reads what is new in both logs. Everything that it finds is acted upon before it counts
// as read. Errors say what could not be read; what must not be is an alarm.
func (m *Monitor) Tail(ctx context.Context) error {
	if m.cfg.Server == nil {
		return ErrNoServer
	}
	m.rounds.Lock()
	defer m.rounds.Unlock()
	m.mu.Lock()
	_, err := m.profile()
	if m.tails.Logs == nil {
		m.tails = tailState{Logs: map[string]position{}, Started: m.now(), Restored: m.tails.Restored}
	}
	clock := m.checkClock()
	m.mu.Unlock()
	if err != nil {
		return err
	}
	err = errors.Join(clock, m.fetchPolicies(ctx))
	for _, log := range []string{clinic.KeysLog, clinic.MsgsLog} {
		err = errors.Join(err, m.tail(ctx, log), m.checkFresh(log))
	}
	return err
}

// fetchPolicies asks the server for the text of policies that the profile lists.
func (m *Monitor) fetchPolicies(ctx context.Context) error {
	m.mu.Lock()
	refs, err := m.policies()
	missing := err == nil && slices.ContainsFunc(refs, func(r contact.PolicyRef) bool { return m.view.policies[r.Hash] == nil })
	id := m.view.clinic
	m.mu.Unlock()
	if err != nil || !missing {
		return err
	}
	page, err := m.cfg.Server.GetClinic(ctx, id, 0)
	if err != nil {
		return fmt.Errorf("fetch policies: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, text := range page.Policies {
		if slices.ContainsFunc(refs, func(r contact.PolicyRef) bool { return r.Hash == contact.PolicyHash(text) }) {
			m.view.addPolicy(text)
		}
	}
	return nil
}

// accept verifies a checkpoint under the policies that the profile lists.
func (m *Monitor) accept(raw []byte, log string) (translog.Checkpoint, translog.Head, *translog.Policy, error) {
	c, err := translog.ParseCheckpoint(raw)
	if err != nil || !strings.HasSuffix(c.Origin, "/"+log) {
		return c, translog.Head{}, nil, fmt.Errorf("%w: checkpoint", ErrLog)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	refs, err := m.policies()
	if err != nil {
		return c, translog.Head{}, nil, err
	}
	err = fmt.Errorf("%w: no policy of the profile accepts its head", ErrLog)
	for _, ref := range refs {
		policy := m.view.policies[ref.Hash]
		if policy == nil {
			continue
		}
		h, cerr := policy.Check(c)
		if cerr == nil && h.LoggedAt >= ref.NotBefore && h.LoggedAt <= ref.NotAfter {
			return c, h, policy, nil
		}
		if cerr != nil && !errors.Is(err, translog.ErrNoQuorum) { // which says the most
			err = fmt.Errorf("%w: %w", ErrLog, cerr)
		}
	}
	return c, translog.Head{}, nil, err
}

func (m *Monitor) tail(ctx context.Context, log string) error {
	raw, err := m.cfg.Server.Checkpoint(ctx, log)
	if errors.Is(err, clinic.ErrNotThere) {
		return m.emptyLog(log)
	}
	if err != nil {
		return fmt.Errorf("read %s head: %w", log, err)
	}
	c, head, policy, err := m.accept(raw, log)
	if err != nil {
		return fmt.Errorf("read %s head: %w", log, errors.Join(err, m.contradicted(log, c, err)))
	}
	m.mu.Lock()
	pos := m.tails.Logs[log]
	started := pos.Origin != ""
	m.mu.Unlock()
	if started && pos.Origin != head.Origin {
		m.mu.Lock()
		err := m.raise(AlarmOrigin, head.Origin, head.Origin)
		m.mu.Unlock()
		if err != nil {
			return err
		}
		pos = position{}
	}
	pos.Origin = head.Origin
	switch {
	case head.Size < pos.Size:
		// Old, or a fork: its root cannot be told from here. Enough witnesses sign no smaller
		// head after a greater one, so a younger one is another history.
		older, _, _, err := m.accept([]byte(pos.Checkpoint), log)
		if err == nil && older.Size == pos.Size && head.LoggedAt > m.loggedAt(pos.Checkpoint, policy) {
			return m.fork(log, c.Size, "smaller")
		}
		return fmt.Errorf("read %s head: %w: smaller than before", log, ErrLog)
	case head.Size == pos.Size && started && pos.Root != contact.Hash(head.Root):
		return m.fork(log, c.Size, "root")
	case head.Size > pos.Size:
		if pos, err = m.read(ctx, log, pos, head); err != nil {
			return err
		}
	default:
		pos.Root = head.Root
	}
	pos.Read, pos.Checkpoint, pos.Fresh = true, string(raw), max(pos.Fresh, head.SeenAt)
	seen := m.askWitnesses(ctx, c, policy, &pos)
	m.mu.Lock()
	defer m.mu.Unlock()
	if seen > 0 {
		if err := m.compareClock(seen); err != nil {
			return err
		}
	}
	if _, asked := witnessURLs(policy); !asked {
		// Nobody but the server can be asked: that it answered is all there is.
		pos.Fresh = max(pos.Fresh, m.cfg.Now().Unix())
	}
	return m.savePosition(log, pos)
}

// contradicted raises an alarm when the log signed a head that too few witnesses did, and another
// root of that size before: whoever shows it has two histories in hand, or means to.
func (m *Monitor) contradicted(log string, c translog.Checkpoint, refused error) error {
	if !errors.Is(refused, translog.ErrNoQuorum) {
		return nil
	}
	m.mu.Lock()
	pos := m.tails.Logs[log]
	root := contact.Hash(c.Root)
	other := pos.Origin == c.Origin && pos.Size == c.Size && pos.Root != root ||
		pos.Alone.Origin == c.Origin && pos.Alone.Size == c.Size && pos.Alone.Root != root
	pos.Alone = aloneHead{c.Origin, c.Size, root}
	err := m.savePosition(log, pos)
	m.mu.Unlock()
	if err != nil || !other {
		return err
	}
	return m.fork(log, c.Size, "alone")
}

// emptyLog takes note that a server says a log has no entry yet. After the first head that is
// no answer any more, nor when something was proved half an hour ago and should be there.
func (m *Monitor) emptyLog(log string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	pos := m.tails.Logs[log]
	if pos.Origin != "" || log == clinic.KeysLog {
		return fmt.Errorf("read %s head: %w: it is gone", log, ErrLog)
	}
	pos.Read, pos.Root = true, sha256.Sum256(nil)
	if e := m.outbox.entries; len(e) == 0 || m.now()-e[0].Time <= staleAfter {
		pos.Fresh = m.now()
	}
	return m.savePosition(log, pos)
}

func (m *Monitor) loggedAt(checkpoint string, policy *translog.Policy) int64 {
	c, err := translog.ParseCheckpoint([]byte(checkpoint))
	if err != nil {
		return 0
	}
	h, err := policy.Check(c)
	if err != nil {
		return 0
	}
	return h.LoggedAt
}

func (m *Monitor) savePosition(log string, pos position) error {
	// The first reading of the messages after a restore answers for what came after the backup.
	next := tailState{Logs: maps.Clone(m.tails.Logs), Started: m.tails.Started, Restored: m.tails.Restored && log != clinic.MsgsLog}
	next.Logs[log] = pos
	if err := writeJSON(m.dir, tailFile, next); err != nil {
		return err
	}
	m.tails = next
	return nil
}

func (m *Monitor) fork(log string, size int64, how string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.raise(AlarmFork, fmt.Sprintf("%s %d %s", log, size, how), fmt.Sprintf("%s %d", log, size)); err != nil {
		return err
	}
	return fmt.Errorf("read %s head: %w: two histories", log, ErrLog)
}

// read reads the leaves up to a head, recomputes its root, and then acts on what is ours.
func (m *Monitor) read(ctx context.Context, log string, pos position, head translog.Head) (position, error) {
	hashes := make([][]byte, len(pos.Hashes))
	for i := range pos.Hashes {
		hashes[i] = pos.Hashes[i][:]
	}
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	tree, err := factory.NewRange(0, uint64(pos.Size), hashes) //nolint:gosec // >= 0
	if err != nil {
		return pos, fmt.Errorf("%s: %w", tailFile, disk.ErrDamaged)
	}
	scan := m.scanner(log)
	defer scan.stop()
	for at := pos.Size; at < head.Size; {
		leaves, err := m.cfg.Server.Entries(ctx, log, at, head.Size-at)
		if err != nil {
			return pos, fmt.Errorf("read %s: %w", log, err)
		}
		if n := int64(len(leaves)); n == 0 || n > head.Size-at {
			return pos, fmt.Errorf("read %s: %w: leaves", log, ErrLog)
		}
		for _, leaf := range leaves {
			if err := tree.Append(rfc6962.DefaultHasher.HashLeaf(leaf), nil); err != nil {
				return pos, fmt.Errorf("read %s: %w", log, err)
			}
		}
		scan.add(at, leaves)
		at += int64(len(leaves))
	}
	found := scan.stop()
	root, err := tree.GetRootHash(nil)
	if err != nil {
		return pos, fmt.Errorf("read %s: %w", log, err)
	}
	if head.Size > 0 && string(root) != string(head.Root[:]) {
		// The server gave other leaves than it signed, or signed another history.
		return pos, m.fork(log, head.Size, "leaves")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if log == clinic.MsgsLog && m.tails.Restored {
		if found, err = m.afterBackup(found); err != nil {
			return pos, err
		}
	}
	for _, f := range found {
		if err := m.act(log, f, head.LoggedAt); err != nil {
			return pos, err
		}
	}
	pos.Size, pos.Root, pos.Hashes = head.Size, head.Root, nil
	for _, h := range tree.Hashes() {
		pos.Hashes = append(pos.Hashes, contact.Hash(h))
	}
	return pos, nil
}

// afterBackup raises one alarm for all messages in the clinic's name that this folder, which came
// back from a backup, does not know, and returns the others. m.mu is held.
func (m *Monitor) afterBackup(found []finding) ([]finding, error) {
	var known, unknown []finding
	for _, f := range found {
		if _, ok := m.outbox.get(f.commit); ok {
			known = append(known, f)
		} else {
			unknown = append(unknown, f)
		}
	}
	if len(unknown) == 0 {
		return known, nil
	}
	first, last := unknown[0], unknown[len(unknown)-1]
	about := fmt.Sprintf("msgs %d-%d: %d", first.index, last.index, len(unknown))
	return known, m.raise(AlarmPublished, fmt.Sprintf("after backup %d %d %x", first.index, last.index, first.commit), about)
}

// act does what a leaf of ours asks for. m.mu is held.
func (m *Monitor) act(log string, f finding, loggedAt int64) error {
	if log == clinic.MsgsLog {
		if _, ok := m.outbox.get(f.commit); ok {
			return nil
		}
		return m.raise(AlarmPublished, fmt.Sprintf("%d %x", f.index, f.commit), fmt.Sprintf("msgs %d", f.index))
	}
	place := fmt.Sprintf("keys %d", f.index)
	s, err := translog.ParseSigned(f.note)
	if err != nil {
		return m.raise(AlarmForged, place, place)
	}
	hash := contact.NoteHash(s.Text)
	if m.logged[hash] {
		return nil // a log that takes the place of another has the same notes again
	}
	conflicts := len(m.view.conflicts)
	a, err := m.view.apply(f.note, loggedAt)
	if err != nil {
		return m.raise(AlarmForged, place+" "+hex.EncodeToString(hash[:8]), place)
	}
	if err := m.notes.append(noteRecord{What: "logged", Note: string(f.note), Hash: hash, At: loggedAt, Index: f.index, Seen: m.now()}); err != nil {
		return err
	}
	m.logged[hash] = true
	if len(m.view.conflicts) > conflicts {
		if err := m.raise(AlarmFork, "profile "+hex.EncodeToString(hash[:8]), place); err != nil {
			return err
		}
	}
	if a.status {
		m.status.Due = true
	}
	if err := m.checkOwnKey(); err != nil {
		return err
	}
	if m.known[hash] || a.kind == "grant" && (m.expected[a.key] || a.key == contact.KeyHash(m.cfg.Keys.Key())) {
		return nil
	}
	return m.raise(AlarmNote, hex.EncodeToString(hash[:]), place+" "+a.kind)
}

// checkOwnKey looks for the end of our own key, and for VRF keys that are not ours. m.mu is held.
func (m *Monitor) checkOwnKey() error {
	own := contact.KeyHash(m.cfg.Keys.Key())
	if e := m.view.ended[own]; e.stolen || e.retired {
		if err := m.raise(AlarmOwnKey, "ended", "key"); err != nil {
			return err
		}
	}
	if m.view.profile == nil || len(m.otherMonitors()) > 0 {
		return nil
	}
	for _, e := range m.view.profile.Monitors {
		if _, ok := m.cfg.Keys.epoch(e); !ok {
			if err := m.raise(AlarmOwnKey, hex.EncodeToString(e.Key[:]), fmt.Sprintf("epoch %d", e.N)); err != nil {
				return err
			}
		}
	}
	return nil
}

// otherMonitors are the keys of the clinic's other monitors. m.mu is held.
func (m *Monitor) otherMonitors() [][32]byte {
	var out [][32]byte
	own := contact.KeyHash(m.cfg.Keys.Key())
	for _, h := range m.view.order {
		if g := m.view.grants[h]; g.Role == contact.RoleMonitor && h != own {
			out = append(out, h)
		}
	}
	return out
}

// checkFresh raises an alarm when no head was fresh for half an hour.
func (m *Monitor) checkFresh(log string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	pos := m.tails.Logs[log]
	since := max(pos.Fresh, m.tails.Started)
	if !m.cfg.Since.IsZero() {
		since = max(since, m.cfg.Since.Unix())
	}
	if m.clockOff || m.now()-since <= staleAfter {
		return nil // by a clock that is off nothing is old or new; that is an alarm already
	}
	about := log
	if pos.Witness > pos.Size {
		about = fmt.Sprintf("%s: a witness has %d, the server shows %d", log, pos.Witness, pos.Size)
	}
	return m.raise(AlarmStale, fmt.Sprintf("%s %d", log, since), about)
}
