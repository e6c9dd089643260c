// Package limit bounds what one source, and all sources together, may ask of the server.
//
// It has two halves. [Rates] is a set of token buckets: one for each address and one, ten times
// as wide, for the network that the address belongs to (/24 for IPv4, /48 for IPv6; an IPv6
// address counts as its /64, which is what one household holds). [Gate] bounds how many requests
// are worked on at once, and lets sources wait in turn, so that one busy source cannot keep the
// others out.
//
// It promises that memory is bounded whatever arrives, that a refusal says when to come back, and
// that one source's refusals never depend on what another source does, except that sources of one
// network share that network's bucket.
//
// It never logs, stores or exports an address. Addresses live in memory until their bucket is
// full again.
package limit
