// Command lookup is the verifier as a WebAssembly module (GOOS=js GOARCH=wasm), for a Worker
// of the page that checks a message. It puts one object on the global scope:
//
//	chaperoneLookup.verify(bundle: Uint8Array, text: string|null, memory: string, now: number): string
//	chaperoneLookup.parseCode(code: string): string
//
// and then calls chaperoneLookupReady(), if the page has one. Both functions return JSON, an
// [answer] and a [codeAnswer]; now is Unix seconds; memory is what the page kept from earlier
// answers, "" for nothing.
//
// It promises that a page which treats everything but the classes "amber" and "green" as "not
// genuine" is right even when the module fails: an answer with an error has no class. It runs
// the same code as every other face (package contact), touches neither network nor storage,
// and keeps nothing between calls. Fetching, keeping the memory and showing words is the
// page's part.
package main
