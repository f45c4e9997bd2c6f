package model

import (
	"losscape/scenes/letters"

	"github.com/go-gl/mathgl/mgl64"
	"golang.org/x/image/font/sfnt"
)

// curveSteps is how many lines a curve of a letter becomes.
const curveSteps = 5

// line is a line of text that has been laid out flat, in metres: x to the right from 0, y
// up from its baseline.
type line struct {
	triangles []point // three points each, counterclockwise
	width     float64
}

// newLine lays out a text of a size, that of an em.
func newLine(text string, size float64) *line {
	list, width := letters.Layout(nil, text, letters.Regular, size, false)
	l := &line{width: width}
	for _, g := range list {
		for _, p := range triangulate(rings(g.Font.Outline(g.Glyph))) {
			l.triangles = append(l.triangles, point{X: g.X + p.X*g.Size, Y: g.Up + p.Y*g.Size})
		}
	}
	return l
}

// rings returns the contours of an outline as polygons.
func rings(outline []letters.Segment) (rings [][]point) {
	var ring []point
	for _, s := range outline {
		var from point
		if len(ring) > 0 {
			from = ring[len(ring)-1]
		}
		a := s.Args
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			rings = append(rings, ring)
			ring = []point{a[0]}
		case sfnt.SegmentOpLineTo:
			ring = append(ring, a[0])
		case sfnt.SegmentOpQuadTo:
			for i := 1; i <= curveSteps; i++ {
				t := float64(i) / curveSteps
				ring = append(ring, mix((1-t)*(1-t), from, 2*t*(1-t), a[0], t*t, a[1]))
			}
		case sfnt.SegmentOpCubeTo:
			for i := 1; i <= curveSteps; i++ {
				t := float64(i) / curveSteps
				p := mix((1-t)*(1-t)*(1-t), from, 3*t*(1-t)*(1-t), a[0], 3*t*t*(1-t), a[1])
				ring = append(ring, point{X: p.X + t*t*t*a[2].X, Y: p.Y + t*t*t*a[2].Y})
			}
		}
	}
	return append(rings, ring)
}

// mix returns u p + v q + w r.
func mix(u float64, p point, v float64, q point, w float64, r point) point {
	return point{X: u*p.X + v*q.X + w*r.X, Y: u*p.Y + v*q.Y + w*r.Y}
}

// mesh returns the line on a plane of the model: its baseline begins at a place and goes
// along a direction, of length 1, as does the direction that is up for the letters.
func (l *line) mesh(at, along, up mgl64.Vec3) *mesh {
	m := &mesh{}
	normal := along.Cross(up)
	index := map[point]uint32{}
	for _, p := range l.triangles {
		i, known := index[p]
		if !known {
			i = uint32(len(m.at))
			index[p] = i
			m.vertex(at.Add(along.Mul(p.X)).Add(up.Mul(p.Y)), normal)
		}
		m.indices = append(m.indices, i)
	}
	return m
}
