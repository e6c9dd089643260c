package rpc

import (
	"context"
	"encoding/base64"
	"io"

	"connectrpc.com/connect/v2/connectproto"

	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// jsonCodec is protobuf's JSON with two differences: a misspelt field or an enum nobody knows is an
// error, not silently left out; and an answer that is one large field of bytes is written straight
// into the transport's buffer, for the general encoder makes two copies of it on the way.
type jsonCodec struct{ *connectproto.JSONCodec }

func newJSONCodec() jsonCodec {
	c := connectproto.NewJSONCodec()
	c.UnmarshalOptions.DiscardUnknown = false
	return jsonCodec{c}
}

// buffer is what the transports of connect give to a codec.
type buffer interface {
	io.Writer
	Grow(n int)
	AvailableBuffer() []byte
}

// MarshalWrite implements connect.Codec.
func (c jsonCodec) MarshalWrite(ctx context.Context, dst io.Writer, msg any) error {
	name, value := "", []byte(nil)
	switch m := msg.(type) {
	case *chaperonev1.LookUpResponse:
		name, value = `{"answer":"`, m.GetAnswer()
	case *chaperonev1.GetClinicResponse:
		name, value = `{"page":"`, m.GetPage()
	}
	b, ok := dst.(buffer)
	if !ok || len(value) == 0 {
		return c.JSONCodec.MarshalWrite(ctx, dst, msg)
	}
	b.Grow(len(name) + base64.StdEncoding.EncodedLen(len(value)) + 2)
	out := append(b.AvailableBuffer(), name...)
	out = append(base64.StdEncoding.AppendEncode(out, value), `"}`...)
	_, err := b.Write(out)
	return err
}
