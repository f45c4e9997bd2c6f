package table

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"

	"losscape/cpu"
)

// What the runs of a block came to is kept as
//
//	uint64, little-endian   bytes of the header
//	the header              JSON, a blockHeader
//	the columns             one after another, as the header has them, little-endian
//
// so that a part of a column can be read by itself.

// blockHeader says what is in a block.
type blockHeader struct {
	Summary
	Dim     int           `json:"dim"`
	Columns []blockColumn `json:"columns"`

	// Of recorded states: see cpu.Trajectories.
	From   int `json:"from,omitempty"`
	Every  int `json:"every,omitempty"`
	States int `json:"states,omitempty"`
	Rows   int `json:"rows,omitempty"`
}

// blockColumn is so many values of so many bytes: of float64, int32 or uint8.
type blockColumn struct {
	Name  string `json:"name"`
	Bytes int    `json:"bytes"`
	Count int    `json:"count"`

	value func(i int) float64
}

// Names of the columns of a block that are no quantities.
const (
	blockWeight    = "w" // and the number, from 1
	blockPrecision = "precision"
	blockStatesW   = "trajectory_w"
	blockStates    = "trajectory_loss"
)

func blockWeightName(j int) string { return fmt.Sprint(blockWeight, j+1) }

// WriteBlock writes what the runs of a block came to.
func WriteBlock(w io.Writer, r *cpu.Result) error {
	h := blockHeader{Summary: Summarize(r), Dim: r.Dim}
	n := r.N()
	add := func(name string, bytes, count int, value func(i int) float64) {
		h.Columns = append(h.Columns, blockColumn{name, bytes, count, value})
	}
	for j := range r.Dim {
		add(blockWeightName(j), 8, n, inMemory{r}.weight(j))
	}
	for _, q := range cpu.Quantities() {
		if of := q.Of(r); of != nil {
			add(q.Name, q.Bytes(), n, of)
		}
	}
	add(blockPrecision, 1, n, inMemory{r}.precision())
	if t := (inMemory{r}).states(); t != nil {
		h.From, h.Every, h.States, h.Rows = t.from, t.every, t.states, t.rows
		add(blockStatesW, 8, t.rows*t.states*r.Dim, t.w)
		add(blockStates, 8, t.rows*t.states, t.loss)
	}
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(text)))
	if _, err := w.Write(append(b, text...)); err != nil {
		return err
	}
	for _, c := range h.Columns {
		for from := 0; from < c.Count; from += between {
			if b, err = c.write(w, b[:0], from, min(from+between, c.Count)); err != nil {
				return err
			}
		}
	}
	return nil
}

// write writes values from to to−1, by way of b.
func (c *blockColumn) write(w io.Writer, b []byte, from, to int) ([]byte, error) {
	switch c.Bytes {
	case 8:
		for i := from; i < to; i++ {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.value(i)))
		}
	case 4:
		for i := from; i < to; i++ {
			b = binary.LittleEndian.AppendUint32(b, uint32(int32(c.value(i))))
		}
	default:
		for i := from; i < to; i++ {
			b = append(b, byte(c.value(i)))
		}
	}
	_, err := w.Write(b)
	return b, err
}

// readBlockHeader returns the header of a block of so many bytes, and where its columns begin.
func readBlockHeader(f io.ReaderAt, size int64) (h blockHeader, at int64, err error) {
	var length [8]byte
	if _, err := f.ReadAt(length[:], 0); err != nil {
		return h, 0, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > uint64(size) {
		return h, 0, errors.New("its header is longer than it")
	}
	if n > maxMeta {
		return h, 0, fmt.Errorf("its header has more than %d MB", maxMeta>>20)
	}
	text := make([]byte, n)
	if _, err := f.ReadAt(text, 8); err != nil && err != io.EOF {
		return h, 0, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, 0, err
	}
	at = 8 + int64(n)
	sum := at
	for _, c := range h.Columns {
		if c.Count < 0 || c.Bytes < 1 || c.Bytes > 8 || int64(c.Count) > size {
			return h, 0, fmt.Errorf("a column of %d values of %d bytes", c.Count, c.Bytes)
		}
		sum += int64(c.Count) * int64(c.Bytes)
	}
	if sum != size {
		return h, 0, fmt.Errorf("it has %d bytes, its header says %d", size, sum)
	}
	return h, at, nil
}

// check returns an error unless a header has the columns that all blocks have.
func (h *blockHeader) check() error {
	has := func(name string, bytes int) error {
		if !slices.ContainsFunc(h.Columns, func(c blockColumn) bool { return c.Name == name && c.Bytes == bytes }) {
			return fmt.Errorf("it has no column %s of %d bytes a value", name, bytes)
		}
		return nil
	}
	for j := range h.Dim {
		if err := has(blockWeightName(j), 8); err != nil {
			return err
		}
	}
	for _, q := range cpu.Quantities() {
		if err := has(q.Name, q.Bytes()); err != nil && !q.Derived() {
			return err
		}
	}
	return has(blockPrecision, 1)
}

// mostOf returns the largest value of a column of whole numbers, which index others; +Inf of other columns.
func mostOf(column string) float64 {
	if column == blockPrecision {
		return float64(cpu.Float32)
	}
	if q, err := cpu.LookupQuantity(column); err == nil && q.Kind != cpu.Real {
		return float64(q.Max)
	}
	return math.Inf(1)
}

// BlockFile is a block that can be read at any place. What is read has been checked.
type BlockFile interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Blocks is what the runs of all blocks of a sweep came to. It need not fit into memory: little of
// it is there at a time. Its methods are for one goroutine.
type Blocks struct {
	of      cpu.Sweep
	open    func(k int) (BlockFile, error)
	summary Summary
	head    blockHeader // of the first block
	blocks  []placedBlock
	set     cpu.Settings

	current int // block of file
	file    BlockFile
	err     error
}

// placedBlock is where a block's runs are.
type placedBlock struct {
	first, end  int // runs
	row, rowEnd int // of recorded states
	at          int64
}

// OpenBlocks opens the blocks into which a sweep of these settings is cut. open opens one of them. Close
// has to be called.
func OpenBlocks(cut cpu.Blocks, set cpu.Settings, open func(k int) (BlockFile, error)) (*Blocks, error) {
	b := &Blocks{open: open, set: set, current: -1, blocks: make([]placedBlock, cut.Len())}
	row := 0
	for k := range b.blocks {
		block := cut.At(k)
		if k == 0 {
			b.of = block.Whole()
		}
		n, err := block.Count()
		if err != nil {
			return nil, err
		}
		if err := b.take(k, int(block.First), int(n), &row); err != nil {
			b.Close()
			return nil, fmt.Errorf("block %d: %w", k, err)
		}
	}
	return b, nil
}

// take reads the header of block k, of n runs.
func (b *Blocks) take(k, first, n int, row *int) error {
	f, err := b.at(k)
	if err != nil {
		return err
	}
	h, at, err := readBlockHeader(f, f.Size())
	if err != nil {
		return err
	}
	if h.Runs != n {
		return fmt.Errorf("%d runs, want %d", h.Runs, n)
	}
	if k == 0 {
		if err := h.check(); err != nil {
			return err
		}
		b.head = h
	}
	if best := h.Best; best != nil && (best.Run < 0 || best.Run >= n || int(best.Status) >= cpu.StatusCount) {
		return fmt.Errorf("run %d is its best, of %d", best.Run, n)
	}
	if !slices.EqualFunc(h.Columns, b.head.Columns, func(x, y blockColumn) bool { return x.Name == y.Name && x.Bytes == y.Bytes }) || h.Dim != b.head.Dim {
		return errors.New("it has other columns than the first")
	}
	b.blocks[k] = placedBlock{first, first + n, *row, *row + h.Rows, at}
	*row += h.Rows
	b.summary.Add(h.Summary, first)
	return nil
}

// at opens block k, and closes the one that was open.
func (b *Blocks) at(k int) (BlockFile, error) {
	if k == b.current {
		return b.file, nil
	}
	b.Close()
	f, err := b.open(k)
	if err != nil {
		return nil, err
	}
	b.current, b.file = k, f
	return f, nil
}

// Close closes the block that is open.
func (b *Blocks) Close() error {
	if b.file == nil {
		return nil
	}
	f := b.file
	b.current, b.file = -1, nil
	return f.Close()
}

// Summary says what the runs came to.
func (b *Blocks) Summary() Summary { return b.summary }

func (b *Blocks) sweep() cpu.Sweep { return b.of }
func (b *Blocks) dim() int         { return b.head.Dim }

func (b *Blocks) weight(j int) func(i int) float64 { return b.column(blockWeightName(j), 1) }

// N returns the number of runs.
func (b *Blocks) N() int { return b.summary.Runs }

// Quantity returns a function of a run's number that returns its value of a quantity, nil if the sweep does
// not have it. The function is fast where numbers rise. What it cannot read is 0, and Err says so.
func (b *Blocks) Quantity(q cpu.Quantity) func(i int) float64 { return b.column(q.Name, 1) }

// ExponentError returns what cpu.ExponentError does of the sweep.
func (b *Blocks) ExponentError() func(i int) float64 { return cpu.ExponentError(b.of, b.set) }

// Err returns why numbers that were read are not right, nil if they are.
func (b *Blocks) Err() error { return b.err }

func (b *Blocks) precision() func(i int) float64 { return b.column(blockPrecision, 1) }

func (b *Blocks) states() *states {
	h := &b.head
	if h.States == 0 {
		return nil
	}
	return &states{
		from: h.From, every: h.Every, states: h.States, runs: b.set.Recorded, rows: b.blocks[len(b.blocks)-1].rowEnd,
		w: b.column(blockStatesW, h.States*h.Dim), loss: b.column(blockStates, h.States),
	}
}

// column returns a function of the number of a value of a column, which reads some thousand values at
// a time; nil if there is no such column. Of recorded states, each is that many values of a row.
func (b *Blocks) column(name string, each int) func(i int) float64 {
	at := slices.IndexFunc(b.head.Columns, func(c blockColumn) bool { return c.Name == name })
	if at < 0 {
		return nil
	}
	rows := name == blockStatesW || name == blockStates
	span := func(p *placedBlock) (first, end int) {
		if rows {
			return p.row * each, p.rowEnd * each
		}
		return p.first, p.end
	}
	var values []float64
	var raw []byte
	from, to := 0, 0 // of the values that are there
	return func(i int) float64 {
		if i >= from && i < to {
			return values[i-from]
		}
		if b.err != nil {
			return 0 // a label has it, too
		}
		k := sort.Search(len(b.blocks), func(k int) bool { _, end := span(&b.blocks[k]); return end > i })
		first, end := span(&b.blocks[k])
		from, to = i, min(i+between, end)
		if values, raw, b.err = b.read(k, at, i-first, to-from, values, raw); b.err != nil {
			from, to = 0, 0
			return 0 // a label has it, too
		}
		return values[0]
	}
}

// read reads n values of a column of block k, from one on, into what it is given.
func (b *Blocks) read(k, column, from, n int, values []float64, raw []byte) ([]float64, []byte, error) {
	f, err := b.at(k)
	if err != nil {
		return values, raw, err
	}
	p := &b.blocks[k]
	at := p.at
	for _, c := range b.head.Columns[:column] {
		at += int64(c.Bytes) * int64(b.count(p, c.Name))
	}
	size := b.head.Columns[column].Bytes
	raw = slices.Grow(raw[:0], n*size)[:n*size]
	values = slices.Grow(values[:0], n)[:n]
	if _, err := f.ReadAt(raw, at+int64(from)*int64(size)); err != nil {
		return values, raw, fmt.Errorf("block %d: %w", k, err)
	}
	most := mostOf(b.head.Columns[column].Name)
	for i := range values {
		switch size {
		case 8:
			values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
		case 4:
			values[i] = float64(int32(binary.LittleEndian.Uint32(raw[4*i:])))
		default:
			values[i] = float64(raw[i])
		}
		if v := values[i]; !math.IsInf(most, 1) && !(v >= 0 && v <= most) {
			return values, raw, fmt.Errorf("block %d: %s is %v, want 0 to %v", k, b.head.Columns[column].Name, v, most)
		}
	}
	return values, raw, nil
}

// count returns how many values a column of a block has.
func (b *Blocks) count(p *placedBlock, name string) int {
	switch h := &b.head; name {
	case blockStatesW:
		return (p.rowEnd - p.row) * h.States * h.Dim
	case blockStates:
		return (p.rowEnd - p.row) * h.States
	}
	return p.end - p.first
}
