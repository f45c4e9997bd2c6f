package compute

import (
	"context"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

// pointwise is a kernel that computes some values at every point of a grid from a part
// of the samples, and adds them to those of the parts before.
type pointwise struct {
	kind, file  string
	defines     shaders.Defines
	*format         // of values
	kinds       int // values of a point
	columns     int // that an invocation computes
	grid        cpu.Grid
	rows        cpu.Rows // of it
	n           int      // samples, or points that stand for them
	samples     int      // of the problem
	sampleBytes int      // of one in its table
	// tables makes the buffers of samples, columns and rows; those that it has made have
	// to be closed if it fails, too.
	tables   func() ([3]*gpu.Buffer, error)
	uniforms func(p *gpu.Program) // those of its own
}

var tableNames = [3]string{"samples", "columns", "rows"}

// partWork is how many samples of points a dispatch of one row takes at most, but for at least 64
// samples: less than a second even where a point takes a hundred nanoseconds a sample. It is no
// measured time, so that sums are cut at the same samples in every run and have the same bits.
const partWork = 1 << 23

// part is how many samples a dispatch takes, a multiple of 64, since the samples of a part are
// bound by themselves.
func (w *pointwise) part() int {
	return min(max(partWork/w.grid.X.N, 64), partSamples) &^ 63
}

// evaluatePoints runs the kernel over rows of the grid: sink gets them in order, each with
// its values by kind, which are valid during the call only. An error of sink ends the
// computation and is returned.
func evaluatePoints[T float32 | float64](ctx context.Context, e *Engine, w *pointwise, sink func(row int, of func(kind int) []T) error, progress func(done, total int)) (err error) {
	if err := w.rows.Validate(w.grid); err != nil {
		return err
	}
	nx, last := w.grid.X.N, w.rows.End
	limit := tileLimit(e.d.Caps.MaxStorageBytes)/w.bytes - 2*guard
	if w.kinds*nx > limit {
		return unsupported("%d columns, this device can hold %d", nx, limit/w.kinds)
	}
	tileRows := min(max(min(tileBytes/w.bytes, limit)/w.kinds/nx, 1), w.rows.Len(), maxTiles)
	t := &pointTile{pointwise: w, e: e, pace: e.pace(w.kind), plane: tileRows * nx}
	defer func() {
		e.d.Do(func() error {
			if c := t.close(); err == nil {
				err = c
			}
			return nil
		})
	}()
	if err := e.d.Do(t.open); err != nil {
		return err
	}
	host := make([]T, w.kinds*t.plane)
	for origin := w.rows.First; origin < last; origin += tileRows {
		end := min(origin+tileRows, last)
		for row := origin; row < end; {
			count, err := t.compute(ctx, origin, row, end)
			if err != nil {
				return err
			}
			row += count
			if progress != nil {
				progress((row-w.rows.First)*nx, w.rows.Len()*nx)
			}
		}
		err := e.d.Do(func() error {
			if err := checkGuards(t.out, w.kinds*t.plane*w.bytes/4); err != nil {
				return err
			}
			return gpu.Download(t.out, 4*guard, host)
		})
		if err != nil {
			return err
		}
		for row := origin; row < end; row++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := sink(row, func(k int) []T { return host[k*t.plane+(row-origin)*nx:][:nx:nx] }); err != nil {
				return err
			}
		}
	}
	return nil
}

// pointTile is some whole rows of a grid on the device.
type pointTile struct {
	*pointwise
	e       *Engine
	pace    *pacer
	program *gpu.Program
	buffers [3]*gpu.Buffer // of the tables
	out     *gpu.Buffer
	plane   int // values of one kind
}

// open makes the buffers and the program; close has to be called if it fails, too.
func (t *pointTile) open() (err error) {
	if t.buffers, err = t.tables(); err != nil {
		return err
	}
	if t.out, err = t.e.newGuarded("values at points", t.kinds*t.plane*t.bytes/4); err != nil {
		return err
	}
	t.defines["ROWS"], t.defines["COLUMNS"], t.defines["DOUBLE"] = groupRows, t.columns, t.precision == Double
	t.program, err = t.e.d.Compute(t.file, t.defines)
	return err
}

func (t *pointTile) close() error {
	err := t.pace.close()
	for _, b := range t.buffers {
		b.Close()
	}
	t.out.Close()
	return err
}

// compute computes rows from row on, up to end, into the tile whose first row is origin,
// and returns how many.
func (t *pointTile) compute(ctx context.Context, origin, row, end int) (count int, err error) {
	nx := t.grid.X.N
	for from := 0; from < t.n; {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		err := t.e.d.Do(func() error {
			to := min(from+t.part(), t.n)
			if from == 0 {
				count = min(max(int(t.pace.budget()/float64(nx)/float64(to)), 1), end-row)
			}
			err := t.pace.submit(float64(nx)*float64(count)*float64(to-from), func() { t.dispatch(origin, row, count, from, to) })
			from = to
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return count, nil
}

// dispatch adds samples from to to-1 to so many rows.
func (t *pointTile) dispatch(origin, row, count, from, to int) {
	t.buffers[0].BindStorageRange(0, from*t.sampleBytes, (to-from)*t.sampleBytes)
	for k, b := range t.buffers[1:] {
		b.BindStorage(1 + k)
	}
	t.out.BindStorage(len(t.buffers))
	nx, p := t.grid.X.N, t.program
	p.SetInt("width", nx)
	p.SetInt("row", row)
	p.SetInt("base", 4*guard/t.bytes)
	p.SetInt("origin", origin)
	p.SetInt("plane", t.plane)
	p.SetInt2("part", 0, to-from)
	p.SetInt("further", flag(from > 0))
	t.setUniform(p, "scale", 1/float64(t.samples))
	t.uniforms(p)
	t.e.d.Barrier(gpu.ForShaders)
	p.Dispatch((nx+groupRows*t.columns-1)/(groupRows*t.columns), count, 1)
}
