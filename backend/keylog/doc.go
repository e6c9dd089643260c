// Package keylog keeps the notes that say which keys a clinic has: it admits them into the keys log
// and gives them to whoever asks. It is the service behind AppendNote and GetClinic, and knows
// nothing of the wire.
//
// Notes are public. Their signatures are the only right to log them: what the clinic's root keys
// did not sign is refused, and so is a clinic that the operator did not admit, or that has logged
// as much as it may in a year. The server's judgement is no proof to anybody: whoever reads a note
// verifies it again.
package keylog
