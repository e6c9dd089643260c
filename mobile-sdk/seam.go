//go:build !chaperonetest

package chaperone

// seam is where a test build of the library can be made to panic; this build cannot.
func seam([]byte) {}
