package contact

import (
	"slices"
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/translog"
)

const grantType = "chaperone/grant/v1"

// Role is what a granted key is for.
type Role string

// The roles.
const (
	RoleDevice  Role = "device"
	RoleEnrol   Role = "enrol"
	RoleMonitor Role = "monitor"
	RoleRevoker Role = "revoker"
)

// Kind is what a key may sign and what a message is about.
type Kind string

// The kinds. Messages are of the first four; the others belong to other notes.
const (
	KindNotice      Kind = "notice"
	KindAppointment Kind = "appointment"
	KindBilling     Kind = "billing"
	KindRecords     Kind = "records"
	KindCallIntent  Kind = "call-intent"
	KindWithdraw    Kind = "withdraw"
	KindEnrol       Kind = "enrol"
	KindIncident    Kind = "incident"
	KindReportReply Kind = "report-reply"
)

const (
	maxDeviceLife = 90 * day
	maxOtherLife  = 366 * day
)

// Grant gives a key to a clinic's device, monitor, enrolment machine or revoker; signed by the
// root threshold.
//
//	chaperone/grant/v1
//	clinic <b64 id>
//	key <vkey>                 or x25519:<b64 32> for the role enrol, and only for it
//	role device|enrol|monitor|revoker
//	kinds <list> | none        none for every role but device
//	label <display, <= 40>
//	holder <a-z0-9-, <= 20>
//	notbefore <unix>
//	notafter <unix>            at most 90 d after for a device, 366 d for the others
//	cap <per day> | 0
type Grant struct {
	Clinic    [32]byte
	Key       translog.Key // zero for the role enrol
	Enrol     EnrolKey     // zero for the others
	Role      Role
	Kinds     []Kind // rising
	Label     string
	Holder    string
	NotBefore int64
	NotAfter  int64
	Cap       int64
}

// ParseGrant reads the text of a grant. It fails with [ErrMalformed].
func ParseGrant(text string) (Grant, error) {
	f := readNote(grantType, text)
	g := Grant{Clinic: f.b32("clinic")}
	key := f.one("key")
	g.Role = Role(f.word("role", among("device", "enrol", "monitor", "revoker")))
	if strings.HasPrefix(key, enrolPrefix) != (g.Role == RoleEnrol) {
		f.fail("key of the wrong type")
	}
	if g.Role == RoleEnrol {
		g.Enrol = f.enrolKey("key", key)
	} else {
		g.Key = f.key("key", key)
	}
	if kinds := f.one("kinds"); kinds != "none" {
		last := ""
		for k := range strings.SplitSeq(kinds, ",") {
			if !isKind(k) || k <= last || g.Role != RoleDevice {
				f.fail("kinds")
			}
			last = k
			g.Kinds = append(g.Kinds, Kind(k))
		}
	}
	g.Label = f.word("label", display(40))
	g.Holder = f.word("holder", slug(20))
	g.NotBefore, g.NotAfter = f.num("notbefore"), f.num("notafter")
	g.Cap = f.num("cap")
	life := int64(maxOtherLife)
	if g.Role == RoleDevice {
		life = maxDeviceLife
	}
	if g.NotBefore >= g.NotAfter || g.NotAfter-g.NotBefore > life {
		f.fail("window")
	}
	return g, f.end()
}

func isKind(s string) bool {
	switch Kind(s) {
	case KindNotice, KindAppointment, KindBilling, KindRecords, KindCallIntent, KindWithdraw,
		KindEnrol, KindIncident, KindReportReply:
		return true
	}
	return false
}

// Marshal returns the grant's text.
func (g Grant) Marshal() string {
	var w writer
	w.line(grantType)
	w.line("clinic", b64(g.Clinic[:]))
	if g.Role == RoleEnrol {
		w.line("key", g.Enrol.String())
	} else {
		w.line("key", g.Key.String())
	}
	w.line("role", string(g.Role))
	kinds := "none"
	if len(g.Kinds) > 0 {
		var ks []string
		for _, k := range g.Kinds {
			ks = append(ks, string(k))
		}
		slices.Sort(ks)
		kinds = strings.Join(ks, ",")
	}
	w.line("kinds", kinds)
	w.line("label", g.Label)
	w.line("holder", g.Holder)
	w.num("notbefore", g.NotBefore)
	w.num("notafter", g.NotAfter)
	w.num("cap", g.Cap)
	return w.String()
}
