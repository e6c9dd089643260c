//go:build chaperonetest

package chaperone

// seam panics when a host's key store answers "panic", so that a test can prove that a panic
// deep inside a call does not end the host's process.
func seam(value []byte) {
	if string(value) == "panic" {
		panic("provoked by the key store")
	}
}
