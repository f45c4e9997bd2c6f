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
	kind, file string
	defines    shaders.Defines
	*format        // of values
	kinds      int // values of a point
	columns    int // that an invocation computes
	grid       cpu.Grid
	n          int // samples
	// tables makes the buffers of samples, columns and rows; those that it has made have
	// to be closed if it fails, too.
	tables   func() ([3]*gpu.Buffer, error)
	uniforms func(p *gpu.Program) // those of its own
}

var tableNames = [3]string{"samples", "columns", "rows"}

// evaluatePoints runs the kernel over the grid: sink gets the rows in order, each with
// its values by kind, which are valid during the call only. An error of sink ends the
// computation and is returned.
func evaluatePoints[T float32 | float64](ctx context.Context, e *Engine, w *pointwise, sink func(row int, of func(kind int) []T) error, progress func(done, total int)) (err error) {
	nx, ny := w.grid.X.N, w.grid.Y.N
	limit := tileLimit(e.d.Caps.MaxStorageBytes)/w.bytes - 2*guard
	if w.kinds*nx > limit {
		return unsupported("%d columns, this device can hold %d", nx, limit/w.kinds)
	}
	tileRows := min(max(min(tileBytes/w.bytes, limit)/w.kinds/nx, 1), ny, maxTiles)
	plane := tileRows * nx
	var tables [3]*gpu.Buffer
	var out *gpu.Buffer
	var program *gpu.Program
	pace := e.pace(w.kind)
	defer func() {
		e.d.Do(func() error {
			if c := pace.close(); err == nil {
				err = c
			}
			for _, t := range tables {
				t.Close()
			}
			return out.Close()
		})
	}()
	err = e.d.Do(func() (err error) {
		if tables, err = w.tables(); err != nil {
			return err
		}
		if out, err = e.newGuarded("values at points", w.kinds*plane*w.bytes/4); err != nil {
			return err
		}
		w.defines["ROWS"], w.defines["COLUMNS"], w.defines["DOUBLE"] = groupRows, w.columns, w.precision == Double
		program, err = e.d.Compute(w.file, w.defines)
		return err
	})
	if err != nil {
		return err
	}
	dispatch := func(origin, row, count, from, to int) {
		for k, t := range tables {
			t.BindStorage(k)
		}
		out.BindStorage(len(tables))
		program.SetInt("width", nx)
		program.SetInt("row", row)
		program.SetInt("base", 4*guard/w.bytes)
		program.SetInt("origin", origin)
		program.SetInt("plane", plane)
		program.SetInt2("part", from, to)
		program.SetInt("further", flag(from > 0))
		w.setUniform(program, "scale", 1/float64(w.n))
		w.uniforms(program)
		e.d.Barrier(gpu.ForShaders)
		program.Dispatch((nx+groupRows*w.columns-1)/(groupRows*w.columns), count, 1)
	}
	host := make([]T, w.kinds*plane)
	for origin := 0; origin < ny; origin += tileRows {
		end := min(origin+tileRows, ny)
		for row := origin; row < end; {
			count := 0
			for from := 0; from < w.n; {
				if err := ctx.Err(); err != nil {
					return err
				}
				err := e.d.Do(func() error {
					budget := pace.budget() / float64(nx)
					if from == 0 {
						count = min(max(int(budget/float64(min(w.n, partSamples))), 1), end-row)
					}
					to := min(from+min(max(int(budget/float64(count)), 64), partSamples), w.n)
					err := pace.submit(float64(nx)*float64(count)*float64(to-from), func() { dispatch(origin, row, count, from, to) })
					from = to
					return err
				})
				if err != nil {
					return err
				}
			}
			row += count
			if progress != nil {
				progress(row*nx, w.grid.Size())
			}
		}
		err := e.d.Do(func() error {
			if err := checkGuards(out, w.kinds*plane*w.bytes/4); err != nil {
				return err
			}
			return gpu.Download(out, 4*guard, host)
		})
		if err != nil {
			return err
		}
		for row := origin; row < end; row++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := sink(row, func(k int) []T { return host[k*plane+(row-origin)*nx:][:nx:nx] }); err != nil {
				return err
			}
		}
	}
	return nil
}
