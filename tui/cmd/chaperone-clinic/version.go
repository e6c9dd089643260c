package main

import (
	"context"
	"runtime/debug"

	"github.com/chaperone-privacy/chaperone/tui/command"
)

// release is set by releases: -ldflags "-X main.release=1.2.3".
var release = ""

func (p *program) version(_ context.Context, a *command.Arguments) (int, error) {
	if err := a.Read(p.words, 0); err != nil {
		return 0, err
	}
	v := release
	if v == "" {
		v = "development"
		if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
			v = info.Main.Version
		}
	}
	return p.print(name + " " + v + "\n")
}
