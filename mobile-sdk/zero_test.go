package chaperone

import (
	"errors"
	"fmt"
	"go/ast"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/chaperone-privacy/chaperone/internal/patient"
)

// zeros is an empty object of every exported struct, as a host's constructor makes it.
func zeros() map[string]any {
	return map[string]any{
		"AnswersInput": &AnswersInput{},
		"Change":       &Change{},
		"Client":       &Client{},
		"Config":       &Config{},
		"Clinic":       &Clinic{},
		"ClinicList":   &ClinicList{},
		"Contact":      &Contact{},
		"Plan":         &Plan{},
		"LaneProgress": &LaneProgress{},
		"PlatformRow":  &PlatformRow{},
		"Restored":     &Restored{},
		"Row":          &Row{},
		"Step":         &Step{},
		"Verdict":      &Verdict{},
	}
}

// exportedStructs reads the names from the source, so that a new type is not forgotten.
func exportedStructs(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, f := range parseFace(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.IsExported() {
				if _, ok := spec.Type.(*ast.StructType); ok {
					names = append(names, spec.Name.Name)
				}
			}
			return true
		})
	}
	return names
}

// arguments makes arguments for a method: empty ones, or odd ones.
func arguments(m reflect.Type, odd bool) []reflect.Value {
	var args []reflect.Value
	for p := range m.Ins() {
		v := reflect.New(p).Elem()
		if odd {
			switch p.Kind() {
			case reflect.String:
				v.SetString("\x00\xff\u202e..//" + strings.Repeat("A", 300))
			case reflect.Int, reflect.Int64:
				v.SetInt(-1 << 31)
			case reflect.Bool:
				v.SetBool(true)
			case reflect.Slice:
				v.SetBytes([]byte("CHAPB1\n\x01\xff\xff\xff\xff"))
			}
		}
		args = append(args, v)
	}
	return args
}

// call calls every method of v and fails on a panic, on an error without a known code, on
// success of a fallible method, and on a result next to an error.
func call(t *testing.T, v any, odd bool, mayWork func(method string) bool) {
	t.Helper()
	typ := reflect.TypeOf(v)
	for i := range typ.NumMethod() {
		m := reflect.ValueOf(v).Method(i)
		name := fmt.Sprintf("%s.%s", typ.Elem().Name(), typ.Method(i).Name)
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s panics: %v", name, r)
				}
			}()
			results := m.Call(arguments(m.Type(), odd))
			if len(results) == 0 {
				return
			}
			last := results[len(results)-1]
			if m.Type().Out(len(results)-1) != reflect.TypeFor[error]() {
				return
			}
			err, _ := last.Interface().(error)
			switch {
			case err == nil && !mayWork(typ.Method(i).Name):
				t.Errorf("%s works on an empty object", name)
			case err != nil && !known(CodeOf(err)):
				t.Errorf("%s: got error %q, want one of our codes", name, err)
			case err != nil && len(results) == 2 && !results[0].IsNil():
				t.Errorf("%s returns a result and an error", name)
			}
		}()
	}
}

func TestZeroValues(t *testing.T) {
	t.Parallel()
	all := zeros()
	for _, name := range exportedStructs(t) {
		v, ok := all[name]
		if !ok {
			t.Errorf("type %s is not tested", name)
			continue
		}
		mayWork := func(method string) bool { return name == "Client" && method == "Close" }
		call(t, v, false, mayWork)
		call(t, zeros()[name], true, mayWork)
	}
	if v := (&Verdict{}); v.ClassCode() != ClassGrey || v.Headline() != "UNAVAILABLE" || v.Body() != "" {
		t.Errorf("got an empty verdict of class %q, headline %q, want grey and UNAVAILABLE", v.ClassCode(), v.Headline())
	}
}

// TestNilReceivers makes every guarded method panic inside: nothing else may come out than a
// safe value or an error. Getters that only return a field cannot panic on an object.
func TestNilReceivers(t *testing.T) {
	t.Parallel()
	anything := func(string) bool { return true }
	call(t, (*Client)(nil), false, anything)
	call(t, (*Client)(nil), true, anything)
	call(t, (*Config)(nil), true, anything)
	call(t, (*AnswersInput)(nil), true, anything)
	for name, read := range map[string]func(){
		"Plan.At":             func() { (*Plan)(nil).At(0) },
		"Plan.FinishedAt":     func() { (*Plan)(nil).FinishedAt(0) },
		"Plan.LaneAt":         func() { (*Plan)(nil).LaneAt(0) },
		"Plan.DueSoonAt":      func() { (*Plan)(nil).DueSoonAt(0) },
		"Row.StepAt":          func() { (*Row)(nil).StepAt(0) },
		"Row.RemainsAt":       func() { (*Row)(nil).RemainsAt(0) },
		"Row.PlatformAt":      func() { (*Row)(nil).PlatformAt(0) },
		"Step.ContactAt":      func() { (*Step)(nil).ContactAt(0) },
		"ClinicList.At":       func() { (*ClinicList)(nil).At(0) },
		"Contact.PhoneAt":     func() { (*Contact)(nil).PhoneAt(0) },
		"PlatformRow.PathAt":  func() { (*PlatformRow)(nil).PathAt("web", 0) },
		"Verdict.StepAt":      func() { (*Verdict)(nil).StepAt(0) },
		"Verdict.FindingAt":   func() { (*Verdict)(nil).FindingAt(0) },
		"Verdict.RemarkAt":    func() { (*Verdict)(nil).RemarkAt(0) },
		"Verdict.ChangeAt":    func() { (*Verdict)(nil).ChangeAt(0) },
		"Verdict.ClassCode":   func() { (*Verdict)(nil).ClassCode() },
		"Verdict.Headline":    func() { (*Verdict)(nil).Headline() },
		"CodeOf a bad error":  func() { CodeOf(badError{}) },
		"CodeOf a nil object": func() { CodeOf((*sdkError)(nil)) },
	} {
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("%s panics: %v", name, r)
				}
			}()
			read()
		}()
	}
	if got := (*Verdict)(nil).ClassCode(); got != ClassGrey {
		t.Errorf("got class %q of no verdict, want grey", got)
	}
}

// badError is a host's exception whose message cannot be read.
type badError struct{}

func (badError) Error() string { panic("no message") }

// TestPanicsInside lets the core panic in every method of a client: an empty device has
// nothing in it.
func TestPanicsInside(t *testing.T) {
	t.Parallel()
	client := &Client{device: &patient.Device{}}
	call(t, client, true, func(string) bool { return true })
	client = &Client{device: &patient.Device{}}
	if _, err := client.Plan(); CodeOf(err) != CodeInternal {
		t.Errorf("got %v of a plan on an empty device, want %s", err, CodeInternal)
	}
	if _, err := client.Verify([]byte("x"), "", false); err == nil {
		t.Error("an empty device verifies")
	}
}

func TestPanicValuesStayInside(t *testing.T) {
	t.Parallel()
	err := func() (err error) {
		defer guard(&err)
		panic("canary of a patient")
	}()
	if CodeOf(err) != CodeInternal || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v, want the words of %s", err, CodeInternal)
	}
	var own *sdkError
	if !errors.As(err, &own) || errors.Unwrap(err) != nil {
		t.Errorf("got an error that wraps %v, want none", errors.Unwrap(err))
	}
}

func TestZerosListsEveryType(t *testing.T) {
	t.Parallel()
	names := exportedStructs(t)
	for name := range zeros() {
		if !slices.Contains(names, name) {
			t.Errorf("%s is no exported struct", name)
		}
	}
}
