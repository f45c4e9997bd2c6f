package isoline

import (
	"fmt"
	"math"
	"testing"
)

// bowl is a grid of x² + y² over −1..1, with a hole of values that are not finite where
// hole says so.
func bowl(t *testing.T, n int, hole func(x, y float64) bool) *Grid {
	t.Helper()
	var v []float64
	for j := range n {
		for i := range n {
			x, y := 2*float64(i)/float64(n-1)-1, 2*float64(j)/float64(n-1)-1
			if hole != nil && hole(x, y) {
				v = append(v, math.NaN())
			} else {
				v = append(v, x*x+y*y)
			}
		}
	}
	g, err := New(n, n, v, -1, -1, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// area is positive where a ring runs counterclockwise.
func area(ring Ring) (a float64) {
	for k, p := range ring {
		q := ring[(k+1)%len(ring)]
		a += (p.X*q.Y - q.X*p.Y) / 2
	}
	return a
}

// measure adds up areas, counts lines, and checks that these lie at a distance from the
// middle.
func measure(t *testing.T, rings []Ring, distance float64) (total float64, lines int) {
	t.Helper()
	for _, r := range rings {
		total += area(r)
		for _, line := range r.Lines() {
			lines++
			for _, p := range line {
				if d := math.Hypot(p.X, p.Y); math.Abs(d-distance) > 1e-3 {
					t.Fatalf("a point at distance %v, want %v", d, distance)
				}
			}
		}
	}
	return total, lines
}

func TestRings(t *testing.T) {
	g := bowl(t, 101, nil)
	// Above 0.25: the square without a disc of radius 0.5.
	rings := g.Rings(0.25)
	total, lines := measure(t, rings, 0.5)
	if want := 4 - math.Pi/4; len(rings) != 2 || math.Abs(total-want) > 2e-3 || lines != 1 {
		t.Errorf("%d rings, %d lines, area %v, want %v", len(rings), lines, total, want)
	}
	// Above 1.5 there are four corners, each with one open line.
	rings = g.Rings(1.5)
	total, lines = measure(t, rings, math.Sqrt(1.5))
	r := math.Sqrt(1.5)
	inside := 4*math.Sqrt(r*r-1) + 2*r*r*(math.Pi/2-2*math.Acos(1/r))
	if len(rings) != 4 || lines != 4 || math.Abs(total-(4-inside)) > 2e-3 {
		t.Errorf("%d rings, %d lines, area %v, want %v", len(rings), lines, total, 4-inside)
	}
	for _, level := range []float64{-1, math.Inf(-1)} {
		if rings := g.Rings(level); len(rings) != 1 || math.Abs(area(rings[0])-4) > 1e-9 || rings[0].Lines() != nil {
			t.Errorf("above %v, all of it: %d rings", level, len(rings))
		}
	}
	if rings := g.Rings(3); rings != nil {
		t.Errorf("nothing: %d rings", len(rings))
	}
}

func TestHoles(t *testing.T) {
	g := bowl(t, 101, func(x, y float64) bool { return max(math.Abs(x), math.Abs(y)) < 0.205 })
	total := 0.0
	for _, r := range g.Rings(0) {
		total += area(r)
		if l := r.Lines(); l != nil {
			t.Errorf("a line around what is not finite: %v", l)
		}
	}
	if want := 4 - 0.44*0.44; math.Abs(total-want) > 1e-3 {
		t.Errorf("area %v, want %v", total, want)
	}
	if rings := bowl(t, 9, func(x, y float64) bool { return true }).Rings(math.Inf(-1)); rings != nil {
		t.Errorf("nothing is finite, but there are %d rings", len(rings))
	}
}

// Two opposite corners above: joined if the middle is as high as the level.
func TestSaddle(t *testing.T) {
	for level, want := range map[float64]int{0.4: 1, 0.6: 2} {
		g, err := New(2, 2, []float64{1, 0, 0, 1}, 0, 0, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if rings := g.Rings(level); len(rings) != want {
			t.Errorf("level %v: %d rings, want %d", level, len(rings), want)
		}
	}
}

func TestExtremes(t *testing.T) {
	g, err := New(2, 2, []float64{-math.MaxFloat64, math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64}, 0, 0, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if lines := g.Lines(0, 0); len(lines) != 1 || lines[0][0].X != 0.5 || lines[0][1].X != 0.5 {
		t.Errorf("lines %v, want one at x = 0.5", lines)
	}
	for _, c := range [][3]int{{1, 2, 2}, {2, 2, 3}, {2, 1, 2}} {
		if _, err := New(c[0], c[1], make([]float64, c[2]), 0, 0, 1, 1); err == nil {
			t.Errorf("%d x %d points of %d values: no error", c[0], c[1], c[2])
		}
	}
}

func TestSimplify(t *testing.T) {
	var circle []Point
	for i := range 1001 {
		s, c := math.Sincos(2 * math.Pi * float64(i) / 1000)
		circle = append(circle, Point{100 * c, 100 * s})
	}
	few := Simplify(circle[:501], 0.05)
	if len(few) > 80 || few[0] != circle[0] || few[len(few)-1] != circle[500] {
		t.Errorf("%d points", len(few))
	}
	for _, p := range circle[:501] {
		least := math.Inf(1)
		for k := 1; k < len(few); k++ {
			least = min(least, distance(p, few[k-1], few[k]))
		}
		if least > 0.05 {
			t.Fatalf("off by %v", least)
		}
	}
	// A closed line keeps its shape, and an area its corners.
	g := bowl(t, 101, nil)
	if lines := g.Lines(0.25, 0.01); len(lines) != 1 || len(lines[0]) < 8 || len(lines[0]) > 60 {
		t.Errorf("%d lines", len(lines))
	}
	if all := g.Area(-1, 0.01); len(all) != 1 || len(all[0]) > 8 {
		t.Errorf("the square: %v", all)
	}
}

func ExampleGrid_Lines() {
	// A slope of 0, 1, 2 from left to right.
	g, err := New(3, 2, []float64{0, 1, 2, 0, 1, 2}, 0, 0, 2, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range g.Lines(1.5, 0) {
		fmt.Println(line)
	}
	// Output: [{1.5 1} {1.5 0}]
}
