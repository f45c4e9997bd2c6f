package figure

import (
	"math"
	"testing"

	"losscape/scenes/scale"
)

// opened returns the figure of a scene with some panels.
func opened(t *testing.T, s *subject, kinds ...string) *Figure {
	t.Helper()
	f, err := s.figure(arrangement{kinds: kinds}, 1280, 720, 0, Screen)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestDecisionLine looks up what the log-odds are where the panel draws a line of them.
func TestDecisionLine(t *testing.T) {
	t.Parallel()
	f := opened(t, newSubject(t, planar(t, 2, `plane = "pca"`)), "data")
	d := f.views[0].(*data)
	x0, x1 := d.horizontal.(*scale.Scale).Ends()
	y0, y1 := d.vertical.(*scale.Scale).Ends()
	for _, w := range [][]float64{{1, 2, -0.5}, {-3, 0, 2}, {0, -1, 0.1}, {0.7, -0.2, 0}} {
		odds := func(x, y float64) float64 {
			a := x0 + (x-d.plot.X0)/d.plot.W()*(x1-x0)
			b := y0 + (d.plot.Y1-y)/d.plot.H()*(y1-y0)
			return w[0]*a + w[1]*b + w[2]
		}
		for _, z := range []float64{-1, 0, 0.5} {
			at, up, ok := d.level(w, z)
			if !ok {
				t.Errorf("%v: no line of %v", w, z)
				continue
			}
			for _, far := range []float64{-100, 0, 100} {
				if got := odds(at.X-far*up.Y, at.Y+far*up.X); math.Abs(got-z) > 1e-9 {
					t.Errorf("%v: log-odds %v on the line of %v", w, got, z)
				}
			}
			if !(odds(at.X+up.X, at.Y+up.Y) > z) {
				t.Errorf("%v: the log-odds fall along %v", w, up)
			}
		}
	}
	for _, w := range [][]float64{{0, 0, 1}, {math.NaN(), 1, 0}, {math.Inf(1), 1, 0}, {1e-9, 0, 5}} {
		if at, _, ok := d.level(w, 0); ok {
			t.Errorf("%v: a line at %v", w, at)
		}
	}
	if !d.above([]float64{0, 0, 1}, 0) || d.above([]float64{1, 0, 0}, 0) {
		t.Error("which shade the plot begins with")
	}
}

// TestHistograms wants the bins of either class to hold all of its samples, in every frame.
func TestHistograms(t *testing.T) {
	t.Parallel()
	f := opened(t, newSubject(t, planar(t, 3, `plane = "pca"`)), "curve")
	m := f.views[0].(*margins)
	for _, run := range m.runs {
		for _, k := range []int{0, 3, 40} {
			var sum [2]float64
			for class, outline := range m.histograms(f, run, k) {
				for i := 1; i+1 < len(outline); i += 2 {
					sum[class] += math.Abs(outline[i].Y - outline[0].Y)
				}
			}
			if !(sum[0] > 0) || math.Abs(sum[0]-sum[1]) > 1e-9*sum[0] {
				t.Errorf("run %d, frame %d: bins of %v in all, want as much of either class", run.index, k, sum)
			}
		}
	}
}

// TestPlaneLoss wants the read-out of a run that leaves the plane to be of the plane's
// nearest point, and the star to be full only where the minimum is in the plane.
func TestPlaneLoss(t *testing.T) {
	t.Parallel()
	for keys, off := range map[string]bool{`plane = "hessian"`: false, `plane = "random"`: true} {
		s := newSubject(t, planar(t, 4, keys))
		f := opened(t, s, "contour", "loss")
		c := f.views[0].(*contour)
		for _, run := range c.runs {
			const k = 5
			w := run.t.At(k)
			a, b, far := f.Scene.Plane.Coordinates(w)
			near := f.Scene.Plane.At(nil, a, b)
			plane, away := c.where.planeText(run, k), c.where.offText(run, k)
			if plane != scale.Number(f.Scene.Problem.Loss(near)) || away != scale.Number(far) {
				t.Errorf("%s, run %d: the plane's loss %s, %s away, want %v and %v", keys, run.index, plane, away, f.Scene.Problem.Loss(near), far)
			}
		}
		if m, ok := f.minimum(); !ok || m.off != off {
			t.Errorf("%s: the minimum %+v, want it off the plane: %v", keys, m, off)
		}
		if h := f.views[1].(*history); h.right == nil || len(h.thin) != 2 {
			t.Errorf("%s: no curves of distances", keys)
		}
	}
}
