package office

import "time"

// warnAhead is how long before its end something is named by [Office.Ending].
const warnAhead = 14 * 24 * time.Hour

// Ending is something that ends soon, or has ended, unless the root holders renew it.
type Ending struct {
	What  string // key, epoch (the monitor's VRF secret) or policy
	Label string // of a key
	Until time.Time
}

// Ending returns what ends within 14 days or is over, and is of use still: keys that were not
// ended, the newest epoch, and the newest policy.
func (o *Office) Ending() []Ending {
	var out []Ending
	soon := o.cfg.Now().Add(warnAhead).Unix()
	for _, g := range o.view.grants {
		if g.Revoked == nil && g.NotAfter <= soon {
			out = append(out, Ending{"key", g.Label, time.Unix(g.NotAfter, 0)})
		}
	}
	p, ok := o.Profile()
	if !ok {
		return out
	}
	var epoch, policy int64
	for _, e := range p.Monitors {
		epoch = max(epoch, e.NotAfter)
	}
	for _, r := range p.Policies {
		policy = max(policy, r.NotAfter)
	}
	if epoch <= soon {
		out = append(out, Ending{"epoch", "", time.Unix(epoch, 0)})
	}
	if policy <= soon {
		out = append(out, Ending{"policy", "", time.Unix(policy, 0)})
	}
	return out
}
