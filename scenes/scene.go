package scenes

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/cpu/quote"
	"losscape/scenes/dataset"
)

// Scene is a validated scene: what to compute and what to show.
//
// Data keeps what the scene file states of the samples. All else is what is computed
// and shown; a caller may change that, and then calls Validate again.
type Scene struct {
	Name  string // built-in name, or the file's base name without .toml
	Title string // Name unless the scene has a title

	// Source is the TOML text that the scene was decoded from, without a byte
	// order mark; empty if it comes from none. A file may be a pipe, which is
	// read once: who wants its text takes it from here.
	Source string

	Data     Data
	Runs     []cpu.Run // at least one; L2, Start and the optimizer's parameters filled in
	Film     Film
	Path     Path
	Surface  Surface
	Contour  Contour
	Curve    Curve
	Camera   Camera
	Ensemble Ensemble
	Map      Map
	Orbit    Orbit
	Labels   Labels

	// Problem is the scene's data and loss, ready to compute with: eps and L2 are 0
	// unless the scene states them. A validated scene's is frozen: see cpu.Problem.Freeze.
	Problem *cpu.Problem
	// Precision is what a device computes in, one of Precisions; default "auto".
	Precision string
	// Features are the names of the D features: "x" or "x1", "x2", ... unless
	// the data file names them.
	Features []string
	// Classes are the names of the classes with label 1 and label 0, for
	// legends, unless the scene names them: what the data file calls them, see
	// dataset.Set.Classes; else "Category 1" and "Category 2".
	Classes [2]string
	// Landscape says by names which plane and range the landscape has, and Plane and Grid
	// which these are: by default the plane of the first weight and the next one (the
	// bias, if there is one feature), all other weights 0, from −10 to 10 by 256 x 256
	// points. Where the names stand for what has to be computed, Resolve fills them in.
	Landscape Landscape
	Plane     cpu.Plane
	Grid      cpu.Grid

	// What Resolve has found besides.
	Minimum  []float64         // of the loss with Problem.L2, if Landscape.Minimum asks for it and there is one
	Measures [2]float64        // of the plane's directions: of PlanePCA the share of the variance, of PlaneHessian the eigenvalue
	Paths    []*cpu.Trajectory // of Runs, in float64; nil if they were not needed

	pending bool                 // Landscape has names that are not resolved yet
	located func(f *fault) error // gives a fault its place in Source

	// Fixed says that a picture shows Grid's range and no more, wherever the runs
	// go; without it, a picture's range grows to hold what it shows of them.
	Fixed bool
}

// Data says where the samples come from: a generator or a file.
type Data struct {
	Generate string  // "gaussian", or empty for a file
	Seed     uint32  // of the generator
	Classes  []Class // drawn in this order; of a file, only their names

	File    string          // path as opened, or empty for a generator
	Columns dataset.Columns // of the file

	// Taken says in one line what was taken of the file: rows, columns, what was left
	// out, and the classes with their sizes. It is empty for a generator.
	Taken string

	// Means and Deviations are what the features of a file had before they were
	// standardized: see dataset.Set. Both are nil where they were not.
	Means, Deviations []float64
}

// Class is a class of samples.
type Class struct {
	Name  string // for legends; may be empty
	Label int    // 0 or 1
	Parts []dataset.Part
}

// Film says how a scene is filmed.
type Film struct {
	Width, Height int     // pixels; default 1800 x 600
	FPS           float64 // frames a second; default 10
	Frames        int     // default as many as show all of the longest run, at most 600, the start included
	Panels        []Panel // default curve, surface and contour, without curve if that cannot be drawn

	// Layout arranges the panels in rows of equal cells, from the top down, by
	// name. A panel whose name comes more than once covers all of those cells,
	// which form a rectangle. It names each of Panels, whose names then differ, and
	// no other; nil leaves the arrangement to the picture's shape.
	Layout [][]string

	// The clock: frame k shows the runs after k updates, index k of a trajectory,
	// unless these say otherwise. See Updates.
	Count              string // CountUpdates or CountNotebook; default CountUpdates
	IterationsPerFrame int    // default 1
	FramesPerIteration int    // default 1; only one of the two is above 1
	EaseIn             int    // frames in which the clock comes up to its speed; default 0
	Hold               int    // frames at the end in which it stands; default 0

	Theme     string // "light" or "dark"; default "light"
	LossScale string // of the loss panel: "linear" or "log"; default "linear"

	// Stability has the loss panel show, on the right, lr λ along the runs that have a
	// limit for it, beside that: see cpu.Problem.Stabilities. Distances from the plane
	// then have no axis there. A scene file that asks for it needs such a run in such a
	// panel; where a caller takes that away nothing is shown.
	Stability bool
}

// What a film counts.
const (
	CountUpdates  = "updates"  // frame 0 shows the start at rest, and the counter says how many updates the runs have taken
	CountNotebook = "notebook" // frame 0 shows the first update, and the counter calls it 0, as the notebook does
)

// Path says how the runs are drawn on the surface and on the contours.
type Path struct {
	Width   float64       // points: 1/432 of the height of a film with one row of panels; default 1.8
	Trail   int           // updates that are seen, fading towards the oldest; 0, the default, is all of them
	Markers int           // updates from one mark to the next, where they are not too dense; 0 draws none; default 1
	Colors  []color.NRGBA // of the runs, in turn; default the theme's
}

// Surface says how the surface panel looks.
type Surface struct {
	// Scale of heights and colours: "linear", "log", "asinh" (about linear up
	// to the lowest twentieth of the losses, logarithmic beyond), "rank" (the
	// fraction of the landscape that is lower) or "auto" (linear, unless half of
	// the landscape lies in the lowest twentieth of the heights); default
	// "linear".
	Scale    string
	Colormap string // one of Colormaps; default "viridis"

	Contours  bool // lines of equal loss on the surface; default true
	Grid      bool // lines on the surface at the ticks of both axes
	Wireframe int  // lines on the surface that part each side into as many; 0, the default, for none
	Floor     bool // the colours and the lines of equal loss on the floor of the box, too
}

// Contour says how the contour panel looks.
type Contour struct {
	Scale    string // of colours, bands and lines, as Surface.Scale; default "linear"
	Colormap string // one of Colormaps; default "RdBu_r"
	Bands    int    // about as many bands of one colour each, evenly spaced on the scale; 0 lets the colours flow; default 50
	Colorbar bool   // beside the plot, which loss has which colour

	Levels []float64 // losses of the lines, ascending; nil, the default, leaves them to the scale
	Labels bool      // the losses of the lines are written on them
	Aspect string    // AspectFill or AspectEqual; default AspectFill
}

// How a contour panel shows the range of the plane.
const (
	AspectFill  = "fill"  // the plot fills its room
	AspectEqual = "equal" // a unit is as long along both axes
)

// Equal reports whether both are alike.
func (c Contour) Equal(d Contour) bool {
	return c.Scale == d.Scale && c.Colormap == d.Colormap && c.Bands == d.Bands && c.Colorbar == d.Colorbar &&
		c.Labels == d.Labels && c.Aspect == d.Aspect && slices.Equal(c.Levels, d.Levels)
}

// Curve says how the curve panel looks.
type Curve struct {
	// Negative is where samples of label 0 lie on the axis on which those of label 1 lie
	// at 1 and the curve is the probability of that: 0, or −1 as in the notebook, whose
	// labels are 1 and −1; default 0.
	Negative float64
}

// Ensemble says which runs flow over the surface and the contours besides the scene's
// own, and how they are drawn: those of a sweep, as many as 100,000.
type Ensemble struct {
	Over []cpu.Param // what the runs differ in; without axes there is no ensemble
	Run  int         // index of the scene's run that they are like in all else; default 0

	As      string  // "points" or "density", how many runs there are; default "points"
	Size    float64 // diameter of a run in points, see Path.Width; default 1.5, of a density 4
	Opacity float64 // of a point, above 0 and at most 1; of a density, of its greatest; default 0.7, of a density 1

	// Color is what colours tell: "loss" (of where a run is), "status" (under way,
	// or how it has ended), the name of an axis of Over, or nothing: a colour such
	// as "#ff7f0e" for all points, and "density" for densities. Default "loss", of
	// densities "density".
	Color    string
	Colormap string // one of Colormaps, of all but "status" and a single colour; default "plasma"
}

// Map says which sweep over two parameters the panel "map" shows. Each of the
// scene's runs is marked in it.
type Map struct {
	Over  []cpu.Param // along the panel's width and its height; without axes there is no map
	Run   int         // index of the scene's run that those of the map are like in all else; default 0
	Steps int         // of the map's runs; default those of Run

	Of       string // which quantity colours tell, by its name: see cpu.Quantities; default "loss"
	Scale    string // of colours: "linear", "log", "rank" or "auto"; default "auto"; quantities with a colour for each value have none
	Colormap string // one of MapColormaps; default AutoColormap: see Palette

	// Stability has a line on the map say up to which learning rate runs are stable at
	// their minimum, where that is an axis and there is a minimum: see
	// cpu.Problem.StableRates; default true.
	Stability bool

	// GradTol is the norm of the gradient at or below which a run of the map has converged:
	// see cpu.Settings. 0, the default, is that of sweeps; below 0 none does, which shows
	// what lies nearer to an unstable minimum.
	GradTol float64

	Keys []MapKey // of a film that zooms, at least two; without them all frames show all of Over
}

// MapKey is what the map shows in a frame of the film, which moves smoothly from key to key:
// see figure.Zoom.
type MapKey struct {
	Frame  int        // from 0, above that of the key before
	Centre [2]float64 // of the panel, in the parameters of Over; default that of the key before, of the first the middle of Over

	// Width is how much of the first axis the panel shows: the value at its right edge less
	// that at its left edge, of a logarithmic axis the natural logarithm of their ratio. The
	// second axis is shown in the proportion to it that the ranges of Over have. Default that
	// of the key before, of the first all of Over.
	Width float64
}

// Orbit says what the panel "orbit" shows: where the last states of runs are that differ
// in one parameter, as the orbit diagrams of maps do. Each of the scene's runs is marked in
// it.
type Orbit struct {
	Over  []cpu.Param // one parameter, along the panel's width; without it there is no diagram
	Run   int         // index of the scene's run that those of the diagram are like in all else; default 0
	Steps int         // of the diagram's runs; default those of Run
	Last  int         // states of a run that are shown, the last ones; default 200

	Of        string // what of a state is shown: a weight, as w1, or OrbitLoss; default "w1"
	Colormap  string // one of Colormaps; default "magma"
	Stability bool   // as Map.Stability; default true
}

// OrbitLoss has an orbit diagram show losses.
const OrbitLoss = "loss"

// Camera looks at the surface panel, in matplotlib's terms.
type Camera struct {
	Elev, Azim float64 // degrees; default 30 and −60
	Path       string  // "still", "orbit" (once around in a film), "dolly" (to Zoom) or "keys"; default "still"
	Projection string  // "perspective" or "orthographic"; default "perspective"
	Zoom       float64 // how much nearer than usual, of a dolly at its end; default 1, of a dolly 2; Keys have their own

	// Pan moves what is seen, right and up, in shares of the panel's height;
	// default 0, 0. The box then reaches beyond the panel.
	Pan [2]float64

	Keys []Key // of the path "keys", at least two, joined smoothly
}

// Key is where the camera stands in a frame of the film.
type Key struct {
	Frame      int     // from 0, above that of the key before
	Elev, Azim float64 // degrees; default those of the key before, of the first the camera's
	Zoom       float64 // how much nearer than usual, the box then reaches beyond the panel; default that of the key before, of the first 1
}

// Limits of what a scene may ask for.
const (
	MaxGrid     = 65536      // landscape points along an axis
	MaxFilm     = 16384      // pixels along a side
	MaxSteps    = 10_000_000 // steps of a run
	MaxFPS      = 1000       // frames a second
	MaxBands    = 256        // of the contour panel
	MaxLevels   = 256        // lines of the contour panel
	MaxMesh     = 512        // parts of a side of a wireframe
	MaxAzim     = 360_000    // degrees either way: a thousand turns
	MinZoom     = 0.25       // of the camera
	MaxZoom     = 4.0        // of the camera
	MaxPan      = 4.0        // of the camera, either way
	MaxClock    = 100_000    // frames or iterations of a film's clock
	MaxWidth    = 100        // points of a path
	MaxCells    = 12         // of a layout, along each side
	MaxEnsemble = 1 << 20    // runs of an ensemble
	MaxMap      = 2048       // runs of a map, along each side
	MaxOrbit    = 4096       // runs of an orbit diagram, and states of each
)

// defaultFrames caps the default number of frames: a minute at 10 fps.
const defaultFrames = 600

// Of a run that does not state them.
const (
	defaultLR    = 0.5
	defaultSteps = 100
)

var (
	themes         = []string{"light", "dark"}
	lossScales     = []string{"linear", "log"}
	scales         = []string{"linear", "log", "asinh", "rank", "auto"}
	cameraPaths    = []string{"still", "orbit", "dolly", "keys"}
	projections    = []string{"perspective", "orthographic"}
	generators     = []string{"gaussian"}
	ensembleKinds  = []string{"points", "density"}
	ensembleColors = []string{"loss", "status", "density"}
	mapScales      = []string{"auto", "linear", "log", "rank"}
	counts         = []string{CountUpdates, CountNotebook}
	aspects        = []string{AspectFill, AspectEqual}
)

// Colormaps are the names of the colour maps.
var Colormaps = []string{"viridis", "magma", "inferno", "plasma", "cividis", "turbo", "RdBu_r"}

// What a map's colour map may be besides.
const (
	AutoColormap   = "auto"   // what suits the quantity
	MarkusColormap = "markus" // of exponents: order from black to yellow, chaos from black to blue, 0 white
)

// MapColormaps are the names of the colour maps of maps.
var MapColormaps = append([]string{AutoColormap, MarkusColormap}, Colormaps...)

// speed returns the updates in a frame.
func (f *Film) speed() float64 {
	return float64(max(1, f.IterationsPerFrame)) / float64(max(1, f.FramesPerIteration))
}

// Updates returns how many updates of a run frame k shows; on the way from one to
// the next, a number between. It is the one place that knows which frame shows what.
func (f *Film) Updates(k int) float64 {
	if f.Hold > 0 {
		k = min(k, f.Frames-f.Hold-1)
	}
	x := float64(max(k, 0))
	if f.Count == CountNotebook {
		x++
	}
	if e := float64(f.EaseIn); x < e {
		x *= x / (2 * e)
	} else {
		x -= e / 2
	}
	return x * f.speed()
}

// Counter returns the number that the counter shows in frame k: the whole updates that
// the runs have taken. As the notebook counts it is one less, and −1 stands for the
// start. Scene.CounterText writes it.
func (f *Film) Counter(k int) int {
	n := int(f.Updates(k))
	if f.Count == CountNotebook {
		n--
	}
	return n
}

// MaxFrames returns the number of frames that the scene can fill: with its runs, by the
// film's clock, n steps are n+1 frames, the first of which shows the start, or n as the
// notebook counts; with the keys of its map, all up to the last one.
func (s *Scene) MaxFrames() int {
	if k := s.Map.Keys; len(k) > 0 {
		return max(s.runFrames(), min(k[len(k)-1].Frame, MaxSteps)+1)
	}
	return s.runFrames()
}

// runFrames returns the number of frames that the scene's runs can fill.
func (s *Scene) runFrames() int {
	n := s.longest()
	first := 1 // frames that show the start
	if s.Film.Count == CountNotebook {
		first = 0
	}
	if n == 0 && first == 0 {
		return 0
	}
	x, e := float64(n)/s.Film.speed(), float64(s.Film.EaseIn)
	if x < e/2 {
		x = math.Sqrt(2 * e * x)
	} else {
		x += e / 2
	}
	return int(math.Ceil(x-1e-9)) + first + s.Film.Hold
}

// longest returns the steps of the longest run.
func (s *Scene) longest() int {
	n := 0
	for _, r := range s.Runs {
		n = max(n, r.Steps)
	}
	return n
}

// Validate returns nil if the scene can be computed and shown, else an *Error
// without a position whose Key names the field as a scene file does. It freezes the
// problem, so that nothing looks at the samples again.
func (s *Scene) Validate() error {
	if f := s.check(); f != nil {
		return &Error{Key: f.key, Msg: f.msg}
	}
	return nil
}

// fault is what is wrong with a key of a scene.
type fault struct{ key, msg string }

func faultf(key, format string, args ...any) *fault {
	return &fault{key, fmt.Sprintf(format, args...)}
}

// Precisions are what a device may compute in: "auto" is float32, and float64 where
// float32 cannot tell; "single" is float32 and "double" float64.
var Precisions = []string{"auto", "single", "double"}

// check returns the first fault, nil if there is none.
func (s *Scene) check() *fault {
	p := s.Problem
	if p == nil {
		return faultf("data", "no samples, want at least two")
	}
	if err := p.Freeze(); err != nil {
		if beyond := (*cpu.RangeError)(nil); errors.As(err, &beyond) {
			return faultf("loss."+beyond.Param, "%s, want %s", beyond.Have(), beyond.Want)
		}
		return faultf("data", "%v", err)
	}
	if p.N() < 2 {
		return faultf("data", "only one sample, want at least two")
	}
	if f := (choice{"loss.precision", "precision", s.Precision, Precisions}).check(); f != nil {
		return f
	}
	if f := s.checkRuns(); f != nil {
		return f
	}
	if f := s.checkLandscape(); f != nil {
		return f
	}
	if f := s.checkFilm(); f != nil {
		return f
	}
	if f := s.checkEnsemble(); f != nil {
		return f
	}
	if bad := s.checkMap(); bad != nil {
		return bad
	}
	return s.checkOrbit()
}

func (s *Scene) checkLandscape() *fault {
	for _, a := range []struct {
		name  string
		index int
		axis  cpu.Axis
	}{{"x", 0, s.Grid.X}, {"y", 1, s.Grid.Y}} {
		key := fmt.Sprintf("landscape.size[%d]", a.index)
		if a.axis.N < 2 || a.axis.N > MaxGrid {
			return faultf(key, "%d points, want 2 to %d along each axis", a.axis.N, MaxGrid)
		}
		key = "landscape." + a.name + ".range"
		switch lo, hi := a.axis.Min, a.axis.Max; {
		case !finite(lo) || !finite(hi):
			return faultf(key, "[%v, %v], want two finite numbers", lo, hi)
		case lo == hi:
			return faultf(key, "[%v, %v] is empty, want two numbers that differ, such as [-10, 10]", lo, hi)
		case lo > hi:
			return faultf(key, "[%v, %v] is reversed, want [%v, %v]", lo, hi, hi, lo)
		case !finite(hi - lo):
			return faultf(key, "[%v, %v] is too wide, want one below 1e308", lo, hi)
		}
	}
	if s.pending {
		return s.checkNames()
	}
	return s.checkPlane()
}

func (s *Scene) checkRuns() *fault {
	if len(s.Runs) == 0 {
		return faultf("run", "no runs, want at least one")
	}
	for i, r := range s.Runs {
		key := fmt.Sprintf("run[%d]", i)
		if r.Steps < 0 || r.Steps > MaxSteps {
			return faultf(key+".steps", "%d steps, want 0 to %d", r.Steps, MaxSteps)
		}
		if err := s.Problem.ValidateRun(r); err != nil {
			return s.runFault(key, err)
		}
	}
	return nil
}

// runFault says what is wrong with the run at key.
func (s *Scene) runFault(key string, err error) *fault {
	var unknown *cpu.UnknownOptimizerError
	var lacking *cpu.OptimizerParamError
	var beyond *cpu.RangeError
	switch {
	case errors.As(err, &unknown):
		return faultf(key+".optimizer", "unknown optimizer %s%s", quote.Text(unknown.Name), oneOf(unknown.Name, unknown.Known))
	case errors.As(err, &lacking):
		if o, err := cpu.LookupOptimizer(lacking.Optimizer); err == nil {
			return faultf(key+"."+lacking.Param, "%s", lacks(o, lacking.Param))
		}
	case errors.As(err, &beyond) && beyond.Param == "batch": // which a scene leaves out, for all
		return faultf(key+".batch", "%s, want 1 to the %d that there are; without batch a step takes all", beyond.Have(), s.Problem.N())
	case errors.As(err, &beyond):
		return faultf(key+"."+beyond.Param, "%s, want %s", beyond.Have(), beyond.Want)
	}
	return weightsFault(key+".", key, err)
}

// weightsFault says what is wrong with a vector of weights, whose name goes behind
// prefix; any other error is of key.
func weightsFault(prefix, key string, err error) *fault {
	var w *cpu.WeightsError
	switch {
	case !errors.As(err, &w):
		return faultf(key, "%v", err)
	case w.Have != w.Want:
		return faultf(prefix+w.Of, "%d weights, want %d: one for each of %s and last the bias", w.Have, w.Want, count(w.Want-1, "feature"))
	}
	return faultf(fmt.Sprintf("%s%s[%d]", prefix, w.Of, w.Index), "%v, want a finite number", w.Weights[w.Index])
}

// lacks says that an optimizer has no such parameter, and which it has.
func lacks(o cpu.Optimizer, param string) string {
	if len(o.Params) == 0 {
		return fmt.Sprintf("%s has no %s, nor other parameters of its own: remove it, or change the optimizer", o.Name, param)
	}
	return fmt.Sprintf("%s has no %s, it has: %s", o.Name, param, strings.Join(o.Params, ", "))
}

func (s *Scene) checkFilm() *fault {
	f := s.Film
	for i, n := range []int{f.Width, f.Height} {
		if n < 1 || n > MaxFilm {
			return faultf(fmt.Sprintf("film.size[%d]", i), "%d pixels, want 1 to %d", n, MaxFilm)
		}
	}
	if !(f.FPS > 0 && f.FPS <= MaxFPS) {
		return faultf("film.fps", "%v frames a second, want a number above 0 and at most %d", f.FPS, MaxFPS)
	}
	for _, c := range []struct {
		key         string
		have, least int
	}{
		{"film.iterations_per_frame", f.IterationsPerFrame, 1}, {"film.frames_per_iteration", f.FramesPerIteration, 1},
		{"film.ease_in", f.EaseIn, 0}, {"film.hold", f.Hold, 0},
	} {
		if c.have < c.least || c.have > MaxClock {
			return faultf(c.key, "%d, want %d to %d", c.have, c.least, MaxClock)
		}
	}
	if f.IterationsPerFrame > 1 && f.FramesPerIteration > 1 {
		return faultf("film.frames_per_iteration", "%d, but iterations_per_frame is %d: want one of them", f.FramesPerIteration, f.IterationsPerFrame)
	}
	if bad := (choice{"film.count", "count", f.Count, counts}).check(); bad != nil {
		return bad
	}
	longest, of := s.MaxFrames(), "a frame shows one step, the first the start"
	if f.Count == CountNotebook {
		of = "a frame shows one step"
	}
	switch {
	case f.Frames > longest && (f.speed() != 1 || f.EaseIn > 0 || f.Hold > 0):
		return faultf("film.frames", "%d frames, want at most the %d that the longest run fills, or more steps", f.Frames, longest)
	case f.Hold > 0 && f.Hold >= f.Frames:
		return faultf("film.hold", "%d frames of %d, want some in which the runs move", f.Hold, f.Frames)
	case f.Frames > longest:
		return faultf("film.frames", "%d frames of runs of at most %s, want at most %s or more steps (%s)", f.Frames, count(s.longest(), "step"), count(longest, "frame"), of)
	case f.Frames < 1 && longest > 0:
		return faultf("film.frames", "%d frames, want 1 to %d", f.Frames, longest)
	case f.Frames < 0:
		return faultf("film.frames", "%d frames, want 0 as no run takes a step", f.Frames)
	}
	if bad := s.checkPanels(); bad != nil {
		return bad
	}
	for _, c := range []choice{
		{"film.theme", "theme", f.Theme, themes},
		{"film.loss_scale", "scale", f.LossScale, lossScales},
		{"surface.scale", "scale", s.Surface.Scale, scales},
		{"contour.scale", "scale", s.Contour.Scale, scales},
		{"contour.aspect", "aspect", s.Contour.Aspect, aspects},
		{"surface.colormap", "colour map", s.Surface.Colormap, Colormaps},
		{"contour.colormap", "colour map", s.Contour.Colormap, Colormaps},
	} {
		if bad := c.check(); bad != nil {
			return bad
		}
	}
	switch p := s.Path; {
	case !(p.Width > 0 && p.Width <= MaxWidth):
		return faultf("path.width", "%v points, want a number above 0 and at most %d", p.Width, MaxWidth)
	case p.Trail < 0:
		return faultf("path.trail", "%d updates, want at least 1, or 0 for all", p.Trail)
	case p.Markers < 0:
		return faultf("path.markers", "%d updates, want at least 1, or 0 for no marks", p.Markers)
	}
	if n := s.Surface.Wireframe; n < 0 || n > MaxMesh {
		return faultf("surface.wireframe", "%d parts of each side, want 1 to %d, or 0 for no lines", n, MaxMesh)
	}
	if n := s.Contour.Bands; n < 0 || n == 1 || n > MaxBands {
		return faultf("contour.bands", "%d bands, want 2 to %d, or 0 to let the colours flow", n, MaxBands)
	}
	if bad := s.checkLevels(); bad != nil {
		return bad
	}
	if x := s.Curve.Negative; x != 0 && x != -1 {
		return faultf("curve.negative", "%v, want 0, or -1 as in the notebook", x)
	}
	if bad := s.Labels.check(); bad != nil {
		return bad
	}
	return s.checkCamera()
}

// checkLevels checks the losses of the contour panel's lines.
func (s *Scene) checkLevels() *fault {
	levels := s.Contour.Levels
	if levels != nil && len(levels) == 0 || len(levels) > MaxLevels {
		return faultf("contour.levels", "%s, want 1 to %d losses, such as [0.1, 0.5, 1], or no such key", count(len(levels), "line"), MaxLevels)
	}
	for i, x := range levels {
		key := fmt.Sprintf("contour.levels[%d]", i)
		switch {
		case !finite(x):
			return faultf(key, "%v, want a finite number", x)
		case i > 0 && x <= levels[i-1]:
			return faultf(key, "%v, want a loss above the one before, %v", x, levels[i-1])
		}
	}
	return nil
}

func (s *Scene) checkCamera() *fault {
	c := &s.Camera
	if bad := checkView("camera", c.Elev, c.Azim, c.Zoom); bad != nil {
		return bad
	}
	for i, x := range c.Pan {
		if !(math.Abs(x) <= MaxPan) {
			return faultf(fmt.Sprintf("camera.pan[%d]", i), "%v of the panel's height, want %v to %v", x, -MaxPan, MaxPan)
		}
	}
	for _, c := range []choice{
		{"camera.path", "path", c.Path, cameraPaths},
		{"camera.projection", "projection", c.Projection, projections},
	} {
		if bad := c.check(); bad != nil {
			return bad
		}
	}
	if c.Path == "keys" && len(c.Keys) < 2 {
		return faultf("camera.key", "%s, want at least two of [[camera.key]] with frame, elev, azim and zoom", count(len(c.Keys), "key"))
	}
	for i, k := range c.Keys {
		key := fmt.Sprintf("camera.key[%d]", i)
		switch {
		case k.Frame < 0 || k.Frame > MaxSteps:
			return faultf(key+".frame", "%d, want a frame from 0 to %d", k.Frame, MaxSteps)
		case i > 0 && k.Frame <= c.Keys[i-1].Frame:
			return faultf(key+".frame", "%d, want a frame above that of the key before, %d", k.Frame, c.Keys[i-1].Frame)
		}
		if bad := checkView(key, k.Elev, k.Azim, k.Zoom); bad != nil {
			return bad
		}
	}
	return nil
}

func checkView(key string, elev, azim, zoom float64) *fault {
	switch {
	case !(elev >= -90 && elev <= 90):
		return faultf(key+".elev", "%v degrees, want -90 to 90", elev)
	case !(math.Abs(azim) <= MaxAzim):
		return faultf(key+".azim", "%v degrees, want a finite number, at most %d either way", azim, MaxAzim)
	case !(zoom >= MinZoom && zoom <= MaxZoom):
		return faultf(key+".zoom", "%v, want %v (far) to %v (near)", zoom, MinZoom, MaxZoom)
	}
	return nil
}

// choice is a name of which only some are known.
type choice struct {
	key, what, have string
	known           []string
}

func (c choice) check() *fault {
	if slices.Contains(c.known, c.have) {
		return nil
	}
	return faultf(c.key, "unknown %s %s%s", c.what, quote.Text(c.have), oneOf(c.have, c.known))
}

// count writes a number of things, such as "1 step" and "2 steps".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
