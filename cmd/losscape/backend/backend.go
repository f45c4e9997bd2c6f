// Package backend decides what computes, and is the one place that does: the CPU in
// float64, a device in single or double precision or in both, or, with Auto, the device
// and where it cannot the CPU.
package backend

import (
	"context"
	"errors"
	"math"
	"sync"

	"losscape/cpu"

	"gonum.org/v1/gonum/floats"
)

// Kind is what a person has chosen to compute with.
type Kind string

// The kinds there are.
const (
	// Auto is the device. Where none opens, or where it cannot do a part of the work,
	// the CPU does that part, which is reported once.
	Auto Kind = "auto"
	GPU  Kind = "gpu" // the device, and an error where it cannot
	CPU  Kind = "cpu" // no device is opened
)

// Kinds are the names of all kinds, the default first.
var Kinds = []string{string(Auto), string(GPU), string(CPU)}

// Precision is what a device computes in; the CPU is the reference, in float64.
type Precision string

// The precisions there are.
const (
	// AutoPrecision is float32 where it decides: runs whose ending float32 cannot tell
	// are computed again in float64, and what float32 does not hold at once.
	AutoPrecision Precision = "auto"
	Single        Precision = "single" // float32
	Double        Precision = "double" // float64
)

// Precisions are the names of all precisions, the default first.
var Precisions = []string{string(AutoPrecision), string(Single), string(Double)}

// AnyDevice lets the device be chosen: hardware before software.
const AnyDevice = -1

// ErrNotBuilt is what Open's error wraps in a program that was built without cgo, and
// with it without OpenGL.
var ErrNotBuilt = errors.New("this program was built without cgo and so has no OpenGL; build it with CGO_ENABLED=1 and gcc")

// ErrNoDevice is what Open's error wraps where no device opens.
var ErrNoDevice = errors.New("no OpenGL device opens")

// ErrUndecided is what an error wraps about runs that float32 cannot tell, and that the
// device, which is to compute them, cannot compute in float64.
var ErrUndecided = errors.New("runs that float32 cannot tell")

// Values is what Evaluate computes.
type Values int

// What Evaluate can compute.
const (
	Loss     Values = iota
	Gradient        // in the plane: pairs, the derivatives along its first axis and its second, of the loss without eps
	Accuracy        // the fraction of samples classified right
)

// Depth is the number of values that Evaluate computes at a point.
func (v Values) Depth() int {
	if v == Gradient {
		return 2
	}
	return 1
}

// Row is the values of a grid's row, in the precision that they were computed in: one
// of the two is nil.
type Row struct {
	Single []float32
	Double []float64
}

// Computer computes landscapes, runs and sweeps of a problem. Each of its methods
// checks what it is given before any work, and where Unsupported holds for its error
// another computer can do that work. progress may be nil. Cancelling ctx ends the work
// with ctx's error. Methods may be called from any goroutine, and at the same time.
type Computer interface {
	// Landscape computes the loss at every point of the grid g of the plane pl.
	Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, progress func(done, total int)) (*cpu.Landscape, error)
	// Evaluate computes what at every point of some rows of a grid, which need not fit into
	// memory: sink gets the rows in order, each with its number in the grid and what.Depth()
	// values a point, which are valid during the call. They have the same bits whichever rows
	// are asked for. An error of sink ends the work and is returned.
	Evaluate(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, what Values, sink func(row int, values Row) error, progress func(done, total int)) error
	// Descend computes runs step by step. Its progress is counted in Info.Unit.
	Descend(ctx context.Context, p *cpu.Problem, runs []cpu.Run, progress func(done, total int)) ([]*cpu.Trajectory, error)
	// Sweep computes the results of all runs of a sweep.
	Sweep(ctx context.Context, p *cpu.Problem, s cpu.Sweep, set cpu.Settings, progress func(done, total int)) (*cpu.Result, error)

	// What Evaluate, Descend and Sweep check before any work.
	CanEvaluate(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Values) error
	CanDescend(p *cpu.Problem, runs []cpu.Run) error
	CanSweep(p *cpu.Problem, s cpu.Sweep, set cpu.Settings) error

	Info() Info
}

// Info says what a computer is.
type Info struct {
	Kind           Kind    // GPU or CPU
	Name           string  // for people
	Precision      string  // float32, float64, or auto: see AutoPrecision
	Device, Driver string  // as the driver names them
	PeriodTol      float64 // for cpu.Settings about its runs; 0 for their default
	Unit           string  // of Descend's progress: runs or steps
}

// String says how and where it computes, such as "float64 on the CPU".
func (i Info) String() string {
	if i.Precision == string(AutoPrecision) {
		return "float32, and float64 where that cannot tell, on " + i.Name
	}
	return i.Precision + " on " + i.Name
}

// Options of Open and On.
type Options struct {
	Kind      Kind
	Precision Precision // of the device; "" is AutoPrecision
	Exact     bool      // landscapes and sweeps of the device take every sample, none by the moments of its cell
	Device    int       // that Open opens: an index as in egl.Devices, or AnyDevice
	// Fallback is called when Auto leaves a part of the work to the CPU, once for each
	// part: "" is all of it. why is the device's error.
	Fallback func(part string, why error)
}

// Backend is what computes by a person's choice.
type Backend struct {
	o      Options
	device Computer // nil if there is none
	opened          // what depends on the build

	mu   sync.Mutex
	told map[string]bool // parts that Fallback was called for
}

// Open opens the device that the options ask for, or none for the CPU. Close must be
// called.
func Open(o Options) (*Backend, error) {
	b := &Backend{o: o, told: map[string]bool{}}
	if o.Kind == CPU {
		return b, nil
	}
	err := b.openDevice()
	none := errors.Is(err, ErrNotBuilt) || errors.Is(err, ErrNoDevice)
	return b.orFallBack(err, none && o.Device == AnyDevice)
}

// orFallBack returns the backend of a device that has been opened or not; cannot says
// whether the CPU may take its place.
func (b *Backend) orFallBack(err error, cannot bool) (*Backend, error) {
	if err == nil {
		return b, nil
	}
	if b.o.Kind == Auto && (cannot || Unsupported(err)) {
		b.fallBack("", err)
		return b, nil
	}
	return nil, err
}

// Try has a part of the work done: by the device, or, if the kind is CPU or the device
// has failed to open, by the CPU. With Auto the CPU also does what the device refuses.
// do does the work, or only checks whether the computer can. Try returns the computer
// that do was called with last, and do's error then.
func (b *Backend) Try(part string, do func(c Computer) error) (Computer, error) {
	if b.device == nil {
		return Reference, do(Reference)
	}
	err := do(b.device)
	if b.o.Kind != Auto || !Unsupported(err) {
		return b.device, err
	}
	b.fallBack(part, err)
	return Reference, do(Reference)
}

// fallBack reports once that the CPU does a part of the work.
func (b *Backend) fallBack(part string, why error) {
	b.mu.Lock()
	told := b.told[part]
	b.told[part] = true
	b.mu.Unlock()
	if !told && b.o.Fallback != nil {
		b.o.Fallback(part, why)
	}
}

// GridPrecision returns the precision, Single or Double, of what c's Evaluate computes
// over a grid: that of the options, and with AutoPrecision Single unless float32 does not
// tell neighbours on the grid apart, see Fine, or the device refuses it in float32; why
// says which.
func (b *Backend) GridPrecision(c Computer, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Values) (in Precision, why string) {
	if b.o.Precision == Single || b.o.Precision == Double {
		return b.o.Precision, ""
	}
	var err error
	if c, ok := c.(chooser); ok {
		err = c.notInSingle(p, pl, g, what)
	} else if Fine(pl, g) {
		err = errFine
	}
	if err != nil {
		return Double, Reason(err)
	}
	return Single, ""
}

var errFine = errors.New("neighbours on the grid are closer than float32 tells apart")

// chooser is a computer that takes its precision by what it is given.
type chooser interface {
	notInSingle(p *cpu.Problem, pl cpu.Plane, g cpu.Grid, what Values) error
}

// Fine reports whether a grid is too fine for float32, or beyond it: if a step along an
// axis is less than 8 units in the last place of its coordinates, or of the plane's origin,
// or a coordinate is not of float32's normal range.
func Fine(pl cpu.Plane, g cpu.Grid) bool {
	origin := floats.Norm(pl.Origin, math.Inf(1))
	for _, a := range [...]struct {
		cpu.Axis
		d []float64
	}{{g.X, pl.D1}, {g.Y, pl.D2}} {
		far, step := max(math.Abs(a.Min), math.Abs(a.Max)), math.Abs(a.Max-a.Min)/float64(max(a.N-1, 1))
		if far > math.MaxFloat32 || far != 0 && far < 0x1p-126 {
			return true
		}
		if a.N > 1 && (step < 8*unit(far) || step*floats.Norm(a.d, math.Inf(1)) < 8*unit(origin)) {
			return true
		}
	}
	return false
}

// unit is a bound of the distance of float32's numbers around x.
func unit(x float64) float64 { return x * 0x1p-23 }
