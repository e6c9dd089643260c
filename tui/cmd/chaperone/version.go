package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/chaperone-privacy/chaperone/internal/checklist"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

func (p *program) version(_ context.Context, a *arguments) (int, error) {
	if err := a.parse(p.words, 0); err != nil {
		return 0, err
	}
	pack, err := checklist.Embedded()
	if err != nil {
		return 0, err
	}
	content := p.words.T(words.CliVersionContent, words.Int("version", int(pack.Version())), words.Str("released", pack.Released()))
	if pack.Development() {
		content += " " + p.words.T(words.CliVersionDevelopment)
	}
	return p.print(fmt.Sprintf("chaperone %s\n%s\n", built(), content))
}

// built returns the version that the program was built from.
func built() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
