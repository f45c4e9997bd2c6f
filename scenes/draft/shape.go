package draft

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"losscape/cpu"
	"losscape/scenes"
	"losscape/scenes/dataset"

	"gonum.org/v1/gonum/mat"
)

// What is computed only of data that are not too large: N (D+1)² operations each, times
// the number of Newton's steps.
const (
	maxMinimumWork    = 1e9
	maxSeparationWork = 1e8
)

// problem is what is known of the loss.
type problem struct {
	*cpu.Problem
	few     *cpu.Problem // of at most fewRows samples, for choices that are a matter of taste
	minimum []float64    // nil if there is none, or it was not looked for
	lambda  float64      // the largest eigenvalue of the Hessian there, or at the start
	atStart float64      // that at the start
}

const fewRows = 4096

// run is a run of the scene.
type run struct {
	name string
	lr   float64
}

// plan is the rest of what was chosen.
type plan struct {
	steps              int
	plane, origin      string
	axes               []string
	run                int
	panels, layout     string // panels empty for what the layout names
	iterations, frames int    // a frame, an iteration
	scale              string
	azim               float64
}

// chooseScale has the features standardized, unless they are so nearly.
func (d *drafter) chooseScale() error {
	n, dim := d.loaded.X.Dims() // as they are
	least, most, off := math.Inf(1), 0.0, 0.0
	for j := range dim {
		var mean, square float64
		for i := range n {
			mean += d.loaded.X.At(i, j) / float64(n)
		}
		for i := range n {
			x := d.loaded.X.At(i, j) - mean
			square += x * x / float64(n)
		}
		deviation := math.Sqrt(square)
		least, most, off = min(least, deviation), max(most, deviation), max(off, math.Abs(mean))
	}
	if least >= 0.5 && most <= 2 && off <= 0.5 {
		d.note("standardize", "no: means are within 0.5 of 0 already, and deviations from 0.5 to 2")
		return nil
	}
	d.cols.Standardize = true
	loaded, err := dataset.Load(d.data, d.cols)
	if err != nil {
		return err
	}
	d.loaded = loaded
	what := fmt.Sprintf("deviations are from %.3g to %.3g, means up to %.3g from 0", least, most, off)
	if dim == 1 {
		what = fmt.Sprintf("the deviation is %.3g, the mean %.3g from 0", most, off)
	}
	d.note("standardize", "yes, as %s, which makes a long valley that gradient descent creeps along; losscape fit gives the weights in the data's own units", what)
	return nil
}

// fit finds the minimum, and the largest eigenvalue of the Hessian.
func (d *drafter) fit() error {
	p := &problem{Problem: &cpu.Problem{X: d.loaded.X, Y: d.loaded.Y}}
	err := p.Weigh(d.loaded.Weights)
	if err == nil {
		err = p.Freeze()
	}
	if err != nil {
		return err
	}
	if p.few, err = sample(p.Problem); err != nil {
		return err
	}
	d.problem = p
	zero := make([]float64, p.Dim())
	work := float64(p.N()) * float64(p.Dim()) * float64(p.Dim())
	p.atStart = p.Sharpness(zero)
	p.lambda = p.atStart
	why := "it takes too long to look for here: losscape fit does"
	if work <= maxMinimumWork {
		why = "float64 finds none"
		if w, ok := p.Minimum(); ok {
			p.minimum, p.lambda = w, p.Sharpness(w)
		} else if work <= maxSeparationWork {
			s, err := p.Separation(d.ctx)
			if err != nil {
				return err
			}
			if s.Kind == cpu.Complete || s.Kind == cpu.QuasiComplete {
				why = fmt.Sprintf("there is none, as the classes are %sly separable (losscape fit proves it): the loss falls for ever; [loss] with l2 = %.2g, one over the samples, makes one", s.Kind, 1/p.Total())
			}
		}
	}
	if !(p.lambda > 0) || math.IsInf(p.lambda, 1) {
		return fmt.Errorf("the loss has no curvature to take learning rates from: features of sizes that are less apart help")
	}
	if p.minimum != nil {
		d.note("minimum", "there is one, of loss %.4g, where the Hessian's largest eigenvalue λ is %.4g", p.Loss(p.minimum), p.lambda)
	} else {
		d.note("minimum", "%s; the Hessian's largest eigenvalue λ at the start, weights of 0, is %.4g", why, p.lambda)
	}
	return nil
}

// sample returns a problem of every so many samples.
func sample(p *cpu.Problem) (*cpu.Problem, error) {
	n, dim := p.X.Dims()
	if n <= fewRows {
		return p, nil
	}
	var weights []float64
	few := &cpu.Problem{X: mat.NewDense(fewRows, dim, nil)}
	for i := range fewRows {
		from := i * n / fewRows
		few.X.SetRow(i, p.X.RawRowView(from))
		few.Y = append(few.Y, p.Y[from])
		if p.SampleWeight != nil {
			weights = append(weights, p.SampleWeight[from])
		}
	}
	return few, few.Weigh(weights)
}

// The learning rates, times λ.
var rates = []float64{0.25, 1, 1.9}

// How many steps runs take.
const (
	leastSteps = 60
	mostSteps  = 600
)

// chooseRuns finds three learning rates and a number of steps.
func (d *drafter) chooseRuns() error {
	p := d.problem
	trial := func(lr float64, steps int) (*cpu.Trajectory, error) {
		r := cpu.DefaultRun("gd")
		r.LR, r.Steps, r.Start = lr, steps, make([]float64, p.Dim())
		return p.few.Descend(d.ctx, r)
	}
	even, err := trial(1/p.lambda, mostSteps)
	if err != nil {
		return err
	}
	_, _, err = even.Principal()
	d.straight = err != nil
	first, last := even.Loss[0], even.Loss[len(even.Loss)-1]
	steps, why := 200, "there is no minimum to come to"
	if p.minimum != nil {
		if p.few == p.Problem {
			last = min(last, p.Loss(p.minimum))
		}
		steps, why = len(even.Loss)-1, "more would be long to watch"
		for k, loss := range even.Loss {
			if loss-last <= 1e-3*(first-last) {
				steps, why = k, "so many take the second run within a thousandth of its way down"
				break
			}
		}
		if steps = (steps + 9) / 10 * 10; steps < leastSteps {
			steps, why = leastSteps, fmt.Sprintf("the second run is down after %d", steps)
		}
	}
	d.plan.steps = steps
	lambda, of := p.lambda, ""
	fast, err := trial(rates[2]/lambda, steps)
	if err != nil {
		return err
	}
	if end := fast.Loss[len(fast.Loss)-1]; p.minimum != nil && !(end < last+0.1*(first-last)) {
		// The start is steeper than the minimum: a run that is stable there hops over it.
		lambda, of = p.atStart, "; λ is that of the start, %.4g, as a run that is stable at the minimum hops over it from there"
		of = fmt.Sprintf(of, lambda)
	}
	for _, share := range rates {
		lr := below(share / lambda)
		d.runs = append(d.runs, run{fmt.Sprintf("lr %v, %v/λ", lr, share), lr})
	}
	d.note("learning rates", "%v, %v and %v: a quarter of 1/λ, which creeps; 1/λ = %.4g, above which steps overshoot; and just below 2/λ = %.4g, where gradient descent stops being stable; all from weights of 0%s", d.runs[0].lr, d.runs[1].lr, d.runs[2].lr, 1/lambda, 2/lambda, of)
	d.note("steps", "%d: %s", steps, why)
	return nil
}

// below rounds a number down to two digits.
func below(x float64) float64 {
	up, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 1, 64), 64)
	if err != nil || up <= x {
		return up
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-1)
	down, _ := strconv.ParseFloat(strconv.FormatFloat(up-unit, 'e', 1, 64), 64)
	return down
}

// choosePlane chooses the plane of weights.
func (d *drafter) choosePlane() {
	p := d.problem
	d.plan.origin = scenes.PlaceMinimum
	if p.minimum == nil {
		d.plan.origin = scenes.PlaceEnd
	}
	switch p.Features() {
	case 1:
		d.plan.plane, d.plan.origin, d.plan.axes = scenes.PlaneAxes, "", d.axes(0, 1)
		d.note("plane", "the two weights that there are, which is all of the loss")
	case 2:
		d.plan.plane, d.plan.axes = scenes.PlaneAxes, d.axes(0, 1)
		d.note("plane", "the weights of both features, the bias as at the %s%s: a path leaves the plane by its own bias, which the pictures say", d.plan.origin, ofRun(d.plan.origin))
	default:
		if d.straight {
			if _, _, err := p.few.Curvatures(make([]float64, p.Dim())); err == nil {
				d.plan.plane, d.plan.origin = scenes.PlaneHessian, scenes.PlaceStart
				d.note("plane", "the two directions in which the loss curves most at the start, as the runs move along a line, if at all")
			} else {
				d.plan.plane, d.plan.axes, d.plan.origin = scenes.PlaneAxes, d.axes(0, 1), scenes.PlaceStart
				d.note("plane", "the weights of the first two features, as the runs move along a line, if at all")
			}
			break
		}
		d.plan.plane, d.plan.run = scenes.PlanePCA, 1
		d.note("plane", "the two principal components of the second run, through the %s%s: of %d weights they show as much of its way as two directions can", d.plan.origin, ofRun(d.plan.origin), p.Dim())
	}
	d.note("range", "auto: what is seen of all paths, and the minimum with its bowl if there is one")
}

func ofRun(place string) string {
	if place == scenes.PlaceEnd {
		return " of a run"
	}
	return ""
}

// axes returns names of two weights for the axes of the plane; nil if one has none.
func (d *drafter) axes(a, b int) []string {
	if d.loaded.Features == nil {
		return []string{fmt.Sprintf("w%d", a+1), fmt.Sprintf("w%d", b+1)}
	}
	s := scenes.Scene{Problem: d.problem.Problem, Features: d.loaded.Features}
	names := []string{s.AxisName(a), s.AxisName(b)}
	if slices.Contains(names, "") {
		return nil
	}
	return names
}

// choosePanels chooses the panels, and how fast the film is.
func (d *drafter) choosePanels() {
	panel, why := scenes.CurvePanel, "the probability along the feature"
	switch n := d.problem.Features(); {
	case n == 2:
		panel, why = scenes.DataPanel, "the samples of two features, and the line that parts the classes"
	case n > 2:
		why = "how the second run parts the classes along their log-odds, as there are more features than axes"
		d.plan.panels = fmt.Sprintf("[%q, %q, { panel = %q, runs = [1] }, %q]", scenes.SurfacePanel, scenes.ContourPanel, panel, scenes.LossPanel)
	}
	upper := fmt.Sprintf("[%q, %q]", scenes.SurfacePanel, scenes.ContourPanel)
	d.plan.layout = fmt.Sprintf("[%s, %[1]s, [%q, %q]]", upper, panel, scenes.LossPanel)
	d.note("panels", "surface, contour, loss, and %s: %s", panel, why)
	const seconds, fps = 8, 30
	d.plan.iterations = max(1, int(math.Round(float64(d.plan.steps)/(seconds*fps))))
	d.plan.frames = min(8, max(1, int(math.Round(seconds*fps/float64(d.plan.steps)))))
}

// chooseView chooses the scale of heights, and from where they are looked at, by what the
// scene shows: of few samples, if there are many.
func (d *drafter) chooseView(s *scenes.Scene) error {
	d.plan.scale, d.plan.azim = "auto", -60
	s.Problem = d.problem.few
	err := s.Resolve(d.ctx)
	if err != nil && d.problem.few != d.problem.Problem && d.ctx.Err() == nil {
		return nil // the few may be separable, where all are not
	}
	if err != nil {
		return err
	}
	grid := s.Grid
	grid.X.N, grid.Y.N = 24, 24
	l, err := s.Problem.Landscape(d.ctx, s.Plane, grid, nil)
	if err != nil {
		return err
	}
	low, high, corner := math.Inf(1), math.Inf(-1), 0
	n := grid.X.N
	corners := []float64{l.Loss[n-1], l.Loss[n*n-1], l.Loss[n*(n-1)], l.Loss[0]} // right front, and on around
	for i, x := range corners {
		if x < corners[corner] {
			corner = i
		}
	}
	for _, x := range l.Loss {
		low, high = min(low, x), max(high, x)
	}
	for _, path := range s.Paths {
		for _, x := range path.Loss {
			low = min(low, x)
		}
	}
	d.plan.scale, d.plan.azim = "linear", -60+90*float64(corner)
	if d.plan.azim > 180 {
		d.plan.azim -= 360
	}
	const many = 20
	if low > 0 && high > many*low {
		d.plan.scale = "log"
		d.note("scale", "log, as the losses are from %.3g to %.3g", low, high)
	}
	d.note("camera", "from the lowest corner of the landscape, which hides nothing of the rest")
	return nil
}
