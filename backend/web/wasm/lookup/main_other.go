//go:build !js

package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "lookup: error: this program runs in a browser\nhint: build it with GOOS=js GOARCH=wasm, or run make web")
	os.Exit(64)
}
