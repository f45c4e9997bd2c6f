package letters

import (
	"math/rand/v2"
	"slices"
	"testing"

	"golang.org/x/text/unicode/bidi"
)

// TestVisual puts lines in the order in which they are seen. Hebrew letters stand for
// others here as capitals do in Unicode's annex: אבג is ABC.
func TestVisual(t *testing.T) {
	for _, c := range []struct{ line, seen string }{
		{"loss 12", "loss 12"},
		{"אבג", "גבא"},
		{"ab אבג cd", "ab גבא cd"},
		{"אבג ab", "ab גבא"},
		{"אבג 12.5% דהו", "והד 12.5% גבא"},         // numbers run to the right
		{"ab אבג 12, דהו cd", "ab והד ,12 גבא cd"}, // also deep in a line
		{"12 אבג", "גבא 12"},
		{"ab 12 אבג", "ab 12 גבא"},
		{"ab אבג (דהו) cd", "ab )והד( גבא cd"}, // brackets keep together; each is mirrored
		{"אבג ab (cd)", "ab (cd) גבא"},
		{"אבג (ab)", ")ab( גבא"},
		{"ab (אבג) cd", "ab (גבא) cd"},
		{"ab١٢ cd", "ab١٢ cd"},
		{"عدد 12+3", "3+12 ددع"}, // Arabic: the sign separates two numbers
		{"אבג!  ", "  !גבא"},
		{"ab אבג  ", "ab גבא  "},
	} {
		var seen []rune
		text := []rune(c.line)
		for _, r := range visual(text) {
			part := slices.Clone(text[r.start:r.end])
			if r.leftward {
				slices.Reverse(part)
			}
			seen = append(seen, part...)
		}
		if string(seen) != c.seen {
			t.Errorf("%q is seen as %q, want %q", c.line, string(seen), c.seen)
		}
	}
}

// TestDirections holds the directions of lines against those of package bidi, which has
// all rules but that of brackets.
func TestDirections(t *testing.T) {
	letters := []rune("abאבعب12٣٤+-,.%$ !\u0301")
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		text := make([]rune, 1+rnd.IntN(12))
		for i := range text {
			text[i] = letters[rnd.IntN(len(letters))]
		}
		var p bidi.Paragraph
		if _, err := p.SetString(string(text)); err != nil {
			t.Fatal(err)
		}
		o, err := p.Order()
		if err != nil {
			t.Fatal(err)
		}
		want := make([]bool, len(text))
		for i := range o.NumRuns() {
			r := o.Run(i)
			first, last := r.Pos()
			for k := first; k <= last; k++ {
				want[k] = r.Direction() == bidi.RightToLeft
			}
		}
		got := make([]bool, len(text))
		for _, r := range visual(text) {
			for k := r.start; k < r.end; k++ {
				got[k] = r.leftward
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q: from right to left are %v, want %v", string(text), got, want)
		}
	}
}
