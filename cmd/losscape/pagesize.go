package main

import (
	"fmt"
	"math"
	"strings"

	"losscape/cmd/losscape/export"
	"losscape/cpu/quote"
)

// pageSize is a size as --size has it.
type pageSize struct {
	w, h float64
	unit string // "" where there is none: pixels
}

// perInch are the units of a page's size, by how many of them an inch has. Pixels depend
// on --dpi.
var perInch = map[string]float64{"in": 1, "cm": 2.54, "mm": 25.4, "pt": export.PointsPerInch, "px": math.NaN()}

// sizeUnits are those units, as people read them.
const sizeUnits = "in, cm, mm, pt or px"

// parsePageSize reads WxH with a unit behind it, or pixels without one.
func parsePageSize(flag, text string) (p pageSize, err error) {
	bad := func() (pageSize, error) {
		return pageSize{}, usagef("--%s %s, want WxH such as 1800x600, or with a unit (%s) such as 7x3in, numbers above 0", flag, quote.Text(text), sizeUnits)
	}
	digits := strings.TrimSpace(text)
	for unit := range perInch {
		if before, ok := strings.CutSuffix(digits, unit); ok {
			digits, p.unit = before, unit
			break
		}
	}
	first, second, ok := strings.Cut(digits, "x")
	if !ok {
		return bad()
	}
	first = strings.TrimSuffix(strings.TrimSpace(first), p.unit) // of 7inx3in
	for side, field := range map[*float64]string{&p.w: first, &p.h: second} {
		if *side, err = parseNumber(field); err != nil || *side <= 0 {
			return bad()
		}
		if p.inPixels() && *side != math.Trunc(*side) {
			return pageSize{}, usagef("--%s %s, want whole numbers of pixels", flag, quote.Text(text))
		}
	}
	return p, nil
}

// inPixels reports whether the size is one in pixels.
func (p pageSize) inPixels() bool { return p.unit == "" || p.unit == "px" }

// inches returns the size in inches, with so many pixels to one.
func (p pageSize) inches(dpi float64) (w, h float64) {
	n := perInch[p.unit]
	if p.inPixels() {
		n = dpi
	}
	return p.w / n, p.h / n
}

// pixels returns the size in whole pixels.
func (p pageSize) pixels(dpi float64) (w, h int) {
	if !p.inPixels() {
		x, y := p.inches(dpi)
		p.w, p.h = x*dpi, y*dpi
	}
	whole := func(x float64) int { return int(min(math.Round(x), math.MaxInt32)) }
	return whole(p.w), whole(p.h)
}

// Limits of a page, in points: what a reader of PDF shows, and what has room for a
// panel.
const (
	largestPage  = 14400
	smallestPage = 36
)

// points returns the size of a page in points.
func (p pageSize) points(dpi float64) (w, h float64, err error) {
	x, y := p.inches(dpi)
	w, h = x*export.PointsPerInch, y*export.PointsPerInch
	const inch = export.PointsPerInch
	switch {
	case w > largestPage || h > largestPage:
		return 0, 0, fmt.Errorf("a page of %.4g x %.4g in, want at most %d along each side", x, y, largestPage/inch)
	case w < smallestPage || h < smallestPage:
		return 0, 0, fmt.Errorf("a page of %.4g x %.4g in, want at least %.4g along each side", x, y, float64(smallestPage)/inch)
	}
	return w, h, nil
}
