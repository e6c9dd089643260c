// Package command is what the command lines of this house have in common: how arguments are
// read and refused, how errors and hints are written, and how a person is asked.
//
// It promises that what somebody typed never acts on the terminal that shows it, that the text
// of an error is never shown (it may hold what must not be), and that a passphrase is not
// echoed. It takes no secret as an argument and never ends the process.
package command
