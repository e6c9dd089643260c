package keylog

import (
	"slices"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/translog"
)

// revokeKind ends a key: by the root, or by one revoker, who may end keys of devices and enrolment
// machines only. A revocation that was sealed when the key was granted is one like any other.
type revokeKind struct{}

func (revokeKind) FirstLine() string { return "chaperone/revoke/v1" }

func (revokeKind) Open(text string) (Opened, error) {
	r, err := contact.ParseRevoke(text)
	if err != nil {
		return Opened{}, malformed(err)
	}
	return Opened{
		Clinic: r.Clinic,
		Check: func(s translog.Signed, k *Known, now int64) (Sort, error) {
			if byRoots(s, k.Roots) == nil {
				return Ending, nil
			}
			if _, err := k.signer(s, now, func(g contact.Grant) bool { return g.Role == contact.RoleRevoker }); err != nil {
				return 0, err
			}
			key := r.KeyHash()
			if !slices.ContainsFunc(k.Grants, func(g contact.Grant) bool {
				return (g.Role == contact.RoleDevice || g.Role == contact.RoleEnrol) && granted(g) == key
			}) {
				return 0, ErrSignature
			}
			return ByRevoker, nil
		},
		Learn: func(k *Known) { k.end(r) },
	}, nil
}

// withdrawKind takes messages back: by a device that may, a monitor or the root; as not the
// clinic's own, never by a device.
type withdrawKind struct{}

func (withdrawKind) FirstLine() string { return "chaperone/withdraw/v1" }

func (withdrawKind) Open(text string) (Opened, error) {
	d, err := contact.ParseWithdraw(text)
	if err != nil {
		return Opened{}, malformed(err)
	}
	return Opened{
		Clinic: d.Clinic,
		Check: func(s translog.Signed, k *Known, now int64) (Sort, error) {
			if byRoots(s, k.Roots) == nil {
				return Ending, nil
			}
			g, err := k.signer(s, now, func(g contact.Grant) bool {
				return g.Role == contact.RoleMonitor ||
					d.Reason != contact.NotOurs && g.Role == contact.RoleDevice && slices.Contains(g.Kinds, contact.KindWithdraw)
			})
			if g.Role == contact.RoleMonitor {
				return ByMonitor, err
			}
			return ByDevice, err
		},
		Learn: func(*Known) {},
	}, nil
}

// incidentKind is a clinic's statement about a breach: by the root, or by two devices of different
// people that may make one.
type incidentKind struct{}

func (incidentKind) FirstLine() string { return "chaperone/incident/v1" }

func (incidentKind) Open(text string) (Opened, error) {
	in, err := contact.ParseIncident(text)
	if err != nil {
		return Opened{}, malformed(err)
	}
	return Opened{
		Clinic: in.Clinic, Series: "incident", N: in.N,
		Check: func(s translog.Signed, k *Known, now int64) (Sort, error) {
			if byRoots(s, k.Roots) == nil {
				return Ending, nil
			}
			return ByDevice, k.byTwo(s, now)
		},
		Learn: func(*Known) {},
	}, nil
}
