// Package vault keeps a patient's state sealed: the four answers, the progress, the pinned
// clinics and what this device has seen. It knows two containers, the local two-slot file
// and the opaque blob that is synced, and how two devices' states merge.
//
// It promises that nobody without the recovery code, or the local passphrase, reads
// anything; that an older state never silently replaces a newer one ([ErrRollback]); and
// that merging is the same in either order. It never opens a file or a connection itself:
// package patient does, and hands in bytes.
//
// Formats and keys are fixed by docs/design/0003-vault.md.
package vault
