package server

import (
	"errors"
	"slices"
	"testing"

	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connecthttp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	reflectionv1 "github.com/chaperone-privacy/chaperone/internal/gen/grpc/reflection/v1"
)

// TestReflection asks what grpcurl and buf ask, under both names of the service.
func TestReflection(t *testing.T) {
	t.Parallel()
	r := start(t, Config{DB: MemoryDB, Reflection: true})
	client := connect.NewClient(connecthttp.NewTransport(httpClient(t, true), r.url, connecthttp.WithGRPC()))
	for _, version := range []string{"v1", "v1alpha"} {
		stream, err := client.CallClientStream(t.Context(), connect.Spec{
			StreamType: connect.StreamTypeBidi, Procedure: "/grpc.reflection." + version + ".ServerReflection/ServerReflectionInfo",
		})
		if err != nil {
			t.Fatal(err)
		}
		ask := func(req *reflectionv1.ServerReflectionRequest) *reflectionv1.ServerReflectionResponse {
			t.Helper()
			var res reflectionv1.ServerReflectionResponse
			if err := errors.Join(stream.Send(req), stream.Receive(&res)); err != nil {
				t.Fatalf("%s: %v", version, err)
			}
			if !proto.Equal(res.GetOriginalRequest(), req) {
				t.Errorf("%s: the answer is not about the question", version)
			}
			return &res
		}
		files := func(res *reflectionv1.ServerReflectionResponse) (names []string) {
			for _, data := range res.GetFileDescriptorResponse().GetFileDescriptorProto() {
				var f descriptorpb.FileDescriptorProto
				if err := proto.Unmarshal(data, &f); err != nil {
					t.Fatal(err)
				}
				names = append(names, f.GetName())
			}
			return names
		}
		var services []string
		for _, s := range ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}).GetListServicesResponse().GetService() {
			services = append(services, s.GetName())
		}
		if !slices.IsSorted(services) || !slices.Contains(services, "chaperone.v1.VaultService") || !slices.Contains(services, "grpc.reflection.v1.ServerReflection") {
			t.Errorf("%s: got services %v", version, services)
		}
		symbol := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: "chaperone.v1.VaultService"}}
		got := files(ask(symbol))
		if len(got) < 3 || got[0] != "chaperone/v1/vault.proto" || !slices.Contains(got, "google/protobuf/descriptor.proto") {
			t.Errorf("%s: got files %v, want the vault's and all it imports", version, got)
		}
		if got := files(ask(symbol)); len(got) != 1 {
			t.Errorf("%s: asked again, got files %v, want the one that was asked for", version, got)
		}
		name := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileByFilename{FileByFilename: "chaperone/v1/contact.proto"}}
		if got := files(ask(name)); !slices.Equal(got, []string{"chaperone/v1/contact.proto"}) {
			t.Errorf("%s: got files %v", version, got)
		}
		extension := &reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingExtension{
			FileContainingExtension: &reflectionv1.ExtensionRequest{ContainingType: "google.protobuf.FieldOptions", ExtensionNumber: 1159},
		}}
		if got := files(ask(extension)); !slices.Equal(got, []string{"buf/validate/validate.proto"}) {
			t.Errorf("%s: got files %v of an extension", version, got)
		}
		numbers := ask(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_AllExtensionNumbersOfType{AllExtensionNumbersOfType: "google.protobuf.FieldOptions"}})
		if got := numbers.GetAllExtensionNumbersResponse().GetExtensionNumber(); !slices.Contains(got, 1159) {
			t.Errorf("%s: got extensions %v", version, got)
		}
		for want, req := range map[connect.Code]*reflectionv1.ServerReflectionRequest{
			connect.CodeNotFound:        {MessageRequest: &reflectionv1.ServerReflectionRequest_FileByFilename{FileByFilename: "no/such.proto"}},
			connect.CodeInvalidArgument: {Host: "example.com"},
		} {
			if got := ask(req).GetErrorResponse().GetErrorCode(); got != int32(want) {
				t.Errorf("%s: got code %d, want %v", version, got, want)
			}
		}
		if err := errors.Join(stream.CloseSend(), stream.Close()); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}
