// Package dataset is where samples come from: generators that reproduce
// NumPy's legacy random numbers to the last bit, and files: CSV and its kin, NPY,
// NPZ and Parquet.
//
// Files may be anybody's. What one claims of itself is held against what is in it before there is memory for it,
// and what is packed is unpacked as it is used: a set has at most MaxValues feature values, 1 GiB of them; a table 65,536
// columns; a line of a text 64 MB, and some ten times that of memory while its fields are looked for; a page
// of a Parquet file what losscape/scenes/dataset/parquetfile says; a pipe of NPZ or Parquet 2 GiB; an archive
// 4,096 arrays. A file is read, and nothing else is done with it.
package dataset

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Set is a set of at least two samples.
type Set struct {
	X        *mat.Dense // features, N x D
	Y        []float64  // labels, N values of 0 or 1
	Weights  []float64  // of the samples, N numbers above 0 as the file has them; nil if no column of them is named
	Features []string   // names of the D features; nil if they have none

	// Classes are what the file calls the classes of label 1 and label 0: the text of
	// the positive class, and that of the other one, or "not " and the text of the
	// positive class where there are several; without a positive class, the label's
	// column with its number, such as "spam = 1". They are empty where the file says
	// nothing of it.
	Classes [2]string

	// Means and Deviations are what the D features had before they were standardized,
	// in the data's units: x = mean + deviation * X. The deviations are those of a
	// population; a sample counts by its weight. Both are nil where nothing was standardized.
	Means, Deviations []float64

	// Taken says in one line what was taken of a file: rows, columns, what was left
	// out, and the classes with their sizes.
	Taken string
}

// Part is a normal distribution and how many samples to draw from it.
type Part struct {
	Mean []float64 // D means
	Std  []float64 // D standard deviations, or one for all
	N    int       // number of samples
}

// Class is a mixture of parts that share a label.
type Class struct {
	Label int // 0 or 1
	Parts []Part
}

// MaxValues is the greatest number of feature values, N x D, that a set may
// hold.
const MaxValues = 1 << 27

// Gaussian draws the parts of classes in the order listed, each sample one
// feature after another, from one generator with the given seed. It is
//
//	np.random.seed(seed)
//	np.random.normal(loc=mean, scale=std, size=(n, d))  # for each part
//
// It returns an error if there are fewer than two samples or more than
// MaxValues values, or if a part has no samples, a dimension unlike the first
// part's, a non-finite mean or a standard deviation that is negative or not
// finite.
func Gaussian(seed uint32, classes []Class) (*Set, error) {
	n, d := 0, 0
	for ci, c := range classes {
		if c.Label != 0 && c.Label != 1 {
			return nil, fmt.Errorf("class %d has label %d, want 0 or 1", ci, c.Label)
		}
		for pi, p := range c.Parts {
			if d == 0 {
				d = len(p.Mean)
			}
			if err := p.check(d); err != nil {
				return nil, fmt.Errorf("part %d of class %d: %w", pi, ci, err)
			}
			if p.N > MaxValues/d-n {
				return nil, fmt.Errorf("more than %d values", MaxValues)
			}
			n += p.N
		}
	}
	if n < 2 {
		return nil, tooFew(n)
	}
	set := &Set{X: mat.NewDense(n, d, nil), Y: make([]float64, 0, n)}
	g := NewNumPy(seed)
	for _, c := range classes {
		for _, p := range c.Parts {
			for range p.N {
				row := set.X.RawRowView(len(set.Y))
				for j := range row {
					row[j] = g.Normal(p.Mean[j], p.std(j))
				}
				set.Y = append(set.Y, float64(c.Label))
			}
		}
	}
	return set, nil
}

func (p Part) std(j int) float64 {
	if len(p.Std) == 1 {
		return p.Std[0]
	}
	return p.Std[j]
}

func (p Part) check(d int) error {
	switch {
	case p.N < 1:
		return fmt.Errorf("%d samples, want at least 1", p.N)
	case len(p.Mean) == 0:
		return errors.New("no mean, want one number for each feature")
	case len(p.Mean) != d:
		return fmt.Errorf("%d means, want %d as in the first part", len(p.Mean), d)
	case len(p.Std) != 1 && len(p.Std) != d:
		return fmt.Errorf("%d standard deviations, want 1 or %d", len(p.Std), d)
	}
	for _, m := range p.Mean {
		if !finite(m) {
			return fmt.Errorf("mean %v, want a finite number", m)
		}
	}
	for _, s := range p.Std {
		if !finite(s) || s < 0 {
			return fmt.Errorf("standard deviation %v, want a finite number of at least 0", s)
		}
	}
	return nil
}

// An Error is a fault in the contents of a data file.
type Error struct {
	File         string
	Line, Column int // from 1; 0 if the fault has no place
	Msg          string
	Err          error // cause, if there is one
}

// Unwrap returns the cause, nil if there is none.
func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.File, e.Msg)
	case e.Column == 0:
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
}

// tooFew is the error of a set of fewer than two samples.
func tooFew(n int) error {
	if n == 1 {
		return errors.New("only one sample, want at least two")
	}
	return errors.New("no samples, want at least two")
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
