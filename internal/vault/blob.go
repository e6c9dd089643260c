package vault

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// MaxBlob is the size in bytes of the largest blob.
const MaxBlob = 256 << 10

// blobAD is L("vault-blob") || vault id || revision u64.
func blobAD(id *[IDSize]byte, revision uint64) []byte {
	return binary.BigEndian.AppendUint64(append(label("vault-blob"), id[:]...), revision)
}

// SealBlob seals a state for the server. revision is the one that the blob will have there,
// base_revision + 1; it is bound into the seal. The blob has exactly 16, 64 or 256 KiB.
// SealBlob fails with ErrTooLarge above that.
func SealBlob(random io.Reader, k *Keys, revision uint64, s State) ([]byte, error) {
	payload, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("seal vault blob: %w", err)
	}
	defer clear(payload)
	class, err := sizeClass(len(payload))
	if err != nil {
		return nil, fmt.Errorf("seal vault blob: %w", err)
	}
	plain := pad(payload, sizes[class])
	defer clear(plain)
	blob, err := seal(random, &k.Seal, plain, blobAD(&k.ID, revision))
	if err != nil {
		return nil, fmt.Errorf("seal vault blob: %w", err)
	}
	return blob, nil
}

// OpenBlob opens what SealBlob made for the same revision. It fails with ErrDamaged when the
// size or the content is impossible, ErrWrongKey when the blob is for another vault or
// revision, or was altered, and ErrNewer.
func OpenBlob(k *Keys, revision uint64, blob []byte) (State, error) {
	if !slices.Contains(sizes[:], len(blob)) {
		return State{}, fmt.Errorf("open vault blob of %d bytes: %w", len(blob), ErrDamaged)
	}
	plain, err := open(&k.Seal, blob, blobAD(&k.ID, revision))
	if err != nil {
		return State{}, fmt.Errorf("open vault blob: %w", err)
	}
	defer clear(plain)
	payload, err := unpad(plain)
	if err != nil {
		return State{}, fmt.Errorf("open vault blob: %w", err)
	}
	s, err := DecodeState(payload)
	if err != nil {
		return State{}, fmt.Errorf("open vault blob: %w", err)
	}
	return s, nil
}
