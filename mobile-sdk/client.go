package chaperone

import (
	"bytes"
	"context"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// Client is an open vault and what one does with it. Its methods may be called from any
// thread; those that write return once the change is on disk. Close it when the app goes
// away: until then no other process can open the vault.
type Client struct {
	mu      sync.Mutex
	device  *patient.Device // guarded by mu; nil when closed or never opened
	running map[*context.CancelFunc]struct{}
	words   *words.Catalogue // set once
	locale  string           // set once
	now     func() time.Time // set once
}

func newClient(device *patient.Device, cfg *Config) *Client {
	w := words.For(cfg.locale)
	now := cfg.now
	if now == nil {
		now = time.Now
	}
	return &Client{
		device:  device,
		running: map[*context.CancelFunc]struct{}{},
		words:   w,
		locale:  w.Locale(),
		now:     now,
	}
}

// open returns the device, or an error when there is none. Nobody holds mu while the device
// works, so that a slow disk or server does not keep Close waiting.
func (c *Client) open() (*patient.Device, error) {
	if c == nil {
		return nil, fail(CodeClosed)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.device == nil {
		return nil, fail(CodeClosed)
	}
	return c.device, nil
}

// Close stops what is running, drops the keys and releases the lock. It may be called twice.
func (c *Client) Close() (err error) {
	defer guard(&err)
	if c == nil {
		return nil
	}
	c.mu.Lock()
	device := c.device
	c.device = nil
	for cancel := range c.running {
		(*cancel)()
	}
	c.mu.Unlock()
	if device == nil {
		return nil
	}
	return mapped(device.Close())
}

// RecoveryCode returns the recovery code in groups of four while it has not been confirmed,
// so that a crash between showing and retyping it loses nothing; afterwards, and on a closed
// client, it returns "". Show it once, never store or send it.
func (c *Client) RecoveryCode() (code string) {
	defer guardValue(&code, "")
	device, err := c.open()
	if err != nil || device.RecoveryConfirmed() {
		return ""
	}
	secret, err := device.RecoveryCode()
	if err != nil {
		return ""
	}
	return secret.Grouped()
}

// RecoveryConfirmed reports whether the recovery code was retyped.
func (c *Client) RecoveryConfirmed() (confirmed bool) {
	defer guardValue(&confirmed, false)
	device, err := c.open()
	return err == nil && device.RecoveryConfirmed()
}

// ConfirmRecovery checks a retyped recovery code and fails with CodeWrongCode when it is
// another.
func (c *Client) ConfirmRecovery(code string) (err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return err
	}
	typed, err := humancode.Parse(code, humancode.RecoveryLen)
	if err != nil {
		return fail(CodeWrongCode)
	}
	return mapped(device.ConfirmRecovery(typed))
}

// Answered reports whether the four questions were answered or skipped before.
func (c *Client) Answered() (answered bool) {
	defer guardValue(&answered, false)
	device, err := c.open()
	return err == nil && device.State().Answered
}

// SetAnswers saves the answers to the four questions. It fails with CodeBadInput when one of
// them is not a value that the question takes.
func (c *Client) SetAnswers(answers *AnswersInput) (err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return err
	}
	a, err := answers.answers()
	if err != nil {
		return err
	}
	return mapped(device.SetAnswers(a))
}

// Plan returns the plan as it is now. A later change needs a new call. No network is used.
func (c *Client) Plan() (plan *Plan, err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return nil, err
	}
	view := planView{
		texts:  device.Pack().Text(c.locale),
		region: device.State().Answers.Region,
		now:    c.now(),
	}
	return view.plan(device.Plan()), nil
}

// Mark saves what the patient did with a row of the plan: one of the Status constants, but
// not StatusRecheck. platform is "" for the whole row. reason is one of the Reason constants
// with StatusSkipped and otherwise "". untilUnix is when to show the row again, with
// StatusLater, and otherwise 0. It fails with CodeBadInput for anything else.
func (c *Client) Mark(item, platform, status, reason string, untilUnix int64) (err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return err
	}
	if !validMark(status, reason, untilUnix) {
		return fail(CodeBadInput)
	}
	var until time.Time
	if untilUnix > 0 {
		until = time.Unix(untilUnix, 0)
	}
	key := checklist.RowKey{Item: item, Platform: platform}
	return mapped(device.Mark(key, checklist.Status(status), checklist.SkipReason(reason), until))
}

// Verify judges a bundle (a ".chaperone" file) against the clinics that this patient has
// pinned. text is what the patient received, when hasText is set; without it only the bundle
// is judged. No network is used. Evidence that is wrong gives a red [Verdict], not an error; an
// error means that nothing could be decided, and then the message counts as not genuine.
func (c *Client) Verify(bundle []byte, text string, hasText bool) (verdict *Verdict, err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return nil, err
	}
	var received *string
	if hasText {
		received = &text
	}
	v, err := device.Verify(context.Background(), bytes.Clone(bundle), received)
	if err != nil {
		return nil, mapped(err)
	}
	return newVerdict(c.words, v), nil
}

// CheckCode asks the servers of the pinned clinics for a code and judges what they answer; only
// a number made from the code leaves the device. typed says that it was typed by hand: a slip is
// then told from a forgery. text is what the patient received, when hasText is set. timeoutMs is
// how long it may take; 0 or less means 30 seconds. A server that does not answer gives a grey
// [Verdict], not an error. It fails with CodeNoServer, CodeTimeout or CodeCanceled (closed
// meanwhile); then nothing could be decided, and the message counts as not genuine.
func (c *Client) CheckCode(code string, typed bool, text string, hasText bool, timeoutMs int64) (verdict *Verdict, err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout(timeoutMs))
	defer cancel()
	if !c.track(&cancel) {
		return nil, fail(CodeClosed)
	}
	defer c.untrack(&cancel)
	check := patient.CodeCheck{Code: code, Typed: typed}
	if hasText {
		check.Text = &text
	}
	v, err := device.CheckCode(ctx, check)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, mapped(err)
	}
	return newVerdict(c.words, v.Verdict), nil
}

// Clinics lists the clinics that the patient has pinned.
func (c *Client) Clinics() (clinics *ClinicList, err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return nil, err
	}
	return newClinicList(device.State().Contact.Pins), nil
}

// ConfirmClinics accepts all of [Client.Clinics], after the patient has looked at those that came
// with a restore. Until then no message of theirs is genuine.
func (c *Client) ConfirmClinics() (err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return err
	}
	return mapped(device.ConfirmPins())
}

// SyncOnce merges with the sealed copy on the server and waits until both are the same.
// timeoutMs is how long it may take; 0 or less means 30 seconds. It fails with CodeNoServer,
// CodeOffline, CodeTimeout, CodeCanceled (closed meanwhile), CodeRefused, CodeDeleted or
// CodeDamaged (the server offered an older copy than this device has seen); what is on this
// device is as before then.
func (c *Client) SyncOnce(timeoutMs int64) (err error) {
	defer guard(&err)
	device, err := c.open()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout(timeoutMs))
	defer cancel()
	if !c.track(&cancel) {
		return fail(CodeClosed)
	}
	defer c.untrack(&cancel)
	_, err = device.Sync(ctx)
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return mapped(err)
}

func (c *Client) track(cancel *context.CancelFunc) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.device == nil {
		return false
	}
	c.running[cancel] = struct{}{}
	return true
}

func (c *Client) untrack(cancel *context.CancelFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.running, cancel)
}
