package rpc

import (
	"context"
	"errors"
	"io"
	"slices"

	"connectrpc.com/connect/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	reflectionv1 "github.com/chaperone-privacy/chaperone/internal/gen/grpc/reflection/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/grpc/reflection/v1/reflectionv1connect"
)

// reflectionAlpha is where older clients ask; messages are the same there.
const reflectionAlpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"

// reflectionHandler tells gRPC clients what a server serves and how its messages look. The module
// that does this for connect reads its own descriptors at every start of every program that links
// it, asked for or not, which was a good part of the server's start.
type reflectionHandler struct{ server *connect.Server }

// registerReflection serves reflection about everything that server serves.
func registerReflection(server *connect.Server) {
	h := &reflectionHandler{server}
	serve := func(_ context.Context, _ connect.Spec, stream connect.ServerStream) error { return h.answerAll(stream) }
	method := reflectionv1.File_grpc_reflection_v1_reflection_proto.Services().Get(0).Methods().Get(0)
	server.Register(
		connect.Method{Handler: serve, Spec: connect.Spec{
			StreamType: connect.StreamTypeBidi, Schema: method,
			Procedure: reflectionv1connect.ServerReflectionServerReflectionInfoProcedure,
		}},
		connect.Method{Handler: serve, Spec: connect.Spec{StreamType: connect.StreamTypeBidi, Procedure: reflectionAlpha}},
	)
}

func (h *reflectionHandler) answerAll(stream connect.ServerStream) error {
	sent := map[string]bool{} // files that this caller has
	for {
		var req reflectionv1.ServerReflectionRequest
		if err := stream.Receive(&req); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if err := stream.Send(h.answer(&req, sent)); err != nil {
			return err
		}
	}
}

func (h *reflectionHandler) answer(req *reflectionv1.ServerReflectionRequest, sent map[string]bool) *reflectionv1.ServerReflectionResponse {
	res := &reflectionv1.ServerReflectionResponse{ValidHost: req.GetHost(), OriginalRequest: req}
	var file protoreflect.FileDescriptor
	switch ask := req.GetMessageRequest().(type) {
	case *reflectionv1.ServerReflectionRequest_ListServices:
		list := &reflectionv1.ListServiceResponse{}
		for _, name := range h.services() {
			list.Service = append(list.Service, &reflectionv1.ServiceResponse{Name: name})
		}
		res.MessageResponse = &reflectionv1.ServerReflectionResponse_ListServicesResponse{ListServicesResponse: list}
		return res
	case *reflectionv1.ServerReflectionRequest_AllExtensionNumbersOfType:
		name := protoreflect.FullName(ask.AllExtensionNumbersOfType)
		if _, err := protoregistry.GlobalFiles.FindDescriptorByName(name); err != nil {
			return notReflected(res, connect.CodeNotFound)
		}
		numbers := &reflectionv1.ExtensionNumberResponse{BaseTypeName: ask.AllExtensionNumbersOfType}
		protoregistry.GlobalTypes.RangeExtensionsByMessage(name, func(x protoreflect.ExtensionType) bool {
			numbers.ExtensionNumber = append(numbers.ExtensionNumber, int32(x.TypeDescriptor().Number()))
			return true
		})
		slices.Sort(numbers.GetExtensionNumber())
		res.MessageResponse = &reflectionv1.ServerReflectionResponse_AllExtensionNumbersResponse{AllExtensionNumbersResponse: numbers}
		return res
	case *reflectionv1.ServerReflectionRequest_FileByFilename:
		file, _ = protoregistry.GlobalFiles.FindFileByPath(ask.FileByFilename) // nil: not found
	case *reflectionv1.ServerReflectionRequest_FileContainingSymbol:
		if d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(ask.FileContainingSymbol)); err == nil {
			file = d.ParentFile()
		}
	case *reflectionv1.ServerReflectionRequest_FileContainingExtension:
		in, n := ask.FileContainingExtension.GetContainingType(), ask.FileContainingExtension.GetExtensionNumber()
		if x, err := protoregistry.GlobalTypes.FindExtensionByNumber(protoreflect.FullName(in), protoreflect.FieldNumber(n)); err == nil {
			file = x.TypeDescriptor().ParentFile()
		}
	default:
		return notReflected(res, connect.CodeInvalidArgument)
	}
	if file == nil {
		return notReflected(res, connect.CodeNotFound)
	}
	files, err := withImports(file, sent)
	if err != nil {
		return notReflected(res, connect.CodeInternal)
	}
	res.MessageResponse = &reflectionv1.ServerReflectionResponse_FileDescriptorResponse{
		FileDescriptorResponse: &reflectionv1.FileDescriptorResponse{FileDescriptorProto: files},
	}
	return res
}

func notReflected(res *reflectionv1.ServerReflectionResponse, code connect.Code) *reflectionv1.ServerReflectionResponse {
	res.MessageResponse = &reflectionv1.ServerReflectionResponse_ErrorResponse{
		ErrorResponse: &reflectionv1.ErrorResponse{ErrorCode: int32(code), ErrorMessage: code.String()}, //nolint:gosec // below 17
	}
	return res
}

// services lists what is served, rising.
func (h *reflectionHandler) services() []string {
	var names []string
	for spec := range h.server.Specs() {
		if method, ok := spec.Schema.(protoreflect.MethodDescriptor); ok {
			names = append(names, string(method.Parent().FullName()))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// withImports returns a file and what it imports, directly or not, without what was sent before;
// the file itself always.
func withImports(root protoreflect.FileDescriptor, sent map[string]bool) ([][]byte, error) {
	var all [][]byte
	seen := map[string]bool{root.Path(): true}
	for queue := []protoreflect.FileDescriptor{root}; len(queue) > 0; queue = queue[1:] {
		file := queue[0]
		if file.IsPlaceholder() {
			continue
		}
		if file == root || !sent[file.Path()] {
			sent[file.Path()] = true
			data, err := proto.Marshal(protodesc.ToFileDescriptorProto(file))
			if err != nil {
				return nil, err
			}
			all = append(all, data)
		}
		for i := range file.Imports().Len() {
			if next := file.Imports().Get(i).FileDescriptor; !seen[next.Path()] {
				seen[next.Path()] = true
				queue = append(queue, next)
			}
		}
	}
	return all, nil
}
