package figure

import (
	"math"

	"losscape/scenes/display"
	"losscape/scenes/letters"
)

// Medium is what a figure is drawn on.
type Medium struct {
	Pixels bool    // a unit is a pixel: straight lines and text lie on whole ones
	Hair   float64 // the thinnest line that is well seen, in units
	Text   float64 // the smallest letters that are read, in units to an em
}

// Screen is a medium of pixels that are looked at one by one.
var Screen = Medium{Pixels: true, Hair: 1, Text: SmallestText}

// Smallest sizes on paper, in points of 1/72 inch: journals ask for letters of 6 to 7
// points or more, and lines of a quarter to half a point.
const (
	paperText = 6.5
	paperHair = 0.35
)

// Paper returns the medium of a page with so many units to an inch: 72 for points; of
// an image, its pixels, on whole ones of which lines lie.
func Paper(perInch float64, pixels bool) Medium {
	unit := perInch / 72
	return Medium{Pixels: pixels, Hair: paperHair * unit, Text: paperText * unit}
}

// Round rounds a place to a whole pixel, where there are pixels.
func (l *Layout) Round(x float64) float64 {
	if l.Medium.Pixels {
		return math.Round(x)
	}
	return x
}

// Whole rounds a rectangle to whole pixels, where there are some.
func (l *Layout) Whole(r display.Rectangle) display.Rectangle {
	if l.Medium.Pixels {
		return r.Whole()
	}
	return r
}

// Px returns a size of letters in units.
func (l *Layout) Px(points float64) float64 { return l.quarter(points * l.Pt) }

// quarter rounds a size of letters to a quarter of a pixel, to keep their number small.
func (l *Layout) quarter(size float64) float64 {
	if l.Medium.Pixels {
		return math.Round(size*4) / 4
	}
	return size
}

// Line returns the width of a straight line: whole pixels, where there are some, and at
// least one.
func (l *Layout) Line(points float64) float64 {
	if l.Medium.Pixels {
		return max(1, math.Round(points*l.Pt))
	}
	return max(points*l.Pt, l.Medium.Hair)
}

// AtLeast returns a size in units, at least so many of the thinnest lines.
func (l *Layout) AtLeast(points, hairs float64) float64 {
	return max(points*l.Pt, hairs*l.Medium.Hair)
}

// tiny returns a distance that cannot be seen.
func (l *Layout) tiny() float64 { return 0.2 * l.Medium.Hair }

// hairline returns the edges of a straight line around v.
func (l *Layout) hairline(v, width float64) (lo, hi float64) {
	lo = l.Round(v - width/2)
	return lo, lo + width
}

// Around returns what a frame of a line of some width encloses: the line lies outside.
func (l *Layout) around(r display.Rectangle, line float64) display.Rectangle {
	if l.Medium.Pixels {
		return r.Inset(-math.Floor(line / 2))
	}
	return r.Inset(-line / 2)
}

// Width returns the width of a line of text.
func (l *Layout) Width(line string, st display.Style) float64 {
	return letters.Width(line, st.Weight, st.Size, l.Medium.Pixels)
}
