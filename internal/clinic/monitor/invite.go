package monitor

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// ErrInvitation says that an invitation does not read.
var ErrInvitation = errors.New("not an invitation of a monitor")

// Invitation is what a device is given by hand, so that it and its monitor know each other. It
// is as secret as the channel until the device has used it once; then it is of no use, and using
// it again is noticed.
//
//	chaperone/monitor-invitation/v1
//	clinic <b64 id>
//	device <vkey>
//	address <https origin>
//	pin <b64 SHA-256 of the monitor's certificate>
//	secret <b64 32>
type Invitation struct {
	Clinic  [32]byte
	Device  translog.Key
	Address string
	Pin     [32]byte
	Secret  Secret
}

const invitationType = "chaperone/monitor-invitation/v1"

// String hides the secret.
func (i Invitation) String() string { return "[redacted]" }

// Marshal returns the invitation's text.
func (i Invitation) Marshal() string {
	return fmt.Sprintf("%s\nclinic %s\ndevice %s\naddress %s\npin %s\nsecret %s\n", invitationType,
		contactB64(i.Clinic), i.Device, i.Address, contactB64(i.Pin), contactB64(i.Secret))
}

// ParseInvitation reads an invitation. It fails with [ErrInvitation].
func ParseInvitation(text string) (Invitation, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n") // it is carried by people
	lines := strings.Split(text, "\n")
	if len(lines) != 7 || lines[0] != invitationType || lines[6] != "" {
		return Invitation{}, ErrInvitation
	}
	var value [5]string
	for i, key := range []string{"clinic", "device", "address", "pin", "secret"} {
		v, ok := strings.CutPrefix(lines[i+1], key+" ")
		if !ok {
			return Invitation{}, ErrInvitation
		}
		value[i] = v
	}
	var out Invitation
	var err error
	if out.Device, err = translog.ParseKey(value[1]); err != nil || out.Device.Alg != translog.AlgEd25519 {
		return Invitation{}, ErrInvitation
	}
	if out.Address, err = clinic.CleanServer(value[2]); err != nil || out.Address != value[2] || !strings.HasPrefix(out.Address, "https://") {
		return Invitation{}, ErrInvitation
	}
	for i, to := range map[int]*[32]byte{0: &out.Clinic, 3: &out.Pin, 4: (*[32]byte)(&out.Secret)} {
		b, err := base64.StdEncoding.Strict().DecodeString(value[i])
		if err != nil || len(b) != 32 {
			return Invitation{}, ErrInvitation
		}
		*to = [32]byte(b)
	}
	return out, nil
}
