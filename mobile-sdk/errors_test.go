package chaperone

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"strings"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
)

func TestErrorsAreMapped(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err   error
		code  string
		retry bool
	}{
		{nil, "", false},
		{patient.ErrNoVault, CodeNoVault, false},
		{patient.ErrVaultExists, CodeVaultExists, false},
		{patient.ErrClosed, CodeClosed, false},
		{fmt.Errorf("%w: %w", patient.ErrNoKey, vault.ErrDamaged), CodeNoKey, false},
		{patient.ErrBadServer, CodeBadInput, false},
		{patient.ErrNoRow, CodeBadInput, false},
		{patient.ErrCardWords, CodeBadInput, false},
		{patient.ErrSavedContacts, CodeBadInput, false},
		{patient.ErrSameClinic, CodeBadInput, false},
		{patient.ErrLikeClinic, CodeBadInput, false},
		{patient.ErrNoClinic, CodeRefused, true},
		{patient.ErrFalseClinic, CodeRefused, true},
		{patient.ErrNoHome, CodeBadInput, false},
		{patient.ErrWrongCode, CodeWrongCode, false},
		{patient.ErrConfirmed, CodeConfirmed, false},
		{patient.ErrBadAnswer, CodeRefused, true},
		{patient.ErrConflict, CodeRefused, true},
		{patient.ErrAlreadyOpen, CodeAlreadyOpen, true},
		{patient.ErrNeedPassphrase, CodeNoKey, false},
		{patient.ErrWrongPassphrase, CodeNoKey, false},
		{patient.ErrDisk, CodeDisk, false},
		{patient.ErrNoServer, CodeNoServer, false},
		{patient.ErrOffline, CodeOffline, true},
		{patient.ErrRefused, CodeRefused, true},
		{patient.ErrNotFound, CodeWrongCode, false},
		{patient.ErrDeleted, CodeDeleted, false},
		{patient.ErrClock, CodeClock, false},
		{patient.ErrUnconfirmed, CodeUnconfirmed, false},
		{vault.ErrDamaged, CodeDamaged, false},
		{vault.ErrRollback, CodeDamaged, false},
		{vault.ErrTooLarge, CodeTooLarge, false},
		{vault.ErrWrongKey, CodeNoKey, false},
		{vault.ErrNewer, CodeNewer, false},
		{contact.ErrMalformed, CodeMalformed, false},
		{contact.ErrTooLarge, CodeMalformed, false},
		{contact.ErrMemory, CodeDamaged, false},
		{humancode.ErrCheck, CodeWrongCode, false},
		{humancode.ErrLength, CodeWrongCode, false},
		{humancode.ErrSymbol, CodeWrongCode, false},
		{context.DeadlineExceeded, CodeTimeout, true},
		{context.Canceled, CodeCanceled, false},
		{errKeyStore, CodeKeyStore, true},
		{errors.New("canary"), CodeInternal, false},
	} {
		var err error
		if tt.err != nil {
			err = mapped(fmt.Errorf("canary: %w", tt.err))
			if err.Error() != tt.code+": "+plain(tt.code) || strings.Contains(err.Error(), "canary") {
				t.Errorf("%v: got message %q", tt.err, err)
			}
		}
		if got := CodeOf(err); got != tt.code {
			t.Errorf("%v: got code %q, want %q", tt.err, got, tt.code)
		}
		if got := IsRetryable(err); got != tt.retry {
			t.Errorf("%v: got retryable %v, want %v", tt.err, got, tt.retry)
		}
	}
}

// TestNoSentinelIsForgotten: a new error of the core must be given a code.
func TestNoSentinelIsForgotten(t *testing.T) {
	const internal = "github.com/chaperone-privacy/chaperone/internal/"
	known := map[string]error{
		"patient.ErrVaultExists": patient.ErrVaultExists, "patient.ErrClosed": patient.ErrClosed, "patient.ErrNoKey": patient.ErrNoKey,
		"patient.ErrCardWords": patient.ErrCardWords, "patient.ErrSavedContacts": patient.ErrSavedContacts,
		"patient.ErrSameClinic": patient.ErrSameClinic, "patient.ErrLikeClinic": patient.ErrLikeClinic,
		"patient.ErrNoClinic": patient.ErrNoClinic, "patient.ErrFalseClinic": patient.ErrFalseClinic,
		"patient.ErrBadServer": patient.ErrBadServer, "patient.ErrBadAnswer": patient.ErrBadAnswer,
		"patient.ErrConflict": patient.ErrConflict, "patient.ErrWrongCode": patient.ErrWrongCode,
		"patient.ErrConfirmed": patient.ErrConfirmed, "patient.ErrNoRow": patient.ErrNoRow, "patient.ErrNoHome": patient.ErrNoHome,
		"patient.ErrNoVault": patient.ErrNoVault, "patient.ErrAlreadyOpen": patient.ErrAlreadyOpen,
		"patient.ErrNeedPassphrase": patient.ErrNeedPassphrase, "patient.ErrWrongPassphrase": patient.ErrWrongPassphrase,
		"patient.ErrDisk": patient.ErrDisk, "patient.ErrNoServer": patient.ErrNoServer, "patient.ErrOffline": patient.ErrOffline,
		"patient.ErrRefused": patient.ErrRefused, "patient.ErrNotFound": patient.ErrNotFound,
		"patient.ErrDeleted": patient.ErrDeleted, "patient.ErrClock": patient.ErrClock, "patient.ErrUnconfirmed": patient.ErrUnconfirmed,
		"vault.ErrDamaged": vault.ErrDamaged, "vault.ErrRollback": vault.ErrRollback, "vault.ErrTooLarge": vault.ErrTooLarge,
		"vault.ErrWrongKey": vault.ErrWrongKey, "vault.ErrNewer": vault.ErrNewer,
	}
	pkgs, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedExportFile,
	}, internal+"patient", internal+"vault")
	if err != nil {
		t.Fatal(err)
	}
	for _, pkg := range pkgs {
		for _, name := range pkg.Types.Scope().Names() {
			v, ok := pkg.Types.Scope().Lookup(name).(*types.Var)
			if !ok || !v.Exported() || !types.Identical(v.Type(), types.Universe.Lookup("error").Type()) {
				continue
			}
			sentinel, ok := known[pkg.Name+"."+name]
			if !ok {
				t.Errorf("%s.%s has no code: add it to the mapper and here", pkg.Name, name)
				continue
			}
			if CodeOf(mapped(sentinel)) == CodeInternal {
				t.Errorf("%s.%s is an internal error to the host", pkg.Name, name)
			}
		}
	}
}

func TestCodeOfForeignErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ message, code string }{
		{"offline: the host's own words", CodeOffline},
		{"internal: x", CodeInternal},
		{"java.lang.IllegalStateException: offline: x", CodeInternal},
		{"no such code: x", CodeInternal},
		{"", CodeInternal},
	} {
		if got := CodeOf(errors.New(tt.message)); got != tt.code {
			t.Errorf("%q: got %q, want %q", tt.message, got, tt.code)
		}
	}
}

// TestConstantsAreTheCore: the codes that a host compares with are those of the core.
func TestConstantsAreTheCore(t *testing.T) {
	t.Parallel()
	for ours, core := range map[string]string{
		StageWorried: string(checklist.Worried), StageNotified: string(checklist.Notified),
		StageThreatened: string(checklist.Threatened), StagePublished: string(checklist.Published),
		ExposedContact: string(checklist.Contact), ExposedAddress: string(checklist.Address),
		ExposedBirthDate: string(checklist.BirthDate), ExposedGovID: string(checklist.GovID), ExposedSSN: string(checklist.SSN),
		ExposedLogin: string(checklist.Login), ExposedCard: string(checklist.Card), ExposedBank: string(checklist.Bank),
		ExposedInsurance: string(checklist.Insurance), ExposedRecords: string(checklist.Records),
		ExposedPhotoFace: string(checklist.PhotoFace), ExposedPhotoIntimate: string(checklist.PhotoIntimate),
		StatusTodo: string(checklist.Todo), StatusDoing: string(checklist.Doing), StatusDone: string(checklist.Done),
		StatusSkipped: string(checklist.Skipped), StatusNotMine: string(checklist.NotMine),
		StatusRecheck: string(checklist.Recheck), StatusLater: string(checklist.Later),
		AgainDue: string(checklist.AgainDue), AgainContent: string(checklist.AgainContent),
		AgainIncident: string(checklist.AgainIncident), AgainThreat: string(checklist.AgainThreat),
		ReasonNotMine: string(checklist.ReasonNotMine), ReasonDidElsewhere: string(checklist.ReasonDidElsewhere),
		ReasonCannot: string(checklist.ReasonCannot), ReasonNotNow: string(checklist.ReasonNotNow),
		ClassRed: string(contact.Red), ClassGrey: string(contact.Grey), ClassAmber: string(contact.Amber), ClassGreen: string(contact.Green),
	} {
		if ours != core {
			t.Errorf("got %q, want %q", ours, core)
		}
	}
}
