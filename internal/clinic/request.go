package clinic

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// MonitorRequest is what a monitor's machine says of itself before the clinic grants it.
type MonitorRequest struct {
	Key translog.Key
	VRF [32]byte
}

const (
	monitorRequest = "chaperone-monitor:"
	deviceRequest  = "chaperone-device:"
)

// String returns the request as it is carried from one machine to the other, without spaces.
func (m MonitorRequest) String() string {
	return monitorRequest + m.Key.String() + "," + base64.StdEncoding.EncodeToString(m.VRF[:])
}

// ParseMonitorRequest reads [MonitorRequest.String]. It fails with contact.ErrMalformed.
func ParseMonitorRequest(text string) (MonitorRequest, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), monitorRequest)
	vkey, vrf, found := strings.Cut(rest, ",")
	raw, err := base64.StdEncoding.Strict().DecodeString(vrf)
	if !ok || !found || err != nil || len(raw) != 32 {
		return MonitorRequest{}, fmt.Errorf("monitor request: %w", contact.ErrMalformed)
	}
	k, err := parseKey(vkey)
	if err != nil {
		return MonitorRequest{}, fmt.Errorf("monitor request: %w", err)
	}
	return MonitorRequest{k, [32]byte(raw)}, nil
}

func parseKey(vkey string) (translog.Key, error) {
	k, err := translog.ParseKey(vkey)
	if err != nil || k.Alg != translog.AlgEd25519 {
		return translog.Key{}, contact.ErrMalformed
	}
	return k, nil
}

// DeviceRequest is how a device's key is carried to the root holders.
func DeviceRequest(k translog.Key) string { return deviceRequest + k.String() }

// ParseDeviceRequest reads [DeviceRequest]. It fails with contact.ErrMalformed.
func ParseDeviceRequest(text string) (translog.Key, error) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(text), deviceRequest)
	if !ok {
		return translog.Key{}, fmt.Errorf("device request: %w", contact.ErrMalformed)
	}
	k, err := parseKey(rest)
	if err != nil {
		return translog.Key{}, fmt.Errorf("device request: %w", err)
	}
	return k, nil
}
