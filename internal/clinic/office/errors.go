package office

import "errors"

// Errors of this package, beside those of packages clinic and disk.
var (
	ErrNoClinic   = errors.New("no clinic is set up on this machine")
	ErrHasClinic  = errors.New("a clinic is set up on this machine already")
	ErrNoDevice   = errors.New("this machine has no device key")
	ErrHasDevice  = errors.New("this machine has a device key already")
	ErrNoMonitor  = errors.New("this machine knows no monitor")
	ErrNoPolicy   = errors.New("the server names no witness policy")
	ErrUnknownKey = errors.New("the clinic has granted no such key")
	ErrRevocation = errors.New("a revocation of another key, or for another reason")
	ErrKeyTaken   = errors.New("the clinic knows this key already")
	ErrNoMessage  = errors.New("no such message was sent from here")
	ErrUnlogged   = errors.New("a note waits to be logged") // kept; Sync tries again
	ErrUnwitness  = errors.New("too few witnesses have answered yet")
	ErrBook       = errors.New("the file of the clinic is damaged")
	ErrBatch      = errors.New("another list was begun under this name")
)
