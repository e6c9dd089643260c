package checklist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// DevelopmentKey is the verifier key of the committed pack. Its private half is committed
// too, beside the compiler, so that anybody can make the same pack again: a pack signed with
// it proves nothing, and [Pack.Development] says so.
const DevelopmentKey = "chaperone-pack-development+ead1dad6+AbDN3zF+s3PFkzU4hFC+UNfyLZwAwWhrFG/C+omEqslg"

// releaseKey is the verifier key of a release, set when it is built:
//
//	go build -ldflags "-X github.com/chaperone-privacy/chaperone/internal/checklist.releaseKey=NAME+HASH+KEY"
//
// A program with a release key accepts no other.
var releaseKey string

const manifestHeader = "chaperone pack v1"

// Manifest returns the text that is signed:
//
//	chaperone pack v1
//	<pack id> <version>
//	<SHA-256 of the file, hexadecimal>  <file name>
//	...
//
// with the files in the order of their names. The signature is a C2SP signed-note over it.
func Manifest(id string, version uint64, files map[string][]byte) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s %d\n", manifestHeader, id, version)
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		sum := sha256.Sum256(files[name])
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(sum[:]), name)
	}
	return b.String()
}

// verify checks the signature over the files, by the release key or else the development
// key, and returns what it names.
func verify(files map[string][]byte, sig []byte, release string) (id string, version uint64, development bool, err error) {
	key := release
	if key == "" {
		key, development = DevelopmentKey, true
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return "", 0, false, fmt.Errorf("pack key: %w", err)
	}
	n, err := note.Open(sig, note.VerifierList(verifier))
	if err != nil {
		return "", 0, false, ErrSignature
	}
	lines := strings.SplitN(n.Text, "\n", 3)
	if len(lines) != 3 || lines[0] != manifestHeader {
		return "", 0, false, fmt.Errorf("%w: not a pack manifest", ErrMalformed)
	}
	id, number, ok := strings.Cut(lines[1], " ")
	if !ok || id == "" {
		return "", 0, false, fmt.Errorf("%w: not a pack manifest", ErrMalformed)
	}
	if version, err = strconv.ParseUint(number, 10, 53); err != nil {
		return "", 0, false, fmt.Errorf("%w: not a version", ErrMalformed)
	}
	// Comparing the whole text leaves no room for a file that is missing, added or listed twice.
	if Manifest(id, version, files) != n.Text {
		return "", 0, false, ErrSignature
	}
	return id, version, development, nil
}
