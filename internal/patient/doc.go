// Package patient is what a patient's device does: keep the vault on disk, walk the
// checklist, verify messages, and sync with a server it does not trust. The terminal
// program and the mobile SDK are faces over it.
//
// It promises that whatever it reported as saved survives a crash, a full disk and a kill;
// that a second process is told "already open" instead of racing; and that a server sees of the
// vault nothing but a sealed blob, and of a code nothing but the id derived from it. It never sends a checklist answer, a code, or the text of a
// message anywhere, and never calls ChecklistService.Plan.
//
// State on disk, under one directory of mode 0700: vault.bin, pack/, lock, server.json,
// pending.bin (a sealed blob on its way to the server) and, only when no passphrase is set,
// device.key; notes/ with what clinics' servers said and what was trusted, sealed; and policy.txt,
// if the patient installed one. Formats are in docs/design/0003-vault.md.
package patient
