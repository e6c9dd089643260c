package screen

import (
	"errors"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Trouble returns the words for an error: what happened, and what to try. The error's own
// text is never shown.
func Trouble(w *words.Catalogue, err error) (what, hint string) {
	for _, t := range []struct {
		is         error
		what, hint words.Key
	}{
		{patient.ErrAlreadyOpen, words.TroubleOpen, words.TroubleOpenHint},
		{patient.ErrNeedPassphrase, words.TroublePassphrase, words.TroublePassphraseHint},
		{patient.ErrWrongPassphrase, words.TroublePassphrase, words.TroublePassphraseHint},
		{vault.ErrDamaged, words.TroubleDamaged, words.TroubleDamagedHint},
		{vault.ErrRollback, words.TroubleRollback, words.TroubleRollbackHint},
		{vault.ErrNewer, words.TroubleNewer, words.TroubleNewerHint},
		{patient.ErrDisk, words.TroubleDisk, words.TroubleDiskHint},
		{patient.ErrUnconfirmed, words.TroubleUnconfirmed, words.TroubleUnconfirmedHint},
		{patient.ErrNoKey, words.TroubleNokey, words.TroubleDamagedHint},
		{patient.ErrWrongCode, words.TroubleCode, words.TroubleCodeHint},
		{patient.ErrBadServer, words.TroubleBadserver, words.TroubleBadserverHint},
		{patient.ErrNoServer, words.TroubleServer, words.TroubleServerHint},
		{patient.ErrOffline, words.TroubleOffline, words.TroubleOfflineHint},
		{patient.ErrRefused, words.TroubleRefused, words.TroubleRefusedHint},
		{patient.ErrNotFound, words.TroubleNotfound, words.TroubleNotfoundHint},
		{patient.ErrDeleted, words.TroubleDeleted, words.TroubleDeletedHint},
		{patient.ErrCardWords, words.TroubleCardWords, words.TroubleCardWordsHint},
		{patient.ErrNoClinic, words.TroubleNoClinic, words.TroubleNoClinicHint},
		{patient.ErrFalseClinic, words.TroubleFalseClinic, words.TroubleFalseClinicHint},
		{patient.ErrSameClinic, words.TroubleSameClinic, words.TroubleSameClinicHint},
		{patient.ErrLikeClinic, words.TroubleLikeClinic, words.TroubleLikeClinicHint},
		{contact.ErrMalformed, words.TroubleNotMessage, words.TroubleNotMessageHint},
		{contact.ErrTooLarge, words.TroubleNotMessage, words.TroubleNotMessageHint},
		{ErrSaved, words.TroubleSaved, words.TroubleSavedHint},
		{patient.ErrSavedContacts, words.TroubleSaved, words.TroubleSavedHint},
		{patient.ErrClock, words.TroubleClock, words.TroubleClockHint},
		{ErrFileExists, words.LetterFileExists, words.LetterFileExistsHint},
		{ErrFile, words.LetterFileFailed, words.LetterFileExistsHint},
		{humancode.ErrSymbol, words.TroubleSymbol, words.TroubleSymbolHint},
		{humancode.ErrLength, words.TroubleLength, words.TroubleLengthHint},
		{humancode.ErrCheck, words.TroubleCheck, words.TroubleCheckHint},
	} {
		if errors.Is(err, t.is) {
			return w.T(t.what), w.T(t.hint)
		}
	}
	return w.T(words.TroubleOther), w.T(words.TroubleOtherHint)
}

// DrawTrouble adds the words for err to a body; nil adds nothing.
func DrawTrouble(t *widget.Text, w *words.Catalogue, err error) {
	if err == nil {
		return
	}
	what, hint := Trouble(w, err)
	t.Gap()
	t.Para(t.Style.Danger, what)
	t.Para(t.Style.Body, hint)
	t.Gap()
}
