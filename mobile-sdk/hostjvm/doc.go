// Package hostjvm proves the mobile SDK without a phone: its tests bind the library with
// gobind, build the Android flavour of the bindings for a desktop JVM, and drive it from
// Java as an app would.
//
// Three accommodations make that possible: stubs for android/log.h and
// android.content.Context; the generated *_android files renamed, since their names keep
// them out of a desktop build; and no -llog. Everything else is what an app links. It proves
// nothing about Android's own linker, page size or JIT, nor anything about Apple's systems.
//
// It has no code of its own, and never uses the network.
package hostjvm
