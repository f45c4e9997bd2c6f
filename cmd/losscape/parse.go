package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"losscape/cpu/quote"
)

// parseSize reads WxH, or N for NxN if square is set.
func parseSize(flag, text string, square bool) (w, h int, err error) {
	want := "WxH such as 1800x600"
	if square {
		want = "N such as 512, or WxH such as 1024x512"
	}
	bad := func() (int, int, error) {
		return 0, 0, usagef("--%s %s, want %s, whole numbers above 0", flag, quote.Text(text), want)
	}
	first, second, both := strings.Cut(text, "x")
	if !both {
		if !square {
			return bad()
		}
		second = first
	}
	if w, err = strconv.Atoi(first); err != nil || w <= 0 {
		return bad()
	}
	if h, err = strconv.Atoi(second); err != nil || h <= 0 {
		return bad()
	}
	return w, h, nil
}

// parseRange reads a:b with finite a < b.
func parseRange(flag, text string) (lo, hi float64, err error) {
	first, second, ok := strings.Cut(text, ":")
	if ok {
		if lo, err = parseNumber(first); err == nil {
			hi, err = parseNumber(second)
		}
	}
	switch {
	case !ok || err != nil:
		return 0, 0, usagef("--%s %s, want FROM:TO, two finite numbers such as -10:10", flag, quote.Text(text))
	case lo >= hi:
		return 0, 0, usagef("--%s %s is empty, want its first number below its second", flag, quote.Text(text))
	case math.IsInf(hi-lo, 0):
		return 0, 0, usagef("--%s %s is too wide, want one below 1e308", flag, quote.Text(text))
	}
	return lo, hi, nil
}

// parseWeights reads finite numbers with commas between them.
func parseWeights(flag, text string) ([]float64, error) {
	var w []float64
	for _, field := range strings.Split(text, ",") {
		x, err := parseNumber(field)
		if err != nil {
			return nil, usagef("--%s %s, want finite numbers with commas between them, such as -1,-1", flag, quote.Text(text))
		}
		w = append(w, x)
	}
	return w, nil
}

func parseNumber(text string) (float64, error) {
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err == nil && (math.IsNaN(x) || math.IsInf(x, 0)) {
		err = fmt.Errorf("%v is not finite", x)
	}
	return x, err
}
