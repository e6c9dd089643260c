// Package indicator finds what a fraudster changes in a text: links, addresses, phone numbers,
// amounts of money, wallets, dates and long numbers.
//
// It promises to err on the side of finding: its results decide how a difference is shown,
// and whether text around a signed message may be called harmless. It never says that
// something is safe, and never looks anything up. [CheckWallet] says whether an address agrees
// with the check that is in it, which says nothing about whose it is. [Compare] says whether a
// domain could be taken for a trusted one, [SameLook] and [Skeleton] whether a name could, by the
// table of UTS 39; what that table does not have looks like nothing else.
package indicator
