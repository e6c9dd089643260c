package rpc

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// TestJSONIsThatOfProtobuf reads what the codec writes with protobuf's own parser.
func TestJSONIsThatOfProtobuf(t *testing.T) {
	t.Parallel()
	some := sha256.Sum256([]byte("some bytes"))
	for name, msg := range map[string]proto.Message{
		"no answer":      &chaperonev1.LookUpResponse{},
		"one byte":       &chaperonev1.LookUpResponse{Answer: []byte{0xff}},
		"every base64":   &chaperonev1.LookUpResponse{Answer: bytes.Repeat(some[:], 768)},
		"page":           &chaperonev1.GetClinicResponse{Page: bytes.Repeat(some[:], 2048)},
		"something else": &chaperonev1.PublishResponse{Index: 7, Proof: some[:]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := newJSONCodec().MarshalWrite(t.Context(), &out, msg); err != nil {
				t.Fatal(err)
			}
			got := msg.ProtoReflect().New().Interface()
			if err := protojson.Unmarshal(out.Bytes(), got); err != nil {
				t.Fatalf("%v in %.80s", err, out.Bytes())
			}
			if diff := cmp.Diff(msg, got, protocmp.Transform()); diff != "" {
				t.Errorf("written and read back (-want +got):\n%s", diff)
			}
			var other bytes.Buffer // by way of the general encoder
			if err := newJSONCodec().MarshalWrite(t.Context(), writerOnly{&other}, msg); err != nil {
				t.Fatal(err)
			}
			if err := protojson.Unmarshal(other.Bytes(), got); err != nil || !proto.Equal(got, msg) {
				t.Errorf("without a buffer: %v", err)
			}
		})
	}
}

// writerOnly hides what a buffer can do beside Write.
type writerOnly struct{ b *bytes.Buffer }

func (w writerOnly) Write(p []byte) (int, error) { return w.b.Write(p) }
