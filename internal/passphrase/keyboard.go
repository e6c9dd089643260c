package passphrase

import (
	"math"
	"strings"
)

// The keys of the common keyboard, by rows; a row stands half a key to the right of the one
// above it. The shifted signs stand in the same places.
const (
	keyRows = "`1234567890-= \n qwertyuiop[]\\\n asdfghjkl;'  \n zxcvbnm,./   "
	shifted = "~!@#$%^&*()_+ \n QWERTYUIOP{}|\n ASDFGHJKL:\"  \n ZXCVBNM<>?   "

	keyColumns  = 14
	keys        = 47
	meanAround  = 432.0 / 94 // keys around a key, at the mean; both signs of a key count
	signsOnKeys = 2 * keys
)

// place returns where a sign is on the keyboard.
func place(c byte) (row, column int, shift, ok bool) {
	if c == ' ' || c == '\n' {
		return 0, 0, false, false
	}
	at := strings.IndexByte(keyRows, c)
	if at < 0 {
		at, shift = strings.IndexByte(shifted, c), true
	}
	return at / (keyColumns + 1), at % (keyColumns + 1), shift, at >= 0
}

// direction returns which way the second of two keys lies from the first, 0 to 5, or -1 when
// they are not side by side.
func direction(a, b byte) (way int, shift bool) {
	row, column, _, ok := place(a)
	row2, column2, shift, ok2 := place(b)
	if !ok || !ok2 {
		return -1, false
	}
	for way, d := range [6][2]int{{0, -1}, {-1, 0}, {-1, 1}, {0, 1}, {1, 0}, {1, -1}} {
		if row2-row == d[0] && column2-column == d[1] {
			return way, shift
		}
	}
	return -1, false
}

// keyboard finds three or more keys that lie side by side.
func (f *finder) keyboard() {
	for from := 0; from < len(f.text)-1; {
		end, turns, last, shifts := from+1, 0, -1, 0
		if _, _, shift, ok := place(f.text[from]); ok && shift {
			shifts++
		}
		for ; end < len(f.text); end++ {
			way, shift := direction(f.text[end-1], f.text[end])
			if way < 0 {
				break
			}
			if way != last {
				turns, last = turns+1, way
			}
			if shift {
				shifts++
			}
		}
		if end-from > 2 {
			f.add(from, end, keyboardGuesses(end-from, turns, shifts), Keyboard)
		}
		from = end
	}
}

// keyboardGuesses counts the paths of at most so many keys and turns, from every sign.
func keyboardGuesses(length, turns, shifts int) float64 {
	guesses := 0.0
	for i := 2; i <= length; i++ {
		places := 1.0 // of the turns among the keys
		for j := 1; j <= min(turns, i-1); j++ {
			guesses += places * signsOnKeys * math.Pow(meanAround, float64(j))
			places = places * float64(i-j) / float64(j)
		}
	}
	switch {
	case shifts == 0:
		return guesses
	case shifts == length:
		return 2 * guesses
	}
	return guesses * choices(shifts, length-shifts)
}
