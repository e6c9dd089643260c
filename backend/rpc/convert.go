package rpc

import (
	"time"

	"github.com/chaperone-privacy/chaperone/backend/envelope"
	"github.com/chaperone-privacy/chaperone/backend/keylog"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
	"github.com/chaperone-privacy/chaperone/internal/checklist"
	chaperonev1 "github.com/chaperone-privacy/chaperone/internal/gen/chaperone/v1"
)

// proofFrom reads a proof; its lengths have been checked.
func proofFrom(p *chaperonev1.VaultProof) vaultsync.Proof {
	return vaultsync.Proof{
		PublicKey:   p.GetPublicKey(),
		UnixSeconds: p.GetUnixSeconds(),
		Nonce:       p.GetNonce(),
		Signature:   p.GetSignature(),
	}
}

// publicationFrom reads a message to publish; its lengths have been checked.
func publicationFrom(req *chaperonev1.PublishRequest) envelope.Publication {
	return envelope.Publication{
		ID: req.GetId(), Sealed: req.GetEnvelope(), Leaf: req.GetLeaf(), Until: req.GetKeepUntilDay(),
		Watch: req.GetWatchId(), Copy: req.GetInboxCopy(), Await: req.GetAwaitProof(),
	}
}

// requestFrom reads what a device signed; its lengths have been checked.
func requestFrom(procedure string, p *chaperonev1.DeviceProof, digest [32]byte) keylog.Request {
	return keylog.Request{
		Procedure: procedure, PublicKey: p.GetPublicKey(), UnixSeconds: p.GetUnixSeconds(),
		Nonce: p.GetNonce(), Signature: p.GetSignature(), Digest: digest,
	}
}

// answersFrom reads coarse answers; their values have been checked.
func answersFrom(req *chaperonev1.PlanRequest) checklist.Answers {
	a := checklist.Answers{
		Stage: stageFrom(req.GetStage()), Region: req.GetRegion(), Uses: req.GetUses(), Seed: uint64(req.GetSeed()),
	}
	if n := len(req.GetExposed()); n > 0 {
		a.Exposed = make([]checklist.Exposure, 0, n)
		for _, e := range req.GetExposed() {
			a.Exposed = append(a.Exposed, exposureFrom(e))
		}
	}
	return a
}

func stageFrom(s chaperonev1.Stage) checklist.Stage {
	switch s {
	case chaperonev1.Stage_STAGE_NOTIFIED:
		return checklist.Notified
	case chaperonev1.Stage_STAGE_THREATENED:
		return checklist.Threatened
	case chaperonev1.Stage_STAGE_PUBLISHED:
		return checklist.Published
	case chaperonev1.Stage_STAGE_UNSPECIFIED, chaperonev1.Stage_STAGE_WORRIED:
	}
	return checklist.Worried
}

func exposureFrom(e chaperonev1.Exposure) checklist.Exposure {
	switch e {
	case chaperonev1.Exposure_EXPOSURE_CONTACT:
		return checklist.Contact
	case chaperonev1.Exposure_EXPOSURE_ADDRESS:
		return checklist.Address
	case chaperonev1.Exposure_EXPOSURE_DOB:
		return checklist.BirthDate
	case chaperonev1.Exposure_EXPOSURE_GOV_ID:
		return checklist.GovID
	case chaperonev1.Exposure_EXPOSURE_SSN:
		return checklist.SSN
	case chaperonev1.Exposure_EXPOSURE_LOGIN:
		return checklist.Login
	case chaperonev1.Exposure_EXPOSURE_CARD:
		return checklist.Card
	case chaperonev1.Exposure_EXPOSURE_BANK:
		return checklist.Bank
	case chaperonev1.Exposure_EXPOSURE_INSURANCE:
		return checklist.Insurance
	case chaperonev1.Exposure_EXPOSURE_RECORDS:
		return checklist.Records
	case chaperonev1.Exposure_EXPOSURE_PHOTO_FACE:
		return checklist.PhotoFace
	case chaperonev1.Exposure_EXPOSURE_PHOTO_INTIMATE:
		return checklist.PhotoIntimate
	case chaperonev1.Exposure_EXPOSURE_UNSPECIFIED:
	}
	return "" // refused by validation
}

// planTo writes a plan for the answers, made from pack at now, in the words of t.
func planTo(plan *checklist.Plan, a checklist.Answers, pack *checklist.Pack, now time.Time, t *checklist.Texts) *chaperonev1.PlanResponse {
	rows := make([]chaperonev1.PlanRow, len(plan.Rows))
	list := make([]*chaperonev1.PlanRow, len(plan.Rows))
	for i := range plan.Rows {
		from, to := &plan.Rows[i], &rows[i]
		to.ItemId = from.Item.ID
		to.Title = t.Title(from.Item.ID)
		to.Why = t.Get(from.Item.ID + ".why")
		to.Lane = string(from.Item.Lane)
		to.Minutes = uint32(max(from.Minutes, 0))    //nolint:gosec // a few hours at most
		to.Impact = uint32(max(from.Item.Impact, 0)) //nolint:gosec // 1 to 5
		if n := len(from.Platforms); n > 0 {
			to.Platforms = make([]string, 0, n)
			for _, p := range from.Platforms {
				to.Platforms = append(to.Platforms, p.Platform.ID)
			}
		}
		to.AgainAfterDays = againAfter(from, a, pack, now)
		list[i] = to
	}
	return &chaperonev1.PlanResponse{
		PackVersion: pack.Version(),
		Rows:        list,
		ShowFirst:   uint32(max(plan.ShowFirst, 0)), //nolint:gosec // at most len(Rows)
		RegionKnown: plan.RegionKnown,
	}
}

// againAfter is in how many days a row is due again when it is finished now; 0: not by itself.
func againAfter(row *checklist.Row, a checklist.Answers, pack *checklist.Pack, now time.Time) uint32 {
	const day = 24 * time.Hour
	soonest := time.Duration(0)
	add := func(platform string) {
		due := pack.DueAgain(checklist.RowKey{Item: row.Item.ID, Platform: platform}, a, now)
		if in := due.Sub(now); !due.IsZero() && (soonest == 0 || in < soonest) {
			soonest = in
		}
	}
	if len(row.Platforms) == 0 {
		add("")
	}
	for _, p := range row.Platforms {
		add(p.Platform.ID)
	}
	return uint32(max(0, (soonest+day-1)/day)) //nolint:gosec // a few years at most
}
