package patient

import (
	"context"
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// maxPlaced bounds what is kept of each kind of a clinic: a few heads for each trusted message.
const maxPlaced = 256

// addPrefixes adds those that are new, and keeps the newest.
func addPrefixes(all []contact.Prefix, more ...contact.Prefix) []contact.Prefix {
	all = slices.Clone(all)
	for _, p := range more {
		if !slices.ContainsFunc(all, p.Same) {
			all = append(all, p)
		}
	}
	return all[max(0, len(all)-maxPlaced):]
}

// place asks servers to show that heads of a pinned clinic lie on the branch of a log that the root
// froze, and keeps what they showed.
func (d *Device) place(ctx context.Context, clinic [32]byte, servers []string, wanted []contact.Prefix) []contact.Prefix {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	var shown []contact.Prefix
	for _, server := range servers {
		shown = append(shown, contact.ProvePrefixes(ctx, wanted, d.tilesOf(server))...)
		wanted = slices.DeleteFunc(slices.Clone(wanted), func(w contact.Prefix) bool { return slices.ContainsFunc(shown, w.Same) })
	}
	if len(shown) > 0 {
		d.changePapers(clinic, func(p *papers) {
			p.Placed = addPrefixes(p.Placed, shown...)
			p.Unplaced = slices.DeleteFunc(slices.Clone(p.Unplaced), func(w contact.Prefix) bool { return slices.ContainsFunc(p.Placed, w.Same) })
		})
	}
	return shown
}

// wantPlaced remembers to ask about heads at the next refresh: a bundle is judged without a word to
// any server.
func (d *Device) wantPlaced(clinic [32]byte, wanted []contact.Prefix) {
	if len(wanted) > 0 {
		d.changePapers(clinic, func(p *papers) { p.Unplaced = addPrefixes(p.Unplaced, wanted...) })
	}
}

// changePapers changes what is kept of a clinic. On a full disk it stays in memory until the
// program ends: servers can be asked again.
func (d *Device) changePapers(clinic [32]byte, change func(*papers)) {
	d.notes.mu.Lock()
	defer d.notes.mu.Unlock()
	if d.notes.open(d) != nil {
		return
	}
	if i := d.notes.find(clinic); i >= 0 {
		change(&d.notes.clinics[i])
		_ = d.writeBeside(clinicsFile, d.notes.clinics)
	}
}

// placeTrusted does so for the messages that were trusted, before they are judged again, and for
// what was wanted since the last time. It asks only about clinics of which a log has forked.
func (d *Device) placeTrusted(ctx context.Context) {
	memory, err := d.memory()
	if err != nil {
		return
	}
	for _, pin := range memory.Pins {
		forked := slices.ContainsFunc(memory.Forks, func(f contact.Fork) bool { return f.Clinic == pin.Clinic })
		p, err := d.papersOf(pin.Clinic)
		if !forked || err != nil {
			continue
		}
		wanted := p.Unplaced
		d.notes.mu.Lock()
		for _, t := range d.notes.trusted {
			if t.Clinic != pin.Clinic {
				continue
			}
			if v, ok := d.judge(memory, t); ok {
				wanted = addPrefixes(wanted, v.Unplaced...)
			}
		}
		d.notes.mu.Unlock()
		if len(wanted) > 0 {
			d.place(ctx, pin.Clinic, d.serversOf(pin.Clinic), wanted)
		}
	}
}
