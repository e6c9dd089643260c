package rpc

import (
	"context"
	"slices"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

var _ chaperonev1connect.ChecklistServiceHandler = (*checklistHandler)(nil)

// checklistHandler is ChecklistService on the wire. It keeps nothing of a request.
type checklistHandler struct {
	pack  *checklist.Pack
	whole *chaperonev1.GetPackResponse // the same for everybody; never changed
	now   func() time.Time
}

func newChecklistHandler(pack *checklist.Pack, now func() time.Time) *checklistHandler {
	whole := &chaperonev1.GetPackResponse{Version: pack.Version(), Signature: pack.Signature()}
	for name, data := range pack.Files() {
		whole.Files = append(whole.Files, &chaperonev1.PackFile{Name: name, Data: data})
	}
	slices.SortFunc(whole.Files, func(a, b *chaperonev1.PackFile) int {
		switch {
		case a.GetName() < b.GetName():
			return -1
		case a.GetName() > b.GetName():
			return 1
		}
		return 0
	})
	return &checklistHandler{pack: pack, whole: whole, now: now}
}

// GetPack implements ChecklistService.
func (h *checklistHandler) GetPack(_ context.Context, req *chaperonev1.GetPackRequest) (*chaperonev1.GetPackResponse, error) {
	if req.GetHaveVersion() >= h.whole.GetVersion() {
		return &chaperonev1.GetPackResponse{Version: h.whole.GetVersion()}, nil
	}
	return h.whole, nil
}

// Plan implements ChecklistService.
func (h *checklistHandler) Plan(_ context.Context, req *chaperonev1.PlanRequest) (*chaperonev1.PlanResponse, error) {
	answers, now := answersFrom(req), h.now()
	plan := h.pack.Plan(answers, nil, now)
	return planTo(&plan, answers, h.pack, now, h.pack.Text(req.GetLocale())), nil
}
