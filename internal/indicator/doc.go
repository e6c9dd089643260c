// Package indicator finds what a fraudster changes in a text: links, addresses, phone numbers,
// amounts of money, wallets, dates and long numbers.
//
// It promises to err on the side of finding: its results decide how a difference is shown,
// and whether text around a signed message may be called harmless. It never says that
// something is safe, and never looks anything up. [CheckWallet] says whether an address agrees
// with the check that is in it, which says nothing about whose it is. [Compare] says whether a
// domain could be taken for a trusted one, by a short table of letters of our own: it is not
// UTS 39, and misses what is not in it.
package indicator
