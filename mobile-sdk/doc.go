// Package chaperone is the library that a phone app links: the privacy checklist and the
// check of a clinic's messages, for Kotlin, Java, Swift and Objective-C. It is a thin face
// over package patient, bound by gobind; it decides nothing itself.
//
// It promises that no panic and no inner error text reaches the host; that every error is
// "code: plain words" (see [CodeOf]); that an object that the host made with an empty
// constructor fails safely; that no result of a check is genuine unless the core said so;
// and that the secret of the vault rests in the host's key store ([SecureStore]), never in a
// file. It never starts a goroutine, keeps no global state, calls no listener, logs nothing
// and sends nothing anywhere except what [Client.SyncOnce] syncs, sealed.
//
// Lists are a count and an item by index; an index out of range gives null. Times are Unix
// seconds, 0 for none. Enumerations are string codes, given as constants. Texts for people
// are in the locale of the [Config]; codes never are. An app may link only one library made
// with gomobile.
//
// docs/sdk.md is the guide.
package chaperone
