package rpc

import (
	"context"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

var _ chaperonev1connect.ClinicServiceHandler = (*clinicHandler)(nil)

// clinicHandler is ClinicService on the wire.
type clinicHandler struct {
	chaperonev1connect.UnimplementedClinicServiceHandler

	envelopes *envelope.Service
	notes     *keylog.Service
}

// Publish implements ClinicService.
func (h *clinicHandler) Publish(ctx context.Context, req *chaperonev1.PublishRequest) (*chaperonev1.PublishResponse, error) {
	p := publicationFrom(req)
	if _, err := h.notes.Authorise(ctx, requestFrom(chaperonev1connect.ClinicServicePublishProcedure, req.GetProof(), p.Digest())); err != nil {
		return nil, err
	}
	receipt, err := h.envelopes.Publish(ctx, p)
	if err != nil {
		return nil, err
	}
	return &chaperonev1.PublishResponse{Index: uint64(receipt.Index), Proof: receipt.Proof}, nil //nolint:gosec // >= 0
}

// AppendNote implements ClinicService.
func (h *clinicHandler) AppendNote(ctx context.Context, req *chaperonev1.AppendNoteRequest) (*chaperonev1.AppendNoteResponse, error) {
	receipt, err := h.notes.Append(ctx, req.GetNote())
	if err != nil {
		return nil, err
	}
	return &chaperonev1.AppendNoteResponse{Index: uint64(receipt.Index), Proof: receipt.Proof}, nil //nolint:gosec // >= 0
}
