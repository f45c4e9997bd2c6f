package display

import (
	"image"
	"math"
)

// Point is a place in pixels, from the frame's top left corner, y down.
type Point struct{ X, Y float64 }

// Pt returns a point.
func Pt(x, y float64) Point { return Point{x, y} }

// Rectangle is a rectangle in pixels.
type Rectangle struct{ X0, Y0, X1, Y1 float64 }

// Rect returns a rectangle by its left, top, right and bottom edges.
func Rect(x0, y0, x1, y1 float64) Rectangle { return Rectangle{x0, y0, x1, y1} }

// RectOf returns a rectangle of whole pixels.
func RectOf(r image.Rectangle) Rectangle {
	return Rect(float64(r.Min.X), float64(r.Min.Y), float64(r.Max.X), float64(r.Max.Y))
}

// W and H return the width and the height, CX and CY the centre.
func (r Rectangle) W() float64  { return r.X1 - r.X0 }
func (r Rectangle) H() float64  { return r.Y1 - r.Y0 }
func (r Rectangle) CX() float64 { return (r.X0 + r.X1) / 2 }
func (r Rectangle) CY() float64 { return (r.Y0 + r.Y1) / 2 }

// Inset moves all edges inwards by d.
func (r Rectangle) Inset(d float64) Rectangle {
	return Rect(r.X0+d, r.Y0+d, r.X1-d, r.Y1-d)
}

// Contains reports whether p lies in the rectangle or on an edge.
func (r Rectangle) Contains(p Point) bool {
	return p.X >= r.X0 && p.X <= r.X1 && p.Y >= r.Y0 && p.Y <= r.Y1
}

// Overlaps reports whether the two have an area in common.
func (r Rectangle) Overlaps(o Rectangle) bool {
	return r.X0 < o.X1 && o.X0 < r.X1 && r.Y0 < o.Y1 && o.Y0 < r.Y1
}

// Union returns the least rectangle that holds both.
func (r Rectangle) Union(o Rectangle) Rectangle {
	return Rect(min(r.X0, o.X0), min(r.Y0, o.Y0), max(r.X1, o.X1), max(r.Y1, o.Y1))
}

// Intersect returns what both have in common.
func (r Rectangle) Intersect(o Rectangle) Rectangle {
	return Rect(max(r.X0, o.X0), max(r.Y0, o.Y0), min(r.X1, o.X1), min(r.Y1, o.Y1))
}

// Empty reports whether the rectangle has no area.
func (r Rectangle) Empty() bool { return !(r.X1 > r.X0 && r.Y1 > r.Y0) }

// Nowhere is what the union with another rectangle is that one.
var Nowhere = Rect(math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1))

// Whole rounds to whole pixels.
func (r Rectangle) Whole() Rectangle {
	return Rect(math.Round(r.X0), math.Round(r.Y0), math.Round(r.X1), math.Round(r.Y1))
}

// Around returns the whole pixels that a rectangle touches.
func (r Rectangle) Around() Rectangle {
	return Rect(math.Floor(r.X0), math.Floor(r.Y0), math.Ceil(r.X1), math.Ceil(r.Y1))
}
