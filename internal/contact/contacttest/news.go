package contacttest

import (
	"github.com/chaperone-privacy/chaperone/internal/contact"
)

// Log appends a signed note to the keys log now and returns it with its proof.
func (w *World) Log(note []byte, err error) contact.LoggedNote {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
	i := must(w.Logs.Keys.Append(note))(w.tb)
	return contact.LoggedNote{Note: note, Proof: must(w.Logs.Keys.Proof(i))(w.tb)}
}

// News is what an honest server answers about the clinic: profile, grants, policy, status and
// heads, and the notes given.
func (w *World) News(more ...contact.LoggedNote) contact.News {
	w.tb.Helper()
	b := w.Parts()
	return contact.News{
		Clinic: w.Clinic.ID(),
		Notes: append([]contact.LoggedNote{
			{Note: b.Profile, Proof: b.ProfileProof}, {Note: b.Grant, Proof: b.GrantProof}, {Note: b.Monitor, Proof: b.MonitorProof},
		}, more...),
		Policies: b.Policies, Status: w.Status, Heads: [][]byte{w.Logs.Keys.Checkpoint(), w.Logs.Msgs.Checkpoint()},
	}
}

// Learn has the patient's device verify the clinic's news and remember what it learned.
func (w *World) Learn(news contact.News) {
	w.tb.Helper()
	learned := must(contact.Learn(w.Memory, news, w.Clock))(w.tb)
	w.Memory = w.Memory.Merge(learned)
}
