// Package table writes what a sweep came to as a table with one row for each
// run: as CSV, as NumPy's NPZ, as Parquet or as NetCDF.
//
// The columns are the swept parameters by name, then w1, w2, ... (the final
// weights), then the quantities of cpu.Quantities that the result has: loss,
// best_loss, grad_norm, steps, status, period, accuracy and so on, with
// precision, single or double, which the run was computed in, after the period. A
// swept parameter that is named like one of those gets a name of its own: the
// start weight w1 is start_w1, and the number of steps is max_steps. Weights that
// have names are called by these: see Meta.NameWeights. Rows are
// in the order of the runs: the last parameter varies fastest.
//
//	         numbers                  whole numbers     status, precision
//	CSV      shortest exact decimals  decimals          text
//	Parquet  double                   int32 or int64    string, by dictionary
//	NPZ      float64                  int32 or int64    uint8, an index into status_names, precision_names
//	NetCDF   double                   int, or double    byte, with flag_values and flag_meanings
//
// NPZ has an array for each column, and besides shape, the numbers of values
// of the parameters, so that loss.reshape(shape) has an axis for each;
// status_names and precision_names; and, if they were recorded, trajectory_w (runs x states x
// weights) and trajectory_loss (runs x states), NaN past a run's end, and
// trajectory_step, the number of updates before each state.
//
// NetCDF, by the conventions of CF-1.8, has no rows: the swept parameters are its dimensions,
// in their order, so that of two the first counts the rows of a variable and the second
// its columns, as in loss.reshape(shape) of an NPZ. Each dimension has a coordinate with
// its values, which have to rise or fall throughout. All other columns are variables over
// all dimensions, NaN and infinities as they are. A weight whose name is not of printable
// ASCII without a slash, or begins otherwise than with a letter, a digit or an underscore,
// is called w1, w2, ... in it, and by its name in long_name.
//
// What was computed, by what and from what is a JSON object, Meta: in Parquet
// the value of the file's key "losscape", in NPZ the string array metadata, in NetCDF the
// global attribute losscape. A
// CSV file has no place for it that readers would skip, so it is for the
// caller to put beside the file, named as Sidecar has it.
package table

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/bits"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
)

// Format is a kind of file.
type Format string

// The formats.
const (
	CSV     Format = ".csv"
	NPZ     Format = ".npz"
	Parquet Format = ".parquet"
	NetCDF  Format = ".nc"
)

// formats are all formats with what writes them.
var formats = []struct {
	Format
	write func(t *Table, ctx context.Context, w io.Writer, progress func(done, total int)) error
}{
	{CSV, (*Table).writeCSV},
	{NPZ, (*Table).writeNPZ},
	{Parquet, (*Table).writeParquet},
	{NetCDF, (*Table).writeNetCDF},
}

// Extensions returns the endings of the names of the files that can be
// written.
func Extensions() []string {
	var list []string
	for _, f := range formats {
		list = append(list, string(f.Format))
	}
	return list
}

// FormatOf returns the format that a file's name asks for by its ending.
func FormatOf(path string) (Format, error) {
	ext := strings.ToLower(filepath.Ext(path))
	if !slices.Contains(Extensions(), ext) {
		return "", fmt.Errorf("%q, want a name that ends in one of: %s", path, strings.Join(Extensions(), ", "))
	}
	return Format(ext), nil
}

// Sidecar returns the name of the file of metadata that belongs to a CSV file.
func Sidecar(path string) string { return path + ".json" }

// Table is a result ready to be written, or the blocks of one.
type Table struct {
	Result *cpu.Result
	Blocks *Blocks // if Result is nil
	Meta   Meta
}

func (t *Table) runs() runs {
	if t.Result == nil {
		return t.Blocks
	}
	return inMemory{t.Result}
}

// Write writes the table. It stops soon after ctx is cancelled. If progress is
// not nil it is told now and then of how much of the work is done. Beside the
// table, little memory is taken. What cannot be read of blocks is an error, and stops it.
func (t *Table) Write(ctx context.Context, w io.Writer, f Format, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for _, known := range formats {
		if known.Format == f {
			err := known.write(t, ctx, w, func(done, total int) {
				if t.runs().Err() != nil {
					cancel()
				}
				progress(done, total)
			})
			if failed := t.runs().Err(); failed != nil {
				return failed
			}
			return err
		}
	}
	return fmt.Errorf("unknown format %q", f)
}

// kind is the type of a column's values.
type kind int

const (
	real    kind = iota
	integer      // 32 bits
	long         // 64 bits
	label        // one of some names
)

// column is a column; it has the function of its kind.
type column struct {
	name  string
	kind  kind
	real  func(i int) float64
	whole func(i int) int64 // of integer, long, and the index of a label
	names []string          // of labels
}

// ColumnOf returns the name of the column of a swept parameter.
func ColumnOf(param string) string {
	if param == "steps" {
		return "max_steps"
	}
	if digits, ok := strings.CutPrefix(param, "w"); ok {
		if _, err := strconv.Atoi(digits); err == nil {
			return "start_" + param
		}
	}
	return param
}

// columns returns the columns in their order.
func (t *Table) columns() []column {
	var cs []column
	r, m := t.runs(), &t.Meta
	each, over := 1, r.sweep().Over
	for a := len(over) - 1; a >= 0; a-- {
		p, stride := &over[a], each
		each *= p.Len()
		value := func(i int) float64 { return p.Value(i / stride % p.Len()) }
		c := column{name: m.paramColumn(a, p.Name), real: value}
		if h, ok := cpu.LookupHyperParameter(p.Name); ok && h.Whole() {
			c.kind = long
			c.whole = func(i int) int64 { return int64(value(i)) }
		}
		cs = append([]column{c}, cs...)
	}
	for j := range r.dim() {
		cs = append(cs, column{name: m.weightColumn(j), real: r.weight(j)})
	}
	for _, q := range cpu.Quantities() {
		if value := r.Quantity(q); value != nil {
			cs = append(cs, column{name: q.Column, kind: kindOf[q.Kind], real: value, whole: func(i int) int64 { return int64(value(i)) }, names: labels[q.Column]})
		}
		if q.Column == "period" {
			precision := r.precision()
			cs = append(cs, column{name: precisionColumn, kind: label, whole: func(i int) int64 { return int64(precision(i)) }, names: labels[precisionColumn]})
		}
	}
	return cs
}

// precisionColumn is the column of what runs were computed in. It is no quantity: it says
// nothing of what they came to.
const precisionColumn = "precision"

// labels are the names of the values of columns of labels, by their codes.
var labels = map[string][]string{
	"status":        namesOf(cpu.StatusCount, func(i int) fmt.Stringer { return cpu.Status(i) }),
	precisionColumn: namesOf(2, func(i int) fmt.Stringer { return cpu.Precision(i) }),
}

func namesOf(n int, of func(i int) fmt.Stringer) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = of(i).String()
	}
	return names
}

// kindOf is the kind of the column of a quantity.
var kindOf = [...]kind{cpu.Real: real, cpu.Whole: integer, cpu.Label: label}

// Bytes returns how large the file of a sweep will be at least and at most, of a
// problem of dim weights, without its metadata. Of an NPZ both are the same; how long
// decimals are, and what Parquet compresses, depends on the numbers. What does not fit
// a uint64 is its largest.
func Bytes(s cpu.Sweep, dim int, set cpu.Settings, f Format) (least, most uint64) {
	numbers := uint64(len(s.Over) + dim)
	// In text: a digit or up to 24 characters with a comma.
	row, shortest, longest := 8*numbers, 2*numbers, 25*numbers
	row, shortest, longest = row+1, shortest+uint64(len("single,")), longest+uint64(len("single,")) // or double
	for _, q := range cpu.Quantities() {
		if !set.Has(q) {
			continue
		}
		row += uint64(q.Bytes())
		least, most := uint64(2), uint64(25)
		switch q.Kind {
		case cpu.Whole:
			most = 11
		case cpu.Label: // the shortest and the longest status
			least, most = 9, 11
		}
		shortest, longest = shortest+least, longest+most
	}
	count := uint64(1)
	for _, p := range s.Over {
		count = saturate(count, uint64(p.Len()))
	}
	switch f {
	case CSV:
		return saturate(count, shortest), saturate(count, longest)
	case Parquet:
		return count, saturate(count, row)
	case NetCDF:
		size, values := saturate(count, row-8*uint64(len(s.Over))), uint64(0)
		for _, p := range s.Over {
			values += uint64(p.Len())
		}
		return size + min(4*values, math.MaxUint64-size), size + min(8*values, math.MaxUint64-size)
	}
	trajectory := uint64(0)
	if set.Every > 0 {
		most := float64(s.Base.Steps)
		for _, p := range s.Over {
			if p.Name == "steps" {
				_, last := p.Ends()
				most = max(most, last)
			}
		}
		trajectory = saturate(uint64(max(0, (int(most)-set.From+set.Every)/set.Every)), uint64(8*(dim+1)))
	}
	recorded := count
	if set.Recorded != nil {
		recorded = uint64(len(set.Recorded))
	}
	size, more := saturate(count, row), saturate(recorded, trajectory)
	size += min(more, math.MaxUint64-size)
	return size, size
}

func saturate(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	if high != 0 {
		return math.MaxUint64
	}
	return low
}

// between is how many rows are written between two looks at the context.
const between = 1 << 13

// rows calls f for spans of rows in order.
func rows(ctx context.Context, n int, f func(from, to int) error) error {
	for from := 0; from < n; from += between {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(from, min(from+between, n)); err != nil {
			return err
		}
	}
	return ctx.Err()
}
