package patient

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/translog"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

// CodeCheck is a code that the patient wants to check, and what they have beside it.
type CodeCheck struct {
	Code string
	// Typed says that the code was typed by hand, so that a slip is likely: the first wrong one
	// is MISTYPED. The same wrong one again is UNKNOWN. Leave it false for what was pasted or
	// scanned.
	Typed bool
	// Text is what the patient received; nil for nothing to compare.
	Text *string
	// Channel is how it came: "app", "email", "sms", "post", "portal", or "" when not known.
	Channel string
	// Sender is the caller or sender as the patient sees it; "" when not known.
	Sender string
}

// LogValue keeps codes and mail out of logs.
func (CodeCheck) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// Checked is a verdict and what this device says beside it.
type Checked struct {
	contact.Verdict
	// Saved compares sender and text with what the patient saved of their clinics. It is never
	// a reason to trust.
	Saved SavedMatch
	// Server is the host that was asked when no clinic is pinned, to say "no message with this
	// code on this server"; "" otherwise.
	Server string
	// SeenAt is when a message that was shown as trusted was checked before; zero for the first
	// time.
	SeenAt time.Time
}

// LogValue keeps it out of logs.
func (Checked) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// CheckCode asks the servers of all pinned clinics for a code and judges what they answer;
// without a pinned clinic it asks the server in use. Clinics that were not asked about for an
// hour are asked about first, all of them, so that it says nothing about the code. What servers
// do wrong is a verdict, not an error: an error means that nothing could be decided, and the
// message is not to be trusted. It fails with ErrNoServer when there is no server to ask.
func (d *Device) CheckCode(ctx context.Context, c CodeCheck) (Checked, error) {
	out, err := d.checkCode(ctx, c)
	if err != nil {
		return Checked{}, fmt.Errorf("check code: %w", err)
	}
	out.Saved = d.CompareSaved(textOf(c.Text), c.Sender)
	return out, nil
}

func textOf(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func (d *Device) checkCode(ctx context.Context, c CodeCheck) (Checked, error) {
	if err := ctx.Err(); err != nil {
		return Checked{}, err
	}
	in := contact.CodeInput{Code: c.Code, Sure: !c.Typed, Text: c.Text, Channel: c.Channel}
	code, err := readCode(c.Code)
	if err != nil {
		in.Code = ""
		in.Sure = d.wrongCode(c.Code) || in.Sure
		v, _, err := contact.VerifyCode(in)
		return Checked{Verdict: v}, err
	}
	in.Code = code.Symbols()
	d.refreshDue(ctx)
	if in.Memory, err = d.memory(); err != nil {
		return Checked{}, err
	}
	servers := d.serversToAsk(in.Memory)
	if len(servers) == 0 {
		return Checked{}, ErrNoServer
	}
	lock, err := contact.NewLock(code)
	if err != nil {
		return Checked{}, err
	}
	f := d.lookUp(ctx, servers, lock, d.allKnown(in.Memory))
	in.Answer, in.Envelope = f.answer, f.envelope
	asked := ""
	if len(in.Memory.Pins) == 0 {
		asked = hostOf(servers[0])
	}
	note := noteOf(lock, f.envelope, in.Memory.Pairs)
	p, err := d.papersFor(ctx, in.Memory, note, f.server)
	if err != nil {
		return Checked{}, err
	}
	in.Evidence = p.evidence(note)
	if !isPinned(in.Memory, p.Clinic) {
		in.Evidence = p.visitor(in.Evidence)
	}
	in.Evidence.MessageProof = f.proof
	in.Now, in.FreshHead, in.Prefixes = d.now(), d.freshHead(p.Clinic), p.Placed
	v, learned, err := contact.VerifyCode(in)
	if err == nil && len(v.Unplaced) > 0 {
		// The server that gave the message knows where in its log it stands.
		in.Prefixes = slices.Concat(in.Prefixes, d.place(ctx, p.Clinic, []string{f.server}, v.Unplaced))
		v, learned, err = contact.VerifyCode(in)
	}
	if err != nil {
		return Checked{}, err
	}
	out, err := d.settle(v, learned, trusted{Code: in.Code, Envelope: f.envelope, Proof: f.proof}, note)
	out.Server = asked
	return out, err
}

// qrPrefix stands before the symbols of a code in its QR picture.
const qrPrefix = "CHAPERONE1:"

// readCode reads a code as typed, pasted or scanned.
func readCode(typed string) (humancode.Code, error) {
	typed = strings.TrimSpace(typed)
	if len(typed) >= len(qrPrefix) && strings.EqualFold(typed[:len(qrPrefix)], qrPrefix) {
		typed = typed[len(qrPrefix):]
	}
	return humancode.Parse(typed, humancode.MessageLen)
}

// wrongCode remembers what was typed and reports whether it is the same as the last time.
func (d *Device) wrongCode(typed string) bool {
	sum := sha256.Sum256([]byte(strings.ToUpper(strings.Join(strings.FieldsFunc(typed, func(r rune) bool {
		return strings.ContainsRune(" -.\t\r\n", r)
	}), ""))))
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	same := d.notes.wrong == sum
	d.notes.wrong = sum
	return same
}

// CheckBundle judges a bundle, which brings its own evidence: no server is asked. text is what
// the patient received, nil for nothing to compare; sender is as in [CodeCheck]. It fails with
// contact.ErrMalformed or contact.ErrTooLarge for what is no bundle.
func (d *Device) CheckBundle(ctx context.Context, bundle []byte, text *string, sender string) (Checked, error) {
	out, err := d.checkBundle(ctx, bundle, text)
	if err != nil {
		return Checked{}, fmt.Errorf("verify message: %w", err)
	}
	out.Saved = d.CompareSaved(textOf(text), sender)
	return out, nil
}

// Verify is [Device.CheckBundle] for who has no sender and no use for what was saved.
func (d *Device) Verify(ctx context.Context, bundle []byte, text *string) (contact.Verdict, error) {
	out, err := d.CheckBundle(ctx, bundle, text, "")
	return out.Verdict, err
}

func (d *Device) checkBundle(ctx context.Context, bundle []byte, text *string) (Checked, error) {
	if err := ctx.Err(); err != nil {
		return Checked{}, err
	}
	memory, err := d.memory()
	if err != nil {
		return Checked{}, err
	}
	b, err := contact.ParseBundle(bundle)
	if err != nil {
		return Checked{}, err
	}
	in := contact.Input{Bundle: bundle, Text: text, Memory: memory, Now: d.now()}
	clinic := clinicOf(b.Message)
	p, err := d.papersOf(clinic)
	if err != nil {
		p = papers{} // a bundle brings its own
	}
	in.FreshHead, in.Prefixes = d.freshHead(clinic), p.Placed
	v, learned, err := contact.Verify(in)
	if err != nil {
		return Checked{}, err
	}
	d.wantPlaced(clinic, v.Unplaced)
	return d.settle(v, learned, trusted{Bundle: bundle}, b.Message)
}

// settle remembers what was learned, withholds what may not be shown yet, and keeps a message
// that is shown as trusted.
func (d *Device) settle(v contact.Verdict, learned contact.Memory, t trusted, note []byte) (Checked, error) {
	d.mu.Lock()
	err := d.remember(learned, nil)
	unasked := slices.Contains(d.local.Unasked, hex.EncodeToString(v.ClinicID[:]))
	d.mu.Unlock()
	if err != nil {
		return Checked{}, err
	}
	out := Checked{Verdict: v}
	class := v.Headline.Class()
	if class != contact.Amber && class != contact.Green {
		d.judgeAgain()
		return out, nil
	}
	if unasked {
		out.Verdict = notChecked(v)
		return out, nil
	}
	if out.SeenAt = d.trust(v, t, note); !out.SeenAt.IsZero() {
		out.Remarks = append(slices.Clone(v.Remarks), contact.RemarkSeenBefore)
	}
	d.judgeAgain()
	return out, nil
}

// notChecked is what an amber or green verdict becomes while a restored vault has not heard from
// the clinic's servers: the copy may be an old one, and what was found out since is not in it.
func notChecked(v contact.Verdict) contact.Verdict {
	v.Headline, v.Findings = contact.Stale, []contact.Finding{contact.Stale}
	v.Body, v.Signer, v.StatusAt = "", "", time.Time{}
	v.Remarks = slices.DeleteFunc(slices.Clone(v.Remarks), func(r contact.Remark) bool { return r == contact.RemarkPinnedOn })
	return v
}

// remember merges what was learned into the vault. also may change what belongs to this device
// alone and reports whether it did. A disk that cannot take it does not hold up a verdict: it
// stays in memory until the next save. mu is held.
func (d *Device) remember(learned contact.Memory, also func(*vault.Local) bool) error {
	if d.closed {
		return ErrClosed
	}
	next := clone(&d.local)
	next.State.Contact = next.State.Contact.Merge(learned)
	whole := d.local.State.Contact.Merge(d.beyond)
	news := !reflect.DeepEqual(whole.Merge(learned), whole)
	if news {
		tick(&next.State)
	}
	if also != nil && also(&next) || news {
		if err := d.write(&next); err != nil {
			d.local = next
		}
	}
	return nil
}

// serversToAsk returns where to look for a code: at every server of every pinned clinic, or at the
// server in use.
func (d *Device) serversToAsk(m contact.Memory) []string {
	own := d.Server()
	var out []string
	for _, p := range m.Pins {
		out = append(out, d.serversOf(p.Clinic)...)
	}
	if len(m.Pins) == 0 && own != "" {
		out = []string{own}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(len(out), maxServers)]
}

// allKnown reports whether the servers of every pinned clinic are known: otherwise nobody can say
// that there is no such message.
func (d *Device) allKnown(m contact.Memory) bool {
	return here(d.Server()) || !slices.ContainsFunc(m.Pins, func(p contact.Pin) bool {
		c, ok := m.Clinic(p.Clinic, d.now())
		return !ok || len(c.Servers) == 0
	})
}

// lookUp asks servers for a message side by side. What is found wins over what is not, and of what
// is found that which the code opens. complete says that these servers are all there are.
func (d *Device) lookUp(ctx context.Context, servers []string, lock contact.Lock, complete bool) found {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	id := lock.ID()
	answers := make([]found, len(servers))
	var wg sync.WaitGroup
	for i, server := range servers {
		wg.Go(func() {
			answer, err := d.contactClient(server, lookUpSize).LookUp(ctx, &chaperonev1.LookUpRequest{Id: id[:]})
			if err != nil {
				return // no answer
			}
			if f, ok := readLookUp(answer.GetAnswer()); ok {
				f.server = server
				answers[i] = f
			}
		})
	}
	wg.Wait()
	best := found{answer: contact.NotFound}
	if !complete {
		best.answer = contact.NoAnswer
	}
	opened := false
	for _, f := range answers {
		switch f.answer {
		case contact.Found:
			_, err := contact.OpenOuter(lock, f.envelope)
			if best.answer != contact.Found || err == nil && !opened {
				best, opened = f, err == nil
			}
		case contact.Deleted:
			if best.answer != contact.Found {
				best = f
			}
		case contact.NoAnswer:
			if best.answer == contact.NotFound {
				best.answer = contact.NoAnswer
			}
		}
	}
	return best
}

// noteOf opens an envelope and returns the signed note in it, or nil: verification says why.
func noteOf(lock contact.Lock, envelope []byte, pairs []contact.Pair) []byte {
	o, err := contact.OpenOuter(lock, envelope)
	if err != nil {
		return nil
	}
	if !o.Enrolled {
		p, err := o.Bearer()
		if err != nil {
			return nil
		}
		return p.Note
	}
	for _, pair := range pairs {
		if !o.For(pair.Key) {
			continue
		}
		if p, err := o.Open(pair.Key.Device(o.Signer)); err == nil {
			return p.Note
		}
	}
	return nil
}

// clinicOf returns the clinic that a signed message names; zeros when it names none.
func clinicOf(note []byte) [32]byte {
	s, err := translog.ParseSigned(note)
	if err != nil {
		return [32]byte{}
	}
	m, err := contact.ParseMessage(s.Text)
	if err != nil {
		return [32]byte{}
	}
	return m.Clinic
}

func isPinned(m contact.Memory, clinic [32]byte) bool {
	return slices.ContainsFunc(m.Pins, func(p contact.Pin) bool { return p.Clinic == clinic })
}

// papersFor returns the papers of a message's clinic. About a clinic that is not pinned the server
// that has the message is asked once; nothing of it is kept.
func (d *Device) papersFor(ctx context.Context, m contact.Memory, note []byte, server string) (papers, error) {
	clinic := clinicOf(note)
	if clinic == ([32]byte{}) {
		return papers{}, nil
	}
	if isPinned(m, clinic) {
		return d.papersOf(clinic)
	}
	p := papers{Clinic: clinic}
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	t, err := d.askClinic(ctx, server, clinic[:], nil, 0)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return papers{}, err
		}
		return p, nil // without its papers the message reads as unproven
	}
	p.Notes, p.Policies, p.Status, p.Heads = t.news.Notes, t.news.Policies, t.news.Status, t.news.Heads
	return p, nil
}

// freshHead is the newest time that a server proved within the last minute; zero for none.
func (d *Device) freshHead(clinic [32]byte) time.Time {
	now := d.now()
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	f, ok := d.notes.fresh[clinic]
	if since := now.Sub(f.at); !ok || since < 0 || since > freshFor {
		return time.Time{}
	}
	return f.head
}

// hostOf is a server's name as a person reads it.
func hostOf(server string) string {
	u, err := url.Parse(server)
	if err != nil {
		return ""
	}
	return u.Host
}
