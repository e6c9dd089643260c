package rpc

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"buf.build/go/protovalidate"
	"connectrpc.com/connect/v2"
	"connectrpc.com/connect/v2/connectgzip"
	"connectrpc.com/connect/v2/connecthttp"
	"connectrpc.com/connect/v2/connectproto"
	"connectrpc.com/grpcreflect/v2"
	"connectrpc.com/validate"
	"google.golang.org/protobuf/proto"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	"github.com/chaperone-privacy/chaperone/internal/checklist"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

// The classes of the rate limits.
const (
	ClassChecklist limit.Class = iota + 1 // GetPack, Plan
	ClassVault                            // Get, Put, Delete
	ClassContact                          // LookUp, GetClinic
	ClassClinic                           // Publish, AppendNote, PutStatus
	ClassLog                              // tiles and checkpoints of the logs
	ClassOther                            // reflection, and whatever has no class of its own
)

// Read limits of one message, before and after decompression.
const (
	// maxVaultMessage holds a blob of 256 KiB in base64, as JSON carries it, and its proof.
	maxVaultMessage = 352 << 10
	// maxPublishMessage holds an envelope and a copy of 19,456 bytes each in base64, and a proof.
	maxPublishMessage = 56 << 10
	// maxNoteMessage holds a note of 32 KiB in base64.
	maxNoteMessage = 48 << 10
	// maxSmallMessage holds the largest valid request of every other procedure.
	maxSmallMessage = 8 << 10
)

// defaultDaily is more than a clinic has patients. It bounds what a stolen key and a stolen monitor
// together can fill the log with.
const defaultDaily = 250_000

// Rules are the schema's rules about requests. Compiling them takes milliseconds: it is done
// beside the rest of the start, and a request that comes sooner waits for it.
type Rules struct {
	compile func() (protovalidate.Validator, error)
}

var _ protovalidate.Validator = (*Rules)(nil)

// NewRules returns rules that [Rules.Compile], or else the first request, compiles.
func NewRules() *Rules {
	return &Rules{compile: sync.OnceValues(func() (protovalidate.Validator, error) {
		return protovalidate.New(protovalidate.WithMessages(
			&chaperonev1.GetPackRequest{}, &chaperonev1.PlanRequest{}, &chaperonev1.VaultServiceGetRequest{},
			&chaperonev1.VaultServicePutRequest{}, &chaperonev1.VaultServiceDeleteRequest{},
			&chaperonev1.LookUpRequest{}, &chaperonev1.GetClinicRequest{},
			&chaperonev1.PublishRequest{}, &chaperonev1.AppendNoteRequest{}, &chaperonev1.PutStatusRequest{},
		))
	})}
}

// Compile compiles the rules, or waits until they are. An error means that the program was built
// from a schema with broken rules; every request is then refused as internal.
func (r *Rules) Compile() error {
	_, err := r.compile()
	if err != nil {
		return fmt.Errorf("compile request rules: %w", err)
	}
	return nil
}

// Validate implements protovalidate.Validator.
func (r *Rules) Validate(msg proto.Message, opts ...protovalidate.ValidationOption) error {
	v, err := r.compile()
	if err != nil {
		return fmt.Errorf("compile request rules: %w", err)
	}
	return v.Validate(msg, opts...)
}

// Config is what [New] needs.
type Config struct {
	Pack       func() (*checklist.Pack, error) // required; the same at every call
	Vaults     *vaultsync.Service              // required
	Envelopes  *envelope.Service               // required
	Notes      *keylog.Service                 // required
	Daily      int                             // messages that a clinic may publish in a day; 0 means 250,000
	Rates      *limit.Rates                    // required
	Gate       *limit.Gate                     // required
	Observer   Observer                        // required
	Rules      *Rules                          // nil means NewRules()
	Deadline   time.Duration                   // for a unary request once it is admitted; 0 means 10 s
	Reflection bool                            // serve gRPC reflection
	Now        func() time.Time                // nil means time.Now
	Rand       io.Reader                       // nil means crypto/rand
	Log        *slog.Logger                    // nil discards
}

// service holds what the interceptors need.
type service struct {
	rates    *limit.Rates
	gate     *limit.Gate
	observer Observer
	deadline time.Duration
	now      func() time.Time
	rand     io.Reader
	log      *slog.Logger
}

// New returns a server with every service registered.
func New(c Config) (*connect.Server, error) {
	if c.Pack == nil || c.Vaults == nil || c.Envelopes == nil || c.Notes == nil || c.Rates == nil || c.Gate == nil || c.Observer == nil {
		return nil, errors.New("rpc: a required field of Config is missing")
	}
	s := &service{
		rates: c.Rates, gate: c.Gate, observer: c.Observer,
		deadline: c.Deadline, now: c.Now, rand: c.Rand, log: c.Log,
	}
	if s.deadline == 0 {
		s.deadline = 10 * time.Second
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.rand == nil {
		s.rand = rand.Reader
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if c.Daily == 0 {
		c.Daily = defaultDaily
	}
	if c.Rules == nil {
		c.Rules = NewRules()
	}
	server := connect.NewServer(
		s.observe, s.recoverPanics, s.admit,
		validate.NewServerInterceptor(validate.WithValidator(c.Rules), validate.WithoutErrorDetails()),
	)
	chaperonev1connect.RegisterChecklistServiceHandler(server, newChecklistHandler(c.Pack, s.now))
	chaperonev1connect.RegisterVaultServiceHandler(server, &vaultHandler{vaults: c.Vaults})
	chaperonev1connect.RegisterContactServiceHandler(server, &contactHandler{envelopes: c.Envelopes, notes: c.Notes})
	chaperonev1connect.RegisterClinicServiceHandler(server, &clinicHandler{envelopes: c.Envelopes, notes: c.Notes, daily: limit.NewDaily[keylog.ClinicID](c.Daily, s.now)})
	if c.Reflection {
		grpcreflect.Register(server)
	}
	return server, nil
}

// Mount registers server's routes on mux, behind the guard, with the read limits of each
// procedure.
func Mount(mux connecthttp.ServeMux, server *connect.Server) {
	connecthttp.Mount(guardedMux{mux}, server,
		connecthttp.WithCodecs(connectproto.NewBinaryCodec(), newJSONCodec()),
		connecthttp.WithCompressors(connectgzip.New()),
		connecthttp.WithReadMaxBytes(maxSmallMessage),
		connecthttp.WithCompressMinBytes(compressFrom),
		connecthttp.WithConditionalOptions(func(spec connect.Spec) []connecthttp.Option {
			switch classOf(spec.Procedure) {
			case ClassVault, ClassContact, ClassClinic:
			default:
				return nil
			}
			// Sealed blobs do not shrink, and answers of one size stay of one size.
			return []connecthttp.Option{
				connecthttp.WithReadMaxBytes(maxMessage(spec.Procedure)),
				connecthttp.WithCompressMinBytes(1 << 30),
			}
		}),
	)
}

// compressFrom is the size from which an answer is worth compressing: what no longer fits into a
// few packets.
const compressFrom = 4 << 10

func classOf(procedure string) limit.Class {
	switch service, _, _ := strings.Cut(strings.TrimPrefix(procedure, "/"), "/"); service {
	case chaperonev1connect.ChecklistServiceName:
		return ClassChecklist
	case chaperonev1connect.VaultServiceName:
		return ClassVault
	case chaperonev1connect.ContactServiceName:
		return ClassContact
	case chaperonev1connect.ClinicServiceName:
		return ClassClinic
	default:
		return ClassOther
	}
}

// maxMessage is the read limit of procedure's request.
func maxMessage(procedure string) int {
	switch procedure {
	case chaperonev1connect.VaultServicePutProcedure:
		return maxVaultMessage
	case chaperonev1connect.ClinicServicePublishProcedure:
		return maxPublishMessage
	case chaperonev1connect.ClinicServiceAppendNoteProcedure, chaperonev1connect.ClinicServicePutStatusProcedure:
		return maxNoteMessage
	}
	return maxSmallMessage
}
