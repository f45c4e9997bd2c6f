package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"losscape/cmd/losscape/backend"
	"losscape/cmd/losscape/gridfile"
	"losscape/cmd/losscape/store"
	"losscape/cpu"
	"losscape/scenes"
)

// gridJob is what the pieces of a grid are put together by. A piece is some rows, their values
// one after another as they were computed, little-endian.
type gridJob struct {
	Grid     *gridfile.Grid `json:"grid"`     // its metadata without the command, which the manifest has
	Double   bool           `json:"double"`   // values were computed in float64, whatever the file has
	Rows     int            `json:"rows"`     // of a piece; the last may have fewer
	Positive bool           `json:"positive"` // see gridfile.Writer
	Exact    bool           `json:"exact"`    // every sample was taken
}

// newGridJob cuts a grid, and says whether keeping its pieces pays.
func newGridJob(p *cpu.Problem, by backend.Info, what backend.Values, g *gridfile.Grid, exact bool) (j *gridJob, pays bool) {
	j = &gridJob{Grid: g, Double: g.Double || by.Kind == backend.CPU, Positive: what == backend.Loss && p.Eps == 0, Exact: exact}
	ns := float64(nsCPU)
	switch {
	case by.Kind == backend.CPU:
	case g.Double:
		ns = nsDouble
	case what == backend.Loss:
		ns = nsExpanded
	default:
		ns = nsSingle
	}
	point := ns * samplesOf(by, p.N(), p.Features(), exact || g.Double || what == backend.Accuracy)
	nx, bytes := float64(g.Grid.X.N), float64(j.rowBytes())
	most := min(cuts.pieceSeconds*1e9/(point*nx), cuts.pieceBytes/bytes)
	j.Rows = int(min(max(most, 1), float64(g.Grid.Y.N)))
	if j.Rows > 64 && j.Rows < g.Grid.Y.N {
		j.Rows &^= 63 // as many as a work group has
	}
	return j, point*nx >= keepCost*bytes
}

// rowBytes is how many bytes a row takes in a piece.
func (j *gridJob) rowBytes() int {
	n := 4 * j.Grid.Of.Depth * j.Grid.Grid.X.N
	if j.Double {
		n *= 2
	}
	return n
}

// valid reports whether a job that has been read, of a valid grid, is one that newGridJob makes.
func (j *gridJob) valid() bool {
	g := j.Grid
	if j.Rows < 1 || j.Rows > g.Grid.Y.N || g.Of.Depth < 1 || g.Of.Depth > math.MaxInt/8/g.Grid.X.N {
		return false
	}
	return j.Rows <= math.MaxInt/8/g.Grid.X.N/g.Of.Depth
}

func (j *gridJob) pieces() int { return (j.Grid.Grid.Y.N + j.Rows - 1) / j.Rows }

// rowsOf returns the rows of a piece.
func (j *gridJob) rowsOf(piece int) cpu.Rows {
	return cpu.Rows{First: piece * j.Rows, End: min((piece+1)*j.Rows, j.Grid.Grid.Y.N)}
}

// gridInPieces computes a grid piece by piece into output, or a part of it beside that, by c, which b has
// opened.
func (a *app) gridInPieces(ctx context.Context, b *backend.Backend, c backend.Computer, s *scenes.Scene, what backend.Values, job *gridJob, output string, as format, f *pieceFlags) (err error) {
	source := job.Grid.Meta.Source
	job.Grid.Meta.Command = ""
	rows := func(k int) float64 { r := job.rowsOf(k); return float64(r.Len()) }
	p, err := a.openPieces(ctx, "grid", output, f, &source, job, besides{}, job.pieces(), rows)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := a.gridFits(job, p, output, as); err != nil {
		return err
	}
	can := func(c backend.Computer) error { return c.CanEvaluate(s.Problem, s.Plane, s.Grid, what) }
	err = a.overLosses(ctx, b, c, can, func(c backend.Computer) error { return a.computeGridPieces(ctx, c, s, what, job, p) })
	if err != nil {
		p.interrupted(err)
		return err
	}
	if f.sharded() {
		p.reportShard()
		return nil
	}
	if err := a.assembleGrid(ctx, p.Store, job, output, as); err != nil {
		p.interrupted(err)
		return err
	}
	p.drop()
	return nil
}

// gridFits returns an error if the pieces that are missing and the file do not fit onto the disk.
func (a *app) gridFits(job *gridJob, p *pieces, output string, as format) error {
	var need uint64
	for _, k := range p.Missing(p.shard) {
		need += uint64(job.rowsOf(k).Len()) * uint64(job.rowBytes())
	}
	if p.shard.Of == 0 {
		size, err := gridfile.Bytes(as.ending, job.Grid)
		if err != nil {
			return err
		}
		need += size
	}
	return a.fitsDisk(output, need, need)
}

// computeGridPieces computes the pieces that are missing, neighbouring ones at one go.
func (a *app) computeGridPieces(ctx context.Context, c backend.Computer, s *scenes.Scene, what backend.Values, job *gridJob, p *pieces) (err error) {
	missing := p.Missing(p.shard)
	if len(missing) == 0 {
		return nil
	}
	nx, left := s.Grid.X.N, 0
	for _, k := range missing {
		r := job.rowsOf(k)
		left += r.Len() * nx
	}
	st := a.stage("landscape", "points")
	defer func() { st.end(err) }()
	done := 0
	for len(missing) > 0 {
		n := 1
		for n < len(missing) && missing[n] == missing[n-1]+1 {
			n++
		}
		rows := cpu.Rows{First: job.rowsOf(missing[0]).First, End: job.rowsOf(missing[n-1]).End}
		to := rowPieces{job: job, store: p.Store, last: time.Now()}
		err := c.Evaluate(ctx, s.Problem, s.Plane, s.Grid, rows, what, to.row, func(points, _ int) { st.update(done+points, left) })
		to.discard()
		if err != nil {
			return err
		}
		done += rows.Len() * nx
		missing = missing[n:]
	}
	return nil
}

// rowPieces writes rows into pieces.
type rowPieces struct {
	job   *gridJob
	store *store.Store
	w     *store.Writer // of the piece that is being written
	last  time.Time     // when the one before was done
	buf   []byte
}

// row takes a row. The rows of a piece follow one another.
func (t *rowPieces) row(row int, v backend.Row) (err error) {
	piece := row / t.job.Rows
	if t.w == nil {
		if t.w, err = t.store.Begin(piece); err != nil {
			return err
		}
		t.w.Since(t.last)
	}
	t.buf = t.buf[:0]
	for _, x := range v.Single {
		t.buf = binary.LittleEndian.AppendUint32(t.buf, math.Float32bits(x))
	}
	for _, x := range v.Double {
		t.buf = binary.LittleEndian.AppendUint64(t.buf, math.Float64bits(x))
	}
	if have := len(t.buf); have != t.job.rowBytes() {
		return fmt.Errorf("a row of %d bytes, want %d", have, t.job.rowBytes())
	}
	if _, err := t.w.Write(t.buf); err != nil {
		return err
	}
	if row+1 < t.job.rowsOf(piece).End {
		return nil
	}
	w := t.w
	t.w = nil
	err = w.Commit()
	t.last = time.Now()
	return err
}

func (t *rowPieces) discard() {
	if t.w != nil {
		t.w.Discard()
	}
}

// assembleGrid writes a grid's file from its pieces.
func (a *app) assembleGrid(ctx context.Context, s *store.Store, job *gridJob, output string, as format) (err error) {
	g := job.Grid
	g.Meta.Command = s.Manifest().Command
	w, err := a.writeGrid(ctx, output, as, g, job.Positive, func(w *gridfile.Writer) (err error) {
		st := a.stage("file", "rows")
		for k := range s.Manifest().Pieces {
			if err = readRows(ctx, s, job, k, w, st); err != nil {
				break
			}
		}
		st.end(err)
		return err
	})
	if err != nil {
		return err
	}
	took, _ := s.Took()
	a.reportGrid(output, w, took)
	a.sign(s, nil, output)
	return nil
}

// readRows appends the rows of a piece to a file.
func readRows(ctx context.Context, s *store.Store, job *gridJob, piece int, w *gridfile.Writer, st *stage) error {
	p, err := s.Get(piece)
	if err != nil {
		return err
	}
	defer p.Close()
	rows, g := job.rowsOf(piece), job.Grid
	if want := int64(rows.Len()) * int64(job.rowBytes()); p.Size() != want {
		return fmt.Errorf("piece %d of %s has %d bytes, want %d", piece, s.Manifest().Target, p.Size(), want)
	}
	in := bufio.NewReaderSize(p, 1<<20)
	buf := make([]byte, job.rowBytes())
	n := g.Of.Depth * g.Grid.X.N
	var single []float32
	var double []float64
	if job.Double {
		double = make([]float64, n)
	} else {
		single = make([]float32, n)
	}
	for row := rows.First; row < rows.End; row++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.ReadFull(in, buf); err != nil {
			return err
		}
		for i := range single {
			single[i] = math.Float32frombits(binary.LittleEndian.Uint32(buf[4*i:]))
		}
		for i := range double {
			double[i] = math.Float64frombits(binary.LittleEndian.Uint64(buf[8*i:]))
		}
		if err := w.Row(single, double); err != nil {
			return err
		}
		st.update(row+1, g.Grid.Y.N)
	}
	return nil
}

// mergeGrid puts the pieces of a grid together.
func (a *app) mergeGrid(ctx context.Context, s *store.Store, output string, as format) error {
	job := new(gridJob)
	if err := json.Unmarshal(s.Manifest().Job, job); err != nil || job.Grid == nil || job.Grid.Grid.Validate() != nil || !job.valid() || job.pieces() != s.Manifest().Pieces {
		return fmt.Errorf("the manifest of %s does not say how its grid is cut: %w", s.Manifest().Target, store.ErrDamaged)
	}
	// What the manifest says of a row is held against a piece before there is memory for it.
	p, err := s.Get(0)
	if err != nil {
		return err
	}
	p.Close()
	if want := job.rowsOf(0).Len() * job.rowBytes(); p.Size() != int64(want) {
		return fmt.Errorf("piece 0 of %s has %d bytes, want %d: %w", s.Manifest().Target, p.Size(), want, store.ErrDamaged)
	}
	return a.assembleGrid(ctx, s, job, output, as)
}
