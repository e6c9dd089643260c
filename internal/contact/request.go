package contact

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// RequestWindow is how far a request's time may be from the server's.
const RequestWindow = 5 * time.Minute

// RequestBytes is what a granted key signs to call a server (Ed25519):
//
//	L("clinic-rpc") || H(procedure) || unix seconds u64 || nonce 16 || digest 32
//
// procedure is the full name, such as /chaperone.v1.ClinicService/Publish; digest is that of the
// request's fields, see [FieldsDigest].
func RequestBytes(procedure string, unix int64, nonce [16]byte, digest [32]byte) []byte {
	name := sha256.Sum256([]byte(procedure))
	b := append(label("clinic-rpc"), name[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(unix)) //nolint:gosec // its bits
	return append(append(b, nonce[:]...), digest[:]...)
}

// FieldsDigest is SHA-256 over fields in order, each after its length as u32.
func FieldsDigest(fields ...[]byte) [32]byte {
	h := sha256.New()
	for _, f := range fields {
		h.Write(u32(len(f)))
		h.Write(f)
	}
	return [32]byte(h.Sum(nil))
}
