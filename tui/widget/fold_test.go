package widget_test

import (
	"testing"

	"github.com/chaperone-privacy/chaperone/tui/widget"
)

func TestFinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, query string
		texts       []string
		want        bool
	}{
		{"nothing asked", "  ", []string{"Freeze your credit"}, true},
		{"part of a word", "cred", []string{"Freeze your credit"}, true},
		{"capitals", "FREEZE", []string{"Freeze your credit"}, true},
		{"words in any order", "credit freeze", []string{"Freeze your credit"}, true},
		{"a word that is missing", "freeze phone", []string{"Freeze your credit"}, false},
		{"accents in the text", "credito", []string{"Congele su crédito"}, true},
		{"accents in the query", "CRÉDITO", []string{"Congele su credito"}, true},
		{"the sign of ñ", "contrasena", []string{"Contraseñas"}, true},
		{"accents put together", "cre\u0301dito", []string{"crédito"}, true},
		{"another text", "insta", []string{"Make it private", "Facebook", "Instagram"}, true},
		{"not over two texts", "privatefacebook", []string{"private", "Facebook"}, false},
	}
	for _, tt := range tests {
		if got := widget.Finds(tt.query, tt.texts...); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}
