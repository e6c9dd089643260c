package rpc

import (
	"context"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

var _ chaperonev1connect.ContactServiceHandler = (*contactHandler)(nil)

// contactHandler is ContactService on the wire.
type contactHandler struct {
	envelopes *envelope.Service
	notes     *keylog.Service
}

// LookUp implements ContactService.
func (h *contactHandler) LookUp(ctx context.Context, req *chaperonev1.LookUpRequest) (*chaperonev1.LookUpResponse, error) {
	answer, err := h.envelopes.LookUp(ctx, req.GetId())
	if err != nil {
		return nil, err
	}
	return &chaperonev1.LookUpResponse{Answer: answer}, nil
}

// GetClinic implements ContactService.
func (h *contactHandler) GetClinic(ctx context.Context, req *chaperonev1.GetClinicRequest) (*chaperonev1.GetClinicResponse, error) {
	var id keylog.ClinicID // without a profile, as one that nobody knows
	if n := req.GetCard(); len(n) > 0 {
		var err error
		if id, _, err = h.notes.Find(ctx, card.Number(n)); err != nil {
			return nil, err
		}
	} else {
		id = keylog.ClinicID(req.GetClinicId())
	}
	page, err := h.notes.Clinic(ctx, id, int64(req.GetAfter())-1) //nolint:gosec // below 2^53
	if err != nil {
		return nil, err
	}
	return &chaperonev1.GetClinicResponse{Page: page}, nil
}
