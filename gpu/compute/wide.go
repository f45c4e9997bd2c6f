package compute

import (
	"fmt"
	"slices"
	"strings"

	"losscape/cpu"
	"losscape/gpu"
)

// Runs of many weights, or of more samples than a buffer holds, are computed by kernels that
// work in blocks (shaders/wide.glsl): a pass is two matrix products over blocks of columns
// and of samples, and weights and the optimizer's vectors stay in buffers.

const (
	// MaxFeatures is how many features a run on the device may have.
	MaxFeatures = 1024

	// narrowDim is how many weights descend.comp is faster for, whatever the number of samples.
	narrowDim = 8

	wideColumns = 32  // of a block, at most: what an invocation keeps in registers
	wideBlock   = 32  // weights of an invocation that measures or updates them
	widePart    = 512 // samples whose losses an invocation sums up
	widePage    = 256 << 20
)

// isWide reports whether runs of a problem take the wide kernels: what descend.comp cannot, and
// more than a few weights of samples that are no uniform block, for which it is slow. An
// exponent they do not have.
func (e *Engine) isWide(p *cpu.Problem, set cpu.Settings) bool {
	if p.Dim() > maxDim || p.N() > e.maxSamples(sampleWords(p)) {
		return true
	}
	return p.Dim() > narrowDim && !e.fitsBlock(p) && !slices.Contains(set.Quantities, cpu.ExponentName)
}

// wideShape is how samples are laid out. A row of X is s (x, 1), of as many columns as there
// are weights, and zeros up to whole blocks of columns. Some rows are a slab, in which a block of
// columns comes after the other, each with all rows. A window is what a kernel
// sees at once: as many rows of a block as a uniform block holds, or all of a slab.
type wideShape struct {
	dim, columns, blocks int
	window, slab         int // rows
	uniform              int // REAL4s of a window's uniform block; 0 where kernels read a storage buffer
}

func (e *Engine) wideShape(dim int) wideShape {
	s := wideShape{dim: dim, blocks: (dim + wideColumns - 1) / wideColumns}
	s.columns = (dim + 4*s.blocks - 1) / (4 * s.blocks) * 4
	s.slab = 1 << 13
	s.window = s.slab
	if e.d.Caps.FewInvocations {
		s.uniform = e.blockBytes() / (4 * e.format.bytes)
		s.window = 4 * s.uniform / s.columns &^ 31
		s.slab = max(1<<11/s.window, 1) * s.window
	}
	return s
}

// A wideSlab is so many rows of a wideSamples, padding included.
type wideSlab struct {
	page   *gpu.Buffer
	offset int // of it in the page, in bytes
	first  int // row
	rows   int // a multiple of 32
	losses int // first part of its losses
}

// wideSamples are samples on the device.
type wideSamples struct {
	wideShape
	*format
	n     int
	pages []*gpu.Buffer
	slabs []wideSlab
	marks texels // of each row s, and the sample's weight; 0 and 0 of padding
	parts int    // of losses
}

// rowBytes is the number of bytes of a row.
func (s *wideSamples) rowBytes() int { return s.columns * s.blocks * s.bytes }

// newWideSamples makes room for n samples, on the device's thread. close has to be called if
// it fails, too.
func (e *Engine) newWideSamples(dim, n int) (*wideSamples, error) {
	s := &wideSamples{wideShape: e.wideShape(dim), format: e.format, n: n}
	limit := min(widePage, e.d.Caps.MaxStorageBytes)
	perPage := max((limit-uniformBytes)/(s.slab*s.rowBytes()), 1) * s.slab
	rows := (n + 31) &^ 31
	for first := 0; first < rows; first += perPage {
		count := min(perPage, rows-first)
		// A window at the end is bound as a whole uniform block.
		page, err := e.d.NewBuffer("samples in blocks", count*s.rowBytes()+uniformBytes, gpu.Static)
		if err != nil {
			return s, err
		}
		s.pages = append(s.pages, page)
		for at := 0; at < count; at += s.slab {
			slab := wideSlab{page: page, offset: at * s.rowBytes(), first: first + at, rows: min(s.slab, count-at), losses: s.parts}
			s.parts += (slab.rows + widePart - 1) / widePart
			s.slabs = append(s.slabs, slab)
		}
	}
	marks, err := e.d.NewBuffer("marks of samples", 2*rows*s.bytes+4*guard, gpu.Static)
	s.marks.of = marks
	return s, err
}

// openWide puts the samples on the device for the wide kernels.
func (t *trainer) openWide(p *cpu.Problem) (err error) {
	if t.wide, err = t.e.newWideSamples(t.dim, t.n); err != nil {
		return err
	}
	order := func(i int) int { return i }
	if p.SampleWeight != nil {
		all := make([]int, t.n)
		for i := range all {
			all[i] = i
		}
		if t.counts, err = newCounts(t.e.d, p, all); err != nil {
			return err
		}
	}
	return t.wide.upload(p, order)
}

// upload copies samples to the device: row i is sample which(i) of p.
func (s *wideSamples) upload(p *cpu.Problem, which func(i int) int) error {
	most := s.slabs[0].rows
	allMarks, allData := make([]float64, 2*most), make([]float64, most*s.columns*s.blocks)
	for _, slab := range s.slabs {
		marks, data := allMarks[:2*slab.rows], allData[:slab.rows*s.columns*s.blocks]
		clear(marks)
		clear(data)
		for i := range min(slab.rows, s.n-slab.first) {
			from := which(slab.first + i)
			sign := 2*p.Y[from] - 1
			s.place(data, slab.rows, i, sign, p.X.RawRowView(from))
			marks[2*i], marks[2*i+1] = sign, 1
			if p.SampleWeight != nil {
				marks[2*i+1] = p.SampleWeight[from]
			}
		}
		if err := s.format.upload(slab.page, slab.offset, data); err != nil {
			return err
		}
		if err := s.format.upload(s.marks.of, 4*guard+2*slab.first*s.bytes, marks); err != nil {
			return err
		}
	}
	return nil
}

// place writes row i of a slab.
func (s *wideSamples) place(data []float64, rows, i int, sign float64, x []float64) {
	for b := range s.blocks {
		to := data[(b*rows+i)*s.columns:][:s.columns]
		for j := range to {
			switch at := b*s.columns + j; {
			case at < len(x):
				to[j] = sign * x[at]
			case at == len(x):
				to[j] = sign
			}
		}
	}
}

func (s *wideSamples) close() {
	if s == nil {
		return
	}
	for _, p := range s.pages {
		p.Close()
	}
	s.marks.close()
	s.marks.of.Close()
}

// texels is a buffer that kernels read as texels.
type texels struct {
	of    *gpu.Buffer
	views [2]*gpu.BufferTexture // as numbers, and as fours of them in single precision
	shown *gpu.Buffer           // by the views
}

// bind binds the buffer to a texture unit of a program's sampler; of fours of numbers in
// single precision if the kernel fetches such.
func (t *texels) bind(p *gpu.Program, d *gpu.Device, f *format, name string, unit int, fours bool) error {
	if t.shown != t.of {
		t.close()
		t.shown = t.of
	}
	format, view := gpu.R32F, 0
	switch {
	case f.precision == Double:
		format = gpu.RG32UI
	case fours:
		format, view = gpu.RGBA32F, 1
	}
	if t.views[view] == nil {
		var err error
		if t.views[view], err = d.NewBufferTexture(t.of.Label, t.of, format); err != nil {
			return err
		}
	}
	t.views[view].Bind(unit)
	p.SetInt(name, unit)
	return nil
}

// close frees the views, not the buffer.
func (t *texels) close() {
	for i := range t.views {
		t.views[i].Close()
		t.views[i] = nil
	}
}

// eachVector is F(0) F(1) ... for the REAL4s of a row of a block.
func (s *wideShape) eachVector() string {
	var b strings.Builder
	for v := range s.columns / 4 {
		fmt.Fprintf(&b, "F(%d) ", v)
	}
	return b.String()
}

// maxWideSamples is how many samples the wide kernels can be given: their marks are texels of
// one buffer, their weights for an accuracy are 8 bytes in another, and an invocation adds up
// the losses of all parts.
func (e *Engine) maxWideSamples() int {
	return min((e.d.Caps.MaxTexels-guard)/2, e.d.Caps.MaxStorageBytes/8, gpu.MaxLoopIterations*widePart) &^ (widePart - 1)
}

// wideRuns is how many runs like v have room for their state, margins, gradients and losses on
// n samples in a buffer, and in texels.
func (e *Engine) wideRuns(n int, v runVariant) int {
	s := e.wideShape(v.dim)
	words := max(min(s.slab, n+32), 2*s.columns*s.blocks, n/widePart+n/s.slab+1, (s.dim/wideBlock+1)*normWords+1, newRunLayout(v).state.words())
	limit := min(e.d.Caps.MaxStorageBytes/e.format.bytes, e.d.Caps.MaxTexels) - 2*guard
	return max(limit/words, 1)
}

// wideBatch is how many runs are computed at a time: as many as fill a device.
func (e *Engine) wideBatch() int {
	if e.d.Caps.FewInvocations {
		return 1 << 10
	}
	return 1 << 13
}
