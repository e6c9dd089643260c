// Package passphrase suggests passwords and says how strong one is.
//
// A [Generator] draws a suggestion from a source of randomness: words of the large list of
// the Electronic Frontier Foundation, or characters that are hard to mix up. Each suggestion
// comes with its entropy in bits, computed from how it was drawn and not from how it looks.
//
// [Judge] judges a password that a person made up: a [Level] and at most one [Reason], both
// plain values that a screen has words for. It looks for what a thief tries first: known
// passwords, words and names (in plain, backwards, or with signs for letters), keys side by
// side, rows such as 1234, repeats, and dates. Method and lists are those of zxcvbn. Its
// ports for Go read their lists whenever a program starts, which takes longer than all the
// rest of this program's start, so its method is written down here once more; a test compares
// the two. The lists are English; of Spanish only the few commonest passwords are known.
// There is no list of Spanish words either: suggestions are English words for every reader,
// and the screens say so.
//
// What is called strong follows NIST SP 800-63B-4, section 3.1.1: at least [MinLength]
// characters, any characters, no rule about which, and no change while nothing was stolen.
//
// The package stores nothing, logs nothing and sends nothing. A password is a []byte, which
// the caller clears ([Suggestion.Clear]); the libraries below work on strings, and their
// short-lived copies are left to the garbage collector.
package passphrase
