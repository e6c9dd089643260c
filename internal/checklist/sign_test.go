package checklist

import (
	"crypto/rand"
	"errors"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// A program built for release accepts the pack of its key alone, and no longer says that its
// content is development content.
func TestReleaseKey(t *testing.T) {
	t.Parallel()
	p, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	private, public, err := note.GenerateKey(rand.Reader, "example-release")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openPack(p.Files(), p.Signature(), public); !errors.Is(err, ErrSignature) {
		t.Errorf("got %v for the development pack in a release, want %v", err, ErrSignature)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := note.Sign(&note.Note{Text: Manifest(p.ID(), p.Version(), p.Files())}, signer)
	if err != nil {
		t.Fatal(err)
	}
	q, err := openPack(p.Files(), sig, public)
	if err != nil || q.Development() {
		t.Errorf("got %v, want the release pack, without the remark", err)
	}
	if _, err := openPack(p.Files(), sig, "not a key"); err == nil || errors.Is(err, ErrSignature) {
		t.Errorf("got %v for a program built with a broken key, want it to say so", err)
	}
}
