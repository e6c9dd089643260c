package screen

import (
	"strings"

	"github.com/chaperone-privacy/chaperone/internal/contact"
	"github.com/chaperone-privacy/chaperone/internal/contact/card"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Sources are the answers to how the reader got a card, in the order in which they stand.
func Sources() []patient.Source {
	return []patient.Source{patient.SourceDesk, patient.SourcePost, patient.SourceRemote}
}

// SourceName says an answer in words.
func SourceName(w *words.Catalogue, s patient.Source) string {
	switch s {
	case patient.SourceDesk:
		return w.T(words.CardDesk)
	case patient.SourcePost:
		return w.T(words.CardPost)
	}
	return w.T(words.CardRemote)
}

// offeredWords is how many words are offered for one that is being typed.
const offeredWords = 5

// CardSoFar says how far the words of a card are: how many hold, and at once which one cannot.
type CardSoFar struct {
	Count   int      // words that are whole
	Wrong   string   // the first that is no word of our cards; "" for none
	Offer   []string // what the last one may become, while it is typed
	Whole   bool     // six words, and all hold
	TooMany bool
}

// ReadCardSoFar looks at the words of a card while they are typed.
func ReadCardSoFar(typed string) CardSoFar {
	var s CardSoFar
	list, typing := card.Split(typed)
	for i, word := range list {
		found, whole := card.Complete(word, offeredWords)
		switch {
		case typing && i == len(list)-1 && len(found) > 0:
			if s.Offer = found; whole {
				s.Count++
			}
		case whole:
			s.Count++
		case s.Wrong == "":
			s.Wrong = word
		}
	}
	s.TooMany = len(list) > card.Count
	s.Whole = s.Count == card.Count && len(list) == card.Count
	if len(list) == 1 { // perhaps all six with hyphens between
		if _, err := card.Parse(typed); err == nil {
			s = CardSoFar{Count: card.Count, Whole: true}
		}
	}
	return s
}

// CardHint says how far the words of a card are.
func CardHint(w *words.Catalogue, s CardSoFar) string {
	switch {
	case s.Wrong != "":
		return w.T(words.CardNotWord, words.Str("word", widget.Line(s.Wrong)))
	case s.TooMany:
		return w.T(words.CardTooMany)
	case s.Whole:
		return w.T(words.CardWhole)
	}
	line := w.T(words.CardSoFar, words.Int("n", s.Count))
	if len(s.Offer) > 0 {
		line += "   " + strings.Join(s.Offer, "  ")
	}
	return line
}

// OfferLine is a sentence about a clinic that was found; Warn says that it is a warning.
type OfferLine struct {
	Text string
	Warn bool
}

// OfferLines says what was found for a card, in the order in which it is read.
func OfferLines(env *Env, o patient.ClinicOffer) []OfferLine {
	w := env.Words
	date := words.Str("date", w.Date(o.Since.In(env.Now().Location())))
	out := []OfferLine{{Text: w.T(words.CardCalls, words.Str("name", widget.Line(o.Name)))}}
	switch {
	case o.Since.IsZero():
		out = append(out, OfferLine{w.T(words.CardAgeUnknown), true})
	case o.Young:
		out = append(out, OfferLine{w.T(words.CardYoung, date), true})
	}
	if len(o.Phones) > 0 {
		out = append(out, OfferLine{Text: w.T(words.CardPhones, words.Str("numbers", Phones(o.Phones)))})
	}
	out = append(out, OfferLine{Text: w.T(words.CardAnyName, words.Str("words", strings.Join(o.Words, " ")))})
	if !o.Since.IsZero() && !o.Young {
		out = append(out, OfferLine{Text: w.T(words.CardSince, date)})
	}
	if o.Level == contact.Remote {
		out = append(out, OfferLine{w.T(words.CardLess), true})
	}
	return out
}
