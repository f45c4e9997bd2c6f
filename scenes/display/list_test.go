package display

import (
	"math"
	"testing"
)

// Lines that go far out of a frame are drawn as far as it is seen.
func TestFarLines(t *testing.T) {
	for _, c := range []struct{ ax, ay, bx, by, x0, y0, x1, y1 float64 }{
		{1, 2, 30, 40, 1, 2, 30, 40},
		{100, 100, 1e25, 100, 100, 100, farthest, 100},
		{1e25, 5e24, 100, 100, farthest, 100 + (farthest-100)/2.0, 100, 100},
		{-1e6, 50, 1e6, 50, -farthest, 50, farthest, 50},
		{-3e5, 50, -1e11, 80, math.NaN(), 0, 0, 0},
		{1e20, 50, -1e20, 60, math.NaN(), 0, 0, 0},
	} {
		a, b, ok := near(Vertex{X: c.ax, Y: c.ay}, Vertex{X: c.bx, Y: c.by})
		if ok == math.IsNaN(c.x0) {
			t.Errorf("%v: ok is %v", c, ok)
		}
		if ok && math.Abs(a.X-c.x0)+math.Abs(a.Y-c.y0)+math.Abs(b.X-c.x1)+math.Abs(b.Y-c.y1) > 1e-3 {
			t.Errorf("%v: from (%v, %v) to (%v, %v)", c, a.X, a.Y, b.X, b.Y)
		}
	}
}
