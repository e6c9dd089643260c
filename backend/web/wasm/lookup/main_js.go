package main

import (
	"syscall/js"
	"time"
)

// maxBundle is the most that verify copies from the page; a bundle is at most 256 KiB.
const maxBundle = 1 << 20

func main() {
	js.Global().Set("chaperoneLookup", map[string]any{
		"verify":    js.FuncOf(jsVerify),
		"parseCode": js.FuncOf(jsParseCode),
	})
	if ready := js.Global().Get("chaperoneLookupReady"); ready.Type() == js.TypeFunction {
		ready.Invoke()
	}
	select {} // the functions live as long as the page
}

func jsVerify(_ js.Value, args []js.Value) (out any) {
	defer func() {
		if recover() != nil {
			out = encode(answer{Schema: schemaVerdict, Error: "internal"})
		}
	}()
	if len(args) != 4 || args[3].Type() != js.TypeNumber {
		return encode(answer{Schema: schemaVerdict, Error: "malformed"})
	}
	size := args[0].Get("length").Int()
	if size < 0 || size > maxBundle {
		return encode(answer{Schema: schemaVerdict, Error: "too-large"})
	}
	bundle := make([]byte, size)
	js.CopyBytesToGo(bundle, args[0])
	var text *string
	if args[1].Type() == js.TypeString {
		s := args[1].String()
		text = &s
	}
	memory := ""
	if args[2].Type() == js.TypeString {
		memory = args[2].String()
	}
	return verify(bundle, text, memory, time.Unix(int64(args[3].Float()), 0))
}

func jsParseCode(_ js.Value, args []js.Value) (out any) {
	defer func() {
		if recover() != nil {
			out = encode(codeAnswer{Schema: schemaCode, Problem: "check"})
		}
	}()
	if len(args) != 1 || args[0].Type() != js.TypeString {
		return encode(codeAnswer{Schema: schemaCode, Problem: "symbol"})
	}
	return parseCode(args[0].String())
}
