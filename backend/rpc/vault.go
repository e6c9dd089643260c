package rpc

import (
	"context"

	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
	"github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1/chaperonev1connect"
)

var _ chaperonev1connect.VaultServiceHandler = (*vaultHandler)(nil)

// vaultHandler is VaultService on the wire.
type vaultHandler struct {
	vaults *vaultsync.Service
}

// Get implements VaultService.
func (h *vaultHandler) Get(ctx context.Context, req *chaperonev1.VaultServiceGetRequest) (*chaperonev1.VaultServiceGetResponse, error) {
	snap, err := h.vaults.Get(ctx, vaultsync.GetRequest{
		VaultID: req.GetVaultId(), Proof: proofFrom(req.GetProof()), HaveRevision: req.GetHaveRevision(),
	})
	if err != nil {
		return nil, err
	}
	return &chaperonev1.VaultServiceGetResponse{Revision: snap.Revision, Blob: snap.Blob}, nil
}

// Put implements VaultService.
func (h *vaultHandler) Put(ctx context.Context, req *chaperonev1.VaultServicePutRequest) (*chaperonev1.VaultServicePutResponse, error) {
	revision, err := h.vaults.Put(ctx, vaultsync.PutRequest{
		VaultID: req.GetVaultId(), Proof: proofFrom(req.GetProof()), BaseRevision: req.GetBaseRevision(), Blob: req.GetBlob(),
	})
	if err != nil {
		return nil, err
	}
	return &chaperonev1.VaultServicePutResponse{Revision: revision}, nil
}

// Delete implements VaultService.
func (h *vaultHandler) Delete(ctx context.Context, req *chaperonev1.VaultServiceDeleteRequest) (*chaperonev1.VaultServiceDeleteResponse, error) {
	err := h.vaults.Delete(ctx, vaultsync.DeleteRequest{VaultID: req.GetVaultId(), Proof: proofFrom(req.GetProof())})
	if err != nil {
		return nil, err
	}
	return &chaperonev1.VaultServiceDeleteResponse{}, nil
}
