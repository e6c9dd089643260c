package monitor

import (
	"context"
	"fmt"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// Deliver takes notes of the clinic by hand, each signed by who may sign it after those before it
// have been logged: they are no surprise in the log, and what ends or takes back counts from now
// on. It fails with a [*RefusalError] for a note that nobody signed who may, and then none counts.
func (m *Monitor) Deliver(notes ...[]byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.deliver(notes...)
}

func (m *Monitor) deliver(notes ...[]byte) error {
	// A grant or a profile that comes early is verified when it is met in the log; until then it
	// gives no right, but that heads may be judged by the policies of the profile.
	after := m.view.clone()
	var records []noteRecord
	for _, note := range notes {
		s, err := translog.ParseSigned(note)
		if err != nil || len(note) > maxNote {
			return refuse("note")
		}
		r := noteRecord{What: "known", Hash: contact.NoteHash(s.Text), At: m.now(), Seen: m.now()}
		if m.known[r.Hash] {
			continue
		}
		a, err := after.apply(note, m.now())
		if err != nil {
			return refuse("note")
		}
		if a.urgent {
			r.What, r.Note = "given", string(note)
		}
		if a.kind == "clinic" {
			r.Note = string(note)
		}
		records = append(records, r)
	}
	for _, r := range records {
		if err := m.keepNote(r); err != nil {
			return err
		}
	}
	return nil
}

// keepNote keeps a note that was handed over, or made here, and counts it if it is urgent.
func (m *Monitor) keepNote(r noteRecord) error {
	if err := m.notes.append(r); err != nil {
		return refuse("disk")
	}
	m.known[r.Hash] = true
	if r.What != "given" {
		m.announce(r.Note)
		return nil
	}
	if _, err := m.view.apply([]byte(r.Note), r.At); err != nil {
		return refuse("note")
	}
	m.status.Due = true
	m.Wake()
	return nil
}

// Withdraw takes back messages in the clinic's name, also those that no device of it signed. It
// counts once a second person has said the same within the hour: then the note is kept, is in
// the next status, and is logged in the next round. The clinic of w is filled in. It fails with
// [ErrPerson], [ErrWait], contact.ErrMalformed, [ErrKeys] without keys, and a [*RefusalError].
func (m *Monitor) Withdraw(person, passphrase string, w contact.Withdraw) (done bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(person, passphrase); err != nil {
		return false, err
	}
	if m.cfg.Keys == nil {
		return false, ErrKeys
	}
	w.Clinic = m.view.clinic
	note, err := m.cfg.Keys.signers[0].SignWithdraw(w)
	if err != nil {
		return false, err
	}
	if _, err := m.view.clone().apply(note, m.now()); err != nil {
		return false, refuse("key") // not granted, not read yet, or ended
	}
	s, err := translog.ParseSigned(note)
	if err != nil {
		return false, refuse("note")
	}
	hash := contact.NoteHash(s.Text)
	if m.known[hash] {
		return true, nil
	}
	if done, err := m.second(fmt.Sprintf("withdraw %x", hash), person); err != nil || !done {
		return false, err
	}
	if err := m.keepNote(noteRecord{What: "given", Note: string(note), Hash: hash, At: m.now(), Seen: m.now(), Own: true}); err != nil {
		return false, err
	}
	m.own = append(m.own, note)
	return true, nil
}

// logOwn logs what this monitor signed, until it was read in the log.
func (m *Monitor) logOwn(ctx context.Context) error {
	m.mu.Lock()
	var notes [][]byte
	var hashes [][32]byte
	for _, note := range m.own {
		s, err := translog.ParseSigned(note)
		if hash := contact.NoteHash(s.Text); err == nil && !m.logged[hash] && !m.handed[hash] {
			notes, hashes = append(notes, note), append(hashes, hash)
		}
	}
	m.mu.Unlock()
	if m.cfg.Server == nil {
		return nil
	}
	for i, note := range notes {
		if _, _, err := m.cfg.Server.AppendNote(ctx, note); err != nil {
			return fmt.Errorf("log own note: %w", err)
		}
		m.mu.Lock()
		m.handed[hashes[i]] = true
		m.mu.Unlock()
	}
	return nil
}
