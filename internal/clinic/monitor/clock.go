package monitor

import (
	"fmt"
	"time"
)

// clockSlack is by how much this machine's clock may be behind what it wrote itself, or off
// what witnesses say, in seconds.
const clockSlack = 300

// now is this machine's time, never before what it wrote itself. m.mu is held.
func (m *Monitor) now() int64 { return max(m.cfg.Now().Unix(), m.floor) }

// checkClock raises an alarm when the clock was set back. m.mu is held.
func (m *Monitor) checkClock() error {
	if t := m.cfg.Now().Unix(); t < m.floor-clockSlack {
		return m.raise(AlarmClock, fmt.Sprintf("back from %d", m.floor/3600), time.Unix(m.floor, 0).UTC().Format(time.RFC3339))
	}
	return nil
}
