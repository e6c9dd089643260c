package rpc

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

var _ chaperonev1connect.ChecklistServiceHandler = (*checklistHandler)(nil)

// checklistHandler is ChecklistService on the wire. It keeps nothing of a request.
type checklistHandler struct {
	pack  func() (*checklist.Pack, error)
	whole func() (*chaperonev1.GetPackResponse, error) // the same for everybody; never changed
	now   func() time.Time
}

func newChecklistHandler(pack func() (*checklist.Pack, error), now func() time.Time) *checklistHandler {
	return &checklistHandler{pack: pack, now: now, whole: sync.OnceValues(func() (*chaperonev1.GetPackResponse, error) {
		p, err := pack()
		if err != nil {
			return nil, err
		}
		return wholePack(p), nil
	})}
}

// wholePack is the answer with every file of a pack.
func wholePack(pack *checklist.Pack) *chaperonev1.GetPackResponse {
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
	return whole
}

// GetPack implements ChecklistService.
func (h *checklistHandler) GetPack(_ context.Context, req *chaperonev1.GetPackRequest) (*chaperonev1.GetPackResponse, error) {
	whole, err := h.whole()
	if err != nil {
		return nil, err
	}
	if req.GetHaveVersion() >= whole.GetVersion() {
		return &chaperonev1.GetPackResponse{Version: whole.GetVersion()}, nil
	}
	return whole, nil
}

// Plan implements ChecklistService.
func (h *checklistHandler) Plan(_ context.Context, req *chaperonev1.PlanRequest) (*chaperonev1.PlanResponse, error) {
	pack, err := h.pack()
	if err != nil {
		return nil, err
	}
	answers, now := answersFrom(req), h.now()
	plan := pack.Plan(answers, nil, now)
	return planTo(&plan, answers, pack, now, pack.Text(req.GetLocale())), nil
}
