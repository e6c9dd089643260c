package patient

import (
	"context"
	"log/slog"

	"github.com/chaperone-privacy/chaperone/internal/contact"
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
}

// CheckCode asks the servers of all pinned clinics for a code and judges what they answer;
// without a pinned clinic it asks the server in use. What servers do wrong is a verdict, not an
// error: an error means that nothing could be decided, and the message is not to be trusted.
func (d *Device) CheckCode(ctx context.Context, c CodeCheck) (Checked, error) {
	return Checked{}, errNotBuilt
}

// CheckBundle judges a bundle, which brings its own evidence: no server is asked. text is what
// the patient received, nil for nothing to compare; sender is as in [CodeCheck].
func (d *Device) CheckBundle(ctx context.Context, bundle []byte, text *string, sender string) (Checked, error) {
	return Checked{}, errNotBuilt
}
