package contact

import (
	"slices"
	"strings"
)

const incidentType = "chaperone/incident/v1"

const (
	maxClasses  = 8
	maxIncident = 4096 // bytes of the body
)

// incidentClasses is the closed list of what may have been taken.
func incidentClasses() []string {
	return []string{"accounts", "contact", "identity", "images", "insurance", "messages", "payment", "records"}
}

// Incident is a clinic's public statement about a breach, signed by the root threshold or by
// two device keys of different holders that may sign incidents. Of several the greatest n
// holds. It is shown with the phone numbers of the profile and has none of its own.
//
//	chaperone/incident/v1
//	clinic <b64 id>
//	n <rising>
//	issued <unix>
//	classes <list>              accounts, contact, identity, images, insurance, messages, payment, records
//	from <unix>
//	to <unix>                   not before from
//	never <slug, 40>            0 to 64
//	body-bytes <n>
//
//	<canonical body, 2 to 4096 bytes>
type Incident struct {
	Clinic   [32]byte
	N        int64
	Issued   int64
	Classes  []string // rising
	From, To int64
	Never    []string
	Body     string
}

// ParseIncident reads the text of an incident statement. It fails with [ErrMalformed].
func ParseIncident(text string) (Incident, error) {
	f, body := readBody(incidentType, text)
	in := Incident{Clinic: f.b32("clinic"), N: f.num("n"), Issued: f.num("issued"), Body: body}
	in.Classes = f.list("classes", maxClasses, among(incidentClasses()...))
	in.From, in.To = f.num("from"), f.num("to")
	if in.To < in.From {
		f.fail("to")
	}
	in.Never = f.checked("never", 0, slug(40))
	f.bodyBytes(body)
	if f.err == nil && (len(body) > maxIncident || CheckBody(body) != nil) {
		f.fail("body")
	}
	return in, f.end()
}

// Marshal returns the statement's text.
func (in Incident) Marshal() string {
	var w writer
	w.line(incidentType)
	w.line("clinic", b64(in.Clinic[:]))
	w.num("n", in.N)
	w.num("issued", in.Issued)
	w.line("classes", strings.Join(slices.Sorted(slices.Values(in.Classes)), ","))
	w.num("from", in.From)
	w.num("to", in.To)
	w.each("never", in.Never)
	w.num("body-bytes", int64(len(in.Body)))
	w.WriteString("\n")
	w.WriteString(in.Body)
	return w.String()
}
