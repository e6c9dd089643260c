package rpc

import (
	"context"
	"slices"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/limit"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

var _ chaperonev1connect.ClinicServiceHandler = (*clinicHandler)(nil)

// clinicHandler is ClinicService on the wire.
type clinicHandler struct {
	envelopes *envelope.Service
	notes     *keylog.Service
	daily     *limit.Daily[keylog.ClinicID] // what a clinic may publish
}

// Publish implements ClinicService.
func (h *clinicHandler) Publish(ctx context.Context, req *chaperonev1.PublishRequest) (*chaperonev1.PublishResponse, error) {
	p := publicationFrom(req)
	clinics, err := h.notes.Authorise(ctx, requestFrom(chaperonev1connect.ClinicServicePublishProcedure, req.GetProof(), p.Digest()))
	if err != nil {
		return nil, err
	}
	// Whoever granted the key has room for it, or another that did.
	i := slices.IndexFunc(clinics, h.daily.Take)
	if i < 0 {
		return nil, &dailyError{h.daily.Left()}
	}
	receipt, err := h.envelopes.Publish(ctx, p)
	if err != nil || receipt.Again { // nothing was added
		h.daily.Give(clinics[i])
	}
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

// PutStatus implements ClinicService.
func (h *clinicHandler) PutStatus(ctx context.Context, req *chaperonev1.PutStatusRequest) (*chaperonev1.PutStatusResponse, error) {
	if err := h.notes.PutStatus(ctx, req.GetStatus()); err != nil {
		return nil, err
	}
	return &chaperonev1.PutStatusResponse{}, nil
}
