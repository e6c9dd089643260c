// Package screen is what the screens share: the face of the device they work on, the text
// they show, and the messages by which they ask the root to go somewhere else. Each screen
// is a package of its own below this one.
//
// A screen never does input or output in Update: it returns a command, and the result comes
// back as a message. It never writes a word that is not in package words or in the content
// pack, and never a colour that is not a token of package style.
package screen

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/humancode"
	"github.com/chaperone-privacy/chaperone/internal/patient"
	"github.com/chaperone-privacy/chaperone/internal/vault"
	"github.com/chaperone-privacy/chaperone/internal/words"
	"github.com/chaperone-privacy/chaperone/tui/keys"
	"github.com/chaperone-privacy/chaperone/tui/style"
	"github.com/chaperone-privacy/chaperone/tui/widget"
)

// Device is an open vault, as the screens use it. [patient.Device] is one. State, Plan,
// RecoveryConfirmed, HasPassphrase, Helping and Server answer from memory; the others may block and are called from
// commands only.
type Device interface {
	State() vault.State
	Plan() checklist.Plan
	RecoveryConfirmed() bool
	Server() string

	SetAnswers(a checklist.Answers) error
	Mark(key checklist.RowKey, status checklist.Status, reason checklist.SkipReason, until time.Time) error
	SetSettings(locale, theme string) error
	ConfirmPins() error
	RecoveryCode() (humancode.Code, error)
	ConfirmRecovery(code humancode.Code) error
	SetPassphrase(passphrase []byte) error
	HasPassphrase() bool
	Helping() bool
	StartHelping() error
	StopHelping(passphrase []byte) error
	UseServer(url string) error
	Sync(ctx context.Context) (patient.SyncResult, error)
	Wipe(ctx context.Context, remote bool) error
	Close() error
	Contact
}

// Contact is the part of [Device] that is about clinics and their messages. Clinics,
// SavedContacts, Notices and CompareSaved answer from memory.
type Contact interface {
	CheckCode(ctx context.Context, c patient.CodeCheck) (patient.Checked, error)
	CheckBundle(ctx context.Context, bundle []byte, text *string, sender string) (patient.Checked, error)
	CompareSaved(text, sender string) patient.SavedMatch

	Clinics() []patient.ClinicInfo
	PrepareClinic(ctx context.Context, words string, how patient.Source) (patient.ClinicOffer, error)
	AddClinic(ctx context.Context, offer patient.ClinicOffer) error
	RemoveClinic(ctx context.Context, id [32]byte) error

	SavedContacts() []patient.SavedContacts
	SaveContacts(c patient.SavedContacts) error
	RemoveSaved(id string) error

	Notices() []patient.Notice
	DismissNotice(id string) error
}

var _ Device = (*patient.Device)(nil)

// Opener makes devices. Its functions may block and are called from commands only.
type Opener struct {
	Open    func(ctx context.Context, passphrase []byte) (Device, error)
	Create  func(ctx context.Context) (Device, error)
	Restore func(ctx context.Context, server string, code humancode.Code) (Device, patient.Restored, error)
	Server  string // to restore from, when already known
}

// Content is what the screens show of the content pack, as far as it may be shown now. Ids
// that it does not know give zero values.
type Content interface {
	Title(locale, item string) string
	// Lane is what a part of the plan is called.
	Lane(locale string, lane checklist.Lane) string
	Item(locale, item string) checklist.ItemText
	How(locale string, p *checklist.Platform, capability string) checklist.How
	// Contacts resolves a step's ref for a region ("" when not known).
	Contacts(locale, ref, region string) []checklist.HelpContact
	// Regions returns the countries with checked facts, and Platforms the apps, in reading order.
	Regions() []string
	Platforms() []checklist.Platform
	// Crisis returns the rows of the crisis plan for a region ("" when not known).
	Crisis(region string) []checklist.Row
	// Sources returns what an item rests on.
	Sources(item string) []checklist.Source
	// Development reports that the pack is signed with the development key.
	Development() bool
	Guide
}

// Guide is the part of [Content] that leads a person: questions, letters and messages.
type Guide interface {
	// Triage returns the questions for somebody who does not know what happened, or nil.
	Triage() *checklist.Triage
	Node(locale, node string) checklist.NodeText
	Ending(locale, ending string) checklist.EndingText
	// Steps returns the items of an ending that are for somebody with these answers.
	Steps(e *checklist.Ending, a checklist.Answers) []string
	// Letters returns the letters for a region ("" when not known), and Letter one in words.
	Letters(region string) []*checklist.Letter
	Letter(locale, letter, region string) checklist.LetterText
	// LetterLocale is the language that whoever gets a letter there reads.
	LetterLocale(region, own string) string
	// Message returns the message to people close by, in its tones.
	Message(locale string) []checklist.Tone
}

// Env is what the root shares with its screens. The root owns it and changes it only in its
// Update, so screens read it in Update and View and never keep a copy.
type Env struct {
	Words    *words.Catalogue
	Style    *style.Set
	Content  Content
	Device   Device // nil until one is open
	Opener   Opener
	Region   string // chosen on the crisis screen before there are answers
	Now      func() time.Time
	Rand     io.Reader // nil: the operating system's
	ReadFile func(name string) ([]byte, error)
	SaveFile func(name string, data []byte) error // see [SaveNew]
	// Send hands a message to the root, which acts on it before it looks at another key. It is
	// called in Update only, and returns nil so that it can stand in a return.
	Send func(msg tea.Msg) tea.Cmd
	// Do makes a command of work that may block. Its context ends when the program is left.
	Do func(work func(ctx context.Context) tea.Msg) tea.Cmd
}

// Screen is one screen. The root owns it and calls it from one goroutine.
type Screen interface {
	Init() tea.Cmd
	Update(msg tea.Msg) tea.Cmd
	View(width int) widget.Page
	Keys() keys.Map
}

// Typing is a screen that sometimes takes text; while Typing is true, letters are text.
type Typing interface{ Typing() bool }

// Place is a screen that one can go to.
type Place int

// The places.
const (
	Home Place = iota
	Questions
	Plan
	Task // needs Row
	Crisis
	Verify
	Clinics
	AddClinic   // by its card
	SaveNumbers // of a clinic that has no card
	Notices
	Recovery
	Pins // clinics that are not confirmed here
	Settings
	Details // needs Title and Details
	Passwords
	Triage
	Letter // Letters: which to choose from
	Message
)

// Go asks the root to show another screen. With Replace, back skips the one that asked.
type Go struct {
	To       Place
	Row      checklist.RowKey
	Title    string
	Details  []Section
	Letters  []string // for Letter
	Bundle   []byte   // for Verify: a message that is at hand already; nil asks for one
	Code     string   // for Verify, or the code that is at hand
	Received string   // for Verify: its text as it was received
	Replace  bool
}

// Section is a part of the details screen.
type Section struct {
	Title string
	Lines []string
}

// Back asks the root to show the screen before this one.
type Back struct{}

// Toast asks the root to say a line above the footer, until the next key is pressed.
type Toast struct{ Text string }

// Opened tells the root that a device is open now; Restored is set when it was just restored.
type Opened struct {
	Device   Device
	Restored *patient.Restored
}

// Wiped tells the root that everything on this device is gone.
type Wiped struct{}

// Region tells the root which region the crisis screen is for.
type Region struct{ ID string }

// Changed tells the root that settings or answers changed, so words or colours may.
type Changed struct{}

// Send wraps a message to the root as a command, for a program that stands around the root.
// Screens use [Env.Send], which does not let a key come between.
func Send(msg tea.Msg) tea.Cmd { return func() tea.Msg { return msg } }

// Locale returns the locale of the words in use.
func (e *Env) Locale() string { return e.Words.Locale() }
