package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
	"rsc.io/qr"

	"github.com/chaperone-privacy/chaperone/internal/clinic/disk"
	"github.com/chaperone-privacy/chaperone/internal/words"
)

// Texts of QR codes begin with one of these.
const (
	qrMessage = "CHAPERONE1:"
	qrCard    = "CHAPERONE-CARD1:"
)

// pngScale is how many pixels one module of a QR code is wide.
const pngScale = 8

// square draws a QR code in half blocks, dark on light as cameras want it. It is empty where it
// could not be read: not on a terminal, or on one without such signs.
func (p *program) square(text string) string {
	f, ok := p.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || !words.UTF8(p.getenv) {
		return ""
	}
	return halfBlocks(text)
}

func halfBlocks(text string) string {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return ""
	}
	const quiet = 2
	light := func(x, y int) bool { return !c.Black(x-quiet, y-quiet) }
	size := c.Size + 2*quiet
	var b strings.Builder
	for y := 0; y < size; y += 2 {
		// Black on white whatever the terminal's own colours are.
		b.WriteString("  \x1b[38;5;231;48;5;16m")
		for x := range size {
			switch upper, lower := light(x, y), y+1 >= size || light(x, y+1); {
			case upper && lower:
				b.WriteString("█")
			case upper:
				b.WriteString("▀")
			case lower:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

// savePNG writes a QR code as a picture, for print.
func savePNG(file, text string) error {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return fmt.Errorf("make QR code: %w", err)
	}
	c.Scale = pngScale
	return disk.SaveNew(file, c.PNG())
}
