package compute

import (
	"math"
	"strconv"

	"losscape/cpu"
	"losscape/gpu"

	"gonum.org/v1/gonum/floats"
)

// Precision is the numbers that an engine's kernels compute with.
type Precision int

// The precisions there are.
const (
	Single Precision = iota // float32
	Double                  // float64
)

func (p Precision) String() string { return [...]string{"single", "double"}[p] }

// format is the numbers of a precision, and what they hold: a number that a kernel is
// given is 0 or between leastNormal and most in size, or the input is refused as
// ErrUnsupported. So are inputs in whose computation a number could leave that range
// and matter. A number below leastNormal may count as 0 on a device.
type format struct {
	precision Precision
	name      string // Go's
	bytes     int
	periodTol float64 // √ε: see PeriodTol

	leastNormal, most float64

	// A sum whose terms may each have lost leastNormal is still good to ε if its
	// largest is leastScale.
	leastScale float64
	// Sums of 32 numbers, and differences of such, stay finite up to this.
	mostScale float64
	// What a run's learning rates, steps and samples come to where gradients below
	// leastNormal could change a margin by more than 2⁻¹⁴ of it: see checkRun.
	mostMissed float64

	// Losses below it may have lost more than ε of themselves, since a sample's is 0 on
	// the device where it is below leastNormal.
	leastLoss float64
}

var (
	single = &format{
		precision: Single, name: "float32", bytes: 4, periodTol: PeriodTol, leastNormal: 0x1p-126, most: math.MaxFloat32,
		leastScale: 0x1p-100, mostScale: 0x1p120, mostMissed: 0x1p118, leastLoss: 0x1p-100,
	}
	double = &format{
		precision: Double, name: "float64", bytes: 8, periodTol: 0x1p-26, leastNormal: 0x1p-1021, most: math.MaxFloat64,
		leastScale: 0x1p-960, mostScale: 0x1p1000, mostMissed: 0x1p1013, leastLoss: 0x1p-960,
	}
)

// As first and second parts of a coordinate in a plane: what float32 loses below its
// leastNormal changes a margin by 2⁻⁴⁰ at most while what it is multiplied by is not
// above this.
const mostCoordinate = 0x1p86

// holds reports whether the format has x to its rounding error.
func (f *format) holds(x float64) bool {
	x = math.Abs(x)
	return x == 0 || x >= f.leastNormal && x <= f.most
}

// round returns the number of the format that is nearest to x.
func (f *format) round(x float64) float64 {
	if f.precision == Single {
		return float64(float32(x))
	}
	return x
}

// below returns the greatest number of the format that is at most x > 0.
func (f *format) below(x float64) float64 {
	if y := f.round(x); y <= x {
		return y
	}
	return float64(math.Nextafter32(float32(x), 0))
}

// literal is x as a constant of a kernel.
func (f *format) literal(x float64) string {
	if f.precision == Single {
		return strconv.FormatFloat(x, 'e', -1, 32)
	}
	return strconv.FormatFloat(x, 'e', -1, 64) + "lf"
}

// chunk is of how many samples, or 8 more, the factors of a log's product stay in range.
// With eps c a factor is at most 2 + c; a float's product is kept in range by the kernel.
func (f *format) chunk(c float64) int {
	if f.precision == Single || c == 0 {
		return maxLog
	}
	return min(maxLog, int(900/math.Log2(2+c))-8)
}

// upload copies numbers to a buffer, from byte offset on, in the format.
func (f *format) upload(b *gpu.Buffer, offset int, data []float64) error {
	if f.precision == Double {
		return gpu.Upload(b, offset, data)
	}
	return gpu.Upload(b, offset, narrowed(data))
}

// narrowed is numbers as float32.
func narrowed(data []float64) []float32 {
	out := make([]float32, len(data))
	for i, x := range data {
		out[i] = float32(x)
	}
	return out
}

// download copies numbers of the format from a buffer, from byte offset on.
func (f *format) download(b *gpu.Buffer, offset int, to []float64) error {
	if f.precision == Double {
		return gpu.Download(b, offset, to)
	}
	narrow := make([]float32, len(to))
	err := gpu.Download(b, offset, narrow)
	for i, x := range narrow {
		to[i] = float64(x)
	}
	return err
}

// newBuffer is gpu.NewBufferOf of numbers in the format.
func (f *format) newBuffer(d *gpu.Device, label string, data []float64) (*gpu.Buffer, error) {
	if f.precision == Double {
		return gpu.NewBufferOf(d, label, data, gpu.Static)
	}
	return gpu.NewBufferOf(d, label, narrowed(data), gpu.Static)
}

// setUniform sets a uniform that is a number of the format.
func (f *format) setUniform(p *gpu.Program, name string, x float64) {
	if f.precision == Double {
		p.SetDouble(name, x)
	} else {
		p.SetFloat(name, float32(x)) // an infinity beyond float32
	}
}

// extent is how large the samples of a problem are.
type extent struct {
	*format           // that is to hold them
	columns []float64 // the largest |x| of each feature, and 1 of the bias
	sum     float64   // of columns
	squares float64   // sum of their squares
	reach   float64   // |w| up to which margins stay in the range of the format
}

// extentOf returns the extent of a valid problem, or an error if the format does not
// hold the samples or what becomes of them.
func (f *format) extentOf(p *cpu.Problem) (*extent, error) {
	x := &extent{format: f, columns: make([]float64, p.Dim())}
	for i := range p.N() {
		for j, v := range p.X.RawRowView(i) {
			x.columns[j] = max(x.columns[j], math.Abs(v))
		}
	}
	heaviest := 1.0 // sums of 32 have it as a factor
	for _, w := range p.SampleWeight {
		heaviest = max(heaviest, w)
	}
	for j, c := range x.columns[:p.Dim()-1] {
		if c*heaviest > f.mostScale && c <= f.mostScale {
			return nil, unsupported("feature %d has values of up to %.3g and a sample %.3g times the mean weight, %s computes with products of up to %.2g; scale it", j+1, c, heaviest, f.name, f.mostScale)
		}
		if c != 0 && c < f.leastScale || c > f.mostScale {
			return nil, unsupported("feature %d has values of up to %.3g, %s computes with %.2g to %.2g; scale it", j+1, c, f.name, f.leastScale, f.mostScale)
		}
	}
	x.columns[p.Dim()-1] = 1
	for _, c := range x.columns {
		x.sum += c
		x.squares += c * c
	}
	// The weights of one feature and the bias have margins whose infinity is right;
	// two features' infinities may cancel. A kernel multiplies weights by log₂ e < 2.
	x.reach = f.most / 2
	if p.Dim() > 2 {
		x.reach = f.most / 4 / x.sum
	}
	return x, nil
}

// checkSettings returns an error unless the device can tell runs' ends by the
// settings, which have their defaults.
func (f *format) checkSettings(set cpu.Settings) error {
	for _, v := range []struct {
		name string
		x    float64
	}{{"gradient tolerance", max(set.GradTol, 0)}, {"period tolerance", set.PeriodTol}, {"limit of |w|", min(set.Limit, 1)}} {
		if !f.holds(v.x) {
			return unsupported("%s %g, which %s cannot hold", v.name, v.x, f.name)
		}
	}
	return nil
}

// checkRun returns an error unless the format of x holds a valid run on samples of extent
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
		if !x.holds(v.x) {
			return unsupported("%s %g, which %s cannot hold", v.name, v.x, x.name)
		}
	}
	for j, w := range r.Start {
		if !x.holds(w) {
			return unsupported("start weight w%d %g, which %s cannot hold", j+1, w, x.name)
		}
	}
	// Gradients are at most columns in size, of which epsilon makes a fraction.
	adaptive := o.Has("epsilon")
	for _, c := range x.columns {
		step := r.LR * c
		if adaptive {
			step = r.LR * (c / (c + r.Epsilon))
		}
		if c != 0 && step < x.leastScale {
			return unsupported("lr %g on samples of %.2g, steps that %s takes for 0", r.LR, c, x.name)
		}
	}
	// A sample whose margin m is beyond 87, in double precision 707, has a gradient
	// below leastNormal x, and none on the device. Without it, a run of all steps must
	// not miss a change of its margins by more than 2⁻¹⁴ of them: 87 · 2⁻¹⁴ /
	// leastNormal > 2¹¹⁸.
	missed := r.LR * float64(r.Steps) * x.squares
	switch {
	case adaptive:
		missed /= r.Epsilon
	case r.Momentum < 1:
		missed /= 1 - r.Momentum
	}
	if missed > x.mostMissed {
		return unsupported("lr %g on samples of %.2g for %d steps, to which gradients below %s's range matter", r.LR, x.sum, r.Steps, x.name)
	}
	if limit > x.most {
		return nil // the kernel sees what leaves the range
	}
	most := x.sum + r.L2*limit // of a gradient
	if r.Momentum < 1 {
		most /= 1 - r.Momentum
	}
	if most > x.mostScale || x.sum*limit > x.most/4 {
		return unsupported("samples of %.2g, l2 %g, momentum %g and weights of up to %.2g, whose products leave %s's range", x.sum, r.L2, r.Momentum, limit, x.name)
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
			for _, w := range a.Deciding() {
				if !x.holds(w) {
					return unsupported("start weight %s %g, which %s cannot hold", a.Name, w, x.name)
				}
			}
			ends.Values = []float64{a.Value(0)}
		} else {
			lo, least, hi := a.Value(0), math.Inf(1), a.Value(0)
			for _, v := range a.Deciding() {
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
// leastNormal it can in single precision: it takes the logarithm, and eps itself is less
// than a loss may lose.
func (f *format) checkEps(c float64) error {
	if least := 1e-300; f.precision == Double && c > 0 && c < least {
		return unsupported("eps %g, double precision computes with %g at least", c, least)
	}
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
	if !single.holds(l2) {
		return unsupported("l2 %g, which float32 cannot hold", l2)
	}
	for _, d := range [][]float64{pl.D1, pl.D2} {
		// The curvature that l2 adds, and the gradient at the far end.
		n := floats.Norm(d, 2)
		if c := l2 * n * n; !single.holds(c) || c*most > single.mostScale {
			return unsupported("l2 %g along a direction of length %.3g, up to %.3g times it, which float32 cannot hold", l2, n, most)
		}
	}
	return nil
}
