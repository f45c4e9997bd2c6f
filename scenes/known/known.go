// Package known has the minima of real data sets, computed apart from this code.
package known

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"losscape/cpu"
	"losscape/scenes/dataset"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"
)

// Minimum is a minimum of the loss of some columns of a built-in data set: by Newton's
// steps in extended precision. Those without L2 term agree with statsmodels to 1e-14, those
// with one on the weights with scikit-learn to its tolerance.
type Minimum struct {
	Data     string   // the file, and behind a space that its features are standardised
	Label    string   // column of the class
	Positive any      // class of label 1: text, or a number
	Negative *string  // the only other class that is kept; nil keeps all
	Features []string // columns; rows without a number in one are left out
	Rows     int      // that are left
	L2       float64
	Penalize string // as cpu.ParsePenalty takes it

	Weights   []float64 // in the order of Features
	Bias      float64
	Loss      float64
	LambdaMax float64 `json:"lambda_max"` // eigenvalues of the Hessian
	LambdaMin float64 `json:"lambda_min"` // to six digits
}

//go:embed known-minima.json
var text []byte

// Minima returns the minima that are known.
func Minima() ([]Minimum, error) {
	var list []Minimum
	err := json.Unmarshal(text, &list)
	return list, err
}

// Name says which minimum it is, in a few words.
func (m *Minimum) Name() string {
	file, standardised, _ := strings.Cut(m.Data, ".csv")
	name := fmt.Sprintf("%s %v", file, m.Positive)
	if _, number := m.Positive.(float64); number {
		name = fmt.Sprintf("%s %s=%v", file, m.Label, m.Positive)
	}
	if m.Negative != nil {
		name += "/" + *m.Negative
	}
	if standardised != "" {
		name += " std"
	}
	return name
}

// Shape says of how many samples and features it is, and of which L2 term.
func (m *Minimum) Shape() string {
	shape := fmt.Sprintf("n=%d D=%d", m.Rows, len(m.Features))
	if m.L2 > 0 {
		shape += fmt.Sprintf(" l2=%.2g %s", m.L2, m.Penalize)
	}
	return shape
}

// W returns the weights, the bias last.
func (m *Minimum) W() []float64 { return append(slices.Clone(m.Weights), m.Bias) }

// Problem returns the problem that it is of.
func (m *Minimum) Problem() (*cpu.Problem, error) {
	file, standardised, _ := strings.Cut(m.Data, " ")
	raw, err := dataset.BuiltinText(file)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, err
	}
	penalty, ok := cpu.ParsePenalty(m.Penalize)
	if !ok {
		return nil, fmt.Errorf("unknown penalty %q", m.Penalize)
	}
	p := &cpu.Problem{L2: m.L2, Penalize: penalty}
	var x []float64
	for _, row := range rows[1:] {
		cell := func(name string) string { return row[slices.Index(rows[0], name)] }
		y := 0.0
		switch class := cell(m.Label); {
		case class == fmt.Sprint(m.Positive):
			y = 1
		case m.Negative != nil && class != *m.Negative:
			continue
		}
		var values []float64
		for _, name := range m.Features {
			if v, err := strconv.ParseFloat(cell(name), 64); err == nil {
				values = append(values, v)
			}
		}
		if len(values) == len(m.Features) {
			x = append(x, values...)
			p.Y = append(p.Y, y)
		}
	}
	if len(p.Y) != m.Rows {
		return nil, fmt.Errorf("%s has %d rows, want %d", m.Data, len(p.Y), m.Rows)
	}
	p.X = mat.NewDense(m.Rows, len(m.Features), x)
	if standardised != "" {
		standardise(p.X)
	}
	return p, p.Validate()
}

// standardise gives the columns a mean of 0 and a population standard deviation of 1.
func standardise(x *mat.Dense) {
	n, d := x.Dims()
	column := make([]float64, n)
	for j := range d {
		mat.Col(column, j, x)
		mean, sd := stat.PopMeanStdDev(column, nil)
		for i, v := range column {
			x.Set(i, j, (v-mean)/sd)
		}
	}
}
