package compute

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync"
	"unsafe"

	"losscape/cpu"
	"losscape/gpu"
	"losscape/shaders"
)

const (
	groupTiles  = 32      // tiles of a work group, COLUMNS in expansion.comp
	recordBytes = 48      // of a sample in landscape.comp
	tileBytes   = 8 << 20 // of a tile that is read back
	maxTiles    = 65535   // work groups along an axis that every device allows
)

// landscape is a plan on the device.
type landscape struct {
	*plan
	e       *Engine
	program *gpu.Program
	uniform bool          // samples are read from uniform blocks
	blocks  []*gpu.Buffer // samples, a block in each
	errors  *gpu.Buffer   // of the losses, if there are several parts

	chunkEnds, columnTable, rowTable *gpu.Buffer
}

// validate returns the first error of a problem, a plane and a grid of it.
func validate(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) error {
	if err := p.Validate(); err != nil {
		return err
	}
	if err := pl.Validate(p.Dim()); err != nil {
		return err
	}
	return g.Validate()
}

// prepare validates the inputs and makes the plan, by tiles as wide as the tuning
// says; load puts it on the device.
func (e *Engine) prepare(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) (*plan, error) {
	if err := e.checkLandscape(p, pl, g); err != nil {
		return nil, err
	}
	return newPlan(p, pl, g, e.tuning)
}

// checkLandscape validates the inputs of prepare, but for what newPlan finds.
func (e *Engine) checkLandscape(p *cpu.Problem, pl cpu.Plane, g cpu.Grid) error {
	if err := validate(p, pl, g); err != nil {
		return err
	}
	limit := e.d.Caps.MaxStorageBytes
	switch {
	case e.format.precision == Double:
		return errors.New("a landscape by an engine in double precision: EvaluateDouble computes it")
	case !p.Linear():
		return errModel
	case g.X.N > min(limit, tileLimit(limit))/16-64:
		return unsupported("%d columns, this device can hold %d", g.X.N, min(limit, tileLimit(limit))/16-64)
	case g.Y.N > limit/16:
		return unsupported("%d rows, this device can hold %d", g.Y.N, limit/16)
	}
	return nil
}

// tileLimit is the greatest size of an output buffer: its words are indexed by
// an int.
func tileLimit(storage int) int { return min(storage, math.MaxInt32) }

// load puts a plan on the device, on its thread.
func (e *Engine) load(q *plan) (l *landscape, err error) {
	l = &landscape{plan: q, e: e}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	block := e.uniformBlock()
	l.uniform = 4*len(q.records) <= block || e.d.Caps.FewInvocations
	records := 0
	if l.uniform {
		records = block / 16
	}
	for at := 0; at < q.n; at += q.block {
		of := q.records[12*at : 12*min(at+q.block, q.n)]
		size := 4 * len(of)
		if l.uniform {
			size = block
		}
		b, err := e.d.NewBuffer("samples", size, gpu.Static)
		if err != nil {
			return nil, err
		}
		l.blocks = append(l.blocks, b)
		if err := gpu.Upload(b, 0, of); err != nil {
			return nil, err
		}
	}
	if l.chunkEnds, err = gpu.NewBufferOf(e.d, "chunks", q.chunks, gpu.Static); err != nil {
		return nil, err
	}
	if l.columnTable, err = gpu.NewBufferOf(e.d, "columns", q.columns, gpu.Static); err != nil {
		return nil, err
	}
	if l.rowTable, err = gpu.NewBufferOf(e.d, "rows", q.rows, gpu.Static); err != nil {
		return nil, err
	}
	v := q.variant
	parts := len(q.parts) > 1
	if t := v.expansion; t.degree > 0 {
		l.program, err = e.d.Compute("expansion.comp", shaders.Defines{
			"TX": t.x, "TY": t.y, "DEGREE": t.degree, "COLUMNS": groupTiles, "RECORDS": records,
			"EPS": v.eps, "WEIGHTED": v.weighted, "PARTS": parts,
		})
		return l, err
	}
	l.program, err = e.d.Compute("landscape.comp", shaders.Defines{
		"K": v.k, "ROWS": groupRows, "RECORDS": records,
		"EXCESS": v.excess, "EPS": v.eps, "WEIGHTED": v.weighted, "PARTS": parts,
	})
	return l, err
}

// setL2 has a dispatch add the L2 term, unless it adds to a part that has it.
func (q *plan) setL2(p *gpu.Program, further bool) {
	p.SetInt("hasL2", flag(q.hasL2 && !further))
	p.SetInt("inLine", flag(q.l2.inLine))
	p.SetFloat("l2Least", float32(q.l2.least))
}

// uniformBlock is the bytes of a uniform block of samples.
func (e *Engine) uniformBlock() int { return min(e.d.Caps.MaxUniformBytes, uniformBytes) &^ 15 }

func (l *landscape) close() {
	for _, b := range l.blocks {
		b.Close()
	}
	l.errors.Close()
	l.chunkEnds.Close()
	l.columnTable.Close()
	l.rowTable.Close()
}

// block is a part of a grid that one dispatch computes.
type block struct{ tile, tiles, row, rows int }

// nextBlock returns the block of rows [row, end) at (tile, row) that is at most
// budget work groups: whole rows of the grid if there are enough, else a part of
// one row of groups.
func (l *landscape) nextBlock(tile, row, end int, budget float64) block {
	all := l.tiles()
	if tile > 0 || all > maxTiles || budget < float64(all) {
		n := int(min(max(budget, 1), float64(min(maxTiles, all-tile))))
		return block{tile, n, row, min(groupRows, end-row)}
	}
	rows := min(budget/float64(all)*groupRows, maxTiles*groupRows, float64(end-row))
	return block{0, all, row, min(max(int(rows)/groupRows, 1)*groupRows, end-row)}
}

// rows computes rows [row, end) of the grid into out, from word base on. Each
// dispatch is a call of Do of its own.
func (l *landscape) rows(ctx context.Context, p *pacer, out *gpu.Buffer, base, row, end int, done func(points int)) error {
	if len(l.parts) > 1 && (l.errors == nil || l.errors.Size < out.Size) {
		err := l.e.d.Do(func() (err error) {
			l.errors.Close()
			l.errors, err = l.e.d.NewBuffer("errors of sums", out.Size, gpu.Computed)
			return err
		})
		if err != nil {
			return err
		}
	}
	if l.expansion.degree > 0 {
		return l.expandedRows(ctx, p, out, base, row, end, done)
	}
	origin := row
	groupWork := float64(groupRows) * float64(l.k) * float64(min(l.n, l.block, partSamples))
	for tile := 0; row < end; {
		var b block
		for i, t := range l.parts {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := l.e.d.Do(func() error {
				if i == 0 {
					b = l.nextBlock(tile, row, end, p.budget()/groupWork)
				} else {
					l.e.d.Barrier(gpu.ForShaders) // reads what the part before has left
				}
				work := float64(groups(b.rows)*b.tiles*groupRows*l.k) * float64(t.samples())
				return p.submit(work, func() { l.dispatch(b, t, i > 0, out, base, origin) })
			})
			if err != nil {
				return err
			}
		}
		if done != nil {
			columns := min((b.tile+b.tiles)*l.k, l.grid.X.N) - b.tile*l.k
			done(columns * b.rows)
		}
		if tile = b.tile + b.tiles; tile == l.tiles() {
			tile, row = 0, row+b.rows
		}
	}
	return nil
}

// expandedRows is rows by expansion.comp. Its tiles start at multiples of their
// side from the grid's first row, whatever row is, so that a point's value does
// not depend on how a grid is cut.
func (l *landscape) expandedRows(ctx context.Context, p *pacer, out *gpu.Buffer, base, row, end int, done func(points int)) error {
	across := (l.tiles() + groupTiles - 1) / groupTiles
	rowWork := float64(across*groupTiles) * float64(min(l.n, l.block, partSamples)) // of a row of tiles
	side := l.expansion.y
	last := (end + side - 1) / side
	for tile := row / side; tile < last; {
		var down int
		for i, t := range l.parts {
			if err := ctx.Err(); err != nil {
				return err
			}
			err := l.e.d.Do(func() error {
				if i == 0 {
					down = min(max(int(p.budget()/rowWork), 1), last-tile, maxTiles)
				} else {
					l.e.d.Barrier(gpu.ForShaders) // reads what the part before has left
				}
				work := float64(down*across*groupTiles) * float64(t.samples())
				return p.submit(work, func() {
					l.bind(t, out)
					g := l.program
					g.SetInt2("size", l.grid.X.N, l.grid.Y.N)
					g.SetInt("rowTile", tile)
					g.SetInt2("rowRange", row, end)
					g.SetInt("base", base)
					g.SetInt("origin", row)
					g.SetInt2("part", t.recurrent[0], t.recurrent[1])
					g.SetInt("further", flag(i > 0))
					l.setL2(g, i > 0)
					g.SetFloat("scale", float32(1/float64(l.samples)))
					g.SetFloat("logRatio", float32(l.eps.logRatio))
					g.SetFloat("offset", float32(math.Log1p(l.eps.value)))
					g.Dispatch(across, down, 1)
				})
			})
			if err != nil {
				return err
			}
		}
		if done != nil {
			done((min((tile+down)*side, end) - max(tile*side, row)) * l.grid.X.N)
		}
		tile += down
	}
	return nil
}

// bind binds the plan's buffers, of the samples those of a part, and the output.
func (l *landscape) bind(t part, out *gpu.Buffer) {
	if b := l.blocks[t.block]; l.uniform {
		b.BindUniform(0)
	} else {
		b.BindStorage(0)
	}
	l.chunkEnds.BindStorage(1)
	l.columnTable.BindStorage(2)
	l.rowTable.BindStorage(3)
	out.BindStorage(4)
	if l.errors != nil {
		l.errors.BindStorage(5)
	}
}

// dispatch computes a part of the samples over a block.
func (l *landscape) dispatch(b block, t part, further bool, out *gpu.Buffer, base, origin int) {
	p, c := l.program, l.eps
	l.bind(t, out)
	p.SetInt("width", l.grid.X.N)
	p.SetInt2("corner", b.tile, b.row)
	p.SetInt("rowEnd", b.row+b.rows)
	p.SetInt("base", base)
	p.SetInt("origin", origin)
	p.SetInt2("chunks", t.chunks[0], t.chunks[1])
	p.SetInt2("recurrent", t.recurrent[0], t.recurrent[1])
	p.SetInt2("others", t.direct[0], t.direct[1])
	p.SetInt("further", flag(further))
	l.setL2(p, further)
	p.SetFloat("scale", float32(1/float64(l.samples)))
	if l.variant.eps {
		p.SetFloat("epsValue", float32(c.value))
		p.SetFloat("logEps", float32(c.log))
		p.SetFloat("logRatio", float32(c.logRatio))
		p.SetFloat("edge", float32(c.edge))
		p.SetFloat("seen", float32(c.seen))
		p.SetInt("epsChunk", c.chunk)
		p.SetFloat("offset", float32(c.value*float64(t.recurrent[1]-t.recurrent[0])/float64(l.samples)))
		p.SetInt("always", flag(c.always))
	}
	p.Dispatch(groups(b.rows), b.tiles, 1)
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Landscape computes the loss of p on the grid g of the plane pl, as
// cpu.Problem.Landscape does, in float32. The field stays in the device's
// memory; the caller closes it, inside Do. Its size is limited by the device's
// greatest buffer; LandscapeRows has no such limit.
//
// If progress is not nil it is called after each dispatch with the number of grid
// points done and in all. Cancelling ctx makes Landscape return ctx's error
// within two dispatches.
func (e *Engine) Landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, progress func(done, total int)) (*gpu.Field, error) {
	return e.landscape(ctx, p, pl, g, 0, progress)
}

// landscape computes a landscape with so many sentinels around it; with any, the field
// has no range.
func (e *Engine) landscape(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, around int, progress func(done, total int)) (f *gpu.Field, err error) {
	q, err := e.prepare(p, pl, g)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	words := g.Size() + 2*around
	if limit := tileLimit(e.d.Caps.MaxStorageBytes); words > limit/4 {
		return nil, unsupported("a landscape of %d x %d needs a buffer of %d MiB, this device allows %d MiB (by rows it needs none)",
			g.X.N, g.Y.N, words>>18, limit>>20)
	}
	f = &gpu.Field{NX: g.X.N, NY: g.Y.N}
	var l *landscape
	pace := e.pace("landscape")
	defer func() {
		e.d.Do(func() error {
			if w := pace.close(); err == nil {
				err = w
			}
			if l != nil {
				l.close()
			}
			if err != nil {
				f.Close()
				f = nil
			}
			return nil
		})
	}()
	err = e.d.Do(func() (err error) {
		if l, err = e.load(q); err != nil {
			return err
		}
		f.Buffer, err = e.d.NewBuffer("landscape", 4*words, gpu.Computed)
		if err == nil && around > 0 {
			f.Buffer.Fill(guardWord)
		}
		return err
	})
	if err != nil {
		return f, err
	}
	sum, total := 0, g.Size()
	err = l.rows(ctx, pace, f.Buffer, around, 0, g.Y.N, func(points int) {
		sum += points
		if progress != nil {
			progress(sum, total)
		}
	})
	if err != nil || around > 0 {
		return f, err
	}
	return f, e.d.Do(func() error { return e.setRange(f) })
}

// setRange sets the range of a field from its buffer: on the device, or in
// place where the device's memory is the host's.
func (e *Engine) setRange(f *gpu.Field) error {
	if e.d.Caps.HostMemory {
		return f.Buffer.Map(0, 4*f.NX*f.NY, func(data []byte) error {
			hostRange(f, unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(data))), f.NX*f.NY))
			return nil
		})
	}
	return e.deviceRange(f)
}

func (e *Engine) deviceRange(f *gpu.Field) error {
	count := f.NX * f.NY
	n := (min((count+255)/256, 1<<14) + 63) &^ 63
	p, err := e.d.Compute("range.comp", nil)
	if err != nil {
		return err
	}
	parts, err := e.d.NewBuffer("range", 16*n, gpu.Computed)
	if err != nil {
		return err
	}
	defer parts.Close()
	e.d.Barrier(gpu.ForShaders)
	f.Buffer.BindStorage(0)
	parts.BindStorage(1)
	p.SetInt("count", count)
	p.SetInt("stride", n)
	p.Cover(n, 1)
	host := make([][4]float32, n)
	if err := gpu.Download(parts, 0, host); err != nil {
		return err
	}
	r := noRange
	for _, x := range host {
		r.join(valueRange{x[0], x[1], int(x[2])})
	}
	r.set(f)
	return nil
}

// valueRange is the range of some values.
type valueRange struct {
	min, max float32
	bad      int // not finite
}

var noRange = valueRange{min: float32(math.Inf(1)), max: float32(math.Inf(-1))}

func (r *valueRange) join(o valueRange) {
	r.min, r.max, r.bad = min(r.min, o.min), max(r.max, o.max), r.bad+o.bad
}

func (r valueRange) set(f *gpu.Field) {
	f.Min, f.Max, f.Masked = r.min, r.max, r.bad
	if r.bad == f.NX*f.NY {
		f.Min, f.Max = 0, 0
	}
}

// hostRange sets a field's range from its values.
func hostRange(f *gpu.Field, values []float32) {
	parts := make([]valueRange, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for k := range parts {
		wg.Go(func() {
			r := noRange
			for _, v := range values[len(values)*k/len(parts) : len(values)*(k+1)/len(parts)] {
				if v-v != 0 {
					r.bad++
					continue
				}
				if v < r.min {
					r.min = v
				}
				if v > r.max {
					r.max = v
				}
			}
			parts[k] = r
		})
	}
	wg.Wait()
	r := noRange
	for _, o := range parts {
		r.join(o)
	}
	r.set(f)
}

// LandscapeRows computes some rows of a landscape of any size, row by row: sink gets the
// rows in order, each with its number in the grid and its values, which are valid during the
// call only. They have the same bits whichever rows are asked for. The
// rows are computed in tiles of whole rows; one is computed while the one before
// is read back and handed over. An error of sink ends the computation and is
// returned. sink and progress, which counts the points of the rows, are called on the
// caller's goroutine.
func (e *Engine) LandscapeRows(ctx context.Context, p *cpu.Problem, pl cpu.Plane, g cpu.Grid, rows cpu.Rows, sink func(row int, values []float32) error, progress func(done, total int)) error {
	q, err := e.prepare(p, pl, g)
	if err != nil {
		return err
	}
	if err := rows.Validate(g); err != nil {
		return err
	}
	tileRows := e.tuning.tileRows
	if tileRows == 0 {
		// Whole groups of rows while they fit.
		limit := tileLimit(e.d.Caps.MaxStorageBytes)/4 - 2*guard
		tileRows = min(max(tileBytes/4/g.X.N, 1), limit/g.X.N)
		if whole := (tileRows + groupRows - 1) / groupRows * groupRows; whole*g.X.N <= limit {
			tileRows = whole
		}
	}
	tileRows = min(tileRows, rows.Len())

	parent := ctx
	ctx, cancel := context.WithCancel(parent)
	tiles := make(chan rowTile)
	free := make(chan []float32, 2)
	for range cap(free) {
		free <- make([]float32, tileRows*g.X.N)
	}
	result := make(chan error, 1)
	go func() {
		defer close(tiles)
		result <- e.makeTiles(ctx, q, rows, tileRows, tiles, free)
	}()
	done := 0
	var sinkErr error
	for t := range tiles {
		for r := 0; sinkErr == nil && r < len(t.values)/g.X.N; r++ {
			if sinkErr = parent.Err(); sinkErr == nil {
				sinkErr = sink(t.row+r, t.values[r*g.X.N:(r+1)*g.X.N])
			}
		}
		if sinkErr != nil {
			cancel() // and take what is still on its way
		} else if done += len(t.values); progress != nil {
			progress(done, rows.Len()*g.X.N)
		}
		free <- t.values[:cap(t.values)]
	}
	cancel()
	err = <-result
	if sinkErr != nil {
		return sinkErr
	}
	return err
}

// rowTile is some whole rows of a grid.
type rowTile struct {
	row    int
	values []float32
}

// makeTiles computes the tiles in turn into two buffers, and reads one back
// while the device computes the next.
func (e *Engine) makeTiles(ctx context.Context, q *plan, rows cpu.Rows, tileRows int, tiles chan<- rowTile, free <-chan []float32) (err error) {
	nx, end := q.grid.X.N, rows.End
	var l *landscape
	var out [2]*gpu.Buffer
	var fences [2]*gpu.Fence
	pace := e.pace("landscape")
	defer func() {
		e.d.Do(func() error {
			pace.close()
			for k := range out {
				out[k].Close()
				fences[k].Close()
			}
			if l != nil {
				l.close()
			}
			return nil
		})
	}()
	err = e.d.Do(func() (err error) {
		if l, err = e.load(q); err != nil {
			return err
		}
		for k := range out {
			if k == 1 && tileRows == rows.Len() {
				break
			}
			if out[k], err = e.newGuarded("rows of a landscape", tileRows*nx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	deliver := func(row, k int) error {
		var host []float32
		select {
		case <-ctx.Done():
			return ctx.Err()
		case host = <-free:
		}
		host = host[:min(tileRows, end-row)*nx]
		err := e.d.Do(func() error {
			if !fences[k].Wait(waitLimit) {
				return fmt.Errorf("rows from %d on did not come: %w", row, gpu.ErrLost)
			}
			fences[k].Close()
			if err := checkGuards(out[k], tileRows*nx); err != nil {
				return err
			}
			return gpu.Download(out[k], 4*guard, host)
		})
		if err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case tiles <- rowTile{row, host}:
		}
		return nil
	}
	for row, k := rows.First, 0; row < end; row, k = row+tileRows, 1-k {
		if err := l.rows(ctx, pace, out[k], guard, row, min(row+tileRows, end), nil); err != nil {
			return err
		}
		if err := e.d.Do(func() error { fences[k] = e.d.NewFence(); return nil }); err != nil {
			return err
		}
		if row > rows.First {
			if err := deliver(row-tileRows, 1-k); err != nil {
				return err
			}
		}
		if row+tileRows >= end {
			return deliver(row, k)
		}
	}
	return nil
}
