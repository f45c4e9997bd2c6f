package model

import (
	"math"
	"testing"

	"losscape/scenes/letters"
)

// TestTriangulate cuts the letters of labels into triangles: these run counterclockwise and
// are as large as the letter, whose holes they leave out.
func TestTriangulate(t *testing.T) {
	const text = "0123456789−-+.,×·^/()[]%&@#$ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzäöüßéñçÅØœαβγδεθλμσφωΣΔ∇∈ℝ‖₀₁₂⁻⁷ЖяОшقظमै"
	list, _ := letters.Layout(nil, text, letters.Regular, 1, false)
	seen := 0
	for _, g := range list {
		contours := rings(g.Font.Outline(g.Glyph))
		var area, covered float64
		for _, r := range contours {
			area += signedArea(r)
		}
		triangles := triangulate(contours)
		for i := 0; i < len(triangles); i += 3 {
			a := cross(triangles[i], triangles[i+1], triangles[i+2])
			if a <= 0 {
				t.Errorf("%q: a triangle of area %g", text[g.First:g.Last], a)
			}
			covered += a
		}
		if area = math.Abs(area); math.Abs(covered-area) > 1e-9 {
			t.Errorf("%q: triangles of %g, the letter has %g", text[g.First:g.Last], covered, area)
		}
		if area > 0 {
			seen++
		}
	}
	if seen < 100 {
		t.Errorf("%d letters", seen)
	}
}

// TestTriangulateHoles bridges holes that see each other, the border's corners, or nothing
// but another hole, at equal heights, too.
func TestTriangulateHoles(t *testing.T) {
	square := func(x, y, r float64, hole bool) []point {
		if hole {
			return []point{{X: x - r, Y: y - r}, {X: x - r, Y: y + r}, {X: x + r, Y: y + r}, {X: x + r, Y: y - r}}
		}
		return []point{{X: x - r, Y: y - r}, {X: x + r, Y: y - r}, {X: x + r, Y: y + r}, {X: x - r, Y: y + r}}
	}
	for name, c := range map[string]struct {
		rings [][]point
		want  float64 // twice the area
	}{
		"none":      {nil, 0},
		"a line":    {[][]point{{{X: 0}, {X: 1}, {X: 2}}}, 0},
		"a row":     {[][]point{square(0, 0, 10, false), square(-5, 0, 1, true), square(0, 0, 1, true), square(5, 0, 1, true)}, 2 * (400 - 12)},
		"a column":  {[][]point{square(0, 0, 10, false), square(0, -5, 1, true), square(0, 0, 1, true), square(0, 5, 1, true)}, 2 * (400 - 12)},
		"an island": {[][]point{square(0, 0, 10, false), square(0, 0, 5, true), square(0, 0, 2, false), square(0, 0, 1, true)}, 2 * (400 - 100 + 16 - 4)},
		"backwards": {[][]point{square(0, 0, 10, true), square(3, 4, 1, false), square(-3, 4, 1, false)}, 2 * (400 - 8)},
		"twice":     {[][]point{{{X: 0}, {X: 0}, {X: 1}, {X: 1, Y: 1}, {X: 1, Y: 1}, {X: 0, Y: 1}, {X: 0}}}, 2},
	} {
		var covered float64
		triangles := triangulate(c.rings)
		for i := 0; i < len(triangles); i += 3 {
			covered += cross(triangles[i], triangles[i+1], triangles[i+2])
		}
		if math.Abs(covered-c.want) > 1e-9 {
			t.Errorf("%s: triangles of %g, want %g", name, covered, c.want)
		}
	}
}
