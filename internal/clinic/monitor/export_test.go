package monitor

import (
	"context"
	"net"
	"net/http"

	"github.com/chaperone-privacy/chaperone/internal/clinic"
)

// MaxWaiting is a limit that tests go up to.
const MaxWaiting = maxWaiting

// SetStep has each step of a change on disk ask f first.
func (m *Monitor) SetStep(f func(string) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dir.Step = f
}

// Policies is how many witness policies the monitor holds.
func (m *Monitor) Policies() int { return len(m.view.policies) }

// PinnedTransport is the transport of a device.
func PinnedTransport(pin [32]byte, dialer func(ctx context.Context, network, address string) (net.Conn, error)) *http.Transport {
	return dial("https://x.invalid", pin, dialer).transport
}

// Prover returns the monitor of one VRF secret.
func (k *Keys) Prover(i int) *clinic.Monitor { return k.signers[i] }

// ScanLeaves tries all secrets on leaves, on all processors, and counts what is ours.
func ScanLeaves(k *Keys, leaves [][]byte) int {
	m := &Monitor{cfg: Config{Keys: k}, view: newView([32]byte{})}
	s := m.scanner(clinic.MsgsLog)
	for len(leaves) > 0 {
		n := min(256, len(leaves))
		s.add(0, leaves[:n])
		leaves = leaves[n:]
	}
	return len(s.stop())
}
