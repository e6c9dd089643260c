// Package keys is every key of the terminal program: one struct a screen, with what the key
// is called and what it does. Footers and the help screen are made from it, so they cannot
// say anything that is not so.
//
// Enter, Esc, the arrows and the keys of [Always] mean the same on every screen. Letters never
// work while a text is typed; what works then is marked in [Always].
package keys

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/words"
)

// Binding is one thing a reader can do, and the keys that do it.
type Binding struct {
	Keys []string  // as [tea.KeyPressMsg.String] spells them; the first is the one shown
	Name words.Key // what the first is called, when its spelling is not what stands on the key
	Show string    // what the first is called, when that is the same in every language
	Help words.Key // what it does, in one to four words
}

// Is reports whether a key press is for b.
func (b Binding) Is(k tea.KeyPressMsg) bool { return slices.Contains(b.Keys, k.String()) }

// Label returns what stands on the key.
func (b Binding) Label(w *words.Catalogue) string {
	if b.Show != "" {
		return b.Show
	}
	return w.T(b.Name)
}

func letter(k string, help words.Key) Binding { return Binding{Keys: []string{k}, Show: k, Help: help} }

func enter(help words.Key) Binding {
	return Binding{Keys: []string{"enter"}, Name: words.KeyEnter, Help: help}
}

func space(help words.Key) Binding {
	return Binding{Keys: []string{"space"}, Name: words.KeySpace, Help: help}
}

func esc(help words.Key) Binding {
	return Binding{Keys: []string{"esc"}, Name: words.KeyEsc, Help: help}
}

// Map is the keys of one screen in one state: the footer's, most important first, and all.
type Map struct {
	Short []Binding // at most four; the root adds help and leave
	More  []Binding // the others, shown by help
}

// Always is the keys that work everywhere.
type Always struct {
	Leave        Binding // also twice esc; works while typing
	Crisis       Binding
	CrisisTyping Binding // the same while typing
	Help         Binding
	Up, Down     Binding
	PageUp       Binding
	PageDown     Binding
	Back         Binding
}

// NewAlways returns the keys that work everywhere.
func NewAlways() Always {
	return Always{
		Leave:        Binding{Keys: []string{"ctrl+x", "ctrl+c"}, Show: "^X", Help: words.KeyLeave},
		Crisis:       letter("n", words.KeyCrisis),
		CrisisTyping: Binding{Keys: []string{"ctrl+n"}, Show: "^N", Help: words.KeyCrisis},
		Help:         letter("?", words.KeyMore),
		Up:           Binding{Keys: []string{"up", "k"}, Name: words.KeyUp, Help: words.KeyMoveUp},
		Down:         Binding{Keys: []string{"down", "j"}, Name: words.KeyDown, Help: words.KeyMoveDown},
		PageUp:       Binding{Keys: []string{"pgup"}, Name: words.KeyPgup, Help: words.KeyScrollUp},
		PageDown:     Binding{Keys: []string{"pgdown"}, Name: words.KeyPgdown, Help: words.KeyScrollDown},
		Back:         esc(words.KeyBack),
	}
}

// Choose is the keys of a plain list: welcome, settings, crisis.
type Choose struct{ Pick, Back Binding }

// NewChoose returns the keys of a plain list.
func NewChoose() Choose { return Choose{enter(words.KeyChoose), esc(words.KeyBack)} }

// Typing is the keys of a text field.
type Typing struct{ Accept, Clear, Back Binding }

// NewTyping returns the keys of a text field.
func NewTyping() Typing {
	return Typing{
		enter(words.KeyContinue),
		Binding{Keys: []string{"ctrl+u"}, Show: "^U", Help: words.KeyClear},
		esc(words.KeyBack),
	}
}

// Questions is the keys of the four questions.
type Questions struct{ Pick, Toggle, Next, Skip, Back Binding }

// NewQuestions returns the keys of the four questions.
func NewQuestions() Questions {
	return Questions{enter(words.KeyChoose), space(words.KeyToggle), enter(words.KeyContinue), letter("u", words.KeyUnsure), esc(words.KeyBack)}
}

// Home is the keys of the first screen.
type Home struct {
	Start, Verify, Plan, Passwords, Settings, Recovery, Questions, Pins, Decide, Clinics, Notice Binding
}

// NewHome returns the keys of the first screen.
func NewHome() Home {
	return Home{
		Start:     enter(words.KeyStart),
		Verify:    letter("v", words.KeyVerify),
		Plan:      letter("l", words.KeyPlan),
		Passwords: letter("p", words.KeyPasswords),
		Settings:  letter("s", words.KeySettings),
		Recovery:  letter("c", words.KeyRecovery),
		Questions: letter("a", words.KeyAnswers),
		Pins:      letter("y", words.KeyPins),
		Decide:    letter("h", words.KeyDecide),
		Clinics:   letter("m", words.KeyClinics),
		Notice:    letter("t", words.KeyNotice),
	}
}

// Plan is the keys of the whole plan.
type Plan struct {
	Open, One, Search, Narrow, Later, Finished, Back Binding
}

// NewPlan returns the keys of the whole plan.
func NewPlan() Plan {
	return Plan{
		Open:     enter(words.KeyOpen),
		One:      space(words.KeyOnePlatform),
		Search:   letter("/", words.KeySearch),
		Narrow:   letter("b", words.KeyNarrow),
		Later:    letter("l", words.KeyShowLater),
		Finished: letter("f", words.KeyShowFinished),
		Back:     esc(words.KeyBack),
	}
}

// Task is the keys of one step of the plan.
type Task struct {
	Done, All, One, Skip, NotMine, Later, Reopen, Why, Verify, Passwords, Letter, Message, Back Binding
}

// NewTask returns the keys of one step of the plan.
func NewTask() Task {
	return Task{
		Done:      letter("d", words.KeyDone),
		All:       letter("d", words.KeyAllDone),
		One:       space(words.KeyOnePlatform),
		Skip:      letter("s", words.KeySkip),
		NotMine:   letter("x", words.KeyNotMine),
		Later:     letter("l", words.KeyLater),
		Reopen:    letter("o", words.KeyReopen),
		Why:       letter("w", words.KeySource),
		Verify:    letter("v", words.KeyVerify),
		Passwords: letter("p", words.KeyPasswords),
		Letter:    letter("e", words.KeyLetter),
		Message:   letter("t", words.KeyTell),
		Back:      esc(words.KeyBack),
	}
}

// Passwords is the keys of the screen that suggests passwords. Signs and Words, and Show and
// Hide, are one key each, called by what it does next.
type Passwords struct {
	Show, Hide, Others, Signs, Words, Longer, Shorter, Try, Back Binding
	See, Cover, Clear, TypedBack                                 Binding // while one is typed
}

// NewPasswords returns the keys of the screen that suggests passwords.
func NewPasswords() Passwords {
	reveal := func(help words.Key) Binding { return Binding{Keys: []string{"ctrl+o"}, Show: "^O", Help: help} }
	return Passwords{
		Show:      space(words.KeyShow),
		Hide:      space(words.KeyCover),
		Others:    letter("o", words.KeyOthers),
		Signs:     letter("w", words.KeySigns),
		Words:     letter("w", words.KeyWords),
		Longer:    Binding{Keys: []string{"+", "="}, Show: "+", Help: words.KeyLonger},
		Shorter:   Binding{Keys: []string{"-"}, Show: "-", Help: words.KeyShorter},
		Try:       letter("t", words.KeyTry),
		Back:      esc(words.KeyBack),
		See:       reveal(words.KeyShow),
		Cover:     reveal(words.KeyCover),
		Clear:     NewTyping().Clear,
		TypedBack: Binding{Keys: []string{"esc", "enter"}, Name: words.KeyEsc, Help: words.KeyBack},
	}
}

// Crisis is the keys of the crisis screen.
type Crisis struct{ Pick, Verify, Region, Adopt, Tell, Decide, Back Binding }

// NewCrisis returns the keys of the crisis screen.
func NewCrisis() Crisis {
	return Crisis{enter(words.KeyOpen), letter("v", words.KeyVerify), letter("g", words.KeyRegion), letter("m", words.KeyAdopt), letter("t", words.KeyTell), letter("h", words.KeyDecide), esc(words.KeyBack)}
}

// Verify is the keys of a verdict. Again, Correct and Retry are one key, called by what it does
// next; Other then leads to another message.
type Verify struct{ Again, Correct, Retry, Other, Details, Add, Save, Back Binding }

// NewVerify returns the keys of a verdict.
func NewVerify() Verify {
	return Verify{
		enter(words.KeyAnother), enter(words.KeyCorrect), enter(words.KeyRetry), letter("o", words.KeyOther),
		letter("d", words.KeyDetails), letter("a", words.KeyAddClinic), letter("s", words.KeySaveNumbers), esc(words.KeyBack),
	}
}

// Clinics is the keys of the clinics on this device, and of one of them.
type Clinics struct{ Open, Add, Save, Confirm, Remove, Yes, Back Binding }

// NewClinics returns the keys of the clinics on this device.
func NewClinics() Clinics {
	return Clinics{
		enter(words.KeyOpen), letter("a", words.KeyAddClinic), letter("s", words.KeySaveNumbers), letter("y", words.KeyPins),
		letter("x", words.KeyRemove), enter(words.KeyRemoveYes), esc(words.KeyBack),
	}
}

// Card is the keys of a clinic that is being added by its card.
type Card struct{ Complete, Accept, Clear, Pick, Yes, Back Binding }

// NewCard returns the keys of a clinic that is being added by its card.
func NewCard() Card {
	t := NewTyping()
	return Card{
		Binding{Keys: []string{"tab"}, Name: words.KeyTab, Help: words.KeyComplete}, t.Accept, t.Clear,
		enter(words.KeyChoose), enter(words.KeyAddYes), t.Back,
	}
}

// Notices is the keys of the messages that turned out to be false.
type Notices struct{ Away, Verify, Back Binding }

// NewNotices returns the keys of those messages.
func NewNotices() Notices {
	return Notices{letter("d", words.KeyPutAway), letter("v", words.KeyVerify), esc(words.KeyBack)}
}

// Recovery is the keys of the recovery code.
type Recovery struct{ Confirm, QR, Print, Back Binding }

// NewRecovery returns the keys of the recovery code.
func NewRecovery() Recovery {
	return Recovery{enter(words.KeyRetype), letter("q", words.KeyQr), letter("p", words.KeyPrintable), esc(words.KeyLaterBack)}
}

// Restored is the keys of the screen after a restore.
type Restored struct{ Yes, NotNow Binding }

// NewRestored returns the keys of the screen after a restore.
func NewRestored() Restored {
	return Restored{enter(words.KeyPinsYes), esc(words.KeyPinsNo)}
}

// Helper is the keys of the tasks that somebody else does.
type Helper struct{ Open, Done, All, One, Owner, Return, Back Binding }

// NewHelper returns the keys of the tasks that somebody else does.
func NewHelper() Helper {
	return Helper{
		Open:   enter(words.KeyOpen),
		Done:   letter("d", words.KeyDone),
		All:    letter("d", words.KeyAllDone),
		One:    space(words.KeyOnePlatform),
		Owner:  letter("o", words.KeyOwner),
		Return: enter(words.KeyContinue),
		Back:   esc(words.KeyBack),
	}
}

// Unlock is the keys of the screen that opens the vault.
type Unlock struct{ Again Binding }

// NewUnlock returns the keys of the screen that opens the vault.
func NewUnlock() Unlock { return Unlock{enter(words.KeyAgain)} }

// Demo is the keys of the table in the demo.
type Demo struct{ Open, Check, Back, Table Binding }

// NewDemo returns the keys of the table in the demo.
func NewDemo() Demo {
	return Demo{
		Open:  enter(words.KeyOpen),
		Check: enter(words.KeyVerify),
		Back:  esc(words.KeyBack),
		Table: Binding{Keys: []string{"ctrl+t"}, Show: "^T", Help: words.KeyTable},
	}
}

// Triage is the keys of the questions for somebody who does not know what happened, and of
// where they lead.
type Triage struct{ Pick, Open, Region, Adopt, Tell, Back Binding }

// NewTriage returns the keys of those questions.
func NewTriage() Triage {
	return Triage{
		enter(words.KeyChoose), enter(words.KeyOpen), letter("g", words.KeyRegion), letter("m", words.KeyAdopt),
		letter("t", words.KeyTell), esc(words.KeyBack),
	}
}

// Message is the keys of the message to people close by.
type Message struct{ Tone, Copy, Back Binding }

// NewMessage returns the keys of that message.
func NewMessage() Message {
	return Message{letter("t", words.KeyTone), letter("c", words.KeyCopy), esc(words.KeyBack)}
}

// Letter is the keys of a letter that is filled in.
type Letter struct{ Save, Copy, Format, Language, Back Binding }

// NewLetter returns the keys of a letter that is filled in.
func NewLetter() Letter {
	return Letter{
		letter("s", words.KeySaveFile), letter("c", words.KeyCopy), letter("f", words.KeyFormat),
		letter("i", words.KeyLetterLanguage), esc(words.KeyBack),
	}
}
