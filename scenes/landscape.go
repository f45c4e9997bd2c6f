package scenes

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes/dataset"
)

// Landscape says over which plane of weights a scene's landscape is, and over which range
// of it, by names: what they stand for is in Scene.Plane, Scene.Grid and Scene.Minimum, at
// once or, where it has to be computed, after Scene.Resolve.
type Landscape struct {
	// Plane names the plane: one of the constants below, or is empty for one that is
	// given by its directions.
	Plane string

	Axes   [2]string // of PlaneAxes: the names of two weights
	Seed   uint32    // of PlaneRandom; default 0
	Points []Place   // of PlanePoints: three
	Run    int       // index of the run that PlanePCA is of, and that "start" and "end" mean; default 0

	// Origin is where both coordinates are 0. Default of PlanePCA and PlaneRandom the
	// end of the run, of PlaneHessian the minimum, of the others zero; PlanePoints has
	// none but its first point.
	Origin Place

	// Auto says of either coordinate that its range is to hold what is shown, see
	// Scene.Resolve, in place of what Grid says. Default where the plane or the origin
	// is named and no range is given.
	Auto [2]bool

	Minimum bool // a star is drawn at the minimum, if there is one; default where the plane or the origin is named
}

// Planes by name. Their directions are orthonormal, so that distances in the plane are
// those of weights.
const (
	PlaneAxes    = "axes"    // of two weights
	PlanePCA     = "pca"     // the first two principal components of a run's states
	PlaneHessian = "hessian" // the two directions in which the loss curves most at the origin: eigenvectors of its Hessian
	PlaneRandom  = "random"  // two normal deviates for each weight, as np.random.normal(size=(2, weights)) has them
	PlanePoints  = "points"  // through three points of weights: first along the way from the first to the second
)

var planes = []string{PlaneAxes, PlanePCA, PlaneHessian, PlaneRandom, PlanePoints}

// Place is a point of weight space.
type Place struct {
	At      string    // one of the constants below, or empty for Weights, or for no place without those
	Run     int       // index of the run of PlaceStart and PlaceEnd; −1 for Landscape.Run
	Weights []float64 // D+1, the bias last
}

// Places by name.
const (
	PlaceZero    = "zero"
	PlaceMinimum = "minimum" // of the loss with loss.l2
	PlaceStart   = "start"   // of a run
	PlaceEnd     = "end"     // of a run, after all of its steps
)

var places = []string{PlaceZero, PlaceMinimum, PlaceStart, PlaceEnd}

// given reports whether p is a place.
func (p Place) given() bool { return p.At != "" || p.Weights != nil }

// text returns a place as a scene file spells it.
func (p Place) text() any {
	switch {
	case p.At == "":
		return p.Weights
	case (p.At == PlaceStart || p.At == PlaceEnd) && p.Run >= 0:
		return fmt.Sprintf("%s %d", p.At, p.Run)
	}
	return p.At
}

// parsePlace reads a name such as "minimum" or "end 1". A run's number may be left out if
// the place is the landscape's origin.
func parsePlace(text string, alone bool) (p Place, msg string) {
	name, number, numbered := strings.Cut(text, " ")
	p = Place{At: name, Run: -1}
	if !slices.Contains(places, name) {
		return p, fmt.Sprintf("unknown place %s%s, or an array of weights", quote.Text(text), oneOf(name, places))
	}
	if of := name == PlaceStart || name == PlaceEnd; !numbered && of && !alone {
		return p, fmt.Sprintf("%q of which run? want its number from 0, such as %q", name, name+" 0")
	} else if !numbered {
		return p, ""
	} else if n, err := strconv.Atoi(number); err != nil || n < 0 || !of {
		return p, fmt.Sprintf("%s, want %q and a run's number from 0, such as %q", quote.Text(text), PlaceEnd, PlaceEnd+" 0")
	} else {
		p.Run = n
	}
	return p, ""
}

// landscape fills in s.Landscape, s.Plane and s.Grid.
func (d *decoder) landscape(s *Scene) error {
	t, l := &d.text.Landscape, &s.Landscape
	l.Plane = or(t.Plane, "")
	if t.Plane != nil {
		if bad := (choice{"landscape.plane", "plane", l.Plane, planes}).check(); bad != nil {
			return d.failAt(bad.key, "%s", bad.msg)
		}
	}
	if err := d.planeKeys(); err != nil {
		return err
	}
	l.Run = clampInt(or(t.Run, 0))
	if l.Plane == PlaneAxes {
		if len(t.Axes) != 2 {
			return d.failAt("landscape.axes", "%s, want two weights by their names, such as axes = [%q, %q]", count(len(t.Axes), "name"), s.axisNames()[0], s.axisNames()[s.Problem.Dim()-1])
		}
		l.Axes = [2]string(t.Axes)
	}
	seed := or(t.Seed, 0)
	if seed < 0 || seed > math.MaxUint32 {
		return d.failAt("landscape.seed", "%d, want 0 to %d", seed, uint32(math.MaxUint32))
	}
	l.Seed = uint32(seed)
	points, _ := t.Points.([]any)
	if l.Plane == PlanePoints && len(points) != 3 {
		return d.failAt("landscape.points", "%s, want three, such as points = [\"end 0\", \"end 1\", \"minimum\"]", count(len(points), "point"))
	}
	for i, v := range points {
		p, err := d.place(fmt.Sprintf("landscape.points[%d]", i), v, false)
		if err != nil {
			return err
		}
		l.Points = append(l.Points, p)
	}
	var err error
	if l.Origin, err = d.place("landscape.origin", t.Origin, true); err != nil {
		return err
	}
	if err := d.ranges(s); err != nil {
		return err
	}
	l.Minimum = or(t.Minimum, l.named())
	if l.Plane == "" {
		s.Plane = cpu.CoordinatePlane(s.Problem.Dim(), 0, 1)
		if w := l.Origin.Weights; w != nil {
			s.Plane.Origin, l.Origin = w, Place{}
		}
		if t.D1 != nil {
			s.Plane.D1, s.Plane.D2 = t.D1, t.D2
		}
	}
	s.pending = true
	s.located = func(f *fault) error { return d.failAt(f.key, "%s", f.msg) }
	return nil
}

// planeKeys returns the fault of a key that the plane has no use for.
func (d *decoder) planeKeys() error {
	t := &d.text.Landscape
	plane := or(t.Plane, "")
	if (t.D1 == nil) != (t.D2 == nil) {
		key := "landscape.d1"
		if t.D1 == nil {
			key = "landscape.d2"
		}
		return d.failAt(key, "only one direction is given, want both d1 and d2 or neither")
	}
	for _, k := range []struct {
		key   string
		given bool
		of    string
	}{
		{"axes", t.Axes != nil, PlaneAxes}, {"seed", t.Seed != nil, PlaneRandom}, {"points", t.Points != nil, PlanePoints},
		{"d1", t.D1 != nil, ""}, {"d2", t.D2 != nil, ""},
	} {
		switch {
		case !k.given || plane == k.of:
		case k.of == "":
			return d.failAt("landscape."+k.key, "the plane is %q, whose directions follow from that: remove %s, or plane", plane, k.key)
		default:
			return d.failAt("landscape."+k.key, "only of plane = %q: add that, or remove %s", k.of, k.key)
		}
	}
	if plane == PlanePoints && t.Origin != nil {
		return d.failAt("landscape.origin", "the plane goes through its points, the first of which is its origin: remove origin")
	}
	return nil
}

// place returns a place from its name or its weights.
func (d *decoder) place(key string, v any, alone bool) (p Place, err error) {
	switch v := v.(type) {
	case string:
		p, msg := parsePlace(v, alone)
		if msg != "" {
			return p, d.failAt(key, "%s", msg)
		}
		return p, nil
	case []any:
		p.Weights = append([]float64{}, numbers(v)...)
	}
	return p, nil
}

// ranges fills in s.Grid and s.Landscape.Auto.
func (d *decoder) ranges(s *Scene) error {
	t, l := &d.text.Landscape, &s.Landscape
	auto := l.named()
	if t.Range != nil {
		if *t.Range != autoRange {
			return d.failAt("landscape.range", "%s, want %q, or x = { range = [-10, 10] } and the same of y", quote.Text(*t.Range), autoRange)
		}
		auto = true
	}
	s.Grid = cpu.Grid{X: cpu.Axis{Min: -10, Max: 10, N: 256}, Y: cpu.Axis{Min: -10, Max: 10, N: 256}}
	for i, a := range []struct {
		name string
		have []float64
		dst  *cpu.Axis
	}{{"x", t.X.Range, &s.Grid.X}, {"y", t.Y.Range, &s.Grid.Y}} {
		if a.have == nil {
			l.Auto[i] = auto
			continue
		}
		if len(a.have) != 2 {
			return d.failAt("landscape."+a.name+".range", "%s, want two, such as [-10, 10]", count(len(a.have), "number"))
		}
		a.dst.Min, a.dst.Max = a.have[0], a.have[1]
	}
	s.Fixed = or(t.Fixed, false)
	return d.size("landscape.size", t.Size, MaxGrid, &s.Grid.X.N, &s.Grid.Y.N)
}

const autoRange = "auto"

// named reports whether the plane or its origin goes by a name.
func (l *Landscape) named() bool { return l.Plane != "" || l.Origin.At != "" }

// landscapeText returns the keys of a landscape. Of one that is resolved they are what it
// has come to, as the runs may have changed since.
func (s *Scene) landscapeText() fileLandscape {
	l := &s.Landscape
	t := fileLandscape{
		Size:  []int64{int64(s.Grid.X.N), int64(s.Grid.Y.N)},
		Fixed: &s.Fixed, Minimum: &l.Minimum,
	}
	auto := autoRange
	for i, a := range []struct {
		axis cpu.Axis
		dst  *fileAxis
	}{{s.Grid.X, &t.X}, {s.Grid.Y, &t.Y}} {
		if s.pending && l.Auto[i] {
			t.Range = &auto
		} else {
			a.dst.Range = []float64{a.axis.Min, a.axis.Max}
		}
	}
	if l.Plane == "" || !s.pending {
		t.Origin = s.Plane.Origin
	}
	switch {
	case !s.pending && l.Plane == PlaneAxes:
		t.Plane, t.Axes = &l.Plane, l.Axes[:]
		return t
	case !s.pending:
		t.D1, t.D2 = s.Plane.D1, s.Plane.D2
		return t
	case l.Plane == "":
		t.D1, t.D2 = s.Plane.D1, s.Plane.D2
	default:
		t.Plane = &l.Plane
	}
	switch l.Plane {
	case PlaneAxes:
		t.Axes = l.Axes[:]
	case PlaneRandom:
		t.Seed = integer(int(l.Seed))
	case PlanePoints:
		var points []any
		for _, p := range l.Points {
			points = append(points, p.text())
		}
		t.Points = points
	}
	if l.Origin.given() {
		t.Origin = l.Origin.text()
	}
	if l.Run != 0 {
		t.Run = integer(l.Run)
	}
	return t
}

// checkNames checks what a landscape that is not resolved names.
func (s *Scene) checkNames() *fault {
	l := &s.Landscape
	if bad := s.checkBase("landscape.run", l.Run); bad != nil {
		return bad
	}
	if l.Plane != "" {
		if bad := (choice{"landscape.plane", "plane", l.Plane, planes}).check(); bad != nil {
			return bad
		}
	}
	if l.Plane == PlaneAxes {
		if _, _, bad := s.axes(); bad != nil {
			return bad
		}
	}
	check := func(key string, p Place) *fault {
		if p.At == "" && p.Weights != nil {
			if n := s.Problem.Dim(); len(p.Weights) != n {
				return faultf(key, "%d weights, want %d: one for each of %s and last the bias", len(p.Weights), n, count(n-1, "feature"))
			}
			for i, w := range p.Weights {
				if !finite(w) {
					return faultf(fmt.Sprintf("%s[%d]", key, i), "%v, want a finite number", w)
				}
			}
		}
		if p.At != "" && p.Run >= 0 {
			return s.checkBase(key, p.Run)
		}
		return nil
	}
	if bad := check("landscape.origin", l.Origin); bad != nil {
		return bad
	}
	for i, p := range l.Points {
		if bad := check(fmt.Sprintf("landscape.points[%d]", i), p); bad != nil {
			return bad
		}
	}
	return nil
}

// axisNames returns the names of the weights for Landscape.Axes: those of the features
// and "bias", or w1, w2, ... where the features have no names.
func (s *Scene) axisNames() []string {
	if !s.named() {
		return s.WeightNames()
	}
	return append(slices.Clone(s.Features), biasName)
}

// AxisName returns a name of weight j, from 0, for Landscape.Axes: that of its feature, bias,
// or else its number as w1; empty if all of these mean another weight, or several.
func (s *Scene) AxisName(j int) string {
	for _, name := range []string{s.axisNames()[j], fmt.Sprintf("w%d", j+1)} {
		if k, bad := s.axis("", name); bad == nil && k == j {
			return name
		}
	}
	return ""
}

// axis returns the weight of a name.
func (s *Scene) axis(key, name string) (j int, bad *fault) {
	known := s.axisNames()
	j = slices.Index(known, name)
	n, numbered := weightOf(name)
	numbered = numbered && n < len(known)
	switch {
	case j >= 0 && numbered && n != j:
		return 0, faultf(key, "%s is the name of a feature, and of another weight by its number: rename the column, or give d1 and d2 in place of axes", quote.Text(name))
	case j >= 0 && slices.Contains(known[j+1:], name):
		return 0, faultf(key, "%s is the name of two weights, want w1, w2, ... for one of them", quote.Text(name))
	case j >= 0:
		return j, nil
	case numbered:
		return n, nil
	case name == biasName:
		return len(known) - 1, nil
	}
	return 0, faultf(key, "no weight is called %s%s", quote.Text(name), oneOf(name, fewNames(known)))
}

// axes returns the weights that Landscape.Axes names.
func (s *Scene) axes() (a, b int, bad *fault) {
	if a, bad = s.axis("landscape.axes[0]", s.Landscape.Axes[0]); bad != nil {
		return 0, 0, bad
	}
	if b, bad = s.axis("landscape.axes[1]", s.Landscape.Axes[1]); bad != nil {
		return 0, 0, bad
	}
	if a == b {
		return 0, 0, faultf("landscape.axes[1]", "both are the same weight, want two that differ")
	}
	return a, b, nil
}

// fewNames returns names for an error, at most 40: of more the first ones and the last.
func fewNames(names []string) []string {
	const most = 40
	if len(names) <= most {
		return names
	}
	return append(slices.Clone(names[:most-2]), "...", names[len(names)-1])
}

// Resolve finds out what a scene's landscape names: the plane (Scene.Plane), its range
// (Scene.Grid) and the minimum (Scene.Minimum). A scene has to be resolved before the
// landscape is computed or drawn; without names it is from the start, and Resolve does
// nothing. What it finds is the same for all that ask, on any device: the runs are
// computed in float64 on the CPU, and are kept in Scene.Paths.
//
// A range of "auto" holds, with a tenth of it as margin, all that the film shows of the
// paths of the runs on the landscape's panels, and the minimum with its bowl, which ends
// where the loss's quadratic model reaches the loss of zero weights. Where a bowl is much
// wider than the paths, as in a long valley, it is cut, so that these fill a quarter of
// the range; of a run that diverges, it holds what lies within three times the range of
// all else.
//
// What cannot be is an *Error at the key that asks for it.
func (s *Scene) Resolve(ctx context.Context) error {
	if !s.pending {
		return nil
	}
	r := &resolver{s: s, ctx: ctx}
	if bad := r.resolve(); bad != nil {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.Minimum, s.Paths = nil, nil
		return s.locate(bad)
	}
	return nil
}

// locate returns the error of a fault, at its place in the text that s comes from, if it
// comes from one.
func (s *Scene) locate(f *fault) error {
	if s.located != nil {
		return s.located(f)
	}
	return &Error{Key: f.key, Msg: f.msg}
}

// atOnce resolves a scene that names nothing that takes work.
func (s *Scene) atOnce() *fault {
	l := &s.Landscape
	simple := l.Plane == "" || l.Plane == PlaneAxes
	easy := !l.Origin.given() || l.Origin.At == "" || l.Origin.At == PlaceZero
	if !simple || !easy || l.Auto[0] || l.Auto[1] || l.Minimum {
		return nil
	}
	return (&resolver{s: s, ctx: context.Background()}).resolve()
}

// resolver is the work of Scene.Resolve.
type resolver struct {
	s       *Scene
	ctx     context.Context
	sought  bool // the minimum has been looked for
	minimum []float64
	paths   []*cpu.Trajectory
}

func (r *resolver) resolve() *fault {
	s, l := r.s, &r.s.Landscape
	pl, bad := r.plane()
	if bad != nil {
		return bad
	}
	old := s.Plane
	s.Plane = pl
	if bad := s.checkPlane(); bad != nil {
		s.Plane = old
		return bad
	}
	grid := s.Grid
	if l.Auto[0] || l.Auto[1] {
		x, y, bad := r.reach()
		if bad != nil {
			s.Plane = old
			return bad
		}
		if l.Auto[0] {
			grid.X.Min, grid.X.Max = x[0], x[1]
		}
		if l.Auto[1] {
			grid.Y.Min, grid.Y.Max = y[0], y[1]
		}
	}
	if l.Minimum {
		s.Minimum = r.least()
	}
	s.Grid, s.Paths, s.pending = grid, r.paths, false
	return nil
}

// least returns the minimum, nil if there is none or float64 cannot tell.
func (r *resolver) least() []float64 {
	if !r.sought {
		r.sought = true
		if w, ok := r.s.Problem.Minimum(); ok {
			r.minimum = w
		}
	}
	return r.minimum
}

// descents returns all runs.
func (r *resolver) descents() ([]*cpu.Trajectory, *fault) {
	if r.paths == nil {
		var err error
		if r.paths, err = r.s.Problem.DescendAll(r.ctx, r.s.Runs, nil); err != nil {
			return nil, faultf("landscape", "%v", err)
		}
	}
	return r.paths, nil
}

// plane returns the plane.
func (r *resolver) plane() (pl cpu.Plane, bad *fault) {
	s, l := r.s, &r.s.Landscape
	dim := s.Problem.Dim()
	if l.Plane == PlanePoints {
		return r.through()
	}
	origin, bad := r.origin()
	if bad != nil {
		return pl, bad
	}
	key, about := "landscape.plane", ""
	var d [2][]float64
	var err error
	switch l.Plane {
	case "":
		pl = s.Plane
		pl.Origin = origin
		return pl, nil
	case PlaneAxes:
		a, b, bad := s.axes()
		if bad != nil {
			return pl, bad
		}
		pl = cpu.CoordinatePlane(dim, a, b)
		pl.Origin = origin
		return pl, nil
	case PlanePCA:
		about = ": its states have to leave a straight line, so take more steps, or another plane"
		t, bad := r.run("landscape.plane", l.Run)
		if bad != nil {
			return pl, bad
		}
		s.Measures, d, err = t.Principal()
	case PlaneHessian:
		about = ": take another origin, or another plane"
		s.Measures, d, err = s.Problem.Curvatures(origin)
	case PlaneRandom:
		g := dataset.NewNumPy(l.Seed)
		for i := range d {
			for range dim {
				d[i] = append(d[i], g.Normal(0, 1))
			}
		}
	}
	if err == nil {
		pl, err = cpu.PlaneAlong(origin, d[0], d[1])
	}
	if err != nil {
		return pl, faultf(key, "%v%s", err, about)
	}
	return pl, nil
}

// through returns the plane through three points.
func (r *resolver) through() (pl cpu.Plane, bad *fault) {
	var w [3][]float64
	for i := range w {
		key := fmt.Sprintf("landscape.points[%d]", i)
		if w[i], bad = r.at(key, r.s.Landscape.Points[i]); bad != nil {
			return pl, bad
		}
		for j := range i {
			// Points that agree to half of their digits give no direction.
			if far, most := apart(w[i], w[j]); far <= 1e-8*most {
				return pl, faultf(key, "the same point as points[%d], within 8 digits: want three points that differ", j)
			}
		}
	}
	d := [2][]float64{make([]float64, len(w[0])), make([]float64, len(w[0]))}
	for k := range w[0] {
		d[0][k], d[1][k] = w[1][k]-w[0][k], w[2][k]-w[0][k]
	}
	pl, err := cpu.PlaneAlong(w[0], d[0], d[1])
	if err != nil {
		return pl, faultf("landscape.points", "all three lie on a straight line, want points that span a plane")
	}
	return pl, nil
}

// apart returns the greatest difference between two points' weights, and the greatest
// weight.
func apart(a, b []float64) (far, most float64) {
	for k := range a {
		far, most = max(far, math.Abs(a[k]-b[k])), max(most, math.Abs(a[k]), math.Abs(b[k]))
	}
	return far, most
}

// origin returns the plane's origin.
func (r *resolver) origin() ([]float64, *fault) {
	l := &r.s.Landscape
	p, key := l.Origin, "landscape.origin"
	if !p.given() && l.Plane == "" {
		p.Weights = r.s.Plane.Origin
	}
	if !p.given() {
		p, key = Place{At: PlaceZero, Run: -1}, "landscape.plane"
		switch l.Plane {
		case PlanePCA, PlaneRandom:
			p.At = PlaceEnd
		case PlaneHessian:
			p.At = PlaceMinimum
		}
	}
	return r.at(key, p)
}

// at returns the weights of a place.
func (r *resolver) at(key string, p Place) ([]float64, *fault) {
	s := r.s
	run := p.Run
	if run < 0 {
		run = s.Landscape.Run
	}
	switch p.At {
	case PlaceZero:
		return make([]float64, s.Problem.Dim()), nil
	case PlaceMinimum:
		if w := r.least(); w != nil {
			return w, nil
		}
		return nil, r.noMinimum(key)
	case PlaceStart:
		return slices.Clone(s.Runs[run].Start), nil
	case PlaceEnd:
		t, bad := r.run(key, run)
		if bad != nil {
			return nil, bad
		}
		return slices.Clone(t.At(len(t.Loss) - 1)), nil
	}
	return slices.Clone(p.Weights), nil
}

// noMinimum says why there is no minimum, and what to do.
func (r *resolver) noMinimum(key string) *fault {
	why := "float64 cannot tell where the minimum of the loss is"
	if r.s.Problem.L2 == 0 {
		switch s, err := r.s.Problem.Separation(r.ctx); {
		case err != nil: // cancelled
		case s.Kind == cpu.Complete:
			why = "the loss has no minimum: there are weights that tell all samples right, and the longer they are the less it is"
		case s.Kind == cpu.QuasiComplete:
			why = "the loss has no minimum: there are weights that tell some samples right and no others wrong, and the longer they are the less it is"
		}
	}
	return faultf(key, "%s. Give loss.l2 above 0, or origin = %q or %q", why, PlaceEnd, PlaceZero)
}

// run returns a run that ends at finite weights.
func (r *resolver) run(key string, i int) (*cpu.Trajectory, *fault) {
	all, bad := r.descents()
	if bad != nil {
		return nil, bad
	}
	t := all[i]
	last := len(t.Loss) - 1
	if t.Status == cpu.Diverged || !finite(t.Loss[last]) || slices.ContainsFunc(t.At(last), func(w float64) bool { return !finite(w) }) {
		return nil, faultf(key, "run[%d] leaves the finite numbers, so that it has no end: want a lesser lr, fewer steps, another run or another plane", i)
	}
	return t, nil
}

// bounds are a range of an axis that grows.
type bounds [2]float64

func (b *bounds) add(x float64) { b[0], b[1] = min(b[0], x), max(b[1], x) }

func (b *bounds) span() float64 { return b[1] - b[0] }

// reach returns the ranges of both coordinates that hold what is shown.
func (r *resolver) reach() (x, y [2]float64, bad *fault) {
	s := r.s
	paths, bad := r.descents()
	if bad != nil {
		return x, y, bad
	}
	box := [2]bounds{{math.Inf(1), math.Inf(-1)}, {math.Inf(1), math.Inf(-1)}}
	put := func(w []float64) bool {
		a, b, _ := s.Plane.Coordinates(w)
		if !finite(a) || !finite(b) {
			return false
		}
		box[0].add(a)
		box[1].add(b)
		return true
	}
	var wild []*cpu.Trajectory
	for i, t := range paths {
		if !s.onLandscape(i) {
			continue
		}
		put(t.At(0))
		if t.Status == cpu.Diverged {
			wild = append(wild, t)
			continue
		}
		for k := 1; k <= s.LastShown(t) && put(t.At(k)); k++ {
		}
	}
	if w := r.least(); w != nil {
		put(w)
		r.bowl(w, &box)
	}
	fill(&box)
	near := box
	for i := range near {
		near[i] = bounds{box[i][0] - box[i].span(), box[i][1] + box[i].span()}
	}
	for _, t := range wild {
		for k := 1; k <= s.LastShown(t); k++ {
			a, b, _ := s.Plane.Coordinates(t.At(k))
			if !(a >= near[0][0] && a <= near[0][1] && b >= near[1][0] && b <= near[1][1]) {
				break
			}
			put(t.At(k))
		}
	}
	for i := range box {
		margin := box[i].span() / 8 // a tenth of the whole, either way
		box[i] = bounds{box[i][0] - margin, box[i][1] + margin}
		if !finite(box[i].span()) {
			return x, y, faultf("landscape.range", "the paths are too long for a range: state x = { range = [-10, 10] } and the same of y")
		}
	}
	return box[0], box[1], nil
}

// bowl widens a box of the paths and the minimum w by its bowl.
func (r *resolver) bowl(w []float64, box *[2]bounds) {
	p := r.s.Problem
	rise := p.Loss(make([]float64, p.Dim())) - p.Loss(w)
	if !(rise > 0) {
		return // the minimum is at zero
	}
	var half, at [2]float64
	half[0], half[1] = p.Bowl(r.s.Plane, w, rise)
	at[0], at[1], _ = r.s.Plane.Coordinates(w)
	for i := range box {
		lo, hi := at[i]-half[i], at[i]+half[i]
		if span := box[i].span(); span > 0 { // at most 1.5 spans to either side
			lo, hi = max(lo, box[i][0]-1.5*span), min(hi, box[i][1]+1.5*span)
		}
		if finite(lo) && finite(hi) {
			box[i].add(lo)
			box[i].add(hi)
		}
	}
}

// fill gives a box without width or height some: as much as it has the other way.
func fill(box *[2]bounds) {
	for i := range box {
		if box[i].span() > 0 {
			continue
		}
		half := max(box[1-i].span()/2, 1)
		if math.Abs(box[i][0]) > 1e8 {
			half = math.Abs(box[i][0]) // which would round a lesser one away
		}
		box[i] = bounds{box[i][0] - half, box[i][1] + half}
	}
}

// Descended reports whether Paths are those of Runs as these are now.
func (s *Scene) Descended() bool {
	if s.Paths == nil || len(s.Paths) != len(s.Runs) {
		return false
	}
	for i, t := range s.Paths {
		if !reflect.DeepEqual(t.Run, s.Runs[i]) {
			return false
		}
	}
	return true
}

// onLandscape reports whether a panel with the landscape shows a run, or there is no such
// panel.
func (s *Scene) onLandscape(run int) bool {
	any := false
	for i := range s.Film.Panels {
		p := &s.Film.Panels[i]
		if k, _ := PanelKindOf(p.Kind); k.Landscape {
			any = true
			if p.Shows(run) {
				return true
			}
		}
	}
	return !any
}

// LastShown returns the last index of a trajectory that the film shows.
func (s *Scene) LastShown(t *cpu.Trajectory) int {
	n := len(t.Loss) - 1
	if s.Film.Frames > 0 {
		n = min(n, int(math.Ceil(s.Film.Updates(s.Film.Frames-1))))
	}
	return n
}

// checkPlane checks a plane that is resolved.
func (s *Scene) checkPlane() *fault {
	err := s.Plane.Validate(s.Problem.Dim())
	if err == nil {
		return nil
	}
	key := "landscape.d2"
	if !slices.ContainsFunc(s.Plane.D1, func(x float64) bool { return x != 0 }) {
		key = "landscape.d1"
	}
	return weightsFault("landscape.", key, err)
}

// Unresolved returns an error if the scene's landscape is asked for before Resolve.
func (s *Scene) Unresolved() error {
	if s.pending {
		return errors.New("the plane of the scene's landscape is not resolved yet")
	}
	return nil
}

// keepRuns has a landscape that is not resolved refer to the same runs after
// Scene.KeepRuns, or to the first one in place of one that is gone.
func (l *Landscape) keepRuns(keep []int) {
	l.Run = max(0, slices.Index(keep, l.Run))
	l.Points = slices.Clone(l.Points)
	for _, p := range append([]*Place{&l.Origin}, pointers(l.Points)...) {
		if p.Run >= 0 {
			p.Run = max(0, slices.Index(keep, p.Run))
		}
	}
}

func pointers(p []Place) (out []*Place) {
	for i := range p {
		out = append(out, &p[i])
	}
	return out
}

// shownLabels returns the labels as a scene file has them: of a plane that is resolved, the
// names of its directions are stated, as the file has no more than their numbers.
func (s *Scene) shownLabels() Labels {
	l := s.Labels
	if !s.pending && slices.Contains([]string{PlanePCA, PlaneHessian, PlaneRandom}, s.Landscape.Plane) {
		l.Axis.Alpha, l.Axis.Beta = s.PlaneNames()
	}
	return l
}
