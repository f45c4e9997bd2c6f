package export

import (
	"image/color"
	"slices"

	"losscape/cpu"
	"losscape/scenes/figure"
	"losscape/scenes/scale"
)

// curve draws the samples and the probabilities that the runs' weights give
// them.
func curve(kind string, p figure.Picture) (*page, error) {
	s := p.Scene
	name := s.FeatureName()
	lo, hi := figure.FeatureRange(s)
	a, err := newAxes(kind, s, name, "Prediction", lo, hi, scale.NewLinear(-1.1, 1.1), 0)
	if err != nil {
		return nil, err
	}
	pg := a.p
	a.grid()
	busy := a.samples(s.Problem)
	entries := []entry{{s.Classes[0], pg.Positive, true}, {s.Classes[1], pg.Negative, true}}
	runs := p.Runs(pg.Theme)
	for i := len(runs) - 1; i >= 0; i-- {
		if len(runs) == 1 {
			busy = append(busy, a.sigmoid(runs[i].W, 1, pg.Curves[0])...)
			busy = append(busy, a.sigmoid(runs[i].W, -1, pg.Curves[1])...)
		} else {
			busy = append(busy, a.sigmoid(runs[i].W, 1, runs[i].Color)...)
		}
	}
	if len(runs) == 1 {
		entries = append(entries, entry{"p(y=1|x; w)", pg.Curves[0], false}, entry{"p(y=−1|x; w)", pg.Curves[1], false})
	} else {
		for _, r := range runs {
			entries = append(entries, entry{"p(y=1|x), " + r.Name, r.Color, false})
		}
	}
	a.frame()
	a.legend(entries, busy)
	return pg, nil
}

// samples draws the samples of a problem, and returns where.
func (a *axes) samples(problem *cpu.Problem) (busy []point) {
	var samples [2][]point
	seen := map[point]bool{} // marks nearer than a twentieth of a point are one
	for i := range problem.N() {
		class, y := 0, 1.0
		if problem.Y[i] == 0 {
			class, y = 1, -1
		}
		q := a.at(problem.X.At(i, 0), y)
		if q.x = roundTo(q.x, 0.05); !seen[q] {
			seen[q] = true
			samples[class] = append(samples[class], q)
			busy = append(busy, q)
		}
	}
	a.p.disc(samples[0], 1.5, a.p.Positive)
	a.p.disc(samples[1], 1.5, a.p.Negative)
	return busy
}

// sigmoid draws the curve of σ(s (w x + b)) and returns its points, denser where it
// bends.
func (a *axes) sigmoid(w []float64, s float64, c color.Color) []point {
	var xs []float64
	const n = 400
	for i := range n + 1 {
		xs = append(xs, between(a.x0, a.x1, float64(i)/n))
	}
	for z := -9.0; z <= 9; z += 0.25 {
		if x := (z - w[1]) / w[0]; x > a.x0 && x < a.x1 {
			xs = append(xs, x)
		}
	}
	slices.Sort(xs)
	var out []point
	for _, x := range xs {
		out = append(out, a.at(x, cpu.Sigmoid(s*(w[0]*x+w[1]))))
	}
	a.p.stroke([][]point{simplify(out, 0.01)}, curveWidth, c)
	return out
}
