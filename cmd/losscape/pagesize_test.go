package main

import (
	"math"
	"strings"
	"testing"
)

func TestPageSize(t *testing.T) {
	for text, want := range map[string][2]float64{ // in points at 300 pixels an inch
		"7x3in":        {504, 216},
		"7inx3in":      {504, 216},
		"3.5x2.25in":   {252, 162},
		"17.78x7.62cm": {504, 216},
		"177.8x76.2mm": {504, 216},
		"504x216pt":    {504, 216},
		"2100x900px":   {504, 216},
		"2100x900":     {504, 216},
		" 7 x 3 in ":   {504, 216},
	} {
		p, err := parsePageSize("size", text)
		if err != nil {
			t.Error(err)
			continue
		}
		w, h, err := p.points(300)
		if err != nil || math.Abs(w-want[0]) > 1e-9 || math.Abs(h-want[1]) > 1e-9 {
			t.Errorf("%q is %v x %v points, %v, want %v", text, w, h, err, want)
		}
		if x, y := p.pixels(300); x != int(math.Round(want[0]/72*300)) || y != int(math.Round(want[1]/72*300)) {
			t.Errorf("%q is %d x %d pixels", text, x, y)
		}
	}
	for _, text := range []string{"", "7in", "7x", "x3in", "0x3in", "-1x3", "7x3feet", "7x3x2", "NaNx3", "infxinf", "1e400x1", "in", "7cmx3in"} {
		if p, err := parsePageSize("size", text); err == nil || !strings.Contains(err.Error(), "7x3in") {
			t.Errorf("%q is %v, %v", text, p, err)
		}
	}
	for _, text := range []string{"1800.5x600", "10x0.5px"} {
		if _, err := parsePageSize("size", text); err == nil || !strings.Contains(err.Error(), "whole") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{"300x3in": "at most 200", "1x0.1cm": "at least 0.5"} {
		p, err := parsePageSize("size", text)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := p.points(300); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
