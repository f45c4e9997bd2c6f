package compute

import (
	"math"

	"losscape/cpu"

	"gonum.org/v1/gonum/floats"
)

// What float32 holds: a number that a kernel is given is 0 or between leastNormal
// and MaxFloat32 in size, or the input is refused as ErrUnsupported. So are inputs
// in whose computation a number could leave that range and matter. A number below
// leastNormal may count as 0 on a device.
const (
	leastNormal = 0x1p-126

	// A sum whose terms may each have lost leastNormal is still good to 2⁻²⁴ if its
	// largest is leastScale.
	leastScale = 0x1p-100
	// Sums of 32 numbers, and differences of such, stay finite up to this.
	mostScale = 0x1p120
	// As first and second parts of a coordinate in a plane: what it loses below
	// leastNormal changes a margin by 2⁻⁴⁰ at most while what it is multiplied by is
	// not above this.
	mostCoordinate = 0x1p86

	// Losses below it may have lost more than 2⁻²⁴ of themselves, since a sample's is
	// 0 on the device where it is below leastNormal.
	leastLoss = leastScale
)

// holds reports whether float32 has x to its rounding error.
func holds(x float64) bool {
	x = math.Abs(x)
	return x == 0 || x >= leastNormal && x <= math.MaxFloat32
}

// extent is how large the samples of a problem are.
type extent struct {
	columns []float64 // the largest |x| of each feature, and 1 of the bias
	sum     float64   // of columns
	squares float64   // sum of their squares
	reach   float64   // |w| up to which margins stay in the range of float32
}

// extentOf returns the extent of a valid problem, or an error if float32 does not
// hold the samples or what becomes of them.
func extentOf(p *cpu.Problem) (*extent, error) {
	x := &extent{columns: make([]float64, p.Dim())}
	for i := range p.N() {
		for j, v := range p.X.RawRowView(i) {
			x.columns[j] = max(x.columns[j], math.Abs(v))
		}
	}
	for j, c := range x.columns[:p.Dim()-1] {
		if c != 0 && c < leastScale || c > mostScale {
			return nil, unsupported("feature %d has values of up to %.3g, float32 computes with %.2g to %.2g; scale it", j+1, c, leastScale, mostScale)
		}
	}
	x.columns[p.Dim()-1] = 1
	for _, c := range x.columns {
		x.sum += c
		x.squares += c * c
	}
	// The weights of one feature and the bias have margins whose infinity is right;
	// two features' infinities may cancel. A kernel multiplies weights by log₂ e < 2.
	x.reach = 0x1p127
	if p.Dim() > 2 {
		x.reach = 0x1p126 / x.sum
	}
	return x, nil
}

// checkSettings returns an error unless the device can tell runs' ends by the
// settings, which have their defaults.
func checkSettings(set cpu.Settings) error {
	for _, v := range []struct {
		name string
		x    float64
	}{{"gradient tolerance", max(set.GradTol, 0)}, {"period tolerance", set.PeriodTol}, {"limit of |w|", min(set.Limit, 1)}} {
		if !holds(v.x) {
			return unsupported("%s %g, which float32 cannot hold", v.name, v.x)
		}
	}
	return nil
}

// checkRun returns an error unless float32 holds a valid run on samples of extent
// x: its parameters, and what a step makes of them. limit is that of |w|.
func checkRun(r cpu.Run, x *extent, limit float64) error {
	o, err := cpu.LookupOptimizer(r.Optimizer)
	if err != nil {
		return err
	}
	for _, v := range []struct {
		name string
		x    float64
	}{{"lr", r.LR}, {"l2", r.L2}, {"momentum", r.Momentum}, {"epsilon", r.Epsilon}, {"lr times l2", decay(r)}} {
		if !holds(v.x) {
			return unsupported("%s %g, which float32 cannot hold", v.name, v.x)
		}
	}
	for j, w := range r.Start {
		if !holds(w) {
			return unsupported("start weight w%d %g, which float32 cannot hold", j+1, w)
		}
	}
	// Gradients are at most columns in size, of which epsilon makes a fraction.
	adaptive := o.Has("epsilon")
	for _, c := range x.columns {
		step := r.LR * c
		if adaptive {
			step = r.LR * (c / (c + r.Epsilon))
		}
		if c != 0 && step < leastScale {
			return unsupported("lr %g on samples of %.2g, steps that float32 takes for 0", r.LR, c)
		}
	}
	// A sample whose margin m is beyond 87 has a gradient below leastNormal x, and
	// none on the device. Without it, a run of all steps must not miss a change of
	// its margins by more than 2⁻¹⁴ of them: 87 · 2⁻¹⁴ / leastNormal > 2¹¹⁸.
	missed := r.LR * float64(r.Steps) * x.squares
	switch {
	case adaptive:
		missed /= r.Epsilon
	case r.Momentum < 1:
		missed /= 1 - r.Momentum
	}
	if missed > 0x1p118 {
		return unsupported("lr %g on samples of %.2g for %d steps, to which gradients below float32's range matter", r.LR, x.sum, r.Steps)
	}
	if limit > math.MaxFloat32 {
		return nil // the kernel sees what leaves the range
	}
	most := x.sum + r.L2*limit // of a gradient
	if r.Momentum < 1 {
		most /= 1 - r.Momentum
	}
	if most > mostScale || x.sum*limit > 0x1p126 {
		return unsupported("samples of %.2g, l2 %g, momentum %g and weights of up to %.2g, whose products leave float32's range", x.sum, r.L2, r.Momentum, limit)
	}
	return nil
}

// decay is what a step of adamw takes off a weight, as a fraction.
func decay(r cpu.Run) float64 {
	if r.Optimizer != "adamw" {
		return 0
	}
	return r.LR * r.L2
}

// checkRuns is checkRun for all runs of a valid sweep. Each bound is monotonic in
// every parameter while it is not 0, so that it is enough to take them to their
// ends.
func checkRuns(s cpu.Sweep, x *extent, limit float64) error {
	corners := cpu.Sweep{Base: s.Base}
	for _, a := range s.Over {
		ends := cpu.Param{Name: a.Name}
		// A run without a start has every parameter but the start weights.
		if _, other := (cpu.Run{}).Param(a.Name); !other {
			for _, w := range a.Values {
				if !holds(w) {
					return unsupported("start weight %s %g, which float32 cannot hold", a.Name, w)
				}
			}
			ends.Values = a.Values[:1]
		} else {
			lo, least, hi := a.Values[0], math.Inf(1), a.Values[0]
			for _, v := range a.Values {
				lo, hi = min(lo, v), max(hi, v)
				if v > 0 {
					least = min(least, v)
				}
			}
			ends.Values = []float64{lo, hi}
			if lo == 0 && hi > 0 {
				ends.Values = append(ends.Values, least)
			}
		}
		corners.Over = append(corners.Over, ends)
	}
	n, err := corners.Count()
	if err != nil {
		return err
	}
	var r cpu.Run
	into := corners.Into()
	for i := range int(n) {
		into(i, &r)
		if err := checkRun(r, x, limit); err != nil {
			return err
		}
	}
	return nil
}

// checkEps returns an error unless the device can compute with eps. One below
// leastNormal it can: it takes the logarithm, and eps itself is less than a
// loss may lose.
func checkEps(c float64) error {
	if c > maxEps {
		return unsupported("eps %g is above %g, which the device's floats cannot hold", c, float64(maxEps))
	}
	return nil
}

// checkPlane returns an error unless float32 holds l2, what it becomes in the plane,
// and coordinates of up to most in size.
func checkPlane(l2 float64, pl cpu.Plane, most float64) error {
	if most > mostCoordinate {
		return unsupported("coordinates of up to %.3g in the plane, float32 computes with up to %.2g", most, mostCoordinate)
	}
	if !holds(l2) {
		return unsupported("l2 %g, which float32 cannot hold", l2)
	}
	for _, d := range [][]float64{pl.D1, pl.D2} {
		// The curvature that l2 adds, and the gradient at the far end.
		n := floats.Norm(d, 2)
		if c := l2 * n * n; !holds(c) || c*most > mostScale {
			return unsupported("l2 %g along a direction of length %.3g, up to %.3g times it, which float32 cannot hold", l2, n, most)
		}
	}
	return nil
}
