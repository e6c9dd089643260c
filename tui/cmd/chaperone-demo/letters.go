package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/clinic/office"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// letter is a message as it reached the patient.
type letter struct {
	Name   string `json:"name"`             // of its files in the folder "letters", and of its words
	Text   string `json:"text"`             // as it came
	Code   string `json:"code,omitempty"`   // in groups; "" when a message file came with it
	Bundle []byte `json:"bundle,omitempty"` // the message file; nil when a code came with it
}

// read is the whole mail.
func (l letter) read() string {
	if l.Code == "" {
		return l.Text
	}
	return l.Text + "\n" + l.Code + "\n"
}

// The letters, in the order in which they lie on the table.
const (
	clinicLetter    = "from-the-clinic"
	phoneLetter     = "changed-number"
	linkLetter      = "changed-link"
	walletLetter    = "changed-wallet"
	ownLetter       = "for-you-alone"
	otherLetter     = "for-somebody-else"
	oldLetter       = "an-old-one"
	withdrawnLetter = "taken-back"
	disownedLetter  = "from-an-open-pc"
	forgedLetter    = "with-a-changed-file"
	unknownLetter   = "with-a-made-up-code"
	stolenLetter    = "from-a-copied-pc"
	unprovenLetter  = "without-the-monitor"
	strangeLetter   = "from-another-clinic"
	staleLetter     = "from-a-quiet-clinic"
	forkedLetter    = "from-a-second-log"
)

// story is what the table says of a letter.
type story struct {
	name        string
	label, note words.Key
}

func stories() []story {
	return []story{
		{clinicLetter, words.DemoGenuine, words.DemoGenuineNote},
		{phoneLetter, words.DemoPhoneLetter, words.DemoPhoneLetterNote},
		{linkLetter, words.DemoLinkLetter, words.DemoLinkLetterNote},
		{walletLetter, words.DemoWalletLetter, words.DemoWalletLetterNote},
		{ownLetter, words.DemoOwnLetter, words.DemoOwnLetterNote},
		{otherLetter, words.DemoOtherLetter, words.DemoOtherLetterNote},
		{oldLetter, words.DemoOldLetter, words.DemoOldLetterNote},
		{withdrawnLetter, words.DemoWithdrawnLetter, words.DemoWithdrawnLetterNote},
		{disownedLetter, words.DemoDisownedLetter, words.DemoDisownedLetterNote},
		{forgedLetter, words.DemoForgedLetter, words.DemoForgedLetterNote},
		{unknownLetter, words.DemoUnknownLetter, words.DemoUnknownLetterNote},
		{stolenLetter, words.DemoStolenLetter, words.DemoStolenLetterNote},
		{unprovenLetter, words.DemoUnprovenLetter, words.DemoUnprovenLetterNote},
		{strangeLetter, words.DemoStrangeLetter, words.DemoStrangeLetterNote},
		{staleLetter, words.DemoStaleLetter, words.DemoStaleLetterNote},
		{forkedLetter, words.DemoForkedLetter, words.DemoForkedLetterNote},
	}
}

// bodies are the words of what the letters say; of those that were changed on their way, of what
// was added.
func bodies() map[string]words.Key {
	return map[string]words.Key{
		clinicLetter: words.DemoBody, phoneLetter: words.DemoPhoneLine, linkLetter: words.DemoLinkLine, walletLetter: words.DemoWalletLine,
		ownLetter: words.DemoOwnBody, otherLetter: words.DemoOtherBody, oldLetter: words.DemoOldBody,
		withdrawnLetter: words.DemoWithdrawnBody, disownedLetter: words.DemoDisownedBody, forgedLetter: words.DemoForgedBody,
		unknownLetter: words.DemoUnknownBody, stolenLetter: words.DemoStolenBody, unprovenLetter: words.DemoUnprovenBody,
		strangeLetter: words.DemoStrangeBody, staleLetter: words.DemoStaleBody, forkedLetter: words.DemoForkedBody,
	}
}

// The clinics are made up. Their numbers are of those kept for stories.
func clinics() []*house {
	return []*house{
		{name: "Example Aesthetics", slug: "example-aesthetics", phone: "+12025550142"},
		{name: "Sample Skin Clinic", slug: "sample-skin-clinic", phone: "+12025550143", unpinned: true},
		{name: "Quiet Street Clinic", slug: "quiet-street-clinic", phone: "+12025550144", stopped: true},
		{name: "Harbor Dental Example", slug: "harbor-dental-example", phone: "+12025550145"},
	}
}

const (
	day   = 24 * time.Hour
	setUp = 40 * day // how long ago it all began
)

// scribe writes the letters, day by day.
type scribe struct {
	*town
	ctx     context.Context //nolint:containedctx // of the writing alone
	text    func(string) string
	attack  *attacker
	letters map[string]letter
}

// write plays forty days: what the clinics did, and what was done to them. text turns the name of
// a body into words.
func (t *town) write(ctx context.Context, text func(string) string) error {
	s := &scribe{town: t, ctx: ctx, text: text, letters: map[string]letter{}, attack: &attacker{
		dir: t.path("attacker"), server: t.cfg, clock: &t.clock, rand: t.rand("attacker"),
	}}
	for _, step := range []func() error{s.begin, s.weeksAgo, s.theft, s.yesterday, s.today} {
		if err := step(); err != nil {
			return fmt.Errorf("write letters: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	for _, st := range stories() {
		l, ok := s.letters[st.name]
		if !ok {
			return errors.New("write letters: one is missing")
		}
		t.Letters = append(t.Letters, l)
	}
	t.Schema, t.LoggedAt = worldSchema, t.clock.now().Unix()
	return nil
}

func (s *scribe) put(name, body string, code humancode.Code) {
	s.letters[name] = letter{Name: name, Text: contact.Canon(body), Code: code.Grouped()}
}

// begin sets the clinics up. The patient was at the desk of three of them, ten days later.
func (s *scribe) begin() error {
	// Each of them waits for the disk again and again; together they wait less.
	errs := make([]error, len(s.houses))
	var all sync.WaitGroup
	for i, h := range s.houses {
		all.Go(func() {
			if err := h.found(s.ctx); err != nil {
				errs[i] = fmt.Errorf("%s: %w", h.slug, err)
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, h := range s.houses {
		set, ok := h.desk.Roots()
		if !ok {
			return clinic.ErrRoots
		}
		if !h.unpinned {
			s.Pins = append(s.Pins, contact.NewPin(set, h.name, contact.InPerson, time.Now().Add(-30*day).Unix()))
		}
	}
	s.Pair = contact.Pair{Clinic: s.Pins[0].Clinic, Since: s.Pins[0].FirstSeen}
	_, err := s.rand("pair").Read(s.Pair.Key[:])
	if err != nil {
		return err
	}
	return s.houses[0].hire(s.ctx, backOffice, "Back office", contact.KindNotice, contact.KindAppointment)
}

// weeksAgo has the letters that ran out, were taken back and were disowned, and the last one of
// the clinic whose monitor stopped.
func (s *scribe) weeksAgo() error {
	h, quiet := s.houses[0], s.houses[2]
	s.clock.ago(20 * day)
	it, err := h.send(s.ctx, s.text(oldLetter), 10*day)
	if err != nil {
		return err
	}
	s.put(oldLetter, s.text(oldLetter), it.Code)

	// Somebody sat down at the front desk while it stood open.
	s.clock.ago(8 * day)
	if it, err = h.send(s.ctx, s.text(disownedLetter), 0); err != nil {
		return err
	}
	s.put(disownedLetter, s.text(disownedLetter), it.Code)
	s.clock.ago(7 * day)
	roots, err := h.roots()
	if err != nil {
		return err
	}
	if err := h.desk.Withdraw(s.ctx, it.Ref, contact.NotOurs, roots); err != nil {
		return err
	}

	s.clock.ago(6 * day)
	if it, err = h.send(s.ctx, s.text(withdrawnLetter), 0); err != nil {
		return err
	}
	s.put(withdrawnLetter, s.text(withdrawnLetter), it.Code)
	s.clock.ago(5 * day)
	if err := h.desk.Withdraw(s.ctx, it.Ref, contact.InError, nil); err != nil {
		return err
	}

	if it, err = quiet.send(s.ctx, s.text(staleLetter), 0); err != nil {
		return err
	}
	s.put(staleLetter, s.text(staleLetter), it.Code)
	return quiet.mon.Round(s.ctx) // its last one
}

// theft copies a computer, and uses the copy a day later: once as the monitor knows it, once
// without asking the monitor.
func (s *scribe) theft() error {
	h := s.houses[0]
	s.clock.ago(3 * day)
	s.CopiedAt = s.clock.now().Unix()
	if err := s.attack.copyPC(h, backOffice); err != nil {
		return err
	}
	s.clock.ago(2 * day)
	code, err := s.attack.pc.send(s.ctx, s.text(stolenLetter))
	if err != nil {
		return err
	}
	s.put(stolenLetter, s.text(stolenLetter), code)
	return nil
}

func (s *scribe) yesterday() error {
	s.clock.ago(day)
	it, err := s.houses[1].send(s.ctx, s.text(strangeLetter), 0)
	if err != nil {
		return err
	}
	s.put(strangeLetter, s.text(strangeLetter), it.Code)
	doctor, err := s.houses[0].doctor(s.ctx)
	if err != nil {
		return err
	}
	var other contact.PairKey
	if _, err := s.rand("somebody else").Read(other[:]); err != nil {
		return err
	}
	code, err := doctor.sendTo(s.ctx, other, s.text(otherLetter))
	if err != nil {
		return err
	}
	s.put(otherLetter, s.text(otherLetter), code)
	code, err = doctor.sendTo(s.ctx, s.Pair.Key, s.text(ownLetter))
	if err != nil {
		return err
	}
	s.put(ownLetter, s.text(ownLetter), code)
	return nil
}

// today has what the attacker makes of this morning's mail. The clock ends at now.
func (s *scribe) today() error {
	h, harbor := s.houses[0], s.houses[3]
	s.clock.ago(4 * time.Hour)
	if err := s.status(); err != nil {
		return err
	}
	it, err := harbor.send(s.ctx, s.text(forkedLetter), 0)
	if err != nil {
		return err
	}
	bundle, err := harbor.desk.Bundle(s.ctx, it)
	if err != nil {
		return err
	}
	forked, err := s.attack.fork(s.ctx, letter{Text: contact.Canon(s.text(forkedLetter)), Bundle: bundle})
	if err != nil {
		return err
	}
	s.letters[forkedLetter] = forked

	s.clock.ago(3 * time.Hour)
	if it, err = h.send(s.ctx, s.text(clinicLetter), 0); err != nil {
		return err
	}
	s.put(clinicLetter, s.text(clinicLetter), it.Code)
	for _, name := range []string{phoneLetter, linkLetter, walletLetter} {
		s.letters[name] = s.attack.rewrite(s.letters[clinicLetter], name, s.text(name))
	}
	if bundle, err = h.desk.Bundle(s.ctx, it); err != nil {
		return err
	}
	if s.letters[forgedLetter], err = s.attack.forge(bundle, s.text(forgedLetter)); err != nil {
		return err
	}
	if s.letters[unknownLetter], err = s.attack.invent(s.text(unknownLetter)); err != nil {
		return err
	}
	s.letters[unprovenLetter], err = s.attack.unproven(bundle, h.desk.Grants(), s.text(unprovenLetter))
	if err != nil {
		return err
	}
	s.clock.ago(0)
	return s.status()
}

// status has the monitors that are at work look at the logs and sign a status, and the front
// desks take it in.
func (s *scribe) status() error {
	for _, h := range s.houses {
		if h.stopped {
			continue
		}
		if err := h.mon.Round(s.ctx); err != nil {
			return fmt.Errorf("%s: %w", h.slug, err)
		}
		if err := h.desk.Sync(s.ctx); err != nil {
			return fmt.Errorf("%s: %w", h.slug, err)
		}
	}
	return nil
}

// errNotFoundOut says that the monitor let two use one channel.
var errNotFoundOut = errors.New("the copied computer was not noticed")

// findOut is the day on which the back office wants to send something. The monitor refuses: its
// channel was used by somebody else. The root holders come together and end the key, from the day
// of the copy on.
func (t *town) findOut(ctx context.Context, text string) error {
	t.desks.Lock()
	defer t.desks.Unlock()
	h := t.houses[0]
	pc, err := h.machine(backOffice)
	if err != nil {
		return err
	}
	_, err = pc.Send(ctx, clinic.Draft{Kind: contact.KindAppointment, Channel: mail, Body: text})
	if closed := pc.Close(); closed != nil {
		return closed
	}
	if !errors.Is(err, clinic.ErrMonitorRefused) {
		return errors.Join(errNotFoundOut, err)
	}
	roots, err := h.roots()
	if err != nil {
		return err
	}
	if _, err := h.desk.Revoke(ctx, office.RevokeRequest{
		Who: backOffice, Reason: contact.Compromised, Since: t.CopiedAt, Roots: roots,
	}); err != nil {
		return err
	}
	if err := h.mon.Round(ctx); err != nil {
		return err
	}
	t.Found = true
	return t.save()
}
